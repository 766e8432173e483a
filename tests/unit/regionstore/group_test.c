/* SPDX-License-Identifier: Apache-2.0 */
/* group_test.c - tests regionstore/group.c. */
#include "regionstore/group.h"

#include "regionstore/base/hash.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER 3u

static int setup(void **state)
{
	*state = rs_group_new(NUMBER, RS_GROUP_PAGES);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	rs_group_free(*state);
	return 0;
}

/* What g would be, with so much room for flips. Is the page written? */
static bool encode_in(struct rs_group *g, unsigned room,
		      uint8_t page[RS_PAGE_SIZE], struct rs_group_rec *rec)
{
	free(g->next);
	g->next = malloc(sizeof(*g->next));
	assert_non_null(g->next);
	*g->next = g->busy;
	return rs_group_encode(g, 9, room, page, rec);
}

static void encode(struct rs_group *g, uint8_t page[RS_PAGE_SIZE],
		   struct rs_group_rec *rec)
{
	assert_true(encode_in(g, 0, page, rec));
}

static void a_new_group_has_its_slots_alone(void **state)
{
	struct rs_group *g = *state;

	assert_int_equal(rs_bits_count(&g->busy, 0, RS_GROUP_PAGES),
			 RS_GROUP_SLOTS);
}

static void comes_back_from_its_page(void **state)
{
	struct rs_group *g = *state;
	struct rs_group *back = rs_group_new(NUMBER, RS_GROUP_PAGES);
	uint8_t page[RS_PAGE_SIZE];
	struct rs_group_rec rec;

	rs_group_take(g, 100, 200);
	rs_group_take(g, 5000, 5001);
	encode(g, page, &rec);
	assert_int_equal(rec.slot, 0);
	assert_int_equal(rec.free, RS_GROUP_PAGES - 103);
	assert_int_equal(rs_group_load(back, &rec, page), 0);
	assert_memory_equal(&back->disk, &g->busy, sizeof(g->busy));
	assert_memory_equal(&back->busy, &g->busy, sizeof(g->busy));
	assert_int_equal(back->frontier[RS_ZONE_META], 200);
	assert_int_equal(back->frontier[RS_ZONE_DATA], 5001);
	rs_group_take(back, 200, 201);
	encode(back, page, &rec);
	assert_int_equal(rec.slot, 1); /* never the one that counts */
	back->recorded = false;	       /* nor when a repair does not go by it */
	encode(back, page, &rec);
	assert_int_equal(rec.slot, 1);
	rs_group_free(back);
}

/* As load would have it from that record and page. */
static struct rs_group *load(const struct rs_group_rec *rec,
			     const uint8_t page[RS_PAGE_SIZE])
{
	struct rs_group *g = rs_group_new(NUMBER, RS_GROUP_PAGES);

	assert_non_null(g);
	assert_int_equal(rs_group_load(g, rec, page), 0);
	return g;
}

/* A few changes need no page, however often they are made; many do. */
static void small_changes_are_told_by_the_record(void **state)
{
	uint8_t page[RS_PAGE_SIZE], other[RS_PAGE_SIZE];
	struct rs_group_rec rec;
	struct rs_group *g;

	rs_group_take(*state, 100, 200);
	encode(*state, page, &rec);
	for (uint32_t i = 0; i < 300; i++) {
		g = load(&rec, page);
		if (i)
			rs_group_give(g, 200 + i, 205 + i);
		else
			rs_group_give(g, 150, 160);
		rs_group_take(g, 201 + i, 206 + i);
		assert_false(encode_in(g, 8, other, &rec));
		assert_int_equal(rec.n_flips, 2);
		assert_int_equal(rec.slot, 0);
		rs_group_free(g);
	}
	g = load(&rec, page);
	assert_int_equal(rs_bits_count(&g->disk, 0, RS_GROUP_PAGES), 97);
	for (uint32_t i = 0; i < RS_FLIPS_MAX; i++)
		rs_group_take(g, 1000 + 2 * i, 1001 + 2 * i);
	assert_true(encode_in(g, RS_FLIPS_MAX, other, &rec));
	assert_int_equal(rs_group_flips(g), RS_FLIPS_MAX + 1);
	assert_int_equal(rec.slot, 1);
	assert_int_equal(rec.n_flips, 0);
	rs_group_free(g);
	g = load(&rec, other);
	assert_int_equal(rs_bits_count(&g->disk, 0, RS_GROUP_PAGES),
			 97 + RS_FLIPS_MAX);
	rs_group_free(g);
}

static void a_page_that_is_not_its_own_is_refused(void **state)
{
	struct rs_group *g = *state;
	struct rs_group *other = rs_group_new(NUMBER + 1, RS_GROUP_PAGES);
	struct rs_group *cut = rs_group_new(NUMBER, 150);
	uint8_t page[RS_PAGE_SIZE];
	struct rs_group_rec rec, bad;
	uint64_t pgno = rs_group_slot_page(NUMBER + 1, 0);

	rs_group_take(g, 100, 200);
	encode(g, page, &rec);
	page[7] ^= 1;
	assert_int_equal(rs_group_load(g, &rec, page), -EBADMSG);
	page[7] ^= 1;
	bad = rec; /* flips a page behind the end */
	bad.n_flips = 1;
	bad.flips[0] = (struct rs_flip){ .first = 180, .len = 20 };
	assert_int_equal(rs_group_load(cut, &bad, page), -EUCLEAN);
	bad = rec; /* the page of another group, with a right checksum */
	bad.csum = hash64(page, RS_PAGE_SIZE, pgno);
	assert_int_equal(rs_group_load(other, &bad, page), -EUCLEAN);
	/* Pages behind the end of the file cannot be in use. */
	assert_int_equal(rs_group_load(cut, &rec, page), -EUCLEAN);
	rs_group_free(other);
	rs_group_free(cut);
}

/* What was written before comes first, and what was never written last. */
static void prefers_pages_below_the_frontier(void **state)
{
	struct rs_group *g = *state;
	uint32_t start, end;

	rs_group_take(g, 2, 1000);
	rs_group_give(g, 300, 340);
	rs_group_give(g, 600, 640);
	assert_true(
		rs_group_find(g, RS_ZONE_META, false, 500, 16, &start, &end));
	assert_int_equal(start, 600);
	assert_int_equal(end, 640);
	assert_true(
		rs_group_find(g, RS_ZONE_META, false, 700, 16, &start, &end));
	assert_int_equal(start, 300);
	assert_false(
		rs_group_find(g, RS_ZONE_META, false, 2, 41, &start, &end));
	assert_true(rs_group_find(g, RS_ZONE_META, true, 2, 41, &start, &end));
	assert_int_equal(start, 1000);
	assert_int_equal(end, RS_ZONE_SPLIT);
}

/* What was not found is not looked for again before something is freed. */
static void remembers_what_is_not_there(void **state)
{
	struct rs_group *g = *state;
	uint32_t start, end;

	rs_group_take(g, 2, RS_ZONE_SPLIT);
	assert_false(rs_group_find(g, RS_ZONE_META, true, 2, 16, &start, &end));
	assert_int_equal(g->run_most[RS_ZONE_META], 15);
	rs_group_give(g, 1000, 1016);
	assert_true(rs_group_find(g, RS_ZONE_META, true, 2, 16, &start, &end));
	assert_int_equal(start, 1000);
}

static void a_group_that_is_cut_ends_there(void **state)
{
	struct rs_group *cut = rs_group_new(0, 50);
	uint32_t start, end;

	(void)state;
	assert_true(
		rs_group_find(cut, RS_ZONE_META, true, 0, 48, &start, &end));
	assert_int_equal(end, 50);
	assert_false(
		rs_group_find(cut, RS_ZONE_META, true, 0, 49, &start, &end));
	assert_false(
		rs_group_find(cut, RS_ZONE_DATA, true, 0, 1, &start, &end));
	rs_group_set_limit(cut, 60, 60);
	assert_true(
		rs_group_find(cut, RS_ZONE_META, true, 0, 49, &start, &end));
	rs_group_free(cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_group_has_its_slots_alone,
						setup, teardown),
		cmocka_unit_test_setup_teardown(comes_back_from_its_page, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			small_changes_are_told_by_the_record, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_page_that_is_not_its_own_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			prefers_pages_below_the_frontier, setup, teardown),
		cmocka_unit_test_setup_teardown(remembers_what_is_not_there,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_group_that_is_cut_ends_there,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

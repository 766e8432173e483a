/* SPDX-License-Identifier: Apache-2.0 */
/* alloc_test.c - tests regionstore/alloc.c and its other parts. */
#include "regionstore/alloc.h"
#include "tests/support/disk.h"
#include "tests/support/test.h"

#include <stdlib.h>

#define MB ((uint64_t)1 << 20)

struct fixture {
	struct disk *disk;
	struct rs_io *io;
	struct rs_alloc a;
	struct rs_pins pins;
	uint64_t bad;	/* this page was lost in the mapping */
	bool zero_full; /* the record of group 0 says so */
};

static int load(void *arg, uint32_t number, struct rs_group_rec *rec,
		const uint8_t **page)
{
	const struct fixture *f = arg;

	if (number > 0 || !f->zero_full)
		return -ENOENT;
	*rec = (struct rs_group_rec){ .largest_run = 3 };
	*page = NULL; /* whoever reads it crashes */
	return 0;
}

static bool is_bad(void *arg, uint64_t pgno, uint64_t npages)
{
	const struct fixture *f = arg;

	return f->bad - pgno < npages;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rs_alloc_env env = { .load = load, .is_bad = is_bad, .arg = f };

	assert_non_null(f);
	f->disk = disk_new();
	f->io = disk_io(f->disk);
	env.io = f->io;
	env.pages_max = 512 * MB / RS_PAGE_SIZE;
	disk_resize(f->disk, 64 * MB);
	rs_alloc_init(&f->a, &env);
	atomic_store(&f->a.file_pages, 64 * MB / RS_PAGE_SIZE);
	rs_pins_init(&f->pins);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rs_alloc_finish(&f->a);
	rs_pins_finish(&f->pins);
	f->io->ops->close(f->io);
	disk_free(f->disk);
	free(f);
	return 0;
}

static uint64_t take(struct fixture *f, enum rs_zone zone, uint32_t n)
{
	const struct rs_want w = { .zone = zone, .min = n, .want = n };
	uint64_t pgno;
	uint32_t got;

	assert_int_equal(rs_alloc_take(&f->a, &w, &pgno, &got), 0);
	assert_int_equal(got, n);
	return pgno;
}

/* A commit's pages, taken one after the other, lie in a row. */
static void pages_come_in_a_row(void **state)
{
	struct fixture *f = *state;
	uint64_t first = take(f, RS_ZONE_META, 3);

	assert_int_equal(first, rs_group_page(0, RS_GROUP_SLOTS));
	assert_int_equal(take(f, RS_ZONE_META, 1), first + 3);
	assert_int_equal(take(f, RS_ZONE_META, 9), first + 4);
	assert_int_equal(take(f, RS_ZONE_DATA, 64),
			 rs_group_page(0, RS_ZONE_SPLIT));
}

static void what_is_given_back_comes_before_what_was_never_used(void **state)
{
	struct fixture *f = *state;
	uint64_t first = take(f, RS_ZONE_META, 100);

	rs_alloc_give(&f->a, first + 20, 30);
	assert_int_equal(take(f, RS_ZONE_META, 2), first + 20);
	assert_int_equal(take(f, RS_ZONE_META, 2), first + 22);
	assert_int_equal(take(f, RS_ZONE_META, 27), first + 100);
}

static void lies_behind_its_neighbour_if_it_can(void **state)
{
	struct fixture *f = *state;
	uint64_t first = take(f, RS_ZONE_DATA, 64);
	const struct rs_want w = {
		.zone = RS_ZONE_DATA, .near = first + 32, .min = 1, .want = 64
	};
	uint64_t pgno;
	uint32_t got;

	rs_alloc_give(&f->a, first + 32, 32);
	take(f, RS_ZONE_META, 1);
	assert_int_equal(rs_alloc_take(&f->a, &w, &pgno, &got), 0);
	assert_int_equal(pgno, first + 32);
	assert_int_equal(got, 64);
}

/* A file that is too small grows; one that cannot says so. */
static void grows_until_there_is_no_more(void **state)
{
	struct fixture *f = *state;
	const struct rs_want w = { .zone = RS_ZONE_DATA,
				   .min = 1,
				   .want = 4096 };
	uint64_t pgno, pages = 0;
	uint32_t got;
	int err;

	while ((err = rs_alloc_take(&f->a, &w, &pgno, &got)) == 0) {
		assert_true(rs_is_payload(pgno, got, f->disk->size / 4096));
		pages += got;
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(f->disk->size, 512 * MB);
	/* All but the header, superblocks, log and slots. */
	assert_int_equal(pages,
			 512 * MB / 4096 - RS_GROUP_FIRST - 5 * RS_GROUP_SLOTS);
}

static void single_holes_are_used_when_all_else_is(void **state)
{
	struct fixture *f = *state;
	const struct rs_want w = { .zone = RS_ZONE_META,
				   .min = 1,
				   .want = 2000 };
	uint64_t pgno, hole;
	uint32_t got;

	hole = take(f, RS_ZONE_META, 10) + 5;
	while (rs_alloc_take(&f->a, &w, &pgno, &got) == 0)
		;
	rs_alloc_give(&f->a, hole, 1);
	assert_int_equal(take(f, RS_ZONE_DATA, 1), hole);
}

static void a_full_group_is_not_even_read(void **state)
{
	struct fixture *f = *state;

	f->zero_full = true;
	disk_resize(f->disk, 256 * MB);
	atomic_store(&f->a.file_pages, 256 * MB / RS_PAGE_SIZE);
	assert_int_equal(rs_group_of(take(f, RS_ZONE_META, 4)), 1);
	assert_null(f->a.groups[0]);
}

static void put_in_quarantine(struct fixture *f, uint64_t pgno, uint64_t birth,
			      uint64_t death)
{
	const struct rs_extent x = { .pgno = pgno,
				     .npages = 1,
				     .birth = birth,
				     .death = death,
				     .commit = death };

	assert_int_equal(rs_extents_add(&f->a.quarantine, &x), 0);
}

static bool is_busy(struct fixture *f, uint64_t pgno)
{
	uint32_t page = rs_page_in_group(pgno);

	return rs_bits_count(&f->a.groups[0]->busy, page, page + 1) == 1;
}

/* I1: the commit that freed it and one more are durable. */
static void freed_pages_wait_for_the_next_commit_but_one(void **state)
{
	struct fixture *f = *state;
	uint64_t pgno = take(f, RS_ZONE_META, 1);

	put_in_quarantine(f, pgno, 3, 8);
	rs_alloc_reclaim(&f->a, &f->pins, 8);
	assert_true(is_busy(f, pgno));
	rs_alloc_reclaim(&f->a, &f->pins, 9);
	assert_false(is_busy(f, pgno));
}

/* I1: and no view can see it. */
static void freed_pages_wait_for_the_views_of_their_time(void **state)
{
	struct fixture *f = *state;
	uint64_t seen = take(f, RS_ZONE_META, 1);
	uint64_t younger = take(f, RS_ZONE_META, 1);
	struct rs_pin *pin;

	assert_int_equal(rs_pin_take(&f->pins, 5, &pin), 0);
	put_in_quarantine(f, seen, 3, 8);
	put_in_quarantine(f, younger, 6, 8);
	rs_alloc_reclaim(&f->a, &f->pins, 9);
	assert_true(is_busy(f, seen));
	assert_false(is_busy(f, younger));
	rs_pin_drop(&f->pins, pin);
	rs_alloc_reclaim(&f->a, &f->pins, 9);
	assert_false(is_busy(f, seen));
}

/* The mapping shows zeros there from now on. */
static void a_page_lost_in_the_mapping_is_not_used_again(void **state)
{
	struct fixture *f = *state;

	f->bad = take(f, RS_ZONE_META, 1);
	rs_alloc_give(&f->a, f->bad, 1);
	assert_true(is_busy(f, f->bad));
}

/* --- backing.c ------------------------------------------------------------ */

static void a_full_host_says_so_before_anything_is_written(void **state)
{
	struct fixture *f = *state;
	uint64_t pgno = take(f, RS_ZONE_META, 200);

	f->disk->limit = f->disk->n_backed;
	assert_int_equal(rs_alloc_back(&f->a, pgno, 1), -ENOSPC);
	f->disk->limit = UINT64_MAX;
	assert_int_equal(rs_alloc_back(&f->a, pgno, 1), 0);
	assert_int_equal(rs_alloc_back(&f->a, pgno, 1), 0);
}

/* Blocks come some pages ahead, which stay free. */
static void blocks_come_some_pages_ahead(void **state)
{
	struct fixture *f = *state;
	uint64_t pgno = take(f, RS_ZONE_META, 1);

	assert_int_equal(rs_alloc_back(&f->a, pgno, 1), 0);
	assert_int_equal(f->disk->n_backed, RS_GROUP_SLOTS + RS_BACK_AHEAD);
	assert_int_equal(f->a.warm_pages, RS_BACK_AHEAD - 1);
	f->disk->limit = f->disk->n_backed;
	pgno = take(f, RS_ZONE_META, RS_BACK_AHEAD - 1);
	assert_int_equal(rs_alloc_back(&f->a, pgno, RS_BACK_AHEAD - 1), 0);
	assert_int_equal(f->a.warm_pages, 0);
}

static void the_spare_is_there_when_the_host_is_full(void **state)
{
	struct fixture *f = *state;
	uint64_t pgno;

	rs_alloc_fill_spare(&f->a);
	f->disk->limit = f->disk->n_backed;
	assert_int_equal(rs_alloc_take_spare(&f->a, 10, &pgno), 10);
	assert_int_equal(rs_alloc_back(&f->a, pgno, 10), 0);
	rs_alloc_fill_spare(&f->a); /* no room: what is left is kept */
	assert_int_equal(rs_alloc_take_spare(&f->a, RS_SPARE_PAGES, &pgno),
			 RS_SPARE_PAGES - 10);
	assert_int_equal(rs_alloc_take_spare(&f->a, 1, &pgno), 0);
}

/* Free space beyond the warm pool goes back to the host. */
static void free_space_goes_back_to_the_host(void **state)
{
	struct fixture *f = *state;
	uint32_t n = 20000;
	uint64_t pgno = take(f, RS_ZONE_DATA, n);

	assert_int_equal(rs_alloc_back(&f->a, pgno, n), 0);
	assert_false(rs_alloc_has_surplus(&f->a));
	rs_alloc_give(&f->a, pgno, n);
	assert_true(rs_alloc_has_surplus(&f->a));
	while (rs_alloc_punch_one(&f->a))
		;
	assert_true(f->a.warm_pages <= RS_WARM_POOL);
	assert_int_equal(f->disk->n_backed, RS_GROUP_SLOTS + f->a.warm_pages);
	assert_false(is_busy(f, rs_group_page(0, RS_ZONE_SPLIT + 1)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pages_come_in_a_row),
		TEST(what_is_given_back_comes_before_what_was_never_used),
		TEST(lies_behind_its_neighbour_if_it_can),
		TEST(grows_until_there_is_no_more),
		TEST(single_holes_are_used_when_all_else_is),
		TEST(a_full_group_is_not_even_read),
		TEST(freed_pages_wait_for_the_next_commit_but_one),
		TEST(freed_pages_wait_for_the_views_of_their_time),
		TEST(a_page_lost_in_the_mapping_is_not_used_again),
		TEST(a_full_host_says_so_before_anything_is_written),
		TEST(blocks_come_some_pages_ahead),
		TEST(the_spare_is_there_when_the_host_is_full),
		TEST(free_space_goes_back_to_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

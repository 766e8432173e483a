/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_test.c - tests regionstore/manifest.c. */
#include "regionstore/manifest.h"

#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 64u

/* A file of which each page is full of its number. */
struct fixture {
	uint8_t *mem;
	struct rs_map map;
	struct rs_manifest m;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = malloc(PAGES * RS_PAGE_SIZE);
	assert_non_null(f->mem);
	for (unsigned i = 0; i < PAGES; i++)
		memset(f->mem + i * RS_PAGE_SIZE, (int)i, RS_PAGE_SIZE);
	assert_int_equal(rs_map_init(&f->map, f->mem, PAGES * RS_PAGE_SIZE), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rs_map_finish(&f->map);
	free(f->mem);
	free(f);
	return 0;
}

static void neighbours_become_one_span(void **state)
{
	struct fixture *f = *state;

	assert_true(rs_manifest_add(&f->m, 10, 2));
	assert_true(rs_manifest_add(&f->m, 12, 3));
	assert_true(rs_manifest_add(&f->m, 16, 1));
	assert_int_equal(f->m.n, 2);
	assert_int_equal(f->m.v[0].npages, 5);
	assert_int_equal(f->m.v[1].pgno, 16);
}

static void too_many_pages_or_spans_do_not_fit(void **state)
{
	struct fixture *f = *state;

	assert_true(rs_manifest_add(&f->m, 10, RS_MANIFEST_PAGES));
	assert_false(rs_manifest_add(&f->m, 9000, 1));
	f->m = (struct rs_manifest){ 0 };
	for (uint64_t i = 0; i < RS_MANIFEST_MAX; i++)
		assert_true(rs_manifest_add(&f->m, 10 + 2 * i, 1));
	assert_false(rs_manifest_add(&f->m, 9000, 1));
}

static void any_byte_of_a_span_that_differs_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct rs_span bad;

	assert_true(rs_manifest_add(&f->m, 10, 2));
	assert_true(rs_manifest_add(&f->m, 20, 1));
	assert_int_equal(rs_manifest_sum(&f->m, &f->map), 0);
	assert_int_equal(rs_manifest_verify(&f->m, &f->map, &bad), 0);
	for (size_t i = 8 * RS_PAGE_SIZE; i < 23 * RS_PAGE_SIZE; i += 511) {
		size_t page = i / RS_PAGE_SIZE;
		int want =
			page == 10 || page == 11 || page == 20 ? -EBADMSG : 0;

		f->mem[i] ^= 1;
		assert_int_equal(rs_manifest_verify(&f->m, &f->map, &bad),
				 want);
		if (want)
			assert_int_equal(bad.pgno, page == 20 ? 20 : 10);
		f->mem[i] ^= 1;
	}
}

/* Each span's checksum is seeded with its place. */
static void pages_that_went_to_the_wrong_place_are_noticed(void **state)
{
	struct fixture *f = *state;

	assert_true(rs_manifest_add(&f->m, 10, 1));
	assert_int_equal(rs_manifest_sum(&f->m, &f->map), 0);
	memcpy(f->mem + 30 * RS_PAGE_SIZE, f->mem + 10 * RS_PAGE_SIZE,
	       RS_PAGE_SIZE);
	f->m.v[0].pgno = 30;
	assert_int_equal(rs_manifest_verify(&f->m, &f->map, NULL), -EBADMSG);
}

static void a_list_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	uint8_t page[RS_PAGE_SIZE], again[RS_PAGE_SIZE] = { 0 };
	struct rs_manifest *got = calloc(1, sizeof(*got));

	assert_non_null(got);
	memset(page, 0, sizeof(struct rs_disk_super));
	for (uint64_t i = 0; i < RS_MANIFEST_MAX; i++) {
		uint64_t pgno = RS_GROUP_FIRST + 3 * i;

		assert_true(rs_manifest_add(&f->m, pgno, 1 + i % 2));
		f->m.v[i].csum = i << 50;
	}
	rs_manifest_encode(&f->m, page);
	assert_int_equal(rs_manifest_decode(page, 2000, got), 0);
	assert_int_equal(got->n, RS_MANIFEST_MAX);
	assert_int_equal(got->pages, f->m.pages);
	rs_manifest_encode(got, again);
	assert_memory_equal(again, page, sizeof(page));
	free(got);
}

static int decode(const struct rs_manifest *m)
{
	uint8_t page[RS_PAGE_SIZE] = { 0 };
	struct rs_manifest got;

	rs_manifest_encode(m, page);
	return rs_manifest_decode(page, 2000, &got);
}

static void impossible_lists_are_refused(void **state)
{
	struct fixture *f = *state;
	struct rs_manifest *m = &f->m;

	assert_int_equal(decode(m), -EUCLEAN); /* empty */
	assert_true(rs_manifest_add(m, 3, 1)); /* a superblock */
	assert_int_equal(decode(m), -EUCLEAN);
	m->v[0].pgno = 2000; /* behind the end */
	assert_int_equal(decode(m), -EUCLEAN);
	m->v[0].pgno = ((uint64_t)1 << 48) - 1;
	assert_int_equal(decode(m), -EUCLEAN);
	m->v[0].pgno = 1999;
	assert_int_equal(decode(m), 0);
	m->v[0] = (struct rs_span){ .pgno = 9, .npages = 1024 };
	m->v[1] = (struct rs_span){ .pgno = 1500, .npages = 1 };
	m->n = 2;
	assert_int_equal(decode(m), -EUCLEAN); /* more than 4 MiB */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(neighbours_become_one_span),
		TEST(too_many_pages_or_spans_do_not_fit),
		TEST(any_byte_of_a_span_that_differs_is_noticed),
		TEST(pages_that_went_to_the_wrong_place_are_noticed),
		TEST(a_list_comes_back_as_it_was),
		TEST(impossible_lists_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* region_write_test.c - the first step of a write. */

#include "tests/support/test.h"

#include "regionstore/region_write.h"
#include "tests/support/region_store.h"

static struct rs_write *prepare(struct region_fixture *f, uint64_t off,
				size_t len)
{
	struct rs_write *w;

	assert_int_equal(rs_write_prepare(f->s, off, f->data, len, &w), 0);
	return w;
}

/* What was prepared and never applied costs nothing in the end: the same pages
 * serve again and again, and the file does not grow.
 */
static void returns_pages_that_were_not_applied(void **state)
{
	struct region_fixture *f = *state;
	struct rs_stats before, after;

	rs_write_drop(prepare(f, 100, 300000));
	rs_stats(f->s, &before);
	for (unsigned i = 0; i < 1000; i++)
		rs_write_drop(prepare(f, 100, 300000));
	rs_stats(f->s, &after);
	assert_int_equal(after.file_bytes, before.file_bytes);
	rs_write_drop(NULL);
}

static size_t count_pages(const struct rs_write *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_runs; i++)
		n += w->runs[i].npages;
	return n;
}

/* Each block the data touches has a page, ragged ones too. */
static void reserves_a_page_for_each_block(void **state)
{
	static const struct {
		uint64_t off;
		size_t len, blocks;
	} cases[] = { { 0, 4096, 1 },	  { 0, 8192, 2 },    { 1, 8192, 3 },
		      { 4095, 4097, 2 },  { 4096, 4097, 2 }, { 0, 600000, 147 },
		      { 262143, 4098, 3 } };
	struct region_fixture *f = *state;

	for (size_t i = 0; i < 7; i++) {
		struct rs_write *w = prepare(f, cases[i].off, cases[i].len);

		assert_int_equal(w->n_blocks, cases[i].blocks);
		assert_int_equal(count_pages(w), cases[i].blocks);
		rs_write_drop(w);
	}
}

/* Without a whole block there is nothing to do before the txn. */
static void reserves_nothing_for_ragged_blocks(void **state)
{
	static const uint64_t offs[] = { 0, 1, 4000, 262140 };
	struct region_fixture *f = *state;

	for (size_t i = 0; i < 4; i++) {
		struct rs_write *w = prepare(f, offs[i], 4095);

		assert_int_equal(w->n_runs, 0);
		rs_write_drop(w);
	}
}

/* Blocks are numbered through all runs, and no two share a page. */
static void numbers_pages_through_runs(void **state)
{
	struct region_fixture *f = *state;
	struct rs_write *w = prepare(f, 0, sizeof(f->data));
	size_t i = 0;

	for (size_t r = 0; r < w->n_runs; r++) {
		for (uint32_t p = 0; p < w->runs[r].npages; p++)
			assert_int_equal(rs_write_pgno(w, i++),
					 w->runs[r].pgno + p);
	}
	assert_int_equal(i, w->n_blocks);
	rs_write_drop(w);
}

static void assert_span(const struct rs_write *w, size_t i, unsigned from,
			unsigned to)
{
	unsigned got_from, got_to;
	bool whole = rs_write_span(w, i, &got_from, &got_to);

	assert_int_equal(got_from, from);
	assert_int_equal(got_to, to);
	assert_int_equal(whole, from == 0 && to == 4096);
}

static void knows_which_part_of_a_block_it_fills(void **state)
{
	struct region_fixture *f = *state;
	struct rs_write *w = prepare(f, 8192 + 100, 2 * 4096);

	assert_span(w, 0, 100, 4096);
	assert_span(w, 1, 0, 4096);
	assert_span(w, 2, 0, 100);
	rs_write_drop(w);
	w = prepare(f, 8192 + 5, 10);
	assert_span(w, 0, 5, 15);
	rs_write_drop(w);
	w = prepare(f, 8192, 4096);
	assert_span(w, 0, 0, 4096);
	rs_write_drop(w);
}

/* Offsets and lengths at the limit: refused, not wrapped. */
static void refuses_to_go_beyond_the_limit(void **state)
{
	struct region_fixture *f = *state;
	struct rs_write *w = NULL;

	assert_int_equal(
		rs_write_prepare(f->s, RS_REGION_MAX - 9, f->data, 10, &w),
		-EFBIG);
	assert_int_equal(rs_write_prepare(f->s, UINT64_MAX, f->data, 10, &w),
			 -EFBIG);
	assert_int_equal(rs_write_prepare(f->s, 0, f->data, SIZE_MAX, &w),
			 -EFBIG);
	assert_null(w);
	w = prepare(f, RS_REGION_MAX - 4096, 4096);
	rs_write_drop(w);
}

/* No bytes are a write too. */
static void accepts_no_bytes(void **state)
{
	struct region_fixture *f = *state;
	struct rs_write *w;

	assert_int_equal(rs_write_prepare(f->s, 7, NULL, 0, &w), 0);
	assert_int_equal(w->n_blocks, 0);
	rs_write_drop(w);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, region_setup, region_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(returns_pages_that_were_not_applied),
		TEST(reserves_a_page_for_each_block),
		TEST(reserves_nothing_for_ragged_blocks),
		TEST(numbers_pages_through_runs),
		TEST(knows_which_part_of_a_block_it_fills),
		TEST(refuses_to_go_beyond_the_limit),
		TEST(accepts_no_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* digits_test.c - counts by digits. */

#include "bitmap/bitmap.h"
#include "bitmap/digits.h"
#include "tests/support/test.h"

#include <errno.h>

static void counts_digits_around_each_power(void **state)
{
	uint64_t power = 1;

	(void)state;
	assert_int_equal(bm_digits_of(0), 1);
	for (unsigned d = 1; d <= BM_DIGITS_MAX; d++) {
		assert_int_equal(bm_digits_of(power), d);
		if (power > 1)
			assert_int_equal(bm_digits_of(power - 1), d - 1);
		assert_int_equal(bm_digits_of(bm_digits_last(d)), d);
		power *= 10;
	}
	assert_int_equal(bm_digits_of(UINT64_MAX), 20);
	assert_true(bm_digits_last(20) == UINT64_MAX);
	assert_true(bm_digits_last(1) == 9);
}

/* 0, 5, 10, 4711: "0\n5\n10\n4711\n". */
static void finds_the_line_of_each_byte(void **state)
{
	const struct bm_digits d = { .count = { 2, 1, 0, 1 } };
	const struct {
		uint64_t rank;
		unsigned within;
	} want[] = {
		{ 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 }, { 2, 0 }, { 2, 1 },
		{ 2, 2 }, { 3, 0 }, { 3, 1 }, { 3, 2 }, { 3, 3 }, { 3, 4 }
	};
	struct bm_text_pos pos;

	(void)state;
	assert_int_equal(bm_digits_text_size(&d), 12);
	for (uint64_t off = 0; off < 12; off++) {
		assert_true(bm_digits_locate(&d, off, &pos));
		assert_int_equal(pos.rank, want[off].rank);
		assert_int_equal(pos.within, want[off].within);
	}
	assert_false(bm_digits_locate(&d, 12, &pos));
	assert_false(bm_digits_locate(&d, UINT64_MAX, &pos));
}

static void sizes_the_largest_set(void **state)
{
	struct bm_digits d = { .count = { [19] = BM_MEMBERS_MAX } };
	struct bm_text_pos pos;
	uint64_t total;

	(void)state;
	assert_int_equal(bm_digits_total(&d, &total), 0);
	assert_true(total == BM_MEMBERS_MAX);
	assert_true(bm_digits_text_size(&d) == 21 * BM_MEMBERS_MAX);
	assert_true(bm_digits_text_size(&d) < (uint64_t)1 << 63);
	assert_true(bm_digits_locate(&d, 21 * BM_MEMBERS_MAX - 1, &pos));
	assert_true(pos.rank == BM_MEMBERS_MAX - 1);
	assert_int_equal(pos.within, 20);
}

/* Counts from the disk may be anything. */
static void refuses_counts_that_overflow(void **state)
{
	struct bm_digits d = { .count = { 1, [19] = BM_MEMBERS_MAX } };
	uint64_t total = 7;

	(void)state;
	assert_int_equal(bm_digits_total(&d, &total), -EUCLEAN);
	d.count[0] = UINT64_MAX;
	assert_int_equal(bm_digits_total(&d, &total), -EUCLEAN);
	assert_int_equal(total, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_digits_around_each_power),
		cmocka_unit_test(finds_the_line_of_each_byte),
		cmocka_unit_test(sizes_the_largest_set),
		cmocka_unit_test(refuses_counts_that_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

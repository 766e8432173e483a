/* SPDX-License-Identifier: Apache-2.0 */
/* bits_test.c - tests regionstore/bits.c. */
#include "regionstore/bits.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static struct rs_bits bits;

static int clear_all(void **state)
{
	(void)state;
	memset(&bits, 0, sizeof(bits));
	return 0;
}

/* A range ends exactly where it says, also within a word and at its edges. */
static void sets_the_range_and_nothing_else(void **state)
{
	(void)state;
	rs_bits_set(&bits, 63, 129);
	assert_int_equal(rs_bits_count(&bits, 0, RS_GROUP_PAGES), 66);
	assert_int_equal(rs_bits_next_set(&bits, 0, RS_GROUP_PAGES), 63);
	assert_int_equal(rs_bits_next_clear(&bits, 63, RS_GROUP_PAGES), 129);
	rs_bits_clear(&bits, 64, 128);
	assert_int_equal(rs_bits_count(&bits, 0, RS_GROUP_PAGES), 2);
	rs_bits_set(&bits, 5, 5);
	assert_int_equal(rs_bits_count(&bits, 0, 63), 0);
}

static void what_is_not_there_is_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(rs_bits_next_set(&bits, 10, 100), 100);
	assert_int_equal(rs_bits_next_set(&bits, 100, 100), 100);
	rs_bits_set(&bits, 0, RS_GROUP_PAGES);
	assert_int_equal(rs_bits_next_clear(&bits, 7, RS_GROUP_PAGES),
			 RS_GROUP_PAGES);
}

static void counts_what_both_have(void **state)
{
	static struct rs_bits other;

	(void)state;
	memset(&other, 0, sizeof(other));
	rs_bits_set(&bits, 10, 20);
	rs_bits_set(&other, 15, 30);
	assert_int_equal(rs_bits_count_both(&bits, &other, 0, 100), 5);
	assert_int_equal(rs_bits_count_both(&bits, &other, 18, 100), 2);
}

/* A run may start before start_to and go on behind it, up to to. */
static void finds_the_first_run_that_is_long_enough(void **state)
{
	uint32_t start, end;

	(void)state;
	rs_bits_set(&bits, 0, 1000);
	rs_bits_clear(&bits, 100, 103);
	rs_bits_clear(&bits, 200, 264);
	assert_true(rs_bits_find_clear(&bits, 0, 1000, 1000, 4, &start, &end));
	assert_int_equal(start, 200);
	assert_int_equal(end, 264);
	assert_true(rs_bits_find_clear(&bits, 0, 201, 210, 10, &start, &end));
	assert_int_equal(end, 210);
	assert_false(rs_bits_find_clear(&bits, 0, 200, 1000, 4, &start, &end));
	assert_false(
		rs_bits_find_clear(&bits, 0, 1000, 1000, 65, &start, &end));
	assert_int_equal(rs_bits_longest_clear(&bits, 0, 1000), 64);
}

/* Against an array of bools. */
static void agrees_with_a_plain_array(void **state)
{
	static bool twin[RS_GROUP_PAGES];
	struct rng r;

	(void)state;
	rng_init(&r, rng_seed());
	memset(twin, 0, sizeof(twin));
	for (unsigned i = 0; i < 2000; i++) {
		uint32_t from = (uint32_t)rng_below(&r, RS_GROUP_PAGES);
		uint32_t to = from + (uint32_t)rng_below(&r, RS_GROUP_PAGES -
								     from + 1);
		uint32_t n = 0, first = to;

		if (rng_one_in(&r, 2))
			rs_bits_set(&bits, from, to);
		else
			rs_bits_clear(&bits, from, to);
		memset(twin + from,
		       from < to && rs_bits_count(&bits, from, from + 1),
		       to - from);
		from /= 2;
		for (uint32_t b = to; b-- > from;) {
			n += twin[b];
			first = twin[b] ? b : first;
		}
		assert_int_equal(rs_bits_count(&bits, from, to), n);
		assert_int_equal(rs_bits_next_set(&bits, from, to), first);
	}
}

static void subtracts_and_flips(void **state)
{
	static struct rs_bits b, diff;

	(void)state;
	rs_bits_set(&bits, 60, 200);
	rs_bits_set(&b, 100, 150);
	rs_bits_minus(&diff, &bits, &b);
	assert_int_equal(rs_bits_count(&diff, 0, RS_GROUP_PAGES), 90);
	assert_int_equal(rs_bits_count(&diff, 100, 150), 0);
	rs_bits_flip(&diff, 90, 210);
	assert_int_equal(rs_bits_count(&diff, 90, 210), 60);
	rs_bits_xor(&diff, &diff, &diff);
	assert_int_equal(rs_bits_count(&diff, 0, RS_GROUP_PAGES), 0);
}

static void comes_back_from_the_disk_as_it_was(void **state)
{
	static struct rs_bits back;
	uint8_t bytes[RS_GROUP_PAGES / 8];

	(void)state;
	rs_bits_set(&bits, 9, 10);
	rs_bits_set(&bits, 3000, 9000);
	rs_bits_store(&bits, bytes);
	assert_int_equal(bytes[1], 2); /* bit i is in byte i / 8 */
	rs_bits_load(&back, bytes);
	assert_memory_equal(&back, &bits, sizeof(bits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sets_the_range_and_nothing_else,
				       clear_all),
		cmocka_unit_test_setup(what_is_not_there_is_at_the_end,
				       clear_all),
		cmocka_unit_test_setup(counts_what_both_have, clear_all),
		cmocka_unit_test_setup(finds_the_first_run_that_is_long_enough,
				       clear_all),
		cmocka_unit_test_setup(agrees_with_a_plain_array, clear_all),
		cmocka_unit_test_setup(subtracts_and_flips, clear_all),
		cmocka_unit_test_setup(comes_back_from_the_disk_as_it_was,
				       clear_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ck_test.c - the last number that fits, and the first that does not. */

#include "regionstore/base/ck.h"

#include "tests/support/test.h"

#define UNTOUCHED 4711u

static void adds_up_to_the_largest_number(void **state)
{
	uint64_t r = UNTOUCHED;

	(void)state;
	assert_false(ck_add(UINT64_MAX, 1, &r));
	assert_true(r == UNTOUCHED);
	assert_true(ck_add(UINT64_MAX - 1, 1, &r));
	assert_true(r == UINT64_MAX);
}

static void subtracts_down_to_zero(void **state)
{
	uint64_t r = UNTOUCHED;

	(void)state;
	assert_false(ck_sub(1, 2, &r));
	assert_true(r == UNTOUCHED);
	assert_true(ck_sub(2, 2, &r));
	assert_true(r == 0);
}

static void multiplies_up_to_the_largest_number(void **state)
{
	uint64_t r = UNTOUCHED;

	(void)state;
	assert_false(ck_mul(1ull << 32, 1ull << 32, &r));
	assert_true(r == UNTOUCHED);
	assert_true(ck_mul(1ull << 32, (1ull << 32) - 1, &r));
	assert_true(r == UINT64_MAX - UINT32_MAX);
}

static void rounds_up_unless_that_wraps(void **state)
{
	uint64_t r = UNTOUCHED;

	(void)state;
	assert_false(ck_round_up(UINT64_MAX - 4094, 4096, &r));
	assert_true(r == UNTOUCHED);
	assert_true(ck_round_up(UINT64_MAX - 4095, 4096, &r));
	assert_true(r == UINT64_MAX - 4095);
	assert_true(ck_round_up(1, 4096, &r));
	assert_true(r == 4096);
	assert_true(ck_round_up(0, 4096, &r));
	assert_true(r == 0);
}

/* off + len wraps around 2^64 and looks small: refused all the same. */
static void refuses_a_range_that_wraps(void **state)
{
	(void)state;
	assert_false(ck_range(UINT64_MAX, 2, 100));
	assert_false(ck_range(2, UINT64_MAX, 100));
}

static void a_range_may_touch_its_limit_and_be_empty(void **state)
{
	(void)state;
	assert_true(ck_range(90, 10, 100));
	assert_false(ck_range(91, 10, 100));
	assert_true(ck_range(100, 0, 100));
	assert_false(ck_range(101, 0, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_up_to_the_largest_number),
		cmocka_unit_test(subtracts_down_to_zero),
		cmocka_unit_test(multiplies_up_to_the_largest_number),
		cmocka_unit_test(rounds_up_unless_that_wraps),
		cmocka_unit_test(refuses_a_range_that_wraps),
		cmocka_unit_test(a_range_may_touch_its_limit_and_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

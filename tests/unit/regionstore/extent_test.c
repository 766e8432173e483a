/* SPDX-License-Identifier: Apache-2.0 */
/* extent_test.c - tests regionstore/extent.c. */
#include "regionstore/extent.h"
#include "tests/support/test.h"

static void add(struct rs_extents *x, uint64_t pgno, uint32_t n, uint64_t birth)
{
	const struct rs_extent e = { .pgno = pgno,
				     .npages = n,
				     .birth = birth };

	assert_int_equal(rs_extents_add(x, &e), 0);
}

static void a_run_that_goes_on_is_one(void **state)
{
	struct rs_extents x = { 0 };

	(void)state;
	add(&x, 10, 2, 5);
	add(&x, 12, 3, 5);
	assert_int_equal(x.n, 1);
	assert_int_equal(x.v[0].npages, 5);
	add(&x, 15, 1, 6); /* another birth */
	add(&x, 17, 1, 6); /* a gap */
	assert_int_equal(x.n, 3);
	assert_int_equal(rs_extents_pages(&x), 7);
	rs_extents_finish(&x);
}

/* npages has 16 bits on disk. */
static void no_run_outgrows_the_disk(void **state)
{
	struct rs_extents x = { 0 };

	(void)state;
	add(&x, 0, UINT16_MAX - 1, 1);
	add(&x, UINT16_MAX - 1, 1, 1);
	add(&x, UINT16_MAX, 1, 1);
	assert_int_equal(x.n, 2);
	assert_int_equal(x.v[0].npages, UINT16_MAX);
	rs_extents_finish(&x);
}

static void sorting_joins_what_touches(void **state)
{
	struct rs_extents x = { 0 };

	(void)state;
	add(&x, 30, 1, 1);
	add(&x, 10, 1, 1);
	add(&x, 11, 1, 2);
	add(&x, 29, 1, 1);
	rs_extents_sort(&x);
	assert_int_equal(x.n, 3);
	assert_int_equal(x.v[2].pgno, 29);
	assert_int_equal(x.v[2].npages, 2);
	rs_extents_finish(&x);
}

static void moving_keeps_the_order(void **state)
{
	struct rs_extents a = { 0 };
	struct rs_extents b = { 0 };

	(void)state;
	add(&b, 1, 1, 1);
	assert_int_equal(rs_extents_move(&a, &b), 0);
	add(&b, 9, 1, 1);
	add(&b, 5, 1, 1);
	assert_int_equal(rs_extents_move(&a, &b), 0);
	assert_int_equal(a.n, 3);
	assert_int_equal(a.v[1].pgno, 9);
	assert_int_equal(a.v[2].pgno, 5);
	assert_int_equal(b.n, 0);
	rs_extents_finish(&a);
	rs_extents_finish(&b);
}

static void what_was_reserved_is_there(void **state)
{
	struct rs_extents x = { 0 };

	(void)state;
	assert_int_equal(rs_extents_reserve(&x, 100), 0);
	assert_true(x.cap >= 100);
	assert_int_equal(x.n, 0);
	rs_extents_finish(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_that_goes_on_is_one),
		cmocka_unit_test(no_run_outgrows_the_disk),
		cmocka_unit_test(sorting_joins_what_touches),
		cmocka_unit_test(moving_keeps_the_order),
		cmocka_unit_test(what_was_reserved_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

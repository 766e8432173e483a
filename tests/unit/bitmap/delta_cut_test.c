/* SPDX-License-Identifier: Apache-2.0 */
/* delta_cut_test.c - a delta taken segment by segment. */

#include "bitmap/delta_cut.h"
#include "tests/support/test.h"

static void cuts_plain_members(void **state)
{
	const uint64_t adds[] = { 1, 5, 9, UINT64_MAX };
	const struct bm_delta delta = { .members = adds, .n_members = 4 };
	struct bm_delta part;
	struct bm_knife k;
	uint64_t next;

	(void)state;
	bm_knife_init(&k, &delta);
	assert_true(bm_knife_peek(&k, &next));
	assert_true(next == 1);
	assert_int_equal(bm_knife_cut(&k, 5, &part), 0);
	assert_int_equal(part.n_members, 2);
	assert_ptr_equal(part.members, adds);
	assert_true(bm_knife_peek(&k, &next));
	assert_true(next == 9);
	assert_int_equal(bm_knife_cut(&k, UINT64_MAX, &part), 0);
	assert_int_equal(part.n_members, 2);
	assert_false(bm_knife_peek(&k, &next));
	bm_knife_finish(&k);
}

/* Bounds lie between them. */
static void cuts_between_crowds(void **state)
{
	const uint16_t lows[] = { 7, 9, 0, 65535 };
	const struct bm_crowd crowds[] = { { 1, 0, 2 },
					   { 2, 2, 1 },
					   { UINT64_MAX >> 16, 3, 1 } };
	const struct bm_delta delta = {
		.crowds = crowds, .n_crowds = 3, .lows = lows, .n_members = 4
	};
	struct bm_delta part;
	struct bm_knife k;
	uint64_t next;

	(void)state;
	assert_int_equal(bm_delta_adds(&delta), 4);
	bm_knife_init(&k, &delta);
	assert_true(bm_knife_peek(&k, &next));
	assert_int_equal(next, 65536 + 7);
	assert_int_equal(bm_knife_cut(&k, 2 * 65536 - 1, &part), 0);
	assert_int_equal(part.n_crowds, 1);
	assert_int_equal(part.n_members, 2);
	assert_true(bm_knife_peek(&k, &next));
	assert_int_equal(next, 2 * 65536);
	assert_int_equal(bm_knife_cut(&k, UINT64_MAX, &part), 0);
	assert_ptr_equal(part.crowds, crowds + 1);
	assert_int_equal(part.n_members, 2);
	assert_true(bm_delta_least(&part, &next));
	assert_int_equal(next, 2 * 65536);
	assert_false(bm_knife_peek(&k, &next));
	bm_knife_finish(&k);
}

static void nothing_has_no_least(void **state)
{
	const struct bm_command op = { .lo = 5, .hi = UINT64_MAX };
	struct bm_delta delta = { .ops = &op };
	uint64_t least;

	(void)state;
	assert_false(bm_delta_least(&delta, &least));
	delta.n_ops = 1;
	assert_true(bm_delta_least(&delta, &least));
	assert_int_equal(least, 5);
	delta.ops = NULL;
	assert_false(bm_delta_least(&delta, &least));
}

/* A range over three segments is three ranges. */
static void splits_a_range_at_each_bound(void **state)
{
	const struct bm_command ops[] = {
		{ 1, 1, BM_ADD },
		{ 5, 25, BM_REMOVE },
		{ 26, UINT64_MAX, BM_ADD },
	};
	const struct bm_delta delta = { .ops = ops, .n_ops = 3 };
	struct bm_delta part;
	struct bm_knife k;
	uint64_t next;

	(void)state;
	bm_knife_init(&k, &delta);
	assert_int_equal(bm_knife_cut(&k, 9, &part), 0);
	assert_int_equal(part.n_ops, 2);
	assert_true(part.ops[1].lo == 5 && part.ops[1].hi == 9);
	assert_true(bm_knife_peek(&k, &next));
	assert_true(next == 10);
	assert_int_equal(bm_knife_cut(&k, 19, &part), 0);
	assert_int_equal(part.n_ops, 1);
	assert_true(part.ops[0].lo == 10 && part.ops[0].hi == 19);
	assert_int_equal(part.ops[0].op, BM_REMOVE);
	assert_int_equal(bm_knife_cut(&k, 29, &part), 0);
	assert_int_equal(part.n_ops, 2);
	assert_true(part.ops[0].lo == 20 && part.ops[0].hi == 25);
	assert_true(part.ops[1].lo == 26 && part.ops[1].hi == 29);
	assert_int_equal(bm_knife_cut(&k, UINT64_MAX, &part), 0);
	assert_int_equal(part.n_ops, 1);
	assert_true(part.ops[0].lo == 30 && part.ops[0].hi == UINT64_MAX);
	assert_false(bm_knife_peek(&k, &next));
	bm_knife_finish(&k);
	assert_true(ops[1].lo == 5 && ops[1].hi == 25);
}

static void counts_what_is_added(void **state)
{
	const struct bm_command ops[] = {
		{ 1, 10, BM_ADD },
		{ 11, 20, BM_REMOVE },
		{ 21, 21, BM_ADD },
		{ 0, UINT64_MAX, BM_ADD },
	};
	struct bm_delta delta = { .ops = ops, .n_ops = 3 };

	(void)state;
	assert_int_equal(bm_delta_adds(&delta), 11);
	delta.n_ops = 4;
	assert_true(bm_delta_adds(&delta) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_plain_members),
		cmocka_unit_test(cuts_between_crowds),
		cmocka_unit_test(nothing_has_no_least),
		cmocka_unit_test(splits_a_range_at_each_bound),
		cmocka_unit_test(counts_what_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

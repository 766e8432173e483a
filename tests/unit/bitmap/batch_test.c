/* SPDX-License-Identifier: Apache-2.0 */
/* batch_test.c - the commands of one write. */

#include "bitmap/batch.h"
#include "tests/support/test.h"

static void keeps_plain_adds_as_members(void **state)
{
	struct bm_batch b;

	(void)state;
	bm_batch_init(&b);
	assert_true(bm_batch_empty(&b));
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(bm_batch_add(&b, i * i), 0);
	assert_int_equal(b.n_members, 1000);
	assert_int_equal(b.n_ops, 0);
	assert_true(b.ascending);
	assert_true(bm_batch_bytes(&b) >= 8000);
	assert_int_equal(bm_batch_add(&b, 5), 0);
	assert_false(b.ascending);
	bm_batch_finish(&b);
	assert_true(bm_batch_empty(&b));
	assert_int_equal(bm_batch_bytes(&b), 0);
}

/* From the first other command on all are commands, in their order. */
static void keeps_the_order_of_mixed_commands(void **state)
{
	struct bm_batch b;

	(void)state;
	bm_batch_init(&b);
	assert_int_equal(bm_batch_add(&b, 7), 0);
	assert_int_equal(bm_batch_range(&b, 5, 9, BM_REMOVE), 0);
	assert_int_equal(bm_batch_add(&b, 8), 0);
	assert_int_equal(b.n_members, 0);
	assert_int_equal(b.n_ops, 3);
	assert_true(b.ops[0].lo == 7 && b.ops[0].op == BM_ADD);
	assert_true(b.ops[1].hi == 9 && b.ops[1].op == BM_REMOVE);
	assert_true(b.ops[2].lo == 8 && b.ops[2].hi == 8);
	bm_batch_finish(&b);
}

static void goes_back_to_a_mark(void **state)
{
	struct bm_batch_mark mark;
	struct bm_batch b;

	(void)state;
	bm_batch_init(&b);
	assert_int_equal(bm_batch_add(&b, 1), 0);
	assert_int_equal(bm_batch_add(&b, 2), 0);
	mark = bm_batch_mark(&b);
	assert_int_equal(bm_batch_add(&b, 0), 0);
	bm_batch_undo(&b, &mark);
	assert_int_equal(b.n_members, 2);
	assert_true(b.ascending);
	assert_int_equal(bm_batch_range(&b, 0, 9, BM_REMOVE), 0);
	bm_batch_undo(&b, &mark);
	assert_int_equal(b.n_ops, 0);
	assert_int_equal(b.n_members, 2);
	assert_true(b.members[0] == 1 && b.members[1] == 2);
	bm_batch_finish(&b);
}

/* Few and many, with doubles; commands keep their order. */
static void sorts_plain_adds(void **state)
{
	struct bm_batch b;

	(void)state;
	for (uint64_t n = 2; n < 3000; n *= 10) {
		bm_batch_init(&b);
		for (uint64_t i = 0; i < 3 * n; i++)
			assert_int_equal(bm_batch_add(&b, n - i % n), 0);
		assert_int_equal(bm_batch_sort(&b), 0);
		assert_true(b.ascending);
		assert_int_equal(b.n_members, n);
		for (uint64_t i = 0; i < n; i++)
			assert_int_equal(b.members[i], i + 1);
		assert_int_equal(bm_batch_add(&b, n + 1), 0);
		bm_batch_finish(&b);
	}
	assert_int_equal(bm_batch_add(&b, 9), 0);
	assert_int_equal(bm_batch_range(&b, 3, 3, BM_REMOVE), 0);
	assert_int_equal(bm_batch_sort(&b), 0);
	assert_int_equal(b.ops[0].lo, 9);
	bm_batch_finish(&b);
}

/* A few behind many that are sorted. */
static void sorts_what_came_behind(void **state)
{
	const uint64_t late[] = { 1001, 4, 5, 0 };
	struct bm_batch b;

	(void)state;
	bm_batch_init(&b);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(bm_batch_add(&b, 2 * i + 1), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(bm_batch_add(&b, late[i]), 0);
	assert_int_equal(bm_batch_sort(&b), 0);
	assert_int_equal(b.n_members, 1002);
	for (unsigned i = 1; i < 1002; i++)
		assert_true(b.members[i - 1] < b.members[i]);
	assert_int_equal(b.members[0], 0);
	assert_int_equal(b.members[3], 4);
	bm_batch_finish(&b);
}

/* Removals are as good, as long as nothing else comes between. */
static void keeps_plain_removals_as_members(void **state)
{
	struct bm_batch_mark mark;
	struct bm_batch b;

	(void)state;
	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, 9, 9, BM_REMOVE), 0);
	assert_int_equal(bm_batch_range(&b, 3, 3, BM_REMOVE), 0);
	assert_int_equal(b.op, BM_REMOVE);
	assert_int_equal(b.n_members, 2);
	assert_false(b.ascending);
	assert_int_equal(bm_batch_adds(&b), 0);
	mark = bm_batch_mark(&b);
	assert_int_equal(bm_batch_add(&b, 5), 0);
	assert_int_equal(b.n_members, 0);
	assert_int_equal(b.n_ops, 3);
	assert_int_equal(b.ops[1].op, BM_REMOVE);
	assert_int_equal(b.ops[2].op, BM_ADD);
	bm_batch_undo(&b, &mark);
	assert_int_equal(b.op, BM_REMOVE);
	assert_true(b.members[0] == 9 && b.members[1] == 3);
	bm_batch_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_plain_adds_as_members),
		cmocka_unit_test(keeps_the_order_of_mixed_commands),
		cmocka_unit_test(goes_back_to_a_mark),
		cmocka_unit_test(sorts_plain_adds),
		cmocka_unit_test(sorts_what_came_behind),
		cmocka_unit_test(keeps_plain_removals_as_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

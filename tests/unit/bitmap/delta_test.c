/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

struct queue {
	struct bm_batch b[2];
	struct bm_batch *all[2];
	struct bm_delta_buf d;
};

static int start(void **state)
{
	struct queue *q = calloc(1, sizeof(*q));

	for (int i = 0; i < 2; i++) {
		bm_batch_init(&q->b[i]);
		q->all[i] = &q->b[i];
	}
	*state = q;
	return 0;
}

static int stop(void **state)
{
	struct queue *q = *state;

	bm_delta_finish(&q->d);
	bm_batch_finish(&q->b[0]);
	bm_batch_finish(&q->b[1]);
	free(q);
	return 0;
}

static void add_all(struct bm_batch *b, const uint64_t *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bm_batch_add(b, m[i]), 0);
}

static void expect_members(struct queue *q, const uint64_t *want, size_t n)
{
	assert_int_equal(bm_delta_build(q->all, 2, 0, &q->d), 0);
	assert_null(q->d.delta.ops);
	assert_int_equal(q->d.delta.n_members, n);
	assert_memory_equal(q->d.delta.members, want, 8 * n);
}

static void nothing_gives_nothing(void **state)
{
	struct queue *q = *state;

	assert_int_equal(bm_delta_build(q->all, 2, 0, &q->d), 0);
	assert_int_equal(q->d.delta.n_members + q->d.delta.n_ops, 0);
}

/* What ascends from batch to batch is only put together. */
static void ascending_batches_are_joined(void **state)
{
	const uint64_t m[] = { 1, 5, 9, 10, UINT64_MAX };

	add_all(&((struct queue *)*state)->b[0], m, 3);
	add_all(&((struct queue *)*state)->b[1], m + 3, 2);
	expect_members(*state, m, 5);
}

/* Each batch ascends, both together do not; some are in both. */
static void doubles_are_dropped(void **state)
{
	const uint64_t a[] = { 4, 4, 4, 8 };
	const uint64_t b[] = { 1, 4, 8, 9 };
	const uint64_t want[] = { 1, 4, 8, 9 };

	add_all(&((struct queue *)*state)->b[0], a, 4);
	add_all(&((struct queue *)*state)->b[1], b, 4);
	expect_members(*state, want, 4);
}

/* Single members in any order, some twice: each once, as members. */
static void removals_are_sorted(void **state)
{
	struct queue *q = *state;
	const uint64_t a[] = { 70, UINT64_MAX, 5, 7, 6 };
	const uint64_t b[] = { 6, 0, 70 };
	const uint64_t want[] = { 0, 5, 6, 7, 70, UINT64_MAX };

	for (size_t i = 0; i < 5; i++)
		assert_int_equal(
			bm_batch_range(&q->b[0], a[i], a[i], BM_REMOVE), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			bm_batch_range(&q->b[1], b[i], b[i], BM_REMOVE), 0);
	expect_members(q, want, 6);
	assert_int_equal(q->d.delta.op, BM_REMOVE);
}

/* Each batch is of one kind, but not of the same. */
static void adding_is_not_removing(void **state)
{
	struct queue *q = *state;
	const uint64_t a[] = { 3, 2 };

	add_all(&q->b[0], a, 2);
	assert_int_equal(bm_batch_range(&q->b[1], 3, 3, BM_REMOVE), 0);
	assert_int_equal(bm_delta_build(q->all, 2, 0, &q->d), 0);
	assert_int_equal(q->d.delta.n_ops, 2);
	assert_int_equal(q->d.delta.ops[0].op, BM_ADD);
	assert_int_equal(q->d.delta.ops[1].op, BM_REMOVE);
}

/* A batch that only adds can be overruled by the next, and not by the one
 * before. */
static void batches_take_effect_in_order(void **state)
{
	struct queue *q = *state;
	const uint64_t a[] = { 3, 2 };

	assert_int_equal(bm_batch_range(&q->b[0], 0, 9, BM_REMOVE), 0);
	add_all(&q->b[1], a, 2);
	assert_int_equal(bm_delta_build(q->all, 2, 0, &q->d), 0);
	assert_int_equal(q->d.delta.n_ops, 3);
	assert_int_equal(q->d.delta.ops[1].lo, 2);
	assert_int_equal(q->d.delta.ops[1].hi, 3);
	assert_int_equal(q->d.delta.ops[1].op, BM_ADD);
	bm_delta_finish(&q->d);
	q->all[0] = &q->b[1];
	q->all[1] = &q->b[0];
	assert_int_equal(bm_delta_build(q->all, 2, 0, &q->d), 0);
	assert_int_equal(q->d.delta.n_ops, 1);
	assert_int_equal(q->d.delta.ops[0].op, BM_REMOVE);
}

/* Many that lie near each other are crowds, whatever is done with them. */
static void many_members_are_crowds(void **state)
{
	struct queue *q = *state;

	for (uint64_t i = 0; i < 10000; i++)
		assert_int_equal(bm_batch_range(&q->b[i % 2], 20000 - i,
						20000 - i, BM_REMOVE),
				 0);
	assert_int_equal(bm_batch_range(&q->b[0], 20000, 20000, BM_REMOVE), 0);
	assert_int_equal(bm_delta_build(q->all, 2, 0, &q->d), 0);
	assert_null(q->d.delta.members);
	assert_int_equal(q->d.delta.op, BM_REMOVE);
	assert_int_equal(q->d.delta.n_crowds, 1);
	assert_int_equal(q->d.delta.n_members, 10000);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(q->d.delta.lows[i], 10001 + i);
}

/* Few are reduced together; a long stretch of one kind is a delta of its own,
 * and what changes its kind again and again is not. */
static void long_queues_are_cut_where_the_kind_changes(void **state)
{
	struct queue *q = *state;
	struct bm_batch *many[] = { &q->b[0], &q->b[0], &q->b[1],
				    &q->b[0], &q->b[1], &q->b[0] };

	assert_int_equal(bm_batch_add(&q->b[0], 1), 0);
	assert_int_equal(bm_batch_range(&q->b[1], 1, 1, BM_REMOVE), 0);
	assert_int_equal(bm_delta_first(many, 3), 3);
	for (uint64_t i = 0; i < 70000; i++)
		assert_int_equal(bm_batch_range(&q->b[1], i, i, BM_REMOVE), 0);
	assert_int_equal(bm_delta_first(many, 2), 2);
	assert_int_equal(bm_delta_first(many, 3), 2);
	assert_int_equal(bm_delta_first(many + 2, 1), 1);
	assert_int_equal(bm_delta_first(many, 6), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_gives_nothing, start,
						stop),
		cmocka_unit_test_setup_teardown(ascending_batches_are_joined,
						start, stop),
		cmocka_unit_test_setup_teardown(doubles_are_dropped, start,
						stop),
		cmocka_unit_test_setup_teardown(removals_are_sorted, start,
						stop),
		cmocka_unit_test_setup_teardown(many_members_are_crowds, start,
						stop),
		cmocka_unit_test_setup_teardown(adding_is_not_removing, start,
						stop),
		cmocka_unit_test_setup_teardown(
			long_queues_are_cut_where_the_kind_changes, start,
			stop),
		cmocka_unit_test_setup_teardown(batches_take_effect_in_order,
						start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

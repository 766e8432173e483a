/* SPDX-License-Identifier: Apache-2.0 */
/* queue_test.c - batches that wait. */

#include "bitmap/queue.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>

static int setup(void **state)
{
	static struct bm_queue q;

	assert_int_equal(bm_queue_init(&q), 0);
	*state = &q;
	return 0;
}

static int teardown(void **state)
{
	bm_queue_finish(*state);
	return 0;
}

/* A batch that can be told by its time. */
static void push(struct bm_queue *q, uint64_t ino, int64_t when)
{
	struct bm_node *node = calloc(1, sizeof(*node));

	assert_non_null(node);
	node->when_ns = when;
	node->bytes = 10;
	assert_int_equal(bm_queue_push(q, ino, node, 0, 1), 0);
}

static void expect_nodes(const struct bm_claim *c, int64_t first, int64_t last)
{
	const struct bm_node *n = c->first;

	for (int64_t when = first; when <= last; when++) {
		assert_non_null(n);
		assert_int_equal(n->when_ns, when);
		n = n->next;
	}
	assert_null(n);
}

static void keeps_the_order_of_each_set(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	for (int64_t i = 0; i < 100; i++) {
		push(q, 7, i);
		push(q, 8, 100 + i);
	}
	assert_int_equal(bm_queue_bytes(q), 2000);
	assert_true(bm_queue_claim(q, 7, UINT64_MAX, &c));
	expect_nodes(&c, 0, 99);
	bm_queue_done(q, &c);
	assert_int_equal(bm_queue_bytes(q), 1000);
	assert_false(bm_queue_claim(q, 7, UINT64_MAX, &c));
	assert_true(bm_queue_claim(q, 8, UINT64_MAX, &c));
	expect_nodes(&c, 100, 199);
	bm_queue_done(q, &c);
	assert_int_equal(bm_queue_bytes(q), 0);
}

/* What failed goes back before what came meanwhile. */
static void puts_back_in_front(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 7, 1);
	push(q, 7, 2);
	assert_true(bm_queue_claim(q, 7, UINT64_MAX, &c));
	push(q, 7, 3);
	bm_queue_again(q, &c);
	assert_int_equal(bm_queue_bytes(q), 30);
	assert_true(bm_queue_claim(q, 7, UINT64_MAX, &c));
	expect_nodes(&c, 1, 3);
	bm_queue_again(q, &c);
	push(q, 7, 4);
	assert_true(bm_queue_claim(q, 7, UINT64_MAX, &c));
	expect_nodes(&c, 1, 4);
	bm_queue_done(q, &c);
}

/* All up to one instant, over all sets. */
static void cuts_at_a_number(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;
	uint64_t *inos;
	uint64_t seq;
	size_t n;

	push(q, 9, 1);
	push(q, 7, 2);
	push(q, 9, 3);
	assert_int_equal(bm_queue_list(q, false, &inos, &n, &seq), 0);
	assert_int_equal(n, 2);
	assert_int_equal(inos[0], 7);
	assert_int_equal(inos[1], 9);
	free(inos);
	push(q, 9, 4);
	push(q, 5, 5);
	assert_true(bm_queue_claim(q, 9, seq, &c));
	assert_non_null(c.first);
	assert_int_equal(c.first->when_ns, 1);
	assert_int_equal(c.first->next->when_ns, 3);
	assert_null(c.first->next->next);
	bm_queue_done(q, &c);
	assert_false(bm_queue_claim(q, 5, seq, &c));
	assert_true(bm_queue_claim(q, 9, UINT64_MAX, &c));
	expect_nodes(&c, 4, 4);
	bm_queue_done(q, &c);
}

static void bounds_what_a_set_may_become(void **state)
{
	struct bm_queue *q = *state;
	struct bm_node *node = calloc(1, sizeof(*node));
	uint64_t bound;

	assert_non_null(node);
	assert_false(bm_queue_bound(q, 7, &bound));
	assert_int_equal(bm_queue_push(q, 7, node, BM_MEMBERS_MAX, 1), -EFBIG);
	assert_false(bm_queue_bound(q, 7, &bound));
	assert_int_equal(bm_queue_push(q, 7, node, BM_MEMBERS_MAX - 1, 1), 0);
	assert_true(bm_queue_bound(q, 7, &bound));
	assert_true(bound == BM_MEMBERS_MAX);
	node = calloc(1, sizeof(*node));
	assert_non_null(node);
	assert_int_equal(bm_queue_push(q, 7, node, 0, 1), -EFBIG);
	free(node);
}

static void forgets_a_set(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 7, 1);
	assert_true(bm_queue_claim(q, 7, UINT64_MAX, &c));
	push(q, 7, 2);
	bm_queue_forget(q, 7);
	bm_queue_forget(q, 8);
	assert_int_equal(bm_queue_bytes(q), 10);
	bm_queue_done(q, &c);
	assert_int_equal(bm_queue_bytes(q), 0);
	assert_false(bm_queue_claim(q, 7, UINT64_MAX, &c));
}

/* More sets than the table had room for at first. */
static void holds_many_sets(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	for (uint64_t i = 0; i < 5000; i++)
		push(q, i * 64, (int64_t)i);
	for (uint64_t i = 0; i < 5000; i++) {
		assert_true(bm_queue_claim(q, i * 64, UINT64_MAX, &c));
		expect_nodes(&c, (int64_t)i, (int64_t)i);
		bm_queue_done(q, &c);
	}
	assert_int_equal(bm_queue_bytes(q), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_the_order_of_each_set,
						setup, teardown),
		cmocka_unit_test_setup_teardown(puts_back_in_front, setup,
						teardown),
		cmocka_unit_test_setup_teardown(cuts_at_a_number, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bounds_what_a_set_may_become,
						setup, teardown),
		cmocka_unit_test_setup_teardown(forgets_a_set, setup, teardown),
		cmocka_unit_test_setup_teardown(holds_many_sets, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

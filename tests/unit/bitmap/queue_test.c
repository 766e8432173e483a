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

static int try_to_push(struct bm_queue *q, uint64_t ino, uint64_t member,
		       enum bm_op op, const uint64_t *bound)
{
	struct bm_batch b;
	struct bm_push p = { .batch = &b, .ino = ino, .adds = 1 };
	int err;

	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, member, member, op), 0);
	err = bm_queue_push(q, &p, bound);
	bm_batch_finish(&b);
	return err;
}

static void push_op(struct bm_queue *q, uint64_t ino, uint64_t member,
		    enum bm_op op)
{
	assert_int_equal(try_to_push(q, ino, member, op, &(uint64_t){ 0 }), 0);
}

static void push(struct bm_queue *q, uint64_t ino, uint64_t member)
{
	push_op(q, ino, member, BM_ADD);
}

/* The members of all nodes, one after the other. */
static void expect_members(const struct bm_claim *c, uint64_t first,
			   uint64_t last)
{
	uint64_t member = first;

	for (const struct bm_node *n = c->first; n; n = n->next)
		for (size_t i = 0; i < n->batch.n_members; i++)
			assert_int_equal(n->batch.members[i], member++);
	assert_int_equal(member, last + 1);
}

static size_t count_nodes(const struct bm_claim *c)
{
	size_t n = 0;

	for (const struct bm_node *node = c->first; node; node = node->next)
		n++;
	return n;
}

static void keeps_the_order_of_each_set(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	for (uint64_t i = 0; i < 100; i++) {
		push(q, 7, i);
		push(q, 8, 100 + i);
	}
	assert_true(bm_queue_bytes(q) >= 200 * sizeof(uint64_t));
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	expect_members(&c, 0, 99);
	bm_queue_done(q, &c);
	assert_true(bm_queue_bytes(q) >= 100 * sizeof(uint64_t));
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), -ENOENT);
	assert_int_equal(bm_queue_claim(q, 8, UINT64_MAX, &c), 0);
	expect_members(&c, 100, 199);
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
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	push(q, 7, 3);
	bm_queue_again(q, &c);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	expect_members(&c, 1, 3);
	bm_queue_again(q, &c);
	push(q, 7, 4);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	expect_members(&c, 1, 4);
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
	push(q, 7, 7);
	push(q, 9, 2);
	assert_int_equal(bm_queue_list(q, BM_LINES_ALL, &inos, &n, &seq), 0);
	assert_int_equal(n, 2);
	assert_int_equal(inos[0], 7);
	assert_int_equal(inos[1], 9);
	free(inos);
	push(q, 9, 3);
	push(q, 5, 5);
	assert_int_equal(bm_queue_claim(q, 9, seq, &c), 0);
	expect_members(&c, 1, 2);
	bm_queue_done(q, &c);
	assert_int_equal(bm_queue_claim(q, 5, seq, &c), -ENOENT);
	assert_int_equal(bm_queue_claim(q, 9, UINT64_MAX, &c), 0);
	expect_members(&c, 3, 3);
	bm_queue_done(q, &c);
}

/* More than the node has room for, and than is worth putting together. */
static void joins_what_does_the_same(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	for (uint64_t i = 0; i < 5000; i++)
		push(q, 7, i);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	expect_members(&c, 0, 4999);
	assert_int_equal(count_nodes(&c), 2);
	assert_true(c.first->batch.ascending);
	assert_int_equal(c.first->seq, 4096);
	assert_int_equal(c.first->next->seq, 5000);
	bm_queue_done(q, &c);
	assert_int_equal(bm_queue_bytes(q), 0);
	push(q, 7, 1);
	push_op(q, 7, 2, BM_REMOVE);
	push_op(q, 7, 3, BM_REMOVE);
	push(q, 7, 4);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	expect_members(&c, 1, 4);
	assert_int_equal(count_nodes(&c), 3);
	bm_queue_done(q, &c);
}

static void bounds_what_a_set_may_become(void **state)
{
	struct bm_queue *q = *state;
	uint64_t bound = BM_MEMBERS_MAX;
	struct bm_claim c;

	assert_int_equal(try_to_push(q, 7, 1, BM_ADD, NULL), -ENODATA);
	assert_int_equal(try_to_push(q, 7, 1, BM_ADD, &bound), -EFBIG);
	assert_int_equal(try_to_push(q, 7, 1, BM_ADD, NULL), -ENODATA);
	bound--;
	assert_int_equal(try_to_push(q, 7, 1, BM_ADD, &bound), 0);
	bound = 0; /* it is known now */
	assert_int_equal(try_to_push(q, 7, 2, BM_ADD, NULL), -EFBIG);
	assert_int_equal(try_to_push(q, 7, 2, BM_ADD, &bound), -EFBIG);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	expect_members(&c, 1, 1);
	bm_queue_done(q, &c);
	assert_int_equal(try_to_push(q, 7, 2, BM_ADD, NULL), -ENODATA);
}

static void forgets_a_set(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 7, 1);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	push(q, 7, 2);
	bm_queue_forget(q, 7);
	bm_queue_forget(q, 8);
	assert_true(bm_queue_bytes(q) > 0);
	bm_queue_done(q, &c);
	assert_int_equal(bm_queue_bytes(q), 0);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), -ENOENT);
}

/* More sets than the table had room for at first. */
static void holds_many_sets(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	for (uint64_t i = 0; i < 5000; i++)
		push(q, i * 64, i);
	for (uint64_t i = 0; i < 5000; i++) {
		assert_int_equal(bm_queue_claim(q, i * 64, UINT64_MAX, &c), 0);
		expect_members(&c, i, i);
		bm_queue_done(q, &c);
	}
	assert_int_equal(bm_queue_bytes(q), 0);
}

static void claims_and_gives_back_several(void **state)
{
	const uint64_t inos[] = { 3, 5, 7 };
	struct bm_queue *q = *state;
	struct bm_claim c[3];
	size_t n;

	push(q, 3, 1);
	push(q, 7, 1);
	assert_int_equal(bm_queue_claim_each(q, inos, 3, UINT64_MAX, c, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].ino, 3);
	assert_int_equal(c[1].ino, 7);
	push(q, 7, 2);
	bm_queue_again_each(q, c, 2);
	assert_int_equal(bm_queue_claim_each(q, inos, 3, UINT64_MAX, c, &n), 0);
	assert_int_equal(n, 2);
	expect_members(&c[0], 1, 1);
	expect_members(&c[1], 1, 2);
	bm_queue_done(q, &c[0]);
	bm_queue_done(q, &c[1]);
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
		cmocka_unit_test_setup_teardown(joins_what_does_the_same, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bounds_what_a_set_may_become,
						setup, teardown),
		cmocka_unit_test_setup_teardown(forgets_a_set, setup, teardown),
		cmocka_unit_test_setup_teardown(holds_many_sets, setup,
						teardown),
		cmocka_unit_test_setup_teardown(claims_and_gives_back_several,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

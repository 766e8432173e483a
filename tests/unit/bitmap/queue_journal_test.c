/* SPDX-License-Identifier: Apache-2.0 */
/* queue_journal_test.c - batches that are still to be written. */

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

static void push(struct bm_queue *q, uint64_t ino, uint64_t members)
{
	struct bm_node *node;
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < members; i++)
		assert_int_equal(bm_batch_add(&b, i), 0);
	assert_int_equal(bm_node_new(&b, 1, &node), 0);
	if (!bm_node_shares(node))
		bm_batch_finish(&b);
	assert_int_equal(bm_queue_push(q, ino, node, 0, members), 0);
}

static void settle(struct bm_queue *q, uint64_t ino)
{
	struct bm_claim c;

	assert_true(bm_queue_claim(q, ino, UINT64_MAX, &c));
	bm_queue_done(q, &c);
}

/* The sets of the unwritten batches, one digit each. */
static uint64_t unwritten(struct bm_queue *q, bool write)
{
	struct bm_node *list = bm_queue_unwritten(q);
	uint64_t inos = 0;

	for (const struct bm_node *n = list; n; n = n->next_unwritten)
		inos = inos * 10 + n->ino;
	if (write)
		bm_queue_written(q, list);
	else
		bm_queue_not_written(q, list);
	return inos;
}

static size_t n_direct(struct bm_queue *q)
{
	uint64_t *inos;
	uint64_t seq;
	size_t n;

	assert_int_equal(bm_queue_list(q, true, &inos, &n, &seq), 0);
	free(inos);
	return n;
}

static void each_is_written_once(void **state)
{
	struct bm_queue *q = *state;

	push(q, 3, 1);
	push(q, 1, 1);
	assert_int_equal(unwritten(q, false), 31);
	push(q, 2, 1);
	assert_int_equal(unwritten(q, true), 312);
	push(q, 1, 1);
	assert_int_equal(unwritten(q, true), 1);
	assert_int_equal(unwritten(q, true), 0);
	assert_true(bm_queue_bytes(q) > 0); /* they still wait */
}

static void what_is_settled_is_not_written(void **state)
{
	struct bm_queue *q = *state;
	struct bm_node *list;

	push(q, 1, 1);
	push(q, 2, 1);
	push(q, 3, 1);
	settle(q, 2);
	bm_queue_forget(q, 3);
	assert_int_equal(unwritten(q, false), 1);
	list = bm_queue_unwritten(q);
	settle(q, 1); /* while it is written */
	push(q, 4, 1);
	bm_queue_not_written(q, list);
	assert_int_equal(unwritten(q, true), 4);
	push(q, 5, 1);
	list = bm_queue_unwritten(q);
	settle(q, 5);
	bm_queue_written(q, list);
	settle(q, 4);
	assert_int_equal(bm_queue_bytes(q), 0);
}

/* And all that comes behind one, until it is settled. */
static void a_large_batch_is_direct(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 1, 1);
	push(q, 1, 9000);
	push(q, 1, 1);
	push(q, 2, 1);
	assert_int_equal(n_direct(q), 1);
	assert_int_equal(unwritten(q, true), 12);
	assert_true(bm_queue_claim(q, 1, UINT64_MAX, &c));
	push(q, 1, 1); /* the claim may yet come back */
	assert_int_equal(n_direct(q), 1);
	bm_queue_again(q, &c);
	assert_int_equal(unwritten(q, true), 0);
	settle(q, 1);
	assert_int_equal(n_direct(q), 0);
	push(q, 1, 1);
	assert_int_equal(n_direct(q), 0);
	assert_int_equal(unwritten(q, true), 1);
}

/* Batches behind the one instant that was settled stay direct. */
static void a_claim_may_leave_direct_ones(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 1, 9000);
	push(q, 1, 1);
	assert_true(bm_queue_claim(q, 1, 1, &c));
	bm_queue_done(q, &c);
	assert_int_equal(n_direct(q), 1);
	bm_queue_forget(q, 1);
	assert_int_equal(n_direct(q), 0);
}

static void a_full_journal_takes_no_more(void **state)
{
	struct bm_queue *q = *state;
	unsigned n = 0;

	while (!bm_queue_is_due(q, UINT64_MAX)) {
		push(q, 1 + n % 7, 5000);
		n++;
	}
	assert_true(n > 100 && n < 1000);
	assert_true(n_direct(q) > 0);
	push(q, 8, 1);
	assert_int_equal(n_direct(q), 2);
	unwritten(q, true);
	for (uint64_t ino = 1; ino <= 8; ino++)
		settle(q, ino);
	bm_queue_cleared(q);
	assert_false(bm_queue_is_due(q, 0));
	push(q, 8, 1);
	assert_int_equal(n_direct(q), 0);
}

/* Who settles all the time needs no commit to make room. */
static void settled_batches_make_room(void **state)
{
	struct bm_queue *q = *state;

	for (unsigned i = 0; i < 3000; i++) {
		push(q, 1, 1000);
		settle(q, 1);
	}
	assert_false(bm_queue_is_due(q, UINT64_MAX));
	assert_int_equal(n_direct(q), 0);
}

/* They keep their numbers, and none of those is given again. */
static void what_is_replayed_keeps_its_number(void **state)
{
	struct bm_queue *q = *state;
	struct bm_node *node = calloc(1, sizeof(*node));
	struct bm_claim c;
	uint64_t bound;

	assert_non_null(node);
	node->ino = 4;
	node->seq = 100;
	assert_int_equal(bm_queue_replay(q, node, 10), 0);
	bm_queue_start(q, 200, 50);
	assert_true(bm_queue_is_due(q, 0));
	assert_false(bm_queue_bound(q, 4, &bound));
	push(q, 4, 1);
	assert_true(bm_queue_bound(q, 4, &bound));
	assert_int_equal(bound, 11);
	assert_true(bm_queue_claim(q, 4, UINT64_MAX, &c));
	assert_int_equal(c.first->seq, 100);
	assert_int_equal(c.first->next->seq, 201);
	bm_queue_done(q, &c);
	node = calloc(1, sizeof(*node));
	assert_non_null(node);
	node->seq = 201;
	assert_int_equal(bm_queue_replay(q, node, 1), -EUCLEAN);
	free(node);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_written_once),
		TEST(what_is_settled_is_not_written),
		TEST(a_large_batch_is_direct),
		TEST(a_claim_may_leave_direct_ones),
		TEST(a_full_journal_takes_no_more),
		TEST(settled_batches_make_room),
		TEST(what_is_replayed_keeps_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

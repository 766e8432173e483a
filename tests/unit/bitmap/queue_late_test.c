/* SPDX-License-Identifier: Apache-2.0 */
/* queue_late_test.c - batches that are put in their lines late: nobody can
 * tell. */

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

static int try_to_push(struct bm_queue *q, uint64_t ino, uint64_t first,
		       uint64_t n, uint64_t bound)
{
	struct bm_code code;
	struct bm_batch b;
	struct bm_push p = { .when_ns = (int64_t)(first + n - 1),
			     .batch = &b,
			     .ino = ino,
			     .adds = n };
	int err;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(bm_batch_add(&b, first + i), 0);
	assert_int_equal(bm_code_make(&b, &code), 0);
	p.code = code.data;
	p.code_len = (uint32_t)code.len;
	err = bm_queue_push(q, &p, &bound);
	bm_code_finish(&code);
	bm_batch_finish(&b);
	return err;
}

static void push(struct bm_queue *q, uint64_t ino, uint64_t first, uint64_t n)
{
	assert_int_equal(try_to_push(q, ino, first, n, 0), 0);
}

/* What the claim has is first, first + 1, ..., last. */
static void expect(struct bm_queue *q, uint64_t ino, uint64_t seq,
		   uint64_t first, uint64_t last)
{
	uint64_t member = first;
	struct bm_claim c;

	assert_int_equal(bm_queue_claim(q, ino, seq, &c), 0);
	for (const struct bm_node *n = c.first; n; n = n->next) {
		assert_true(n->journaled);
		for (size_t i = 0; i < n->batch.n_members; i++)
			assert_int_equal(n->batch.members[i], member++);
		assert_true(n->batch.ascending);
		assert_int_equal(n->when_ns, member - 1);
	}
	assert_int_equal(member, last + 1);
	bm_queue_done(q, &c);
}

/* More of them than wait late at once, of more sets than the table had room
 * for, which come and go. */
static void keeps_the_order_of_each_set(void **state)
{
	struct bm_queue *q = *state;

	for (uint64_t i = 0; i < 10; i++)
		for (uint64_t ino = 1; ino <= 1000; ino++)
			push(q, ino * 64, i, 1);
	for (uint64_t ino = 1; ino <= 1000; ino += 2)
		expect(q, ino * 64, UINT64_MAX, 0, 9);
	for (uint64_t ino = 2; ino <= 1000; ino += 2)
		push(q, ino * 64, 10, 1);
	for (uint64_t ino = 2; ino <= 1000; ino += 2)
		expect(q, ino * 64, UINT64_MAX, 0, 10);
	assert_int_equal(bm_queue_bytes(q), 0);
}

/* Few fit a node, many get one of their own; each kind behind the other. */
static void stays_before_what_comes_at_once(void **state)
{
	struct bm_queue *q = *state;
	uint64_t member = 0;

	for (uint64_t n = 1; n <= 100; n++) {
		for (uint64_t i = 0; i < n; i++)
			push(q, 7, member++, 1);
		push(q, 7, member, 2);
		member += 2;
	}
	expect(q, 7, UINT64_MAX, 0, member - 1);
	assert_int_equal(bm_queue_bytes(q), 0);
}

/* Members that do not ascend are not said to. */
static void says_when_they_do_not_ascend(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 7, 1, 1);
	push(q, 7, 3, 1);
	push(q, 7, 2, 1);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	assert_false(c.first->batch.ascending);
	assert_int_equal(c.first->batch.n_members, 3);
	assert_int_equal(c.first->seq, 3);
	bm_queue_done(q, &c);
}

/* What was late when sets were listed is of that instant, and no more is. */
static void cuts_at_a_number(void **state)
{
	struct bm_queue *q = *state;
	uint64_t *inos;
	uint64_t seq;
	size_t n;

	push(q, 9, 1, 1);
	push(q, 9, 2, 1);
	assert_int_equal(bm_queue_list(q, BM_LINES_ALL, &inos, &n, &seq), 0);
	assert_int_equal(n, 1);
	free(inos);
	push(q, 9, 3, 1);
	expect(q, 9, seq, 1, 2);
	expect(q, 9, UINT64_MAX, 3, 3);
}

/* They make a set hot as others do. */
static void counts_for_hot_sets(void **state)
{
	struct bm_queue *q = *state;
	uint64_t *inos;
	uint64_t seq;
	size_t n;

	for (uint64_t i = 0; i < BM_HOT; i++)
		push(q, 9, i, 1);
	push(q, 8, 0, 1);
	assert_int_equal(bm_queue_list(q, BM_LINES_HOT, &inos, &n, &seq), 0);
	assert_int_equal(n, 1);
	assert_int_equal(inos[0], 9);
	free(inos);
}

static void forgets_them(void **state)
{
	struct bm_queue *q = *state;
	struct buf bytes = { 0 };
	struct bm_claim c;
	uint32_t batches;
	uint64_t seq;

	push(q, 7, 1, 1);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	push(q, 7, 2, 1);
	push(q, 8, 3, 1);
	bm_queue_forget(q, 7);
	bm_queue_done(q, &c);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), -ENOENT);
	assert_int_equal(bm_queue_gather(q, &bytes, &batches, &seq), 0);
	assert_int_equal(batches, 1);
	assert_int_equal(seq, 3);
	buf_finish(&bytes);
	expect(q, 8, UINT64_MAX, 3, 3);
	assert_int_equal(bm_queue_bytes(q), 0);
}

/* A set in the claim of somebody keeps what comes late meanwhile. */
static void outlives_a_claim(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 7, 1, 1);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	push(q, 7, 2, 1);
	bm_queue_done(q, &c);
	expect(q, 7, UINT64_MAX, 2, 2);
	push(q, 7, 3, 1);
	assert_int_equal(bm_queue_claim(q, 7, UINT64_MAX, &c), 0);
	push(q, 7, 4, 1);
	bm_queue_again(q, &c);
	expect(q, 7, UINT64_MAX, 3, 4);
}

/* The bound is kept to the last member, whichever way it came. */
static void counts_for_the_bound(void **state)
{
	const uint64_t most = BM_MEMBERS_MAX;
	struct bm_queue *q = *state;

	assert_int_equal(try_to_push(q, 7, 1, 1, most - 2), 0);
	assert_int_equal(try_to_push(q, 7, 2, 1, 0), 0);
	assert_int_equal(try_to_push(q, 7, 3, 1, 0), -EFBIG);
	expect(q, 7, UINT64_MAX, 1, 2);

	assert_int_equal(try_to_push(q, 8, 1, 1, most / 2), 0);
	assert_int_equal(try_to_push(q, 9, 1, 1, most / 2 - 1), 0);
	for (uint64_t i = 2; i <= 10; i++) {
		push(q, 8, i, 1);
		push(q, 9, i, 1);
	}
	expect(q, 8, UINT64_MAX, 1, 10);
	expect(q, 9, UINT64_MAX, 1, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_the_order_of_each_set,
						setup, teardown),
		cmocka_unit_test_setup_teardown(stays_before_what_comes_at_once,
						setup, teardown),
		cmocka_unit_test_setup_teardown(says_when_they_do_not_ascend,
						setup, teardown),
		cmocka_unit_test_setup_teardown(cuts_at_a_number, setup,
						teardown),
		cmocka_unit_test_setup_teardown(counts_for_hot_sets, setup,
						teardown),
		cmocka_unit_test_setup_teardown(forgets_them, setup, teardown),
		cmocka_unit_test_setup_teardown(outlives_a_claim, setup,
						teardown),
		cmocka_unit_test_setup_teardown(counts_for_the_bound, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

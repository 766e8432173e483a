/* SPDX-License-Identifier: Apache-2.0 */
/* queue_journal_test.c - batches that are still to be written. */

#include "bitmap/journal_code.h"
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
	struct bm_code code;
	struct bm_batch b;
	struct bm_push p = { .batch = &b, .ino = ino, .adds = members };

	bm_batch_init(&b);
	for (uint64_t i = 0; i < members; i++)
		assert_int_equal(bm_batch_add(&b, i), 0);
	assert_int_equal(bm_code_make(&b, &code), 0);
	p.code = code.data;
	p.code_len = (uint32_t)code.len;
	assert_int_equal(bm_queue_push(q, &p, &(uint64_t){ 0 }), 0);
	bm_code_finish(&code);
	bm_batch_finish(&b);
}

static void settle(struct bm_queue *q, uint64_t ino)
{
	struct bm_claim c;

	assert_int_equal(bm_queue_claim(q, ino, UINT64_MAX, &c), 0);
	bm_queue_done(q, &c);
}

/* The sets of batches in a record, one digit each. */
static uint64_t inos_of(const struct buf *bytes)
{
	struct bm_code_reader r;
	struct bm_head head;
	struct bm_batch b;
	uint64_t inos = 0;
	int err;

	if (!bytes->len)
		return 0;
	bm_batch_init(&b);
	bm_code_reader_init(&r, buf_data(bytes), bytes->len);
	while ((err = bm_code_next(&r, &head, &b)) == 0)
		inos = inos * 10 + head.ino;
	assert_int_equal(err, -ENOENT);
	bm_batch_finish(&b);
	return inos;
}

static uint64_t gather(struct bm_queue *q)
{
	struct buf bytes = { 0 };
	uint64_t inos, seq;
	uint32_t n;

	assert_int_equal(bm_queue_gather(q, &bytes, &n, &seq), 0);
	inos = inos_of(&bytes);
	buf_finish(&bytes);
	return inos;
}

static uint64_t unwritten(struct bm_queue *q, bool write)
{
	uint64_t inos = gather(q);

	if (write && inos)
		bm_queue_written(q);
	return inos;
}

static size_t n_direct(struct bm_queue *q)
{
	uint64_t *inos;
	uint64_t seq;
	size_t n;

	assert_int_equal(bm_queue_list(q, BM_LINES_DIRECT, &inos, &n, &seq), 0);
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

	push(q, 1, 1);
	push(q, 2, 1);
	push(q, 3, 1);
	settle(q, 2);
	bm_queue_forget(q, 3);
	assert_int_equal(gather(q), 1);
	settle(q, 1); /* while it is written, which fails */
	push(q, 4, 1);
	assert_int_equal(unwritten(q, true), 4);
	push(q, 5, 1);
	assert_int_equal(gather(q), 5);
	settle(q, 5);
	push(q, 6, 1);
	bm_queue_written(q); /* the 5 */
	assert_int_equal(unwritten(q, true), 6);
	settle(q, 4);
	settle(q, 6);
	assert_int_equal(bm_queue_bytes(q), 0);
}

/* What of a line was settled is not written, the rest of it is. */
static void a_part_may_be_settled(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	push(q, 1, 1);
	push(q, 2, 1);
	assert_int_equal(n_direct(q), 0); /* who lists cuts */
	push(q, 1, 1);
	assert_int_equal(bm_queue_claim(q, 1, 2, &c), 0);
	assert_int_equal(c.first->seq, 1);
	assert_null(c.first->next);
	assert_int_equal(gather(q), 121);
	bm_queue_done(q, &c);
	assert_int_equal(gather(q), 21);
}

/* The log has a part of a row, and the journal then all of it. */
static void the_log_goes_on_where_it_was(void **state)
{
	struct bm_queue *q = *state;
	struct buf bytes = { 0 };
	struct bm_claim c;
	uint64_t at = 0;

	push(q, 1, 1);
	push(q, 2, 1);
	assert_int_equal(bm_queue_log(q, &bytes, UINT64_MAX, 1000), 0);
	assert_int_equal(inos_of(&bytes), 12);
	bm_queue_logged(q);
	push(q, 1, 1);
	buf_clear(&bytes);
	assert_int_equal(bm_queue_kept(q, &at, &bytes, 1000), 0);
	assert_int_equal(inos_of(&bytes), 12);
	assert_int_equal(at, 2);
	assert_int_equal(bm_queue_claim(q, 1, UINT64_MAX, &c), 0);
	assert_false(bm_queue_is_safe(q, &c));
	buf_clear(&bytes);
	assert_int_equal(bm_queue_log(q, &bytes, UINT64_MAX, 1000), 0);
	assert_int_equal(inos_of(&bytes), 1);
	bm_queue_logged(q);
	assert_true(bm_queue_is_safe(q, &c));
	bm_queue_again(q, &c);
	push(q, 3, 1);
	assert_int_equal(unwritten(q, true), 1213);
	buf_clear(&bytes);
	at = 0;
	assert_int_equal(bm_queue_kept(q, &at, &bytes, 1000), 0);
	assert_int_equal(bm_queue_log(q, &bytes, UINT64_MAX, 1000), 0);
	assert_int_equal(bytes.len, 0);
	assert_int_equal(bm_queue_log(q, &bytes, UINT64_MAX, 1000), 0);
	push(q, 4, 1);
	assert_int_equal(bm_queue_log(q, &bytes, 5, 1000), -EAGAIN);
	assert_int_equal(bm_queue_log(q, &bytes, 6, 10), -EAGAIN);
	buf_finish(&bytes);
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
	assert_int_equal(bm_queue_claim(q, 1, UINT64_MAX, &c), 0);
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
	assert_int_equal(bm_queue_claim(q, 1, 1, &c), 0);
	bm_queue_done(q, &c);
	assert_int_equal(n_direct(q), 1);
	bm_queue_forget(q, 1);
	assert_int_equal(n_direct(q), 0);
}

static void a_full_journal_takes_no_more(void **state)
{
	struct bm_queue *q = *state;
	unsigned n = 0;

	while (n_direct(q) == 0) {
		push(q, 1 + n % 7, 5000);
		n++;
	}
	assert_true(n > 100 && n < 1000);
	assert_true(bm_queue_is_filling(q));
	push(q, 8, 1);
	assert_int_equal(n_direct(q), 2);
	unwritten(q, true);
	for (uint64_t ino = 1; ino <= 8; ino++)
		settle(q, ino);
	bm_queue_cleared(q);
	assert_false(bm_queue_is_filling(q));
	assert_false(bm_queue_is_idle(q, 0));
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
	assert_int_equal(n_direct(q), 0);
}

static int replay(struct bm_queue *q, uint64_t ino, uint64_t seq, bool logged)
{
	const uint8_t code[] = { 2, 77 }; /* one member, 77 */
	struct bm_batch b;
	struct bm_push p = { .batch = &b, .ino = ino, .adds = 10 };
	int err;

	bm_batch_init(&b);
	assert_int_equal(bm_batch_add(&b, 77), 0);
	if (logged) {
		p.code = code;
		p.code_len = sizeof(code);
	}
	err = bm_queue_replay(q, &p, seq);
	bm_batch_finish(&b);
	return err;
}

/* They keep their numbers, and none of those is given again. */
static void what_is_replayed_keeps_its_number(void **state)
{
	struct bm_queue *q = *state;
	struct bm_claim c;

	assert_int_equal(replay(q, 4, 100, false), 0);
	assert_int_equal(replay(q, 4, 150, true), 0);
	assert_int_equal(replay(q, 4, 150, true), -EUCLEAN);
	bm_queue_start(q, 200, 50);
	assert_true(bm_queue_is_idle(q, 0));
	push(q, 4, 1);
	assert_int_equal(bm_queue_claim(q, 4, UINT64_MAX, &c), 0);
	assert_int_equal(c.first->seq, 100);
	assert_int_equal(c.first->next->seq, 150);
	assert_int_equal(c.first->next->next->seq, 201);
	assert_false(bm_queue_is_safe(q, &c));
	bm_node_free(c.first->next->next);
	c.first->next->next = NULL; /* the two are in no danger */
	assert_true(bm_queue_is_safe(q, &c));
	assert_int_equal(gather(q), 44);
	bm_queue_done(q, &c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_written_once),
		TEST(what_is_settled_is_not_written),
		TEST(a_part_may_be_settled),
		TEST(the_log_goes_on_where_it_was),
		TEST(a_large_batch_is_direct),
		TEST(a_claim_may_leave_direct_ones),
		TEST(a_full_journal_takes_no_more),
		TEST(settled_batches_make_room),
		TEST(what_is_replayed_keeps_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

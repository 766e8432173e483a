/* SPDX-License-Identifier: Apache-2.0 */
/* db_test.c - batches on their way into sets. */

#include "bitmap/db.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static int append(struct set_store *ss, uint64_t ino, uint64_t lo, uint64_t hi)
{
	struct bm_batch b;
	int err;

	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, lo, hi, BM_ADD), 0);
	err = bm_append(ss->db, ino, &b, 7);
	assert_true(bm_batch_empty(&b) == !err);
	bm_batch_finish(&b);
	return err;
}

static void batches_wait_until_they_are_settled(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = set_store_create(ss);
	uint64_t b = set_store_create(ss);

	set_store_write(ss, a, "1\n2\n");
	set_store_write(ss, b, "3\n");
	assert_int_equal(set_store_settled(ss, a), 0);
	assert_int_equal(bm_settle(ss->db, a), 0);
	assert_int_equal(set_store_settled(ss, a), 2);
	assert_int_equal(set_store_settled(ss, b), 0);
	assert_int_equal(bm_settle_all(ss->db), 0);
	assert_int_equal(set_store_settled(ss, b), 1);
	assert_int_equal(ss->n_changed, 2);
}

static void batches_take_effect_in_their_order(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, "1\n2\n");
	set_store_write(ss, ino, "-1-9\n5\n");
	set_store_write(ss, ino, "6\n-5\n");
	assert_int_equal(set_store_info(ss, ino).count, 1);
	assert_int_equal(set_store_info(ss, ino).min, 6);
}

/* Members first, last and every second up to that, all of one kind. */
static void append_many(struct set_store *ss, uint64_t ino, uint64_t first,
			uint64_t last, enum bm_op op)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t m = first; m <= last; m += 2)
		assert_int_equal(bm_batch_range(&b, m, m, op), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 7), 0);
}

/* So many that each kind is a delta of its own (bm_delta_first). */
static void long_batches_take_effect_in_their_order(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	append_many(ss, ino, 0, 200000, BM_ADD);
	append_many(ss, ino, 1000, 150000, BM_REMOVE);
	append_many(ss, ino, 2000, 2010, BM_ADD);
	assert_int_equal(bm_settle(ss->db, ino), 0);
	assert_int_equal(ss->n_changed, 1);
	assert_int_equal(set_store_info(ss, ino).count, 100001 - 74501 + 6);
	append_many(ss, ino, 2000, 2010, BM_REMOVE);
	append_many(ss, ino, 0, 200000, BM_REMOVE);
	append_many(ss, ino, 4, 4, BM_ADD);
	append_many(ss, ino, 4, 4, BM_REMOVE);
	append_many(ss, ino, 8, 8, BM_ADD);
	assert_int_equal(set_store_info(ss, ino).count, 1);
	assert_int_equal(set_store_info(ss, ino).min, 8);
}

/* What was appended before a sync is on the disk after it. */
static void a_commit_keeps_what_waits(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, "1\n2\n");
	assert_int_equal(rs_sync(ss->store), 0);
	set_store_write(ss, ino, "3\n");
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count, 2);
}

/* The time of change is that of the last batch. */
static void tells_when_a_set_changed(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, "5\n");
	assert_int_equal(append(ss, ino, 5, 6), 0);
	assert_int_equal(bm_settle(ss->db, ino), 0);
	assert_int_equal(ss->n_changed, 1);
	assert_int_equal(ss->when_ns, 7);
	assert_int_equal(append(ss, ino, 5, 6), 0);
	assert_int_equal(bm_settle(ss->db, ino), 0);
	assert_int_equal(ss->n_changed, 1);
}

static void refuses_sets_that_are_too_large(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	assert_int_equal(append(ss, ino, 0, UINT64_MAX), -EFBIG);
	assert_int_equal(append(ss, ino, 0, BM_MEMBERS_MAX), -EFBIG);
	assert_int_equal(append(ss, ino, 1, BM_MEMBERS_MAX), 0);
	/* The bound is reached, what is there already is no more. */
	assert_int_equal(append(ss, ino, 1, 1000), 0);
	assert_int_equal(append(ss, ino, 5, BM_MEMBERS_MAX), 0);
	assert_int_equal(append(ss, ino, 0, 0), -EFBIG);
	set_store_write(ss, ino, "-77\n");
	assert_int_equal(append(ss, ino, 0, 0), 0);
	assert_int_equal(append(ss, ino, 77, 77), -EFBIG);
	assert_true(set_store_info(ss, ino).count == BM_MEMBERS_MAX);
	assert_int_equal(ss->n_failed, 0);
	set_store_write(ss, ino, "-0-18446744073709551615\n");
	assert_int_equal(set_store_info(ss, ino).count, 0);
}

/* A set that was removed takes its queue with it. */
static void forgets_a_set_that_is_gone(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, "1\n");
	set_store_remove(ss, ino);
	assert_int_equal(bm_settle_all(ss->db), 0);
	assert_int_equal(ss->n_failed, 0);
	assert_int_equal(append(ss, ino, 1, 1), -ENOENT);
}

/* A set without a name is none of the others' business. */
static void settles_the_others_when_one_is_gone(void **state)
{
	struct set_store *ss = *state;
	uint64_t gone = set_store_create(ss);
	uint64_t stays = set_store_create(ss);
	struct rs_txn *t;

	set_store_write(ss, gone, "1\n");
	set_store_write(ss, stays, "1\n");
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_del(t, gone), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(bm_settle_all(ss->db), 0);
	assert_int_equal(set_store_settled(ss, stays), 1);
	assert_int_equal(bm_queue_bytes(&ss->db->queue), 0);
}

static void damage(struct set_store *ss, uint64_t ino)
{
	struct rs_object obj;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, &obj), 0);
	obj.body[0] = 77;
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void mend(struct set_store *ss, uint64_t ino)
{
	struct rs_object obj;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, &obj), 0);
	bm_object_init(&obj);
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* A damaged set loses its batches, says so, and stands in nobody's way. */
static void gives_up_on_a_damaged_set_alone(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[5];

	for (int i = 0; i < 5; i++) {
		ino[i] = set_store_create(ss);
		set_store_write(ss, ino[i], "1\n2\n");
	}
	damage(ss, ino[2]);
	assert_int_equal(bm_settle_all(ss->db), -EUCLEAN);
	for (int i = 0; i < 5; i++)
		if (i != 2)
			assert_int_equal(set_store_settled(ss, ino[i]), 2);
	assert_int_equal(ss->n_failed, 1);
	assert_int_equal(ss->failed_with, -EUCLEAN);
	assert_int_equal(bm_settle_all(ss->db), 0);
	mend(ss, ino[2]);
}

/* The disk is full: the batches wait for better times. */
static void keeps_what_finds_no_space(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t limit = ss->disk->limit;
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < 2000000; i++)
		assert_int_equal(bm_batch_add(&b, i * 70000), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	set_store_write(ss, ino, "-0\n");
	ss->disk->limit = ss->disk->n_backed + 10;
	assert_int_equal(bm_settle(ss->db, ino), -ENOSPC);
	assert_int_equal(set_store_settled(ss, ino), 0);
	assert_int_equal(ss->n_failed, 0);
	ss->disk->limit = limit;
	assert_int_equal(bm_settle(ss->db, ino), 0);
	assert_int_equal(set_store_settled(ss, ino), 1999999);
}

/* Whoever fills the queue empties it. */
static void bounds_what_waits(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	for (uint64_t k = 0; k < 12; k++) {
		struct bm_batch b;

		bm_batch_init(&b);
		for (uint64_t i = 0; i < 1000000; i++)
			assert_int_equal(bm_batch_add(&b, k + i * 12), 0);
		assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
		assert_true(bm_queue_bytes(&ss->db->queue) <= BM_QUEUE_MAX);
	}
	assert_true(set_store_settled(ss, ino) > 0);
	assert_int_equal(set_store_info(ss, ino).count, 12000000);
}

/* --- threads -------------------------------------------------------------- */

struct appender {
	struct set_store *ss;
	uint64_t ino, first;
	pthread_t thread;
};

#define THREADS	   4
#define PER_THREAD 3000

/* Members in pairs: nobody may ever see one of a pair. */
static void *append_pairs(void *arg)
{
	struct appender *a = arg;

	for (uint64_t i = 0; i < PER_THREAD; i++) {
		uint64_t member = a->first + i * 2 * THREADS;

		if (append(a->ss, a->ino, member, member + 1))
			return a;
		if (i % 100 == 0 && bm_settle(a->ss->db, a->ino))
			return a;
		if (i % 500 == 0 && bm_settle_all(a->ss->db))
			return a;
		if (i % 70 == 0 && rs_sync(a->ss->store))
			return a;
	}
	return NULL;
}

static void writers_do_not_disturb_each_other(void **state)
{
	struct set_store *ss = *state;
	struct appender a[THREADS];
	uint64_t ino = set_store_create(ss);

	for (uint64_t i = 0; i < THREADS; i++) {
		a[i] = (struct appender){ .ss = ss,
					  .ino = ino,
					  .first = 2 * i };
		assert_int_equal(
			pthread_create(&a[i].thread, NULL, append_pairs, &a[i]),
			0);
	}
	for (int i = 0; i < 200; i++)
		assert_int_equal(set_store_info(ss, ino).count % 2, 0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		assert_int_equal(pthread_join(a[i].thread, &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(rs_sync(ss->store), 0);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count,
			 2 * THREADS * PER_THREAD);
	assert_int_equal(set_store_info(ss, ino).max,
			 2 * THREADS * PER_THREAD - 1);
}

/* --- sets of one instant -------------------------------------------------- */

#define PAIRS_OF_WRITES 3000u

struct pair {
	struct set_store *ss;
	uint64_t first, second;
	_Atomic bool done;
};

static void *write_pairs(void *arg)
{
	struct pair *p = arg;

	for (uint64_t n = 0; n < PAIRS_OF_WRITES; n++) {
		append(p->ss, p->first, n, n);
		append(p->ss, p->second, n, n);
	}
	atomic_store(&p->done, true);
	return NULL;
}

static uint64_t count_in(struct rs_view *v, uint64_t ino)
{
	struct bm_view *bv;
	uint64_t count;

	assert_int_equal(bm_view_open(v, ino, &bv), 0);
	count = bm_view_info(bv)->count;
	bm_view_close(bv);
	return count;
}

/* However fast somebody writes to the one and then to the other. */
static void never_the_second_write_alone(void **state)
{
	struct pair p = { .ss = *state,
			  .first = set_store_create(*state),
			  .second = set_store_create(*state) };
	uint64_t inos[] = { p.first, p.second };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, write_pairs, &p), 0);
	while (!atomic_load(&p.done)) {
		struct rs_view *v;
		uint64_t lead;

		assert_int_equal(bm_settle_together(p.ss->db, inos, 2, &v), 0);
		lead = count_in(v, p.first) - count_in(v, p.second);
		assert_in_range(lead, 0, 1);
		rs_view_put(v);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(bm_settle_all(p.ss->db), 0);
	assert_int_equal(set_store_settled(p.ss, p.second), PAIRS_OF_WRITES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(batches_wait_until_they_are_settled),
		SET_STORE_TEST(batches_take_effect_in_their_order),
		SET_STORE_TEST(long_batches_take_effect_in_their_order),
		SET_STORE_TEST(a_commit_keeps_what_waits),
		SET_STORE_TEST(tells_when_a_set_changed),
		SET_STORE_TEST(refuses_sets_that_are_too_large),
		SET_STORE_TEST(forgets_a_set_that_is_gone),
		SET_STORE_TEST(settles_the_others_when_one_is_gone),
		SET_STORE_TEST(gives_up_on_a_damaged_set_alone),
		SET_STORE_TEST(keeps_what_finds_no_space),
		SET_STORE_TEST(bounds_what_waits),
		SET_STORE_TEST(writers_do_not_disturb_each_other),
		SET_STORE_TEST(never_the_second_write_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

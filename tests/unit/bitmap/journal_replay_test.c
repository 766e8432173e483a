/* SPDX-License-Identifier: Apache-2.0 */
/* journal_replay_test.c - what the journal holds comes back, once. */

#include "tests/unit/bitmap/journal_kit.h"

static void batches_come_back_in_their_order(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = set_store_create(ss);
	uint64_t b = set_store_create(ss);
	uint64_t batches;
	struct rs_view *v;

	set_store_write(ss, a, "1\n2\n3\n");
	set_store_write(ss, b, "10-20\n");
	set_store_write(ss, a, "-2\n");
	kit_sync(ss);
	set_store_write(ss, a, "2\n-1-2\n1\n");
	kit_sync(ss);
	set_store_crash(ss);
	assert_int_equal(rs_view_live(ss->store, &v), 0);
	assert_int_equal(bm_waiting(v, &batches), 0);
	assert_int_equal(batches, 4);
	rs_view_put(v);
	assert_int_equal(set_store_info(ss, a).count, 2);
	assert_int_equal(set_store_info(ss, a).max, 3);
	assert_int_equal(set_store_info(ss, b).count, 11);
	assert_int_equal(ss->when_ns, 1);
}

/* A crash may come at any time again. */
static void a_crash_before_they_settle_changes_nothing(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, "1\n");
	kit_sync(ss);
	for (unsigned i = 0; i < 3; i++)
		set_store_crash(ss);
	set_store_write(ss, ino, "2\n");
	kit_sync(ss);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count, 2);
}

/* Of two batches one is in the set; it does not take effect again. */
static void what_a_set_has_is_left_out(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, "1\n2\n");
	kit_sync(ss);
	assert_int_equal(set_store_info(ss, ino).count, 2);
	set_store_write(ss, ino, "-1\n");
	assert_int_equal(set_store_info(ss, ino).count, 1);
	set_store_write(ss, ino, "3\n");
	kit_sync(ss);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count, 2);
	assert_int_equal(set_store_info(ss, ino).min, 2);
}

/* Batches that changed nothing count as well: the content they found may be
 * replaced. */
static void a_replaced_content_does_not_come_back(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;
	struct bm_batch b;

	set_store_write(ss, ino, "1\n");
	assert_int_equal(bm_settle(ss->db, ino), 0);
	set_store_write(ss, ino, "1\n");
	kit_sync(ss);
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	bm_batch_init(&b);
	assert_int_equal(bm_batch_add(&b, 9), 0);
	assert_int_equal(bm_stage_append(st, &b), 0);
	set_store_apply(ss, ino, st, false);
	bm_stage_free(st);
	kit_sync(ss);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count, 1);
	assert_int_equal(set_store_info(ss, ino).min, 9);
}

static void a_removed_set_does_not_come_back(void **state)
{
	struct set_store *ss = *state;
	uint64_t gone = set_store_create(ss);
	uint64_t stays = set_store_create(ss);

	set_store_write(ss, gone, "1\n");
	set_store_write(ss, stays, "1\n");
	kit_sync(ss);
	set_store_remove(ss, gone);
	kit_sync(ss);
	set_store_crash(ss);
	assert_int_equal(bm_settle_all(ss->db), 0);
	assert_int_equal(ss->n_failed, 0);
	assert_int_equal(set_store_settled(ss, stays), 1);
}

/* A number that a set has noted is never given to another batch, though no
 * journal tells of it. */
static void numbers_are_not_used_twice(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);

	for (unsigned i = 0; i < 5; i++) {
		set_store_write(ss, ino, "1\n");
		assert_int_equal(bm_settle(ss->db, ino), 0);
		kit_sync(ss);
		if (i % 2)
			set_store_crash(ss);
		else
			set_store_reopen(ss);
		set_store_write(ss, ino, "2\n-1\n");
		kit_sync(ss);
		set_store_crash(ss);
		assert_int_equal(set_store_info(ss, ino).count, 1);
		assert_int_equal(set_store_info(ss, ino).max, 2);
	}
}

/* More than a batch may hold together: found out, not believed. */
static void a_large_range_is_counted(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_batch b;

	set_store_write(ss, ino, "0-99999999999999999\n");
	kit_sync(ss);
	set_store_crash(ss);
	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, BM_MEMBERS_MAX,
					2 * BM_MEMBERS_MAX - 2, BM_ADD),
			 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), -EFBIG);
	bm_batch_finish(&b);
	assert_int_equal(set_store_info(ss, ino).count, 100000000000000000);
}

static void put_junk(struct set_store *ss, uint64_t seq, const void *val,
		     size_t len)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct rs_txn *t;

	be64_put(key + 1, seq);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(ss->store), 0);
}

static void drop_junk(struct set_store *ss, uint64_t seq)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct rs_txn *t;

	be64_put(key + 1, seq);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_del(t, key, sizeof(key)), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* No set is shown that lacks what was acknowledged. */
static void a_damaged_journal_refuses_the_open(void **state)
{
	/* number 7: one batch, a header, then what is not a batch */
	static const uint8_t bad[] = { 1, 0, 0, 0, 5,  0, 0, 0, 1,
				       0, 0, 0, 7, 32, 0, 0, 7 };
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct err e = { 0 };
	struct bm_db *db;

	set_store_write(ss, ino, "1\n");
	kit_sync(ss); /* reserves numbers */
	bm_close(ss->db);
	put_junk(ss, 7, bad, sizeof(bad));
	assert_int_equal(bm_open(ss->store, NULL, &db, &e), -EUCLEAN);
	assert_non_null(strstr(e.msg, "journal"));
	put_junk(ss, 7, bad, sizeof(bad) - 1);
	assert_int_equal(bm_open(ss->store, NULL, &db, &e), -EUCLEAN);
	drop_junk(ss, 7);
	put_junk(ss, UINT64_MAX, bad, sizeof(bad)); /* not reserved */
	assert_int_equal(bm_open(ss->store, NULL, &db, &e), -EUCLEAN);
	drop_junk(ss, UINT64_MAX);
	assert_int_equal(bm_open(ss->store, NULL, &ss->db, &e), 0);
}

/* Nothing can be settled there, so nothing could be shown. */
static void a_read_only_store_must_have_an_empty_one(void **state)
{
	const struct rs_open_opts opts = { .read_only = true };
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct err e = { 0 };
	struct bm_db *db;

	set_store_write(ss, ino, "1\n");
	kit_sync(ss);
	set_store_stop(ss);
	assert_int_equal(rs_open_io(disk_io(ss->disk), &opts, &ss->store, &e),
			 0);
	assert_int_equal(bm_open(ss->store, NULL, &db, &e), -EROFS);
	assert_non_null(strstr(e.msg, "mount it once read-write"));
	rs_abandon(ss->store);
	set_store_again(ss);
	set_store_reopen(ss);
	set_store_stop(ss);
	assert_int_equal(rs_open_io(disk_io(ss->disk), &opts, &ss->store, &e),
			 0);
	assert_int_equal(bm_open(ss->store, NULL, &ss->db, &e), 0);
	assert_int_equal(set_store_info(ss, ino).count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(batches_come_back_in_their_order),
		SET_STORE_TEST(a_crash_before_they_settle_changes_nothing),
		SET_STORE_TEST(what_a_set_has_is_left_out),
		SET_STORE_TEST(a_replaced_content_does_not_come_back),
		SET_STORE_TEST(a_removed_set_does_not_come_back),
		SET_STORE_TEST(numbers_are_not_used_twice),
		SET_STORE_TEST(a_large_range_is_counted),
		SET_STORE_TEST(a_damaged_journal_refuses_the_open),
		SET_STORE_TEST(a_read_only_store_must_have_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

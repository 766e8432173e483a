/* SPDX-License-Identifier: Apache-2.0 */
/* fold_test.c - what a commit does with what waits. */

#include "tests/unit/bitmap/journal_kit.h"

/* Small batches of many sets are one record, and no set is touched. */
static void small_batches_go_to_the_journal(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[20];
	uint64_t bytes;

	for (unsigned i = 0; i < 20; i++) {
		ino[i] = set_store_create(ss);
		set_store_write(ss, ino[i], "1\n2\n");
	}
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 1);
	assert_true(bytes < 200);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(set_store_settled(ss, ino[i]), 0);
	set_store_write(ss, ino[3], "5\n");
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 2);
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 2);
}

/* Looking at one set settles that one. */
static void a_look_settles_one_set(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = set_store_create(ss);
	uint64_t b = set_store_create(ss);
	uint64_t bytes;

	set_store_write(ss, a, "1\n");
	set_store_write(ss, b, "1\n");
	kit_sync(ss);
	assert_int_equal(set_store_info(ss, a).count, 1);
	assert_int_equal(set_store_settled(ss, b), 0);
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 1);
}

/* What was settled before the commit is not written a second time. */
static void what_is_settled_needs_no_journal(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t bytes;

	set_store_write(ss, ino, "1\n");
	assert_int_equal(bm_settle(ss->db, ino), 0);
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 0);
}

/* A large batch is settled, and so is what comes behind it in its set: a crash
 * must not leave that without it. */
static void large_batches_go_to_their_set(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = set_store_create(ss);
	uint64_t b = set_store_create(ss);
	uint64_t bytes;

	set_store_write(ss, a, "1\n");
	kit_write_large(ss, a);
	set_store_write(ss, a, "2\n");
	set_store_write(ss, b, "1\n");
	kit_sync(ss);
	assert_int_equal(set_store_settled(ss, a), 9002);
	assert_int_equal(set_store_settled(ss, b), 0);
	assert_int_equal(kit_records(ss, &bytes), 1);
	set_store_write(ss, a, "3\n"); /* a small one again */
	kit_sync(ss);
	assert_int_equal(set_store_settled(ss, a), 9002);
	assert_int_equal(kit_records(ss, &bytes), 2);
}

static void a_snapshot_needs_all_in_place(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct rs_snap snap;
	uint64_t bytes;

	set_store_write(ss, ino, "1\n");
	kit_sync(ss);
	set_store_write(ss, ino, "2\n");
	assert_int_equal(rs_snap_create(ss->store, "s", &snap), 0);
	assert_int_equal(snap.members, 2);
	assert_int_equal(kit_records(ss, &bytes), 0);
}

static void a_close_leaves_no_journal(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t bytes;

	set_store_write(ss, ino, "1\n");
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 1);
	set_store_reopen(ss);
	assert_int_equal(kit_records(ss, &bytes), 0);
	assert_int_equal(set_store_settled(ss, ino), 1);
}

/* By then nobody waits for the commit. */
static void an_idle_store_has_no_journal(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t bytes;

	set_store_write(ss, ino, "1\n");
	assert_false(bm_queue_is_filling(&ss->db->queue));
	kit_sync(ss);
	assert_true(bm_queue_is_idle(&ss->db->queue, 0));
	assert_int_equal(bm_fold(ss->db), 0);
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 0);
	assert_false(bm_queue_is_idle(&ss->db->queue, 0));
}

/* It is emptied when it is full; what came meanwhile is in the sets. */
static void a_full_journal_is_cleared(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t bytes;
	uint64_t most = 0;
	unsigned cleared = 0;

	for (unsigned i = 0; i < 600; i++) {
		struct bm_batch b;

		bm_batch_init(&b);
		for (uint64_t k = 0; k < 1000; k++)
			assert_int_equal(bm_batch_add(&b, k * 3000017 + i), 0);
		assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
		bm_batch_finish(&b);
		kit_sync(ss);
		cleared += kit_records(ss, &bytes) == 0;
		most = bytes > most ? bytes : most;
	}
	assert_true(cleared >= 1 && cleared < 10);
	assert_true(most <= BM_JOURNAL_BYTES);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count, 600000);
}

/* Without room to settle, what waits is kept all the same. */
static void what_cannot_be_settled_is_kept(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = set_store_create(ss);
	uint64_t b = set_store_create(ss);
	uint64_t limit = ss->disk->limit;
	struct bm_batch batch;

	kit_sync(ss);
	bm_batch_init(&batch);
	for (uint64_t i = 0; i < 4000000; i++)
		assert_int_equal(bm_batch_add(&batch, i * 70000), 0);
	assert_int_equal(bm_append(ss->db, a, &batch, 1), 0);
	set_store_write(ss, b, "1\n");
	ss->disk->limit = ss->disk->n_backed + 400;
	assert_int_equal(rs_sync(ss->store), -ENOSPC);
	ss->disk->limit = limit;
	assert_int_equal(ss->n_failed, 0);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, b).count, 1);
	assert_int_equal(set_store_info(ss, a).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(small_batches_go_to_the_journal),
		SET_STORE_TEST(a_look_settles_one_set),
		SET_STORE_TEST(what_is_settled_needs_no_journal),
		SET_STORE_TEST(large_batches_go_to_their_set),
		SET_STORE_TEST(a_snapshot_needs_all_in_place),
		SET_STORE_TEST(a_close_leaves_no_journal),
		SET_STORE_TEST(an_idle_store_has_no_journal),
		SET_STORE_TEST(a_full_journal_is_cleared),
		SET_STORE_TEST(what_cannot_be_settled_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* recall_test.c - what a crash left comes back when somebody asks. */

#include "tests/unit/bitmap/journal_kit.h"

static size_t waiting(struct set_store *ss)
{
	return bm_queue_bytes(&ss->db->queue);
}

/* A set with three members, of which two are in the journal. */
static uint64_t crash_with_two(struct set_store *ss)
{
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, "1\n");
	assert_int_equal(set_store_info(ss, ino).count, 1);
	set_store_write(ss, ino, "2\n");
	set_store_write(ss, ino, "3\n");
	kit_sync(ss);
	set_store_crash(ss);
	return ino;
}

static void opening_queues_nothing(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = crash_with_two(ss);

	assert_int_equal(waiting(ss), 0);
	assert_int_equal(bm_recall(ss->db), 0);
	assert_true(waiting(ss) > 0);
	assert_int_equal(bm_recall(ss->db), 0);
	assert_int_equal(set_store_info(ss, ino).count, 3);
}

/* Its numbers come after those that a crash left. */
static void a_new_batch_comes_after_them(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = crash_with_two(ss);

	set_store_write(ss, ino, "-3\n");
	assert_int_equal(set_store_info(ss, ino).count, 2);
	assert_int_equal(set_store_info(ss, ino).max, 2);
}

/* Of another kind of change: the commit must not leave them behind. */
static void a_commit_that_nobody_asked_for_keeps_them(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = crash_with_two(ss);

	set_store_create(ss);
	assert_int_equal(rs_sync(ss->store), 0);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count, 3);
}

static void closing_puts_them_in_place(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = crash_with_two(ss);
	uint64_t batches;
	struct rs_view *v;

	set_store_reopen(ss);
	assert_int_equal(rs_view_live(ss->store, &v), 0);
	assert_int_equal(bm_waiting(v, &batches), 0);
	rs_view_put(v);
	assert_int_equal(batches, 0);
	assert_int_equal(set_store_info(ss, ino).count, 3);
}

static void what_is_forgotten_does_not_come_back(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = crash_with_two(ss);

	bm_forget(ss->db, ino);
	assert_int_equal(waiting(ss), 0);
	assert_int_equal(set_store_info(ss, ino).count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(opening_queues_nothing),
		SET_STORE_TEST(a_new_batch_comes_after_them),
		SET_STORE_TEST(a_commit_that_nobody_asked_for_keeps_them),
		SET_STORE_TEST(closing_puts_them_in_place),
		SET_STORE_TEST(what_is_forgotten_does_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

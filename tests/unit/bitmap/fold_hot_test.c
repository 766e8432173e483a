/* SPDX-License-Identifier: Apache-2.0 */
/* fold_hot_test.c - a journal that is full is written anew. */

#include "tests/unit/bitmap/journal_kit.h"

#include <pthread.h>
#include <stdio.h>

#define SETS 10u

static void write_number(struct set_store *ss, uint64_t ino, const char *sign,
			 unsigned member)
{
	char text[32];

	sprintf(text, "%s%u\n", sign, member);
	set_store_write(ss, ino, text);
}

/* Members 0 to n - 1, one by one. */
static void write_many(struct set_store *ss, uint64_t ino, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		write_number(ss, ino, "", i);
}

static void make_sets(struct set_store *ss, uint64_t *inos)
{
	set_store_make_journal_small(ss);
	for (unsigned i = 0; i < SETS; i++)
		inos[i] = set_store_create(ss);
}

static void expect_count(struct set_store *ss, uint64_t ino, uint64_t n)
{
	assert_int_equal(set_store_info(ss, ino).count, n);
}

/* The set for which much waits is settled, the others are in one record. */
static void little_waits_on(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[SETS];
	uint64_t bytes;

	make_sets(ss, ino);
	for (unsigned i = 1; i < SETS; i++)
		write_many(ss, ino[i], 1);
	kit_sync(ss);
	write_many(ss, ino[0], 11);
	kit_sync(ss);
	assert_int_equal(set_store_settled(ss, ino[0]), 11);
	assert_int_equal(set_store_settled(ss, ino[1]), 0);
	assert_int_equal(kit_records(ss, &bytes), 1);
	assert_false(bm_queue_is_filling(&ss->db->queue));
	write_many(ss, ino[1], 3); /* goes on behind what waited */
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 2);
	set_store_crash(ss);
	expect_count(ss, ino[0], 11);
	expect_count(ss, ino[1], 3);
	expect_count(ss, ino[2], 1);
}

/* Commands take effect in their order, whatever was put together. */
static void what_waits_keeps_its_order(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[SETS];
	uint64_t bytes;

	make_sets(ss, ino);
	for (unsigned i = 0; i < 7; i++) {
		write_number(ss, ino[i], "", 1);
		write_number(ss, ino[i], "!", 1);
		write_number(ss, ino[i], "", 2);
	}
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 0); /* three for each: much */
	for (unsigned i = 0; i < 7; i++)
		write_number(ss, ino[i], "!", 2);
	for (unsigned i = 0; i < 7; i++)
		write_number(ss, ino[i], "!", 3);
	for (unsigned i = 0; i < 7; i++)
		write_number(ss, ino[i], "", 4);
	kit_sync(ss);
	set_store_crash(ss);
	for (unsigned i = 0; i < 7; i++)
		expect_count(ss, ino[i], 1);
}

/* Now and then one is read, and has its batches before the others. */
static void again_and_again(void **state)
{
	struct set_store *ss = *state;
	unsigned n[SETS] = { 0 };
	uint64_t ino[SETS];
	uint64_t bytes;

	make_sets(ss, ino);
	for (unsigned i = 0; i < 1000; i++) {
		unsigned at = i * i % 7 + i % 3;

		write_number(ss, ino[at], "", n[at]++);
		if (i % 5 == 0)
			kit_sync(ss);
		if (i % 11 == 0)
			expect_count(ss, ino[at], n[at]);
		if (i % 50 == 49) {
			kit_sync(ss);
			assert_true(kit_records(ss, &bytes) < 20);
			set_store_crash(ss);
		}
	}
	for (unsigned i = 0; i < SETS; i++)
		expect_count(ss, ino[i], n[i]);
}

/* There are too many of them to wait for ever. */
static void many_are_settled(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[SETS * 2];
	uint64_t bytes;

	make_sets(ss, ino);
	make_sets(ss, ino + SETS);
	for (unsigned i = 0; i < SETS * 2; i++)
		write_many(ss, ino[i], 1);
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 0);
	for (unsigned i = 0; i < SETS * 2; i++)
		assert_int_equal(set_store_settled(ss, ino[i]), 1);
}

/* What little waits for each may be more than half a journal: no record of it
 * is made to see. */
static void all_is_settled_where_much_would_wait(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[SETS];
	uint64_t bytes;

	make_sets(ss, ino);
	ss->db->queue.max_bytes = 300;
	for (unsigned i = 0; i < SETS; i++)
		write_many(ss, ino[i], i % 2 ? 3 : 1);
	kit_sync(ss);
	for (unsigned i = 0; i < SETS; i++)
		assert_int_equal(set_store_settled(ss, ino[i]), i % 2 ? 3 : 1);
	assert_int_equal(kit_records(ss, &bytes), 0);
	set_store_crash(ss);
	for (unsigned i = 0; i < SETS; i++)
		expect_count(ss, ino[i], i % 2 ? 3 : 1);
}

/* A set that is gone takes what waits for it along. */
static void a_set_may_go(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino[SETS];
	uint64_t bytes;

	make_sets(ss, ino);
	for (unsigned i = 0; i < SETS; i++)
		write_many(ss, ino[i], 1);
	kit_sync(ss);
	bm_forget(ss->db, ino[3]);
	write_many(ss, ino[0], 12);
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 1);
	set_store_crash(ss);
	expect_count(ss, ino[3], 0);
	expect_count(ss, ino[4], 1);
}

/* --- while others append -------------------------------------------------- */

#define THREADS	   3u
#define PER_THREAD 3000u

struct appender {
	pthread_t thread;
	struct set_store *ss;
	const uint64_t *inos;
	uint64_t first;
};

/* Each member once, to sets in turn, the first of them more often. */
static void *append_each(void *arg)
{
	struct appender *a = arg;

	for (uint64_t i = 0; i < PER_THREAD; i++) {
		struct bm_batch b;
		int err;

		bm_batch_init(&b);
		err = bm_batch_add(&b, a->first + i);
		if (!err)
			err = bm_append(a->ss->db, a->inos[i * i % SETS], &b,
					1);
		bm_batch_finish(&b);
		if (err)
			return a;
	}
	return NULL;
}

static void nothing_is_lost_beside_writers(void **state)
{
	struct set_store *ss = *state;
	struct appender a[THREADS];
	uint64_t inos[SETS];
	uint64_t members = 0;

	make_sets(ss, inos);
	for (unsigned i = 0; i < THREADS; i++) {
		a[i] = (struct appender){ .ss = ss,
					  .inos = inos,
					  .first = i * PER_THREAD };
		assert_int_equal(
			pthread_create(&a[i].thread, NULL, append_each, &a[i]),
			0);
	}
	for (unsigned i = 0; i < 200; i++) {
		kit_sync(ss);
		set_store_info(ss, inos[i % SETS]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		void *failed;

		assert_int_equal(pthread_join(a[i].thread, &failed), 0);
		assert_null(failed);
	}
	kit_sync(ss);
	set_store_crash(ss);
	for (unsigned i = 0; i < SETS; i++)
		members += set_store_info(ss, inos[i]).count;
	assert_int_equal(members, THREADS * PER_THREAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(little_waits_on),
		SET_STORE_TEST(what_waits_keeps_its_order),
		SET_STORE_TEST(again_and_again),
		SET_STORE_TEST(many_are_settled),
		SET_STORE_TEST(all_is_settled_where_much_would_wait),
		SET_STORE_TEST(a_set_may_go),
		SET_STORE_TEST(nothing_is_lost_beside_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

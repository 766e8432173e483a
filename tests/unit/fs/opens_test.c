/* SPDX-License-Identifier: Apache-2.0 */
/* opens_test.c - what is open. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <time.h>

#include "fs/opens.h"

static int make(void **state)
{
	struct fs_opens *o = malloc(sizeof(*o));

	fs_opens_init(o);
	*state = o;
	return 0;
}

static int drop(void **state)
{
	fs_opens_finish(*state);
	free(*state);
	return 0;
}

/* An object without a name is reaped by its last handle, and only by that. */
static void last_handle_reaps_an_orphan(void **state)
{
	struct fs_opens *o = *state;

	assert_int_equal(fs_opens_get(o, 20), 0);
	assert_int_equal(fs_opens_get(o, 20), 0);
	assert_true(fs_opens_orphan(o, 20));
	assert_false(fs_opens_put(o, 20));
	assert_true(fs_opens_put(o, 20));
}

/* With a name it stays, and who removes the last name of a closed file reaps
 * it itself.
 */
static void others_are_not_reaped(void **state)
{
	struct fs_opens *o = *state;

	assert_int_equal(fs_opens_get(o, 20), 0);
	assert_false(fs_opens_put(o, 20));
	assert_false(fs_opens_orphan(o, 20));
}

/* A reader beside it changes nothing. */
static void knows_who_writes(void **state)
{
	struct fs_opens *o = *state;

	assert_int_equal(fs_opens_get(o, 20), 0);
	assert_false(fs_opens_has_writer(o, 20));
	assert_int_equal(fs_opens_get(o, 20), 0);
	fs_opens_writer(o, 20, true);
	assert_true(fs_opens_has_writer(o, 20));
	assert_false(fs_opens_has_writer(o, 21));
	fs_opens_writer(o, 20, false);
	assert_false(fs_opens_put(o, 20));
	assert_false(fs_opens_has_writer(o, 20));
	assert_false(fs_opens_put(o, 20));
	assert_false(fs_opens_has_writer(o, 20));
}

/* A file of O_TMPFILE that was linked is no orphan any more. */
static void linked_is_not_reaped(void **state)
{
	struct fs_opens *o = *state;

	assert_int_equal(fs_opens_get(o, 20), 0);
	assert_true(fs_opens_orphan(o, 20));
	fs_opens_named(o, 20);
	assert_false(fs_opens_put(o, 20));
}

/* Numbers that meet in one bucket keep apart. */
static void buckets_hold_many(void **state)
{
	const uint64_t step = FS_OPENS_SHARDS * FS_OPENS_BUCKETS;
	struct fs_opens *o = *state;

	for (uint64_t i = 0; i < 5; i++) {
		for (uint64_t n = 0; n <= i; n++)
			assert_int_equal(fs_opens_get(o, 7 + i * step), 0);
	}
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(fs_opens_count(o, 7 + i * step), i + 1);
	assert_int_equal(fs_opens_count(o, 7 + 5 * step), 0);
}

/* A time set by hand holds until the next write, and only while open. */
static void time_note(void **state)
{
	struct fs_opens *o = *state;

	fs_opens_set_time(o, 20, 5);
	assert_int_equal(fs_opens_time(o, 20, 99), 99);
	assert_int_equal(fs_opens_get(o, 20), 0);
	fs_opens_set_time(o, 20, 5);
	assert_int_equal(fs_opens_time(o, 20, 99), 5);
	fs_opens_forget_time(o, 20);
	assert_int_equal(fs_opens_time(o, 20, 99), 99);
	assert_false(fs_opens_put(o, 20));
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Waiting for a close ends when the time is over: nobody hangs. */
static void waiting_ends(void **state)
{
	uint64_t start = now_ns();
	struct fs_opens *o = *state;

	assert_int_equal(fs_opens_get(o, 20), 0);
	fs_opens_closing(o, 20);
	assert_true(fs_opens_is_closing(o, 20));
	fs_opens_wait_closed(o, 20);
	assert_false(fs_opens_is_closing(o, 20));
	assert_true(now_ns() - start >= FS_CLOSING_NS);
}

/* A write, or the release, ends it at once. */
static void closing_can_be_taken_back(void **state)
{
	struct fs_opens *o = *state;

	assert_int_equal(fs_opens_get(o, 20), 0);
	fs_opens_closing(o, 20);
	fs_opens_not_closing(o, 20);
	assert_false(fs_opens_is_closing(o, 20));
	fs_opens_closing(o, 20);
	assert_false(fs_opens_put(o, 20));
	assert_false(fs_opens_is_closing(o, 20));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(last_handle_reaps_an_orphan),
		TEST(others_are_not_reaped),
		TEST(linked_is_not_reaped),
		TEST(knows_who_writes),
		TEST(buckets_hold_many),
		TEST(time_note),
		TEST(waiting_ends),
		TEST(closing_can_be_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

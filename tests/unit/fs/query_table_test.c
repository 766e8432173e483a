/* SPDX-License-Identifier: Apache-2.0 */
/* query_table_test.c - what a query is known by, and when it is forgotten. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/query_table.h"
#include "tests/support/test.h"

static int setup(void **state)
{
	struct fs_queries *q = malloc(sizeof(*q));

	assert_non_null(q);
	fs_queries_init(q);
	*state = q;
	return 0;
}

static int teardown(void **state)
{
	fs_queries_finish(*state);
	free(*state);
	return 0;
}

static uint64_t number_of(struct fs_queries *q, const char *text, uint64_t dir)
{
	char copy[64];
	struct fs_query like = { .dir = dir, .text = copy };
	struct fs_query *one;
	uint64_t number;

	snprintf(copy, sizeof(copy), "%s", text);
	assert_int_equal(fs_query_find(q, &like, &one), 0);
	assert_string_equal(one->text, text);
	number = one->number;
	fs_query_drop(q, one);
	return number;
}

static bool knows(struct fs_queries *q, uint64_t number)
{
	struct fs_query *one = fs_query_hold(q, number);

	if (one)
		fs_query_drop(q, one);
	return one;
}

static void same_text_same_number(void **state)
{
	uint64_t a = number_of(*state, "a", 2);

	assert_int_equal(number_of(*state, "a", 2), a);
	assert_int_not_equal(number_of(*state, "b", 2), a);
	assert_int_not_equal(number_of(*state, "a", 3), a);
	assert_true(knows(*state, a));
	assert_false(knows(*state, a + 100));
	assert_false(knows(*state, 0));
}

static void kinds_and_arguments_differ(void **state)
{
	char text[] = "a";
	struct fs_query like = { .kind = FS_QUERY_RANGE, .text = text, .a = 1 };
	struct fs_query *one, *two;

	assert_int_equal(fs_query_find(*state, &like, &one), 0);
	like.b = 1;
	assert_int_equal(fs_query_find(*state, &like, &two), 0);
	assert_ptr_not_equal(one, two);
	fs_query_drop(*state, two);
	like.kind = FS_QUERY_SLICE;
	assert_int_equal(fs_query_find(*state, &like, &two), 0);
	assert_int_not_equal(one->number, two->number);
	fs_query_drop(*state, two);
	fs_query_drop(*state, one);
}

/* The oldest idle one goes; one that is held stays, and numbers never come
 * back.
 */
static void old_ones_are_forgotten(void **state)
{
	uint64_t first = number_of(*state, "first", 1);
	uint64_t held = number_of(*state, "held", 1);
	uint64_t used = number_of(*state, "used", 1);
	struct fs_query *h = fs_query_hold(*state, held);
	char name[32];

	assert_non_null(h);
	for (unsigned i = 0; i < FS_QUERIES_KEPT; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		number_of(*state, name, 1);
		assert_true(knows(*state, used));
	}
	assert_false(knows(*state, first));
	assert_true(knows(*state, held));
	fs_query_drop(*state, h);
	assert_true(number_of(*state, "first", 1) > used);
}

static void a_version_is_remembered(void **state)
{
	char text[] = "a";
	struct fs_query like = { .text = text };
	struct fs_query_known k = { .version = 5, .value = 77 }, got;
	struct fs_query *one;
	uint64_t size;

	assert_int_equal(fs_query_find(*state, &like, &one), 0);
	assert_false(fs_query_recall(*state, one, FS_FACE_COUNT, 0, &got));
	fs_query_note(*state, one, FS_FACE_COUNT, &k);
	assert_true(fs_query_recall(*state, one, FS_FACE_COUNT, 5, &got));
	assert_int_equal(got.value, 77);
	assert_false(fs_query_recall(*state, one, FS_FACE_COUNT, 6, &got));
	assert_false(fs_query_recall(*state, one, FS_FACE_MIN, 5, &got));

	/* The size of the file opened last, while one is open. */
	assert_false(fs_query_open_size(*state, one, FS_FACE_PAD, &size));
	fs_query_opened(*state, one, FS_FACE_PAD, 21);
	fs_query_opened(*state, one, FS_FACE_PAD, 42);
	fs_query_closed(*state, one, FS_FACE_PAD);
	assert_true(fs_query_open_size(*state, one, FS_FACE_PAD, &size));
	assert_int_equal(size, 42);
	fs_query_closed(*state, one, FS_FACE_PAD);
	assert_false(fs_query_open_size(*state, one, FS_FACE_PAD, &size));
	fs_query_drop(*state, one);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(same_text_same_number),
		TEST(kinds_and_arguments_differ),
		TEST(old_ones_are_forgotten),
		TEST(a_version_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* view_test.c - tests regionstore/view.c. */
#include "regionstore/regionstore.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <string.h>

static void put(struct rs_store *s, uint8_t n, const char *val)
{
	const uint8_t key[] = { RS_KEY_ENTRY, n };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), val, strlen(val) + 1, n),
			 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static int setup(void **state)
{
	struct rs_store *s = mem_store_new();

	for (uint8_t n = 10; n < 60; n = (uint8_t)(n + 10))
		put(s, n, "old");
	*state = s;
	return 0;
}

static void expect(const struct rs_view *v, uint8_t n, const char *val)
{
	const uint8_t key[] = { RS_KEY_ENTRY, n };
	uint64_t weight;
	char buf[8];
	size_t len;

	assert_int_equal(
		rs_get(v, key, sizeof(key), buf, sizeof(buf), &len, &weight),
		0);
	assert_string_equal(buf, val);
	assert_int_equal(weight, n);
}

/* Through changes, commits and many of both. */
static void a_view_stays_as_it_was(void **state)
{
	struct rs_store *s = *state;
	struct rs_view *v, *again;

	assert_int_equal(rs_view_live(s, &v), 0);
	again = rs_view_ref(v);
	for (unsigned i = 0; i < 20; i++) {
		put(s, 10, "new");
		assert_int_equal(rs_sync(s), 0);
		expect(v, 10, "old");
	}
	rs_view_put(v);
	expect(again, 10, "old");
	assert_ptr_equal(rs_view_store(again), s);
	assert_int_equal(rs_view_check(again), 0);
	rs_view_put(again);
	rs_view_put(NULL);
}

static void too_small_a_buffer_is_an_error(void **state)
{
	const uint8_t key[] = { RS_KEY_ENTRY, 10 };
	struct rs_view *v;
	char buf[2];
	size_t len;

	assert_int_equal(rs_view_live(*state, &v), 0);
	assert_int_equal(
		rs_get(v, key, sizeof(key), buf, sizeof(buf), &len, NULL),
		-ERANGE);
	rs_view_put(v);
}

static void sums_count_what_lies_before(void **state)
{
	const uint8_t key[] = { RS_KEY_ENTRY, 30 };
	struct rs_view *v;
	struct rs_sum sum;

	assert_int_equal(rs_view_live(*state, &v), 0);
	assert_int_equal(rs_sum_before(v, key, sizeof(key), &sum), 0);
	assert_int_equal(sum.count, 2);
	assert_int_equal(sum.weight, 30);
	rs_view_put(v);
}

/* Each way to place a cursor, and then on from there. */
static void cursors_go_everywhere(void **state)
{
	const uint8_t key[] = { RS_KEY_ENTRY, 25 };
	struct rs_cursor c;
	struct rs_view *v;
	uint64_t before;

	assert_int_equal(rs_view_live(*state, &v), 0);
	rs_cursor_init(&c, v);
	assert_int_equal(rs_cursor_seek(&c, key, sizeof(key)), 0);
	assert_int_equal(c.key[1], 30);
	assert_int_equal(rs_cursor_floor(&c, key, sizeof(key)), 0);
	assert_int_equal(c.key[1], 20);
	assert_int_equal(rs_cursor_nth(&c, 4), 0);
	assert_int_equal(c.key[1], 50);
	assert_int_equal(rs_cursor_next(&c), -ENOENT);
	assert_int_equal(rs_cursor_nth(&c, 5), -ENOENT);
	assert_int_equal(rs_cursor_weigh(&c, 29, &before), 0);
	assert_int_equal(c.key[1], 20);
	assert_int_equal(before, 10);
	assert_int_equal(rs_cursor_next(&c), 0);
	assert_int_equal(c.key[1], 30);
	rs_cursor_finish(&c);
	rs_view_put(v);
}

static void a_cursor_keeps_its_record_over_a_commit(void **state)
{
	struct rs_store *s = *state;
	struct rs_cursor c;
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	rs_cursor_init(&c, v);
	assert_int_equal(rs_cursor_nth(&c, 0), 0);
	put(s, 10, "new");
	assert_int_equal(rs_sync(s), 0);
	assert_string_equal(c.val, "old");
	assert_int_equal(rs_cursor_next(&c), 0);
	assert_int_equal(c.key[1], 20);
	rs_cursor_finish(&c);
	rs_view_put(v);
}

static void there_is_no_view_of_no_snapshot(void **state)
{
	struct rs_view *v;

	assert_int_equal(rs_view_snap(*state, 77, &v), -ENOENT);
}

/* Nothing changed in between, or something did. */
static void two_views_may_be_the_same(void **state)
{
	struct rs_view *a, *b, *c;

	assert_int_equal(rs_view_live(*state, &a), 0);
	assert_int_equal(rs_view_live(*state, &b), 0);
	assert_true(rs_view_same(a, b));
	put(*state, 10, "new");
	assert_int_equal(rs_view_live(*state, &c), 0);
	assert_true(rs_view_same(a, b));
	assert_false(rs_view_same(a, c));
	rs_view_put(a);
	rs_view_put(b);
	rs_view_put(c);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, mem_store_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_view_stays_as_it_was),
		TEST(too_small_a_buffer_is_an_error),
		TEST(sums_count_what_lies_before),
		TEST(cursors_go_everywhere),
		TEST(a_cursor_keeps_its_record_over_a_commit),
		TEST(there_is_no_view_of_no_snapshot),
		TEST(two_views_may_be_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* hooks_test.c - when the layer above is held, and when it is asked. */
#include "regionstore/base/buf.h"
#include "regionstore/store_state.h"
#include "tests/support/disk.h"
#include "tests/support/test.h"

static struct disk *disk;

static int setup(void **state)
{
	const struct rs_open_opts opts = { .log_pages = RS_LOG_PAGES };
	struct rs_store *s;
	struct rs_io *io;

	disk = disk_new();
	io = disk_io(disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &opts, &s, NULL), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(rs_close(*state), 0);
	disk_free(disk);
	return 0;
}

static void change(struct rs_store *s)
{
	const uint8_t key[] = { RS_KEY_SEGMENT, 1 };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), "a", 1, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* Nothing is buffered between the moment when the layer is asked and the one
 * when the txns are taken. */
struct holder {
	bool held, late; /* late: something came after settle() */
	unsigned holds, goes, settled, logged;
};

static int settle(void *arg, bool whole)
{
	struct holder *h = arg;

	(void)whole;
	assert_true(h->held == (h->settled == 1));
	h->settled++;
	return 0;
}

static bool hold(void *arg)
{
	struct holder *h = arg;

	h->held = true;
	h->holds++;
	return h->late;
}

static void go_on(void *arg)
{
	struct holder *h = arg;

	h->goes += h->held;
	h->held = false;
}

static int log_some(void *arg, struct buf *out)
{
	struct holder *h = arg;

	assert_true(h->held);
	h->logged++;
	return buf_append(out, "batch", 5);
}

static void hook(struct rs_store *s, struct holder *h)
{
	const struct rs_hooks hooks = { .settle = settle,
					.hold = hold,
					.go_on = go_on,
					.log = log_some,
					.arg = h };

	rs_set_hooks(s, &hooks);
}

static void the_log_holds_it(void **state)
{
	struct holder h = { 0 };

	hook(*state, &h);
	change(*state);
	assert_int_equal(rs_sync(*state), 0);
	assert_int_equal(h.logged, 1);
	assert_int_equal(h.settled, 0);
	assert_int_equal(h.holds, 1);
	assert_int_equal(h.goes, 1);
	rs_set_hooks(*state, NULL);
}

static void a_commit_settles_and_holds_it(void **state)
{
	struct holder h = { 0 };

	hook(*state, &h);
	change(*state);
	assert_int_equal(rs_commit(*state, NULL), 0);
	assert_int_equal(h.settled, 1);
	assert_int_equal(h.holds, 1);
	assert_int_equal(h.goes, 1);
	rs_set_hooks(*state, NULL);
}

static void what_came_late_is_settled_while_it_is_held(void **state)
{
	struct holder h = { .late = true };

	hook(*state, &h);
	change(*state);
	assert_int_equal(rs_commit(*state, NULL), 0);
	assert_int_equal(h.settled, 2);
	assert_int_equal(h.holds, 1);
	assert_int_equal(h.goes, 1);
	rs_set_hooks(*state, NULL);
}

/* Also when there is nothing to commit. */
static void it_is_let_go_in_any_case(void **state)
{
	struct holder h = { 0 };

	hook(*state, &h);
	assert_int_equal(rs_commit(*state, NULL), 0);
	assert_int_equal(h.holds, 1);
	assert_false(h.held);
	rs_set_hooks(*state, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_log_holds_it),
		TEST(a_commit_settles_and_holds_it),
		TEST(what_came_late_is_settled_while_it_is_held),
		TEST(it_is_let_go_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

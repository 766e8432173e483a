/* SPDX-License-Identifier: Apache-2.0 */
/* snap_mend_test.c - tests regionstore/snap_mend.c, and what a greedy snapshot
 * holds.
 */
#include "regionstore/store_state.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <string.h>

static const uint8_t keys[][2] = { { RS_KEY_SEGMENT, 1 },
				   { RS_KEY_SEGMENT, 2 } };

static int own(void *arg, struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_ptr p;

	(void)arg;
	if (!c || c->val_len != sizeof(p))
		return 0;
	memcpy(&p, c->val, sizeof(p));
	if (p.npages)
		rs_check_own(ck, &p);
	return 0;
}

static void expect_sound(struct rs_store *s)
{
	mem_store_check(s, own, NULL);
}

static struct rs_ptr put(struct rs_store *s, unsigned i, bool payload)
{
	struct rs_ptr p = { .npages = 0 };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	if (payload)
		assert_int_equal(rs_payload_put(t, "x", 1, &p), 0);
	assert_int_equal(rs_put(t, keys[i], 2, &p, sizeof(p), 1), 0);
	assert_int_equal(rs_txn_end(t), 0);
	return p;
}

static void del(struct rs_store *s, unsigned i, const struct rs_ptr *p)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	if (p->npages)
		assert_int_equal(rs_payload_free(t, p), 0);
	assert_int_equal(rs_del(t, keys[i], 2), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static bool has(struct rs_store *s, const char *snap, unsigned i)
{
	struct rs_snap sn;
	struct rs_view *v;
	struct rs_ptr p;
	size_t len;
	int err;

	if (snap) {
		assert_int_equal(rs_snap_find(s, snap, &sn), 0);
		assert_int_equal(rs_view_snap(s, sn.id, &v), 0);
	} else {
		assert_int_equal(rs_view_live(s, &v), 0);
	}
	err = rs_get(v, keys[i], 2, &p, sizeof(p), &len, NULL);
	rs_view_put(v);
	return err == 0;
}

static struct rs_mending *begin(struct rs_store *s, const char *snap)
{
	struct rs_mending *m;
	struct rs_snap sn;

	assert_int_equal(rs_snap_find(s, snap, &sn), 0);
	assert_int_equal(rs_mend_begin(s, sn.id, &m), 0);
	return m;
}

static bool is_greedy(struct rs_store *s, const char *snap)
{
	struct rs_snap sn;

	assert_int_equal(rs_snap_find(s, snap, &sn), 0);
	return sn.greedy;
}

static void snapshot(struct rs_store *s, const char *name)
{
	assert_int_equal(rs_snap_create(s, name, NULL), 0);
}

static void drop(struct rs_store *s, const char *name)
{
	assert_int_equal(rs_snap_drop(s, name), 0);
}

static uint64_t pinned(struct rs_store *s)
{
	struct rs_stats st;

	rs_stats(s, &st);
	return st.pinned_bytes;
}

/* It is durable, and what views show meanwhile. */
static void what_txns_change_is_the_snapshot(void **state)
{
	struct disk *d = mem_store_disk();
	struct rs_store *s = mem_store_open(d, NULL);
	struct rs_mending *m;

	(void)state;
	put(s, 0, true);
	snapshot(s, "a");
	put(s, 1, false);
	m = begin(s, "a");
	assert_true(has(s, NULL, 0));
	assert_false(has(s, NULL, 1));
	put(s, 1, false);
	assert_int_equal(rs_mend_end(m), 0);
	rs_abandon(s);
	s = mem_store_open(d, NULL);
	assert_true(is_greedy(s, "a") && has(s, "a", 0) && has(s, "a", 1));
	expect_sound(s);
	rs_abandon(s);
	disk_free(d);
}

/* Before and after it the live tree is as it was. */
static void the_live_tree_stays(void **state)
{
	struct rs_store *s = *state;
	struct rs_mending *m;

	put(s, 0, true);
	put(s, 1, false);
	snapshot(s, "a");
	m = begin(s, "a");
	del(s, 1, &(struct rs_ptr){ .npages = 0 });
	assert_int_equal(rs_mend_end(m), 0);
	assert_true(is_greedy(s, "a"));
	assert_true(has(s, "a", 0));
	assert_false(has(s, "a", 1));
	assert_true(has(s, NULL, 1));
	expect_sound(s);
	drop(s, "a");
	expect_sound(s);
	assert_int_equal(pinned(s), 0);
}

static void no_change_is_no_commit(void **state)
{
	struct rs_store *s = *state;
	struct rs_mending *m;
	struct rs_stats before, after;

	put(s, 0, true);
	snapshot(s, "a");
	rs_stats(s, &before);
	m = begin(s, "a");
	assert_int_equal(rs_mend_end(m), 0);
	rs_stats(s, &after);
	assert_int_equal(after.txid, before.txid);
	assert_false(is_greedy(s, "a"));
}

static void an_abort_leaves_it_as_it_was(void **state)
{
	struct rs_store *s = *state;
	struct rs_mending *m;
	struct rs_ptr p = put(s, 0, true);

	snapshot(s, "a");
	m = begin(s, "a");
	del(s, 0, &p);
	rs_mend_abort(m);
	assert_true(has(s, "a", 0) && has(s, NULL, 0));
	assert_false(is_greedy(s, "a"));
	expect_sound(s);
}

static void payloads_are_refused(void **state)
{
	struct rs_store *s = *state;
	struct rs_mending *m;

	put(s, 0, true);
	snapshot(s, "a");
	m = begin(s, "a");
	put(s, 1, true);
	assert_int_equal(rs_mend_end(m), -EUCLEAN);
	assert_false(has(s, "a", 1) || has(s, NULL, 1));
	expect_sound(s);
}

/* An older and a newer snapshot have a page that it lost. When these go it is
 * held by the one that does not show it, and told to be; then it comes back. */
static void a_greedy_one_holds_what_it_lost(void **state)
{
	struct rs_store *s = *state;
	struct rs_mending *m;
	struct rs_space sp;
	struct rs_ptr p = put(s, 0, true);

	put(s, 1, false);
	snapshot(s, "a");
	snapshot(s, "b");
	snapshot(s, "c");
	m = begin(s, "b");
	del(s, 0, &p);
	assert_int_equal(rs_mend_end(m), 0);
	del(s, 0, &p);
	expect_sound(s);
	drop(s, "a");
	expect_sound(s);
	drop(s, "c");
	expect_sound(s);
	assert_int_equal(rs_space(s, &sp), 0);
	assert_int_equal(sp.snaps[0].unique, pinned(s));
	assert_true(pinned(s) > RS_PAGE_SIZE);
	rs_space_finish(&sp);
	drop(s, "b");
	expect_sound(s);
	assert_int_equal(pinned(s), 0);
}

static void only_a_snapshot_can_be_mended(void **state)
{
	struct rs_mending *m;

	assert_int_equal(rs_mend_begin(*state, 17, &m), -ENOENT);
	assert_int_equal(rs_mend_end(NULL), 0);
	rs_mend_abort(NULL);
}

#define TEST(name)                                             \
	cmocka_unit_test_setup_teardown(name, mem_store_setup, \
					mem_store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_txns_change_is_the_snapshot),
		TEST(the_live_tree_stays),
		TEST(no_change_is_no_commit),
		TEST(an_abort_leaves_it_as_it_was),
		TEST(payloads_are_refused),
		TEST(a_greedy_one_holds_what_it_lost),
		TEST(only_a_snapshot_can_be_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

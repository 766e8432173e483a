/* SPDX-License-Identifier: Apache-2.0 */
/* snap_test.c - tests regionstore/snap.c and regionstore/dead.c. */
#include "regionstore/regionstore.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 50u /* in the payload of put() */

/* Replace the payload of the only record. */
static void put(struct rs_store *s, struct rs_ptr *p)
{
	static const uint8_t key[] = { RS_KEY_SEGMENT };
	static const uint8_t data[PAGES * RS_PAGE_SIZE];
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	if (p->npages)
		assert_int_equal(rs_payload_free(t, p), 0);
	assert_int_equal(rs_payload_put(t, data, sizeof(data), p), 0);
	assert_int_equal(rs_put(t, key, 1, p, sizeof(*p), 9), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static struct rs_stats stats(struct rs_store *s)
{
	struct rs_stats st;

	rs_stats(s, &st);
	return st;
}

static struct rs_snap create(struct rs_store *s, const char *name)
{
	struct rs_snap sn;

	assert_int_equal(rs_snap_create(s, name, &sn), 0);
	return sn;
}

static uint64_t pinned(struct rs_store *s)
{
	return stats(s).pinned_bytes / (PAGES * RS_PAGE_SIZE);
}

static void a_snapshot_knows_what_it_is(void **state)
{
	struct rs_store *s = *state;
	struct rs_ptr p = { 0 };
	struct rs_snap sn, got;

	put(s, &p);
	sn = create(s, "monday");
	assert_string_equal(sn.name, "monday");
	assert_int_equal(sn.members, 9);
	assert_int_equal(sn.id, 1);
	assert_true(sn.created_ns > 0);
	assert_int_equal(sn.txid, stats(s).txid);
	assert_int_equal(rs_snap_find(s, "monday", &got), 0);
	assert_memory_equal(&got, &sn, sizeof(sn));
	assert_int_equal(rs_snap_get(s, sn.id, &got), 0);
	assert_memory_equal(&got, &sn, sizeof(sn));
	assert_int_equal(rs_snap_get(s, 2, &got), -ENOENT);
	assert_int_equal(rs_snap_find(s, "tuesday", &got), -ENOENT);
}

static void names_are_names(void **state)
{
	struct rs_store *s = *state;
	char name[258];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(rs_snap_create(s, name, NULL), -ENAMETOOLONG);
	name[255] = '\0';
	assert_int_equal(rs_snap_create(s, name, NULL), 0);
	assert_int_equal(rs_snap_create(s, name, NULL), -EEXIST);
	assert_int_equal(rs_snap_create(s, "", NULL), -EINVAL);
	assert_int_equal(rs_snap_create(s, ".", NULL), -EINVAL);
	assert_int_equal(rs_snap_create(s, "..", NULL), -EINVAL);
	assert_int_equal(rs_snap_create(s, "a/b", NULL), -EINVAL);
	assert_int_equal(rs_snap_create(s, "a\nb\xff", NULL), 0);
	assert_int_equal(rs_snap_rename(s, name, "a/b"), -EINVAL);
	assert_int_equal(rs_snap_rename(s, name, "a\nb\xff"), -EEXIST);
	assert_int_equal(rs_snap_rename(s, "none", "other"), -ENOENT);
	assert_int_equal(rs_snap_rename(s, name, "other"), 0);
	assert_int_equal(rs_snap_drop(s, name), -ENOENT);
	assert_int_equal(rs_snap_drop(s, "other"), 0);
}

static void the_list_is_by_name(void **state)
{
	struct rs_store *s = *state;
	struct rs_snap *list;
	size_t n;

	create(s, "c");
	create(s, "a");
	create(s, "b");
	assert_int_equal(rs_snap_list(s, &list, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(list[0].name, "a");
	assert_string_equal(list[2].name, "c");
	assert_int_equal(list[2].id, 1);
	free(list);
}

/* A number that was given is never given again, dropped or not. */
static void numbers_are_not_given_again(void **state)
{
	struct rs_store *s = *state;
	uint64_t id = create(s, "a").id;

	assert_int_equal(rs_snap_drop(s, "a"), 0);
	assert_true(create(s, "a").id > id);
}

/* Each of three versions is needed by the snapshots of its time; dropped in
 * any order, what is needed by nobody goes. */
static void drops_free_what_nobody_else_needs(void **state)
{
	static const char *const orders[] = { "abc", "acb", "bac",
					      "bca", "cab", "cba" };

	for (size_t i = 0; i < 6; i++) {
		struct rs_store *s = mem_store_new();
		struct rs_ptr p = { 0 };

		for (const char *c = "abc"; *c; c++) {
			put(s, &p);
			create(s, (char[]){ *c, '\0' });
		}
		put(s, &p);
		assert_int_equal(rs_sync(s), 0);
		for (unsigned left = 3; left-- > 0;) {
			char name[] = { orders[i][2 - left], '\0' };

			assert_int_equal(rs_snap_drop(s, name), 0);
			assert_int_equal(pinned(s), left);
		}
		assert_int_equal(stats(s).pinned_bytes, 0);
		mem_store_free(s);
	}
	(void)state;
}

/* Two snapshots of one version: it goes with the second. */
static void what_two_need_stays_with_one(void **state)
{
	struct rs_store *s = *state;
	struct rs_ptr p = { 0 };

	put(s, &p);
	create(s, "a");
	create(s, "b");
	put(s, &p);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(pinned(s), 1);
	assert_int_equal(rs_snap_drop(s, "b"), 0);
	assert_int_equal(pinned(s), 1);
	assert_int_equal(rs_snap_drop(s, "a"), 0);
	assert_int_equal(stats(s).pinned_bytes, 0);
}

/* More dead extents than fit one record. */
static void many_dead_pages_come_back(void **state)
{
	struct rs_store *s = *state;
	uint64_t used;
	static struct rs_ptr p[1000];
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(rs_payload_put(t, "x", 1, &p[i]), 0);
	assert_int_equal(rs_txn_end(t), 0);
	create(s, "a");
	used = stats(s).used_bytes;
	assert_int_equal(rs_txn_begin(s, &t), 0);
	for (unsigned i = 0; i < 1000; i += 2)
		assert_int_equal(rs_payload_free(t, &p[i]), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(stats(s).pinned_bytes, 500 * RS_PAGE_SIZE);
	assert_int_equal(rs_snap_drop(s, "a"), 0);
	assert_int_equal(stats(s).pinned_bytes, 0);
	assert_true(stats(s).used_bytes <= used - 499 * RS_PAGE_SIZE);
}

/* --- what waits cannot be settled ---------------------------------------- */

static int cannot_settle(void *arg, bool whole)
{
	bool *was_whole = arg;

	if (was_whole)
		*was_whole = whole;
	return -ENOSPC;
}

static uint64_t snapshots(struct rs_store *s)
{
	struct rs_stats stats;

	rs_stats(s, &stats);
	return stats.snapshots;
}

/* It would lack what its caller believes to be in it. */
static void one_that_would_not_be_whole_is_not_taken(void **state)
{
	struct rs_store *s = mem_store_new();
	bool whole = true;

	(void)state;
	rs_set_hooks(s, &(struct rs_hooks){ .settle = cannot_settle,
					    .arg = &whole });
	assert_int_equal(rs_sync(s), -ENOSPC);
	assert_false(whole);
	assert_int_equal(rs_snap_create(s, "a", NULL), -ENOSPC);
	assert_true(whole);
	assert_int_equal(snapshots(s), 0);
	rs_set_hooks(s, NULL);
	assert_int_equal(rs_snap_create(s, "a", NULL), 0);
	assert_int_equal(snapshots(s), 1);
	mem_store_free(s);
}

/* They are how a full disk gets space again, and they are done. */
static void drop_and_rename_do_not_need_to_settle(void **state)
{
	struct rs_store *s = mem_store_new();
	struct rs_snap snap;

	(void)state;
	assert_int_equal(rs_snap_create(s, "a", NULL), 0);
	rs_set_hooks(
		s, &(struct rs_hooks){ .settle = cannot_settle, .arg = NULL });
	assert_int_equal(rs_snap_rename(s, "a", "b"), 0);
	assert_int_equal(rs_snap_find(s, "b", &snap), 0);
	assert_int_equal(rs_snap_drop(s, "b"), 0);
	assert_int_equal(snapshots(s), 0);
	assert_int_equal(rs_sync(s), -ENOSPC);
	mem_store_free(s);
}

int main(void)
{
#define TEST(name)                                             \
	cmocka_unit_test_setup_teardown(name, mem_store_setup, \
					mem_store_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_snapshot_knows_what_it_is),
		TEST(names_are_names),
		TEST(the_list_is_by_name),
		TEST(numbers_are_not_given_again),
		TEST(drops_free_what_nobody_else_needs),
		TEST(what_two_need_stays_with_one),
		TEST(many_dead_pages_come_back),
		cmocka_unit_test(one_that_would_not_be_whole_is_not_taken),
		cmocka_unit_test(drop_and_rename_do_not_need_to_settle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

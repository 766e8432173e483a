/* SPDX-License-Identifier: Apache-2.0 */
/* ns_expire_test.c - tests fs/ns_expire.c, and what it does to the others. */
#include <fcntl.h>
#include <stdio.h>

#include "fs/ns_entry.h"
#include "tests/unit/fs/ns_fixture.h"

#define SOON 1000u /* ms */

static uint64_t file(struct ns *n, const char *name)
{
	int64_t ino = ns_make(n, FS_INO_REGIONS, name, S_IFREG);

	assert_true(ino > 0);
	return (uint64_t)ino;
}

static uint64_t first(struct ns *n)
{
	uint64_t ms = 0;
	int err = fs_expire_first(ns_view(n), &ms);

	return err == -ENOENT ? 0 : ms;
}

static int drop(struct ns *n, uint64_t dir, const char *name)
{
	struct rs_txn *t;
	int err;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	err = fs_expire_name(t, dir, name, n->now, &n->orphan);
	if (err)
		rs_txn_abort(t);
	else
		assert_int_equal(rs_txn_end(t), 0);
	return err;
}

/* At the instant, and not a moment before. */
static void goes_at_the_instant(void **state)
{
	struct ns *n = *state;
	uint64_t f = file(n, "f"), g = file(n, "g");

	assert_int_equal(ns_expire(n, f, SOON), 0);
	assert_int_equal(first(n), SOON);
	ns_at(n, SOON);
	n->now--;
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "f"), f);
	n->now++;
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "f"), -ENOENT);
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "g"), g);
	/* Open handles know it by its number. */
	assert_int_equal(ns_nlink(n, f), 1);
	n->now = -5;
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "f"), f);
	assert_int_equal(ns_findings(n), 0);
}

/* Not listed, and not counted; what lies behind it is. */
static void is_not_listed(void **state)
{
	struct ns *n = *state;
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	uint64_t count = 0;

	assert_int_equal(ns_expire(n, file(n, "a"), SOON), 0);
	file(n, "b");
	assert_int_equal(ns_expire(n, file(n, "c"), SOON), 0);
	assert_int_equal(ns_expire(n, file(n, "d"), SOON + 1), 0);
	assert_int_equal(ns_expire(n, file(n, "e"), SOON), 0);
	ns_at(n, SOON);
	assert_int_equal(fs_dir_open(ns_view(n), FS_INO_REGIONS, &d), 0);
	assert_int_equal(fs_dir_read(d, n->now, 0, &e), 0);
	assert_string_equal(e.name, "b");
	assert_int_equal(e.next, 2);
	assert_int_equal(fs_dir_read(d, n->now, e.next, &e), 0);
	assert_string_equal(e.name, "d");
	assert_int_equal(e.next, 4);
	assert_int_equal(fs_dir_read(d, n->now, e.next, &e), -ENOENT);
	assert_int_equal(fs_dir_read(d, FS_SHOW_EXPIRED, 0, &e), 0);
	assert_string_equal(e.name, "a");
	fs_dir_close(d);
	assert_int_equal(fs_dir_count(n->view, n->now, FS_INO_REGIONS, &count),
			 0);
	assert_int_equal(count, 2);
	assert_int_equal(fs_dir_count(n->view, 0, FS_INO_REGIONS, &count), 0);
	assert_int_equal(count, 5);
}

/* As many at a time as it is told, and on from there. */
static void is_passed_over_in_steps(void **state)
{
	struct ns *n = *state;
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	size_t left = 2;
	char name[8];

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(ns_expire(n, file(n, name), SOON), 0);
	}
	file(n, "b");
	assert_int_equal(ns_expire(n, file(n, "c"), SOON), 0);
	ns_at(n, SOON);
	assert_int_equal(fs_dir_open(ns_view(n), FS_INO_REGIONS, &d), 0);
	assert_int_equal(fs_dir_step(d, n->now, 0, &left, &e), -EAGAIN);
	assert_int_equal(left, 0);
	assert_int_equal(e.next, 2);
	assert_int_equal(fs_dir_step(d, n->now, 2, &left, &e), -EAGAIN);
	assert_int_equal(e.next, 2);
	left = 3;
	assert_int_equal(fs_dir_step(d, n->now, 2, &left, &e), 0);
	assert_int_equal(left, 0);
	assert_string_equal(e.name, "b");
	assert_int_equal(e.next, 6);
	assert_int_equal(fs_dir_step(d, n->now, 6, &left, &e), -EAGAIN);
	left = 1;
	assert_int_equal(fs_dir_step(d, n->now, 6, &left, &e), -ENOENT);
	fs_dir_close(d);
}

/* Another instant, and never, leave one record or none. */
static void index_follows(void **state)
{
	struct ns *n = *state;
	uint64_t f = file(n, "f");

	assert_int_equal(ns_expire(n, f, 500), 0);
	assert_int_equal(ns_expire(n, f, 900), 0);
	assert_int_equal(first(n), 900);
	assert_int_equal(ns_findings(n), 0);
	assert_int_equal(ns_expire(n, f, 0), 0);
	assert_int_equal(first(n), 0);
	assert_int_equal(ns_inode(n, f).attr.expires_ms, 0);
	assert_int_equal(ns_findings(n), 0);
	assert_int_equal(ns_expire(n, FS_INO_REGIONS, 5), -EISDIR);
}

/* The last name takes the expiry with it, one of two does not. */
static void removing_clears_it(void **state)
{
	struct ns *n = *state;
	uint64_t f = file(n, "f");

	assert_int_equal(ns_link(n, f, FS_INO_REGIONS, "g"), 0);
	assert_int_equal(ns_expire(n, f, SOON), 0);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "f"), 0);
	assert_int_equal(first(n), SOON);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "g"), 0);
	assert_int_equal(first(n), 0);
	assert_int_equal(n->orphan, f);
	assert_int_equal(ns_findings(n), 0);
}

/* All its names are gone together, and none of them can be used. */
static void names_are_of_no_use(void **state)
{
	struct ns *n = *state;
	uint64_t f = file(n, "f");
	const uint64_t r = FS_INO_REGIONS;

	assert_int_equal(ns_link(n, f, r, "g"), 0);
	file(n, "h");
	assert_int_equal(ns_expire(n, f, SOON), 0);
	ns_at(n, SOON);
	assert_int_equal(ns_find(n, r, "g"), -ENOENT);
	assert_int_equal(ns_unlink(n, r, "f"), -ENOENT);
	assert_int_equal(ns_rmdir(n, r, "f"), -ENOENT);
	assert_int_equal(ns_link(n, f, r, "i"), -ENOENT);
	assert_int_equal(ns_rename(n, r, "f", r, "i", 0), -ENOENT);
	assert_int_equal(ns_rename(n, r, "h", r, "g", RENAME_EXCHANGE),
			 -ENOENT);
	assert_true(ns_find(n, r, "h") > 0);
	assert_int_equal(ns_findings(n), 0);
}

/* Moving onto it is moving to a free name. */
static void renames_onto_it(void **state)
{
	struct ns *n = *state;
	uint64_t f = file(n, "f"), g = file(n, "g");
	int64_t d = ns_make(n, FS_INO_REGIONS, "d", S_IFDIR);
	const uint64_t r = FS_INO_REGIONS;

	assert_int_equal(ns_expire(n, f, SOON), 0);
	assert_int_equal(ns_expire(n, g, SOON), 0);
	file(n, "h");
	ns_at(n, SOON);
	assert_int_equal(ns_rename(n, r, "h", r, "f", RENAME_NOREPLACE), 0);
	assert_int_equal(n->orphan, f);
	assert_int_equal(ns_rename(n, r, "d", r, "g", 0), 0);
	assert_int_equal(n->orphan, g);
	assert_int_equal(ns_find(n, r, "g"), d);
	assert_int_equal(ns_nlink(n, r), 3);
	assert_int_equal(first(n), 0);
	assert_int_equal(ns_findings(n), 0);
}

/* In the way of a new one until it is dropped, which only it can be. */
static void name_is_dropped(void **state)
{
	struct ns *n = *state;
	uint64_t f = file(n, "f");

	assert_int_equal(ns_link(n, f, FS_INO_REGIONS, "g"), 0);
	assert_int_equal(ns_expire(n, f, SOON), 0);
	assert_int_equal(drop(n, FS_INO_REGIONS, "f"), -ENOENT);
	ns_at(n, SOON);
	assert_int_equal(ns_make(n, FS_INO_REGIONS, "f", S_IFREG), -EEXIST);
	assert_int_equal(drop(n, FS_INO_REGIONS, "f"), 0);
	assert_int_equal(n->orphan, 0);
	assert_true(ns_make(n, FS_INO_REGIONS, "f", S_IFREG) > 0);
	assert_int_equal(drop(n, FS_INO_REGIONS, "f"), -ENOENT);
	assert_int_equal(drop(n, FS_INO_REGIONS, "x"), -ENOENT);
	assert_int_equal(drop(n, FS_INO_REGIONS, "g"), 0);
	assert_int_equal(n->orphan, f);
	assert_int_equal(first(n), 0);
	assert_int_equal(ns_findings(n), 0);
}

/* O_TMPFILE: no name yet, and then gone without one. */
static void unnamed_is_reaped(void **state)
{
	struct ns *n = *state;
	struct fs_new new = { .mode = S_IFREG };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_make_unnamed(t, FS_INO_REGIONS, &new, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(ns_expire(n, in.ino, SOON), 0);
	assert_int_equal(ns_findings(n), 0);
	assert_int_equal(ns_reap(n, in.ino), 1);
	assert_int_equal(first(n), 0);
	assert_int_equal(ns_findings(n), 0);
}

static void put(struct ns *n, const struct fs_key *k, const char *val)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_put(t, k->b, k->len, val, strlen(val), 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void check_finds_a_wrong_index(void **state)
{
	struct ns *n = *state;
	uint64_t f = file(n, "f");
	struct fs_key k = fs_key_expiry(77, f);
	struct rs_txn *t;

	put(n, &k, "");
	assert_int_equal(ns_findings(n), 1); /* it does not expire */
	k = fs_key_expiry(78, 999);
	put(n, &k, "");
	assert_int_equal(ns_findings(n), 2); /* leads to nothing */
	k.len--;
	put(n, &k, "");
	assert_int_equal(ns_findings(n), 3); /* no key */
	k = fs_key_expiry(79, f);
	put(n, &k, "x");
	assert_int_equal(ns_findings(n), 4); /* no value there */
	assert_int_equal(ns_expire(n, f, 80), 0);
	assert_int_equal(ns_findings(n), 4);
	k = fs_key_expiry(80, f);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_del(t, k.b, k.len), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(ns_findings(n), 5); /* not in the index */
	assert_int_equal(ns_expire(n, f, 81), -EUCLEAN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ns_setup, ns_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_at_the_instant),     TEST(is_not_listed),
		TEST(is_passed_over_in_steps), TEST(index_follows),
		TEST(removing_clears_it),      TEST(names_are_of_no_use),
		TEST(renames_onto_it),	       TEST(name_is_dropped),
		TEST(unnamed_is_reaped),       TEST(check_finds_a_wrong_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_dir_test.c - tests fs/ns_dir.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fs/ns_fixture.h"

#define MANY 100000u

static void make_file(struct ns *n, uint64_t dir, const char *name)
{
	assert_true(ns_make(n, dir, name, S_IFREG) > 0);
}

static struct fs_dir *open_dir(struct ns *n, uint64_t ino)
{
	struct fs_dir *d;

	assert_int_equal(fs_dir_open(ns_view(n), ino, &d), 0);
	return d;
}

/* Bytes and not letters: a name is what it is in memcmp(). */
static void lists_in_byte_order(void **state)
{
	const char *const want[] = { "A", "a", "a\x01", "ab", "\xff\xfe" };
	struct ns *n = *state;
	struct fs_entry e;
	struct fs_dir *d;

	for (size_t i = 5; i-- > 0;)
		make_file(n, FS_INO_REGIONS, want[i]);
	make_file(n, FS_INO_BITMAPS, "before");
	d = open_dir(n, FS_INO_REGIONS);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(fs_dir_read(d, n->now, i, &e), 0);
		assert_string_equal(e.name, want[i]);
		assert_int_equal(e.kind, RS_KIND_REGION);
	}
	assert_int_equal(fs_dir_read(d, n->now, 5, &e), -ENOENT);
	fs_dir_close(d);
}

/* Going back, skipping, and past the end, in any order. */
static void any_position_any_time(void **state)
{
	struct ns *n = *state;
	struct fs_entry e;
	struct fs_dir *d;

	make_file(n, FS_INO_REGIONS, "a");
	make_file(n, FS_INO_REGIONS, "b");
	make_file(n, FS_INO_REGIONS, "c");
	d = open_dir(n, FS_INO_REGIONS);
	assert_int_equal(fs_dir_read(d, n->now, 2, &e), 0);
	assert_string_equal(e.name, "c");
	assert_int_equal(fs_dir_read(d, n->now, 3, &e), -ENOENT);
	assert_int_equal(fs_dir_read(d, n->now, 4, &e), -ENOENT);
	assert_int_equal(fs_dir_read(d, n->now, UINT64_MAX, &e), -ENOENT);
	assert_int_equal(fs_dir_read(d, n->now, 0, &e), 0);
	assert_string_equal(e.name, "a");
	assert_int_equal(fs_dir_read(d, n->now, 1, &e), 0);
	assert_string_equal(e.name, "b");
	fs_dir_close(d);
}

/* What is removed after the open is still in the listing. */
static void listing_is_of_its_view(void **state)
{
	struct ns *n = *state;
	struct fs_entry e;
	struct fs_dir *d;

	make_file(n, FS_INO_REGIONS, "a");
	make_file(n, FS_INO_REGIONS, "b");
	d = open_dir(n, FS_INO_REGIONS);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "a"), 0);
	make_file(n, FS_INO_REGIONS, "c");
	rs_view_put(n->view); /* the listing has its own reference */
	n->view = NULL;
	assert_int_equal(fs_dir_read(d, n->now, 0, &e), 0);
	assert_string_equal(e.name, "a");
	assert_int_equal(fs_dir_read(d, n->now, 2, &e), -ENOENT);
	fs_dir_close(d);
}

static void only_directories_can_be_listed(void **state)
{
	struct ns *n = *state;
	int64_t f = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct fs_dir *d;

	assert_int_equal(fs_dir_open(ns_view(n), (uint64_t)f, &d), -ENOTDIR);
	assert_int_equal(fs_dir_open(n->view, 999, &d), -ENOENT);
	fs_dir_close(NULL);
}

/* Counting does not walk: it is two questions to the tree. */
static void counts_entries(void **state)
{
	struct ns *n = *state;
	uint64_t count;

	assert_int_equal(fs_dir_count(ns_view(n), n->now, FS_INO_ROOT, &count),
			 0);
	assert_int_equal(count, 2);
	make_file(n, FS_INO_REGIONS, "a");
	assert_int_equal(
		fs_dir_count(ns_view(n), n->now, FS_INO_REGIONS, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(fs_dir_count(n->view, n->now, FS_INO_BITMAPS, &count),
			 0);
	assert_int_equal(count, 0);
}

static void make_many(struct ns *n)
{
	struct fs_new new = { .mode = S_IFREG };
	struct fs_inode in;
	struct rs_txn *t;
	char name[16];

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%06u", i);
		assert_int_equal(fs_make(t, FS_INO_REGIONS, name, &new, &in),
				 0);
	}
	assert_int_equal(rs_txn_end(t), 0);
}

/* A hundred thousand files: listed in order, and each found at its place. */
static void holds_a_hundred_thousand(void **state)
{
	struct ns *n = *state;
	struct fs_entry e;
	struct fs_dir *d;
	uint64_t count;

	make_many(n);
	assert_int_equal(
		fs_dir_count(ns_view(n), n->now, FS_INO_REGIONS, &count), 0);
	assert_int_equal(count, MANY);
	d = open_dir(n, FS_INO_REGIONS);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(fs_dir_read(d, n->now, i, &e), 0);
		assert_int_equal(strtoul(e.name, NULL, 10), i);
	}
	assert_int_equal(fs_dir_read(d, n->now, 77777, &e), 0);
	assert_string_equal(e.name, "077777");
	fs_dir_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_in_byte_order, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(any_position_any_time, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(listing_is_of_its_view,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(only_directories_can_be_listed,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(counts_entries, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(holds_a_hundred_thousand,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

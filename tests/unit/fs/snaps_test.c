/* SPDX-License-Identifier: Apache-2.0 */
/* snaps_test.c - views of snapshots. */
#include "tests/unit/fs/fs_fixture.h"

#include <stdio.h>

#include "fs/view.h"

static uint64_t snapshot(struct fs *fs, const char *name)
{
	uint64_t node;

	assert_int_equal(fs_snapshots_make(fs, name, &node), 0);
	return fs_node_decode(node).snap;
}

/* More snapshots than are kept: each is found, whichever was used last. */
static void finds_more_than_it_keeps(void **state)
{
	struct fs *fs = *state;
	uint64_t ids[FS_SNAPS_KEPT + 4];
	char name[16];

	for (size_t i = 0; i < FS_SNAPS_KEPT + 4; i++) {
		snprintf(name, sizeof(name), "s%zu", i);
		ids[i] = snapshot(fs, name);
	}
	for (size_t i = 0; i < 3 * (FS_SNAPS_KEPT + 4); i++) {
		uint64_t id = ids[i * 7 % (FS_SNAPS_KEPT + 4)];
		struct rs_view *v;

		assert_int_equal(fs_snaps_view(&fs->snaps, id, &v, NULL), 0);
		rs_view_put(v);
	}
}

static void unknown_is_no_snapshot(void **state)
{
	struct fs *fs = *state;
	struct rs_view *v;

	assert_int_equal(fs_snaps_view(&fs->snaps, 0, &v, NULL), -ENOENT);
	assert_int_equal(fs_snaps_view(&fs->snaps, 77, &v, NULL), -ENOENT);
}

/* Dropped is gone, except where a file in it is open. */
static void dropped_is_gone(void **state)
{
	struct fs *fs = *state;
	uint64_t ino = fsf_set(fs, "s");
	uint64_t id = snapshot(fs, "one");
	struct fs_handle *h;
	struct fs_inode in;

	assert_int_equal(fs_open_set(fs, fs_node_stored(id, ino), O_RDONLY, &h),
			 0);
	h->fs = fs;
	h->node = fs_node_stored(id, ino);
	fs_handle_add(h);
	assert_int_equal(fs_snapshots_drop(fs, "one"), 0);
	assert_int_equal(fs_node_get(fs, fs_node_stored(id, ino), &in), 0);
	fs_handle_close(h);
	assert_int_equal(fs_node_get(fs, fs_node_stored(id, ino), &in),
			 -ENOENT);
}

/* The newest one has a name of its own, which nobody else may have. */
static void latest(void **state)
{
	struct fs *fs = *state;
	char target[FS_NAME_MAX + 1];
	uint64_t before, after, node;

	assert_int_equal(fs_snapshots_lookup(fs, "latest", &node), -ENOENT);
	snapshot(fs, "one");
	assert_int_equal(fs_snapshots_lookup(fs, "latest", &before), 0);
	snapshot(fs, "two");
	assert_int_equal(fs_snapshots_lookup(fs, "latest", &after), 0);
	assert_true(before != after);
	assert_int_equal(fs_snapshots_latest(fs, target), 0);
	assert_string_equal(target, "two");
	assert_int_equal(fs_snapshots_rename(fs, "two", "zwei"), 0);
	assert_int_equal(fs_snapshots_lookup(fs, "latest", &before), 0);
	assert_true(before != after);
	assert_int_equal(fs_snapshots_make(fs, "latest", &node), -EEXIST);
	assert_int_equal(fs_snapshots_rename(fs, "one", "latest"), -EEXIST);
	assert_int_equal(fs_snapshots_rename(fs, "latest", "x"), -EPERM);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_more_than_it_keeps),
		TEST(unknown_is_no_snapshot),
		TEST(dropped_is_gone),
		TEST(latest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_inode_test.c - tests fs/ns_inode.c. */
#include <string.h>

#include "tests/unit/fs/ns_fixture.h"

/* An object whose mode says another type than its kind is damaged. */
static void refuses_mode_of_another_kind(void **state)
{
	struct ns *n = *state;
	uint64_t ino = (uint64_t)ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct fs_inode in = ns_inode(n, ino);

	in.attr.mode = S_IFIFO | 0644;
	assert_int_equal(ns_put(n, &in), 0);
	assert_int_equal(fs_inode_get(ns_view(n), ino, &in), -EUCLEAN);
}

static void missing_is_enoent(void **state)
{
	struct fs_inode in;

	assert_int_equal(fs_inode_get(ns_view(*state), 999, &in), -ENOENT);
}

static void stat_has_all_attributes(void **state)
{
	struct ns *n = *state;
	struct fs_inode in = ns_inode(n, FS_INO_REGIONS);
	struct stat st;

	in.attr.atime_ns = 5000000001;
	in.attr.mtime_ns = -1;
	in.attr.rdev = 77;
	assert_int_equal(fs_inode_stat(&in, &st), 0);
	assert_int_equal(st.st_ino, FS_INO_REGIONS);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_uid, UID);
	assert_int_equal(st.st_gid, GID);
	assert_int_equal(st.st_rdev, 77);
	assert_int_equal(st.st_atim.tv_sec, 5);
	assert_int_equal(st.st_atim.tv_nsec, 1);
	assert_int_equal(st.st_mtim.tv_sec, -1);
	assert_int_equal(st.st_mtim.tv_nsec, 999999999);
}

static struct stat stat_of(struct ns *n, int64_t ino)
{
	struct fs_inode in;
	struct stat st;

	assert_true(ino > 0);
	in = ns_inode(n, (uint64_t)ino);
	assert_int_equal(fs_inode_stat(&in, &st), 0);
	return st;
}

static void write_bytes(struct ns *n, uint64_t ino, size_t len)
{
	struct fs_inode in = ns_inode(n, ino);
	struct rs_write *w;
	struct rs_txn *t;
	char data[5000];

	memset(data, 'x', sizeof(data));
	assert_int_equal(rs_write_prepare(n->store, 0, data, len, &w), 0);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_write_apply(t, ino, &in.obj, w), 0);
	assert_int_equal(fs_inode_put(t, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
}

/* Bytes inside the object count too: tools skip files without blocks. */
static void small_region_has_blocks(void **state)
{
	struct ns *n = *state;
	int64_t ino = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct stat st;

	assert_int_equal(stat_of(n, ino).st_size, 0);
	assert_int_equal(stat_of(n, ino).st_blocks, 0);
	write_bytes(n, (uint64_t)ino, 1);
	st = stat_of(n, ino);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(st.st_blocks, 1);
	write_bytes(n, (uint64_t)ino, 5000);
	st = stat_of(n, ino);
	assert_int_equal(st.st_size, 5000);
	assert_int_equal(st.st_blocks, 16);
}

static void symlink_is_as_long_as_its_target(void **state)
{
	struct ns *n = *state;
	struct stat st = stat_of(n, ns_symlink(n, FS_INO_REGIONS, "l", "abc"));

	assert_int_equal(st.st_size, 3);
	assert_int_equal(st.st_mode, S_IFLNK | 0777);
}

static void empty_set_has_no_text(void **state)
{
	struct ns *n = *state;
	struct stat st = stat_of(n, ns_make(n, FS_INO_BITMAPS, "s", S_IFREG));

	assert_int_equal(st.st_size, 0);
	assert_int_equal(st.st_mode & S_IFMT, S_IFREG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses_mode_of_another_kind,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(missing_is_enoent, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(stat_has_all_attributes,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(small_region_has_blocks,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(
			symlink_is_as_long_as_its_target, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(empty_set_has_no_text, ns_setup,
						ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

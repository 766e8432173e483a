/* SPDX-License-Identifier: Apache-2.0 */
/* ns_make_test.c - tests fs/ns_make.c. */
#include <string.h>

#include "tests/unit/fs/ns_fixture.h"

static enum rs_kind kind_of(struct ns *n, uint64_t dir, const char *name,
			    uint32_t mode)
{
	int64_t ino = ns_make(n, dir, name, mode);

	assert_true(ino > 0);
	return ns_inode(n, (uint64_t)ino).obj.kind;
}

/* A file below bitmaps/ is a set, or scratch when its name begins with a dot;
 * below regions/ it is a region whatever its name. */
static void place_and_name_decide_the_kind(void **state)
{
	struct ns *n = *state;

	assert_int_equal(kind_of(n, FS_INO_BITMAPS, "s", S_IFREG), RS_KIND_SET);
	assert_int_equal(kind_of(n, FS_INO_BITMAPS, ".s", S_IFREG),
			 RS_KIND_REGION);
	assert_int_equal(kind_of(n, FS_INO_REGIONS, "r", S_IFREG),
			 RS_KIND_REGION);
	assert_int_equal(kind_of(n, FS_INO_REGIONS, ".r", 0), RS_KIND_REGION);
}

static void mode_decides_the_others(void **state)
{
	struct ns *n = *state;
	uint64_t dir = FS_INO_BITMAPS;

	assert_int_equal(kind_of(n, dir, "d", S_IFDIR), RS_KIND_DIR);
	assert_int_equal(kind_of(n, dir, "f", S_IFIFO), RS_KIND_FIFO);
	assert_int_equal(kind_of(n, dir, "s", S_IFSOCK), RS_KIND_SOCKET);
	assert_int_equal(kind_of(n, dir, "c", S_IFCHR), RS_KIND_CHARDEV);
	assert_int_equal(kind_of(n, dir, "b", S_IFBLK), RS_KIND_BLOCKDEV);
	assert_int_equal(ns_make(n, dir, "x", S_IFMT), -EINVAL);
}

/* A subdirectory hands the realm further down. */
static void realm_is_inherited(void **state)
{
	struct ns *n = *state;
	int64_t a = ns_make(n, FS_INO_BITMAPS, ".a", S_IFDIR);
	int64_t b = ns_make(n, (uint64_t)a, "b", S_IFDIR);

	assert_int_equal(kind_of(n, (uint64_t)b, "s", S_IFREG), RS_KIND_SET);
}

static void device_keeps_its_number(void **state)
{
	struct ns *n = *state;
	struct fs_new dev = { .mode = S_IFCHR, .rdev = 259 };
	struct fs_new fifo = { .mode = S_IFIFO, .rdev = 259 };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_make(t, FS_INO_REGIONS, "c", &dev, &in), 0);
	assert_int_equal(in.attr.rdev, 259);
	assert_int_equal(fs_make(t, FS_INO_REGIONS, "p", &fifo, &in), 0);
	assert_int_equal(in.attr.rdev, 0);
	rs_txn_abort(t);
}

/* All times of the new inode are now, and the directory changed now. */
static void making_notes_the_time(void **state)
{
	struct ns *n = *state;
	int64_t ino = ns_make(n, FS_INO_REGIONS, "f", S_IFREG | 0640);
	struct fs_inode in = ns_inode(n, (uint64_t)ino);
	struct fs_inode dir = ns_inode(n, FS_INO_REGIONS);

	assert_int_equal(in.attr.mode, S_IFREG | 0640);
	assert_int_equal(in.attr.nlink, 1);
	assert_int_equal(in.attr.atime_ns, n->now);
	assert_int_equal(in.attr.mtime_ns, n->now);
	assert_int_equal(in.attr.ctime_ns, n->now);
	assert_int_equal(in.attr.btime_ns, n->now);
	assert_int_equal(dir.attr.mtime_ns, n->now);
	assert_int_equal(dir.attr.ctime_ns, n->now);
	assert_int_equal(dir.attr.atime_ns, 1);
}

static void subdirectory_is_a_link_to_its_parent(void **state)
{
	struct ns *n = *state;
	int64_t d = ns_make(n, FS_INO_REGIONS, "d", S_IFDIR);

	assert_int_equal(ns_nlink(n, (uint64_t)d), 2);
	assert_int_equal(ns_nlink(n, FS_INO_REGIONS), 3);
	assert_int_equal(ns_inode(n, (uint64_t)d).attr.parent, FS_INO_REGIONS);
}

static void full_directory_of_directories_is_emlink(void **state)
{
	struct ns *n = *state;
	struct fs_inode dir = ns_inode(n, FS_INO_REGIONS);

	dir.attr.nlink = FS_LINK_MAX;
	assert_int_equal(ns_put(n, &dir), 0);
	assert_int_equal(ns_make(n, FS_INO_REGIONS, "d", S_IFDIR), -EMLINK);
	assert_true(ns_make(n, FS_INO_REGIONS, "f", S_IFREG) > 0);
}

/* S_ISGID on a directory: its group, and to directories the bit itself. */
static void setgid_directory_hands_down_its_group(void **state)
{
	struct ns *n = *state;
	struct fs_inode dir = ns_inode(n, FS_INO_REGIONS);
	struct fs_inode in;

	dir.attr.mode |= S_ISGID;
	dir.attr.gid = 77;
	assert_int_equal(ns_put(n, &dir), 0);
	in = ns_inode(n, (uint64_t)ns_make(n, FS_INO_REGIONS, "f", S_IFREG));
	assert_int_equal(in.attr.gid, 77);
	assert_int_equal(in.attr.mode & S_ISGID, 0);
	in = ns_inode(n, (uint64_t)ns_make(n, FS_INO_REGIONS, "d", S_IFDIR));
	assert_int_equal(in.attr.gid, 77);
	assert_int_equal(in.attr.mode & S_ISGID, S_ISGID);
}

static void refuses_where_nothing_can_be_made(void **state)
{
	struct ns *n = *state;
	int64_t f = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	int64_t d = ns_make(n, FS_INO_REGIONS, "d", S_IFDIR);

	assert_int_equal(ns_make(n, FS_INO_REGIONS, "f", S_IFREG), -EEXIST);
	assert_int_equal(ns_make(n, (uint64_t)f, "x", S_IFREG), -ENOTDIR);
	assert_int_equal(ns_make(n, 999, "x", S_IFREG), -ENOENT);
	assert_int_equal(ns_make(n, FS_INO_ROOT, "x", S_IFREG), -EPERM);
	assert_int_equal(ns_make(n, FS_INO_ROOT, "bitmaps", S_IFDIR), -EEXIST);
	assert_int_equal(ns_rmdir(n, FS_INO_REGIONS, "d"), 0);
	assert_int_equal(ns_make(n, (uint64_t)d, "x", S_IFREG), -ENOENT);
}

/* No name, no link, but an orphan until it gets one. */
static void unnamed_file_is_an_orphan(void **state)
{
	struct ns *n = *state;
	struct fs_new new = { .mode = S_IFREG | 0600 };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_make_unnamed(t, FS_INO_REGIONS, &new, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(ns_nlink(n, in.ino), 0);
	assert_int_equal(fs_reap_all(n->store), 0);
	assert_int_equal(fs_inode_get(ns_view(n), in.ino, &in), -ENOENT);
}

static int make_unnamed(struct ns *n, uint64_t dir, uint32_t mode,
			struct fs_inode *ret_inode)
{
	struct fs_new new = { .mode = mode };
	struct rs_txn *t;
	int err;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	err = fs_make_unnamed(t, dir, &new, ret_inode);
	rs_txn_abort(t);
	return err;
}

static void unnamed_file_is_a_set_below_bitmaps(void **state)
{
	struct fs_inode in;

	assert_int_equal(make_unnamed(*state, FS_INO_BITMAPS, S_IFREG, &in), 0);
	assert_int_equal(in.obj.kind, RS_KIND_SET);
	assert_int_equal(make_unnamed(*state, FS_INO_BITMAPS, S_IFDIR, &in),
			 -EINVAL);
	assert_int_equal(make_unnamed(*state, FS_INO_ROOT, S_IFREG, &in),
			 -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(place_and_name_decide_the_kind,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(mode_decides_the_others,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(realm_is_inherited, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(device_keeps_its_number,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(making_notes_the_time, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(
			subdirectory_is_a_link_to_its_parent, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(
			full_directory_of_directories_is_emlink, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(
			setgid_directory_hands_down_its_group, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(
			refuses_where_nothing_can_be_made, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(unnamed_file_is_an_orphan,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(
			unnamed_file_is_a_set_below_bitmaps, ns_setup,
			ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

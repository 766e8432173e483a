/* SPDX-License-Identifier: Apache-2.0 */
/* ns_unlink_test.c - tests fs/ns_unlink.c. */
#include "tests/unit/fs/ns_fixture.h"

/* The object outlives its last name, for those who have it open. */
static void last_name_makes_an_orphan(void **state)
{
	struct ns *n = *state;
	int64_t f = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct fs_inode in;

	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "f"), 0);
	assert_int_equal(n->orphan, f);
	in = ns_inode(n, (uint64_t)f);
	assert_int_equal(in.attr.nlink, 0);
	assert_int_equal(in.attr.ctime_ns, n->now);
	assert_int_equal(ns_inode(n, FS_INO_REGIONS).attr.mtime_ns, n->now);
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "f"), -ENOENT);
}

static void other_names_stay(void **state)
{
	struct ns *n = *state;
	int64_t f = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);

	assert_int_equal(ns_link(n, (uint64_t)f, FS_INO_REGIONS, "g"), 0);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "f"), 0);
	assert_int_equal(n->orphan, 0);
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "g"), f);
	assert_int_equal(ns_nlink(n, (uint64_t)f), 1);
	assert_int_equal(ns_inode(n, (uint64_t)f).attr.ctime_ns, n->now);
}

static void unlink_refuses_directories(void **state)
{
	struct ns *n = *state;

	assert_true(ns_make(n, FS_INO_REGIONS, "d", S_IFDIR) > 0);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "d"), -EISDIR);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "x"), -ENOENT);
	assert_int_equal(ns_unlink(n, FS_INO_ROOT, "regions"), -EPERM);
}

static void rmdir_takes_the_link_of_the_parent(void **state)
{
	struct ns *n = *state;
	int64_t d = ns_make(n, FS_INO_REGIONS, "d", S_IFDIR);

	assert_int_equal(ns_rmdir(n, FS_INO_REGIONS, "d"), 0);
	assert_int_equal(n->orphan, d);
	assert_int_equal(ns_nlink(n, (uint64_t)d), 0);
	assert_int_equal(ns_nlink(n, FS_INO_REGIONS), 2);
	assert_int_equal(ns_inode(n, FS_INO_REGIONS).attr.ctime_ns, n->now);
}

static void rmdir_refuses(void **state)
{
	struct ns *n = *state;
	int64_t d = ns_make(n, FS_INO_REGIONS, "d", S_IFDIR);

	assert_true(ns_make(n, (uint64_t)d, "f", S_IFREG) > 0);
	assert_int_equal(ns_rmdir(n, FS_INO_REGIONS, "d"), -ENOTEMPTY);
	assert_int_equal(ns_rmdir(n, (uint64_t)d, "f"), -ENOTDIR);
	assert_int_equal(ns_rmdir(n, FS_INO_REGIONS, "x"), -ENOENT);
	assert_int_equal(ns_rmdir(n, FS_INO_ROOT, "bitmaps"), -EPERM);
	assert_int_equal(ns_unlink(n, (uint64_t)d, "f"), 0);
	assert_int_equal(ns_rmdir(n, FS_INO_REGIONS, "d"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(last_name_makes_an_orphan,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(other_names_stay, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(unlink_refuses_directories,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(
			rmdir_takes_the_link_of_the_parent, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(rmdir_refuses, ns_setup,
						ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

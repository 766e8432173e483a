/* SPDX-License-Identifier: Apache-2.0 */
/* ns_link_test.c - tests fs/ns_link.c. */
#include "tests/unit/fs/ns_fixture.h"

static void both_names_lead_to_one_inode(void **state)
{
	struct ns *n = *state;
	int64_t f = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct fs_inode in;

	assert_int_equal(ns_link(n, (uint64_t)f, FS_INO_REGIONS, "g"), 0);
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "g"), f);
	in = ns_inode(n, (uint64_t)f);
	assert_int_equal(in.attr.nlink, 2);
	assert_int_equal(in.attr.ctime_ns, n->now);
	assert_true(in.attr.mtime_ns < n->now);
	assert_int_equal(ns_inode(n, FS_INO_REGIONS).attr.mtime_ns, n->now);
}

static void refuses_what_link_refuses(void **state)
{
	struct ns *n = *state;
	int64_t f = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	int64_t d = ns_make(n, FS_INO_REGIONS, "d", S_IFDIR);
	struct fs_inode in;

	assert_int_equal(ns_link(n, (uint64_t)d, FS_INO_REGIONS, "x"), -EPERM);
	assert_int_equal(ns_link(n, (uint64_t)f, FS_INO_REGIONS, "d"), -EEXIST);
	assert_int_equal(ns_link(n, (uint64_t)f, (uint64_t)f, "x"), -ENOTDIR);
	assert_int_equal(ns_link(n, (uint64_t)f, FS_INO_BITMAPS, "x"), -EXDEV);
	assert_int_equal(ns_link(n, (uint64_t)f, FS_INO_ROOT, "x"), -EPERM);
	assert_int_equal(ns_link(n, 999, FS_INO_REGIONS, "x"), -ENOENT);
	in = ns_inode(n, (uint64_t)f);
	in.attr.nlink = FS_LINK_MAX;
	assert_int_equal(ns_put(n, &in), 0);
	assert_int_equal(ns_link(n, (uint64_t)f, FS_INO_REGIONS, "x"), -EMLINK);
}

/* Bytes under one name and a set under the other cannot be one file. */
static void scratch_gets_no_name_of_a_set(void **state)
{
	struct ns *n = *state;
	int64_t s = ns_make(n, FS_INO_BITMAPS, ".s", S_IFREG);
	int64_t set = ns_make(n, FS_INO_BITMAPS, "set", S_IFREG);

	assert_int_equal(ns_link(n, (uint64_t)s, FS_INO_BITMAPS, "x"), -EPERM);
	assert_int_equal(ns_link(n, (uint64_t)s, FS_INO_BITMAPS, ".x"), 0);
	assert_int_equal(ns_link(n, (uint64_t)set, FS_INO_BITMAPS, ".y"), 0);
}

/* linkat() of an O_TMPFILE: from then on it survives a reap. */
static void first_name_ends_being_an_orphan(void **state)
{
	struct ns *n = *state;
	struct fs_new new = { .mode = S_IFREG };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_make_unnamed(t, FS_INO_REGIONS, &new, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(ns_link(n, in.ino, FS_INO_REGIONS, "f"), 0);
	assert_int_equal(fs_reap_all(n->store), 0);
	assert_int_equal(ns_nlink(n, in.ino), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_names_lead_to_one_inode,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_what_link_refuses,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(scratch_gets_no_name_of_a_set,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(first_name_ends_being_an_orphan,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

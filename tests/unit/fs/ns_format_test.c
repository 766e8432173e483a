/* SPDX-License-Identifier: Apache-2.0 */
/* ns_format_test.c - tests fs/ns_format.c. */
#include "tests/unit/fs/ns_fixture.h"

static void holds_two_directories(void **state)
{
	struct ns *n = *state;
	struct fs_inode root = ns_inode(n, FS_INO_ROOT);

	assert_int_equal(ns_find(n, FS_INO_ROOT, "bitmaps"), FS_INO_BITMAPS);
	assert_int_equal(ns_find(n, FS_INO_ROOT, "regions"), FS_INO_REGIONS);
	assert_int_equal(root.attr.nlink, 4);
	assert_int_equal(root.attr.parent, FS_INO_ROOT);
	assert_int_equal(root.attr.uid, UID);
	assert_int_equal(root.attr.gid, GID);
}

static void realms_begin_here(void **state)
{
	struct ns *n = *state;

	assert_int_equal(ns_inode(n, FS_INO_BITMAPS).attr.realm,
			 FS_REALM_BITMAPS);
	assert_int_equal(ns_inode(n, FS_INO_REGIONS).attr.realm,
			 FS_REALM_REGIONS);
}

static void only_once(void **state)
{
	struct ns *n = *state;

	assert_int_equal(fs_format(n->store, UID, GID, 2), -EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(holds_two_directories, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(realms_begin_here, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(only_once, ns_setup,
						ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

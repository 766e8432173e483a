/* SPDX-License-Identifier: Apache-2.0 */
/* ns_symlink_test.c - tests fs/ns_symlink.c. */
#include <string.h>

#include "tests/unit/fs/ns_fixture.h"

/* Short targets lie in the object, long ones on a page: no difference. */
static void target_of_any_length_comes_back(void **state)
{
	struct ns *n = *state;
	const size_t lens[] = { 1, 2, 1023, 1024, 4095 };
	char target[FS_SYMLINK_MAX + 2], back[FS_SYMLINK_MAX + 1];

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char name[2] = { (char)('a' + (char)i), 0 };
		struct fs_inode in;
		int64_t ino;

		memset(target, 't', sizeof(target));
		target[lens[i]] = '\0';
		ino = ns_symlink(n, FS_INO_REGIONS, name, target);
		assert_true(ino > 0);
		in = ns_inode(n, (uint64_t)ino);
		assert_int_equal(fs_readlink(n->view, &in, back), 0);
		assert_string_equal(back, target);
	}
}

static void refuses_empty_and_too_long(void **state)
{
	struct ns *n = *state;
	char target[FS_SYMLINK_MAX + 2];

	memset(target, 't', sizeof(target));
	target[FS_SYMLINK_MAX + 1] = '\0';
	assert_int_equal(ns_symlink(n, FS_INO_REGIONS, "l", target),
			 -ENAMETOOLONG);
	assert_int_equal(ns_symlink(n, FS_INO_REGIONS, "l", ""), -ENOENT);
}

static void only_symlinks_have_a_target(void **state)
{
	struct ns *n = *state;
	struct fs_inode in = ns_inode(n, FS_INO_REGIONS);
	char back[FS_SYMLINK_MAX + 1];

	assert_int_equal(fs_readlink(n->view, &in, back), -EINVAL);
}

/* A body that is no blob, or says it has more than a target may have. */
static void refuses_damaged_bodies(void **state)
{
	struct ns *n = *state;
	int64_t ino = ns_symlink(n, FS_INO_REGIONS, "l", "t");
	struct fs_inode in = ns_inode(n, (uint64_t)ino);
	char back[FS_SYMLINK_MAX + 1];

	in.obj.body[0] = 2;
	assert_int_equal(fs_readlink(n->view, &in, back), -EUCLEAN);
	in.obj.body[0] = 1;
	assert_int_equal(fs_readlink(n->view, &in, back), -EUCLEAN);
	in.obj.body_len = 0;
	assert_int_equal(fs_readlink(n->view, &in, back), -EUCLEAN);
	memset(in.obj.body, 0xff, sizeof(in.obj.body));
	in.obj.body[0] = 1;
	in.obj.body_len = 29;
	assert_int_equal(fs_readlink(n->view, &in, back), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(target_of_any_length_comes_back,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_empty_and_too_long,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(only_symlinks_have_a_target,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_damaged_bodies,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_xattr_test.c - tests fs/ns_xattr.c. */
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "tests/unit/fs/ns_fixture.h"

#define INO FS_INO_REGIONS

static int set(struct ns *n, const char *name, const void *val, size_t len,
	       int flags)
{
	struct rs_txn *t;
	int err;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	err = fs_xattr_set(t, INO, name, val, len, flags);
	if (err < 0)
		rs_txn_abort(t);
	else
		assert_int_equal(rs_txn_end(t), 0);
	return err;
}

static int remove_it(struct ns *n, const char *name)
{
	struct rs_txn *t;
	int err;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	err = fs_xattr_remove(t, INO, name);
	if (err < 0)
		rs_txn_abort(t);
	else
		assert_int_equal(rs_txn_end(t), 0);
	return err;
}

static void value_comes_back(void **state)
{
	struct ns *n = *state;
	char buf[8];
	size_t len;

	assert_int_equal(set(n, "user.a", "abc", 3, 0), 0);
	assert_int_equal(
		fs_xattr_get(ns_view(n), INO, "user.a", buf, sizeof(buf), &len),
		0);
	assert_int_equal(len, 3);
	assert_memory_equal(buf, "abc", 3);
	assert_int_equal(set(n, "user.a", "", 0, 0), 0);
	assert_int_equal(
		fs_xattr_get(ns_view(n), INO, "user.a", buf, sizeof(buf), &len),
		0);
	assert_int_equal(len, 0);
}

/* cap 0 asks for the length; too little is ERANGE. */
static void length_can_be_asked_for(void **state)
{
	struct ns *n = *state;
	char buf[2];
	size_t len;

	assert_int_equal(set(n, "user.a", "abc", 3, 0), 0);
	assert_int_equal(fs_xattr_get(ns_view(n), INO, "user.a", NULL, 0, &len),
			 0);
	assert_int_equal(len, 3);
	assert_int_equal(fs_xattr_get(n->view, INO, "user.a", buf, 2, &len),
			 -ERANGE);
	assert_int_equal(fs_xattr_get(n->view, INO, "user.b", buf, 2, &len),
			 -ENODATA);
}

static void flags_say_whether_it_must_exist(void **state)
{
	struct ns *n = *state;

	assert_int_equal(set(n, "user.a", "1", 1, XATTR_REPLACE), -ENODATA);
	assert_int_equal(set(n, "user.a", "1", 1, XATTR_CREATE), 0);
	assert_int_equal(set(n, "user.a", "2", 1, XATTR_CREATE), -EEXIST);
	assert_int_equal(set(n, "user.a", "2", 1, XATTR_REPLACE), 0);
	assert_int_equal(remove_it(n, "user.a"), 0);
	assert_int_equal(remove_it(n, "user.a"), -ENODATA);
}

/* 64 KiB, the kernel's limit: on pages, and gone with its record. */
static void large_value_comes_back(void **state)
{
	struct ns *n = *state;
	uint8_t *big = malloc(65537), *back = malloc(65536);
	size_t len;

	assert_non_null(big);
	assert_non_null(back);
	for (size_t i = 0; i < 65537; i++)
		big[i] = (uint8_t)(i * 7);
	assert_int_equal(set(n, "user.big", big, 65537, 0), -E2BIG);
	for (size_t size = 1690; size <= 65536; size += 63846 / 3) {
		assert_int_equal(set(n, "user.big", big, size, 0), 0);
		assert_int_equal(fs_xattr_get(ns_view(n), INO, "user.big", back,
					      65536, &len),
				 0);
		assert_int_equal(len, size);
		assert_memory_equal(big, back, size);
	}
	assert_int_equal(remove_it(n, "user.big"), 0);
	free(big);
	free(back);
}

static void lists_names_of_one_inode(void **state)
{
	struct ns *n = *state;
	char buf[16];
	size_t len;

	assert_int_equal(set(n, "user.b", "", 0, 0), 0);
	assert_int_equal(set(n, "user.a", "", 0, 0), 0);
	assert_int_equal(fs_xattr_list(ns_view(n), INO, NULL, 0, &len), 0);
	assert_int_equal(len, 14);
	assert_int_equal(fs_xattr_list(n->view, INO, buf, sizeof(buf), &len),
			 0);
	assert_memory_equal(buf, "user.a\0user.b", 14);
	assert_int_equal(fs_xattr_list(n->view, INO, buf, 13, &len), -ERANGE);
	assert_int_equal(fs_xattr_list(n->view, INO - 1, buf, 16, &len), 0);
	assert_int_equal(len, 0);
}

static void refuses_long_names(void **state)
{
	struct ns *n = *state;
	char name[FS_NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[FS_NAME_MAX + 1] = '\0';
	assert_int_equal(set(n, name, "", 0, 0), -ERANGE);
	assert_int_equal(set(n, "", "", 0, 0), -ERANGE);
	name[FS_NAME_MAX] = '\0';
	assert_int_equal(set(n, name, "", 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(value_comes_back, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(length_can_be_asked_for,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(flags_say_whether_it_must_exist,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(large_value_comes_back,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(lists_names_of_one_inode,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_long_names, ns_setup,
						ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

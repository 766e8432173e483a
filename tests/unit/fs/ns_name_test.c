/* SPDX-License-Identifier: Apache-2.0 */
/* ns_name_test.c - tests fs/ns_name.c. */
#include <string.h>

#include "tests/unit/fs/ns_fixture.h"

static void accepts_any_bytes(void **state)
{
	(void)state;
	assert_int_equal(fs_name_check("a"), 0);
	assert_int_equal(fs_name_check("..."), 0);
	assert_int_equal(fs_name_check("\xff\xfe\n\x01 \\"), 0);
}

static void refuses_what_is_no_name(void **state)
{
	(void)state;
	assert_int_equal(fs_name_check(""), -EINVAL);
	assert_int_equal(fs_name_check("."), -EINVAL);
	assert_int_equal(fs_name_check(".."), -EINVAL);
	assert_int_equal(fs_name_check("a/b"), -EINVAL);
}

static void limit_is_255_bytes(void **state)
{
	char name[FS_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[FS_NAME_MAX + 1] = '\0';
	assert_int_equal(fs_name_check(name), -ENAMETOOLONG);
	name[FS_NAME_MAX] = '\0';
	assert_int_equal(fs_name_check(name), 0);
}

static void dot_begins_a_scratch_name(void **state)
{
	(void)state;
	assert_true(fs_name_is_scratch(".a"));
	assert_false(fs_name_is_scratch("a.b"));
}

/* Each name of the deepest path leads to the inode made under it. */
static void resolves_paths(void **state)
{
	struct ns *n = *state;
	int64_t a = ns_make(n, FS_INO_REGIONS, "a", S_IFDIR);
	int64_t b = ns_make(n, (uint64_t)a, "b", S_IFREG);
	enum rs_kind kind;
	uint64_t ino;

	assert_int_equal(
		fs_resolve(ns_view(n), n->now, 1, "regions/a/b", &ino, &kind),
		0);
	assert_int_equal(ino, b);
	assert_int_equal(kind, RS_KIND_REGION);
	assert_int_equal(
		fs_resolve(n->view, n->now, 1, "//regions/./a/", &ino, &kind),
		0);
	assert_int_equal(ino, a);
	assert_int_equal(fs_resolve(n->view, n->now, 1, "", &ino, &kind), 0);
	assert_int_equal(ino, 1);
	assert_int_equal(kind, RS_KIND_DIR);
}

static int resolve(struct ns *n, const char *path)
{
	enum rs_kind kind;
	uint64_t ino;

	return fs_resolve(ns_view(n), n->now, FS_INO_REGIONS, path, &ino,
			  &kind);
}

static void says_why_a_path_leads_nowhere(void **state)
{
	struct ns *n = *state;
	char name[600];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_true(ns_make(n, FS_INO_REGIONS, "f", S_IFREG) > 0);
	assert_int_equal(resolve(n, "none"), -ENOENT);
	assert_int_equal(resolve(n, "f/none"), -ENOTDIR);
	assert_int_equal(resolve(n, "f/."), -ENOTDIR);
	assert_int_equal(resolve(n, "f/"), -ENOTDIR);
	assert_int_equal(resolve(n, "f"), 0);
	assert_int_equal(resolve(n, name), -ENAMETOOLONG);
	assert_int_equal(resolve(n, "../bitmaps"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(accepts_any_bytes, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_name,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(limit_is_255_bytes, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(dot_begins_a_scratch_name,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(resolves_paths, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(says_why_a_path_leads_nowhere,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_path_test.c - tests fs/ns_path.c. */
#include <stdio.h>
#include <string.h>

#include "fs/ns_check.h"
#include "tests/unit/fs/ns_fixture.h"

static const char *path_of(struct ns *n, uint64_t ino, size_t cap)
{
	static char buf[300];

	fs_inode_path(ns_view(n), ino, buf, cap);
	return buf;
}

static void leads_from_the_root(void **state)
{
	struct ns *n = *state;
	uint64_t a = (uint64_t)ns_make(n, FS_INO_REGIONS, "a", S_IFDIR);
	uint64_t f = (uint64_t)ns_make(n, a, "f", S_IFREG);

	assert_string_equal(path_of(n, f, 300), "regions/a/f");
	assert_string_equal(path_of(n, a, 300), "regions/a");
	assert_string_equal(path_of(n, 1, 300), "");
	assert_string_equal(path_of(n, 999, 300), "");
}

/* A message goes to a terminal: no control bytes. */
static void shows_only_what_is_printable(void **state)
{
	struct ns *n = *state;
	int64_t f = ns_make(n, FS_INO_REGIONS, "a\x1b[31m\xff", S_IFREG);

	assert_string_equal(path_of(n, (uint64_t)f, 300), "regions/a?[31m?");
}

/* The end of a long path says more than its beginning. */
static void keeps_the_end_of_a_long_one(void **state)
{
	struct ns *n = *state;
	uint64_t dir = FS_INO_REGIONS;

	for (int i = 0; i < 60; i++)
		dir = (uint64_t)ns_make(n, dir, "deep", S_IFDIR);
	assert_string_equal(path_of(n, dir, 12), "deep/deep");
	assert_int_equal(strlen(path_of(n, dir, 300)), 299 - 299 % 5 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leads_from_the_root, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(shows_only_what_is_printable,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(keeps_the_end_of_a_long_one,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

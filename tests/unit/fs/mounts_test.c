/* SPDX-License-Identifier: Apache-2.0 */
/* mounts_test.c - tests fs/mounts.c. */
#include <errno.h>
#include <string.h>

#include "fs/mounts.h"
#include "tests/support/test.h"

static struct fs_mount_entry m;

static void reads_a_line(void **state)
{
	(void)state;
	assert_true(fs_mount_parse("36 35 0:50 / /mnt/x rw,nosuid shared:1 "
				   "master:2 - fuse.roarfs /data/x.store "
				   "rw,user_id=0\n",
				   &m));
	assert_string_equal(m.dir, "/mnt/x");
	assert_string_equal(m.type, "fuse.roarfs");
	assert_string_equal(m.source, "/data/x.store");
	assert_false(m.read_only);
	assert_true(fs_mount_parse("1 2 0:3 / /a ro,nodev - t s o", &m));
	assert_true(m.read_only);
}

/* Without optional fields, and with what may not stand in a field. */
static void undoes_octal(void **state)
{
	(void)state;
	assert_true(
		fs_mount_parse("1 2 0:3 / /a\\040b\\134c rw - t s\\011 o", &m));
	assert_string_equal(m.dir, "/a b\\c");
	assert_string_equal(m.source, "s\t");
	assert_true(fs_mount_parse("1 2 0:3 / /a\\04 rw - t s", &m));
	assert_string_equal(m.dir, "/a\\04");
}

static void refuses_what_is_no_line(void **state)
{
	const char *const wrong[] = { "",
				      "\n",
				      "1 2 3",
				      "1 2 0:3 / /a rw",
				      "1 2 0:3 / /a rw - ",
				      "1 2 0:3 / /a rw - t",
				      "1 2 0:3 /  rw - t s" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(fs_mount_parse(wrong[i], &m));
}

static void refuses_a_path_that_is_too_long(void **state)
{
	static char line[PATH_MAX + 100] = "1 2 0:3 / /";

	(void)state;
	memset(line + 11, 'x', PATH_MAX);
	memcpy(line + 11 + PATH_MAX, " rw - t s", sizeof(" rw - t s"));
	assert_false(fs_mount_parse(line, &m));
}

/* There is always something at / and at /proc. */
static void finds_what_is_mounted_here(void **state)
{
	(void)state;
	assert_int_equal(fs_mount_find("/proc", &m), 0);
	assert_string_equal(m.type, "proc");
	assert_int_equal(fs_mount_find("/proc/self", &m), -ENOENT);
}

/* What lies beside it, or is itself, does not count. */
static void finds_what_is_mounted_below(void **state)
{
	(void)state;
	assert_true(fs_mount_any_below(""));
	assert_false(fs_mount_any_below("/pro"));
	assert_false(fs_mount_any_below("/proc/self"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_line),
		cmocka_unit_test(undoes_octal),
		cmocka_unit_test(refuses_what_is_no_line),
		cmocka_unit_test(refuses_a_path_that_is_too_long),
		cmocka_unit_test(finds_what_is_mounted_here),
		cmocka_unit_test(finds_what_is_mounted_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_open_test.c - tests fs/cmd_open.c; its messages are in cli/open.sh. */
#include "fs/cmd_open.h"
#include "tests/support/test.h"

static void check_size(uint64_t bytes, const char *want)
{
	char text[FS_SIZE_TEXT];

	fs_cmd_size(bytes, text);
	assert_string_equal(text, want);
}

static void sizes_for_people(void **state)
{
	(void)state;
	check_size(0, "0 B");
	check_size(1023, "1023 B");
	check_size(1024, "1.0 KiB");
	check_size(1536, "1.5 KiB");
	check_size(1048575, "1.0 MiB");
	check_size(UINT64_MAX, "16.0 EiB");
}

static void missing_store_is_1(void **state)
{
	struct rs_store *s;

	(void)state;
	assert_int_equal(fs_cmd_open("/nowhere/x.store", true, &s),
			 FS_EXIT_FAILED);
}

static void no_store_is_1(void **state)
{
	struct rs_store *s;

	(void)state;
	assert_int_equal(fs_cmd_open("/proc/self/exe", true, &s),
			 FS_EXIT_FAILED);
	assert_int_equal(fs_cmd_open("/dev/null", true, &s), FS_EXIT_FAILED);
	assert_int_equal(fs_cmd_open("/", true, &s), FS_EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_for_people),
		cmocka_unit_test(missing_store_is_1),
		cmocka_unit_test(no_store_is_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cure_test.c - tests fs/cure.c. */
#include <string.h>

#include "fs/cure.h"
#include "tests/support/test.h"

static void check(int code, const char *why, enum fs_exit want_exit,
		  const char *want)
{
	struct err e = { 0 };

	if (why)
		err_set(&e, code, "%s", why);
	assert_int_equal(fs_cure_open(code, &e), want_exit);
	assert_string_equal(e.msg, want);
}

static void the_cure_follows_the_reason(void **state)
{
	(void)state;
	check(-EMEDIUMTYPE, "too short: not a store", FS_EXIT_FAILED,
	      "too short: not a store; was it made by 'roarfs create'?");
	check(-EBADMSG, "a root page is damaged", FS_EXIT_DAMAGE,
	      "a root page is damaged; 'roarfs repair --dry-run' says what can "
	      "be had of it");
}

static void what_has_no_reason_gets_one(void **state)
{
	(void)state;
	check(-ENOENT, NULL, FS_EXIT_FAILED,
	      "no such name; make one with 'roarfs create'");
	check(-ENOMEM, NULL, FS_EXIT_FAILED,
	      "out of memory, nothing was changed");
	check(-EACCES, NULL, FS_EXIT_FAILED, "Permission denied");
}

static void a_long_reason_leaves_room_for_the_cure(void **state)
{
	char why[ERR_MSG_SIZE];
	struct err e = { 0 };

	(void)state;
	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	err_set(&e, -EUCLEAN, "%s", why);
	assert_int_equal(fs_cure_open(-EUCLEAN, &e), FS_EXIT_DAMAGE);
	assert_non_null(strstr(e.msg, "says what can be had of it"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cure_follows_the_reason),
		cmocka_unit_test(what_has_no_reason_gets_one),
		cmocka_unit_test(a_long_reason_leaves_room_for_the_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* errlog_test.c - the ring of errors. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/errlog.h"

static int make(void **state)
{
	struct fs_errlog *l = malloc(sizeof(*l));

	fs_errlog_init(l);
	*state = l;
	return 0;
}

static int drop(void **state)
{
	fs_errlog_finish(*state);
	free(*state);
	return 0;
}

static char *text_of(struct fs_errlog *l)
{
	char *text;
	size_t len;

	assert_int_equal(fs_errlog_text(l, &text, &len), 0);
	text[len] = 0;
	return text;
}

/* Nothing has happened: an empty text. */
static void begins_empty(void **state)
{
	char *text = text_of(*state);

	assert_string_equal(text, "");
	free(text);
}

/* A line says when, who, where, what and why. */
static void says_all(void **state)
{
	struct fs_err_line e = { .when_ns = 1000000000123456789,
				 .pid = 42,
				 .path = "/bitmaps/s",
				 .line = 3,
				 .text = "abc",
				 .reason = "not a number" };
	char *text;

	fs_errlog_add(*state, &e);
	text = text_of(*state);
	assert_string_equal(text, "2001-09-09T01:46:40.123Z pid 42 "
				  "'/bitmaps/s' line 3: 'abc' not a number\n");
	free(text);
}

/* Newlines in names and in what was written cannot forge a line. */
static void one_error_is_one_line(void **state)
{
	struct fs_err_line e = { .path = "a\nb", .reason = "x" };
	char *text;

	fs_errlog_add(*state, &e);
	text = text_of(*state);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

/* However long the parts are, a line ends. */
static void long_parts_are_cut(void **state)
{
	char text_in[1000];
	struct fs_err_line e = { .path = "/p", .text = text_in, .reason = "x" };
	char *text;

	memset(text_in, 'p', sizeof(text_in) - 1);
	text_in[sizeof(text_in) - 1] = 0;
	fs_errlog_add(*state, &e);
	text = text_of(*state);
	assert_int_equal(strlen(text), FS_ERRLOG_WIDTH - 1);
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
}

/* A path however long leaves room for the reason, and its end is shown. */
static void a_long_path_hides_no_reason(void **state)
{
	char path[1000];
	struct fs_err_line e = {
		.path = path, .line = 7, .text = "abc", .reason = "not a number"
	};
	char *text;

	memset(path, 'p', sizeof(path) - 1);
	memcpy(path + sizeof(path) - 6, "/name", 6);
	fs_errlog_add(*state, &e);
	text = text_of(*state);
	assert_non_null(strstr(text, " '...ppp"));
	assert_non_null(strstr(text, "ppp/name' line 7: 'abc' not a number\n"));
	free(text);
}

/* Or grep(1) takes the whole log for a binary file. */
static void what_is_not_utf8_is_not_shown(void **state)
{
	struct fs_err_line e = { .path = "/a\xff"
					 "b\xc3\xa4\xc3",
				 .text = "\xe2\x82\xac \xe2\x82",
				 .reason = "x" };
	char *text;

	fs_errlog_add(*state, &e);
	text = text_of(*state);
	assert_non_null(strstr(text, "'/a?b\xc3\xa4?' '\xe2\x82\xac ?\?' x\n"));
	free(text);
}

/* The oldest lines go first. */
static void keeps_the_last_ones(void **state)
{
	char name[32];
	struct fs_err_line e = { .path = name, .reason = "x" };
	unsigned lines = 0;
	char *text;

	for (unsigned i = 0; i < FS_ERRLOG_LINES + 10; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		fs_errlog_add(*state, &e);
	}
	text = text_of(*state);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, FS_ERRLOG_LINES);
	assert_null(strstr(text, "'n9'"));
	assert_non_null(strstr(text, "'n10'"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(begins_empty, make, drop),
		cmocka_unit_test_setup_teardown(says_all, make, drop),
		cmocka_unit_test_setup_teardown(one_error_is_one_line, make,
						drop),
		cmocka_unit_test_setup_teardown(long_parts_are_cut, make, drop),
		cmocka_unit_test_setup_teardown(a_long_path_hides_no_reason,
						make, drop),
		cmocka_unit_test_setup_teardown(what_is_not_utf8_is_not_shown,
						make, drop),
		cmocka_unit_test_setup_teardown(keeps_the_last_ones, make,
						drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json_test.c - tests fs/json.c. */
#include <stdlib.h>
#include <string.h>

#include "fs/json.h"
#include "tests/support/test.h"

/* What write() wrote. */
static char *written(void (*write)(struct fs_json *j))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct fs_json j = fs_json_to(f);

	assert_non_null(f);
	write(&j);
	fclose(f);
	return text;
}

static void check(void (*write)(struct fs_json *j), const char *want)
{
	char *got = written(write);

	assert_string_equal(got, want);
	free(got);
}

static void write_nested(struct fs_json *j)
{
	fs_json_open(j, NULL, '{');
	fs_json_number(j, "n", UINT64_MAX);
	fs_json_open(j, "list", '[');
	fs_json_text(j, NULL, "a");
	fs_json_number(j, NULL, 0);
	fs_json_close(j, ']');
	fs_json_open(j, "none", '[');
	fs_json_close(j, ']');
	fs_json_close(j, '}');
	fs_json_end(j);
}

static void nests(void **state)
{
	(void)state;
	check(write_nested, "{\n"
			    "  \"n\": 18446744073709551615,\n"
			    "  \"list\": [\n"
			    "    \"a\",\n"
			    "    0\n"
			    "  ],\n"
			    "  \"none\": []\n"
			    "}\n");
}

static void write_special(struct fs_json *j)
{
	fs_json_text(j, NULL, "\"\\\n\x01 \xc3\xa4\xf0\x9f\x98\x80");
}

/* Quotes and control bytes are escaped, other characters stay. */
static void escapes(void **state)
{
	(void)state;
	check(write_special,
	      "\"\\\"\\\\\\u000a\\u0001 \xc3\xa4\xf0\x9f\x98\x80\"");
}

static void write_broken(struct fs_json *j)
{
	/* Alone, cut off, overlong, a surrogate, above U+10FFFF. */
	fs_json_text(
		j, NULL,
		"\xff|\xc3|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82");
}

/* A file name may be any bytes; the output is still UTF-8. */
static void replaces_what_is_not_utf8(void **state)
{
	(void)state;
	check(write_broken, "\"\\ufffd|\\ufffd|\\ufffd\\ufffd|"
			    "\\ufffd\\ufffd\\ufffd|"
			    "\\ufffd\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nests),
		cmocka_unit_test(escapes),
		cmocka_unit_test(replaces_what_is_not_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

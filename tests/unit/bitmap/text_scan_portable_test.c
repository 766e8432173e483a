/* SPDX-License-Identifier: Apache-2.0 */
/* text_scan_portable_test.c - what a scanner takes, and where it stops; each
 * that this machine has. */

#include "bitmap/text_scan.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 300

struct scanned {
	struct bm_scan s;
	uint64_t members[N];
	char *text;
	size_t taken; /* bytes */
};

/* The text repeated behind lines of eight digits, in memory that ends with
 * it. */
static void scan(struct scanned *r, bm_scan_fn *fn, unsigned before,
		 const char *line, size_t room)
{
	size_t len = 0;

	r->text = malloc(4096);
	assert_non_null(r->text);
	for (unsigned i = 0; i < before; i++)
		len += (size_t)sprintf(r->text + len, "%u\n", 10000000 + i);
	for (unsigned i = 0; i < 20; i++)
		len += (size_t)sprintf(r->text + len, "%s", line);
	r->text = realloc(r->text, len);
	assert_non_null(r->text);
	r->s = (struct bm_scan){
		.p = r->text, .end = r->text + len, .prev = 5, .ascending = true
	};
	r->s.out = r->members;
	r->s.cap = r->members + room;
	fn(&r->s);
	r->taken = (size_t)(r->s.p - r->text);
}

static bm_scan_fn *fn_of(unsigned i)
{
	return i ? bm_scan_best() : bm_scan_portable;
}

/* It stops before a line that is not plain, at the latest. */
static void stops_before_what_is_not_plain(void **state)
{
	static const char *const lines[] = {
		"x\n",
		"1-2\n",
		"-1\n",
		"#\n",
		"12345678901234567890123456789\n",
		"18446744073709551616\n",
		"\r\n",
	};

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; k < sizeof(lines) / sizeof(*lines); k++) {
			struct scanned r;

			scan(&r, fn_of(i), 50, lines[k], N);

			assert_true(r.taken <= 50 * 9);
			assert_true(r.taken % 9 == 0);
			assert_true(r.s.lines * 9 == r.taken);
			assert_ptr_equal(r.s.out, r.members + r.s.lines);
			for (unsigned m = 0; m < r.s.lines; m++)
				assert_true(r.members[m] == 10000000 + m);
			free(r.text);
		}
}

/* Of a long plain text it takes nearly all. */
static void takes_plain_lines(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct scanned r;

		scan(&r, fn_of(i), 200, "99999999\n", N);

		assert_true(r.s.lines >= 190);
		assert_true(r.s.prev == r.s.out[-1]);
		assert_true(r.s.ascending == (r.s.lines <= 201));
		free(r.text);
	}
}

static void stops_where_there_is_no_room(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++)
		for (size_t room = 0; room < 100; room++) {
			struct scanned r;

			scan(&r, fn_of(i), 200, "1\n", room);

			assert_ptr_equal(r.s.out, r.members + room);
			assert_true(r.s.lines == room);
			free(r.text);
		}
}

/* A first member that is not above the one before. */
static void sees_a_step_down_at_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct scanned r;

		scan(&r, fn_of(i), 0, "000000005\n", 1);

		assert_true(r.s.lines == 1);
		assert_false(r.s.ascending);
		free(r.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_before_what_is_not_plain),
		cmocka_unit_test(takes_plain_lines),
		cmocka_unit_test(stops_where_there_is_no_room),
		cmocka_unit_test(sees_a_step_down_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

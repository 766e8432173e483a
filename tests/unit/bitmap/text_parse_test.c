/* SPDX-License-Identifier: Apache-2.0 */
/* text_parse_test.c - what a line may be, and what a text does to a batch. */

#include "bitmap/bitmap.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct fixture {
	struct bm_batch b;
	struct bm_text_error error;
	size_t used;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	bm_batch_init(&f.b);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	bm_batch_finish(&f->b);
	return 0;
}

static int parse(struct fixture *f, const char *text, bool last)
{
	return bm_text_parse(text, strlen(text), last, &f->b, &f->used,
			     &f->error);
}

static void expect_op(const struct fixture *f, size_t i, uint64_t lo,
		      uint64_t hi, enum bm_op op)
{
	assert_true(i < f->b.n_ops);
	assert_true(f->b.ops[i].lo == lo);
	assert_true(f->b.ops[i].hi == hi);
	assert_int_equal(f->b.ops[i].op, op);
}

/* The text is refused with err, for a reason, and the batch stays empty. */
static void expect_refused(struct fixture *f, const char *text, int err,
			   const char *reason)
{
	assert_int_equal(parse(f, text, true), err);
	assert_string_equal(f->error.reason, reason);
	assert_true(bm_batch_empty(&f->b));
}

/* Every row of the table in interface.md. */
static void takes_every_form(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f,
			       "1\n+2\n-3\n!4\n5-6\n+7-8\n-9-10\n!11-12\n"
			       "\n# 13\n#\n0014\n15\r\n\r\n-16-16\r\n",
			       false),
			 0);
	assert_int_equal(f->b.n_members, 0);
	assert_int_equal(f->b.n_ops, 11);
	expect_op(f, 0, 1, 1, BM_ADD);
	expect_op(f, 1, 2, 2, BM_ADD);
	expect_op(f, 2, 3, 3, BM_REMOVE);
	expect_op(f, 3, 4, 4, BM_REMOVE);
	expect_op(f, 4, 5, 6, BM_ADD);
	expect_op(f, 5, 7, 8, BM_ADD);
	expect_op(f, 6, 9, 10, BM_REMOVE);
	expect_op(f, 7, 11, 12, BM_REMOVE);
	expect_op(f, 8, 14, 14, BM_ADD);
	expect_op(f, 9, 15, 15, BM_ADD);
	expect_op(f, 10, 16, 16, BM_REMOVE);
}

/* Numbers of each length, long text so that the fast loop sees them. */
static void takes_numbers_of_every_length(void **state)
{
	struct fixture *f = *state;
	char text[2000];
	size_t len = 0;
	uint64_t v = 0;

	for (int d = 1; d <= 19; d++) {
		v = v * 10 + (uint64_t)(d % 10);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%llu\n", (unsigned long long)v);
	}
	snprintf(text + len, sizeof(text) - len,
		 "18446744073709551615\n00000000000000000000007\n"
		 "00000000000000000008\n0\n");
	assert_int_equal(parse(f, text, false), 0);
	assert_int_equal(f->b.n_members, 23);
	v = 0;
	for (int d = 1; d <= 19; d++) {
		v = v * 10 + (uint64_t)(d % 10);
		assert_true(f->b.members[d - 1] == v);
	}
	assert_true(f->b.members[19] == UINT64_MAX);
	assert_true(f->b.members[20] == 7);
	assert_true(f->b.members[21] == 8);
	assert_true(f->b.members[22] == 0);
	assert_false(f->b.ascending);
}

static void notices_ascending_members(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "1\n2\n30000000000000000000000000000", false),
			 0);
	assert_int_equal(parse(f, "3\n4\n10000000000000000000\n", false), 0);
	assert_int_equal(f->b.n_members, 5);
	assert_true(f->b.ascending);
	assert_int_equal(parse(f, "10000000000000000000\n", false), 0);
	assert_false(f->b.ascending);
}

/* Without a newline it is not a line, unless it is the last. */
static void leaves_an_unfinished_line(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "12\n34", false), 0);
	assert_int_equal(f->used, 3);
	assert_int_equal(f->b.n_members, 1);
	assert_int_equal(parse(f, "abc", false), 0);
	assert_int_equal(f->used, 0);
	assert_int_equal(parse(f, "34", true), 0);
	assert_int_equal(f->used, 2);
	assert_int_equal(f->b.n_members, 2);
	assert_int_equal(parse(f, "", true), 0);
	assert_int_equal(f->used, 0);
}

static void refuses_what_is_no_command(void **state)
{
	struct fixture *f = *state;
	const char *range = "not a number or a range";
	const char *space = "white space in the line";

	expect_refused(f, "abc", -EINVAL, range);
	expect_refused(f, "12x", -EINVAL, range);
	expect_refused(f, "1.5", -EINVAL, range);
	expect_refused(f, "0x10", -EINVAL, range);
	expect_refused(f, "--5", -EINVAL, range);
	expect_refused(f, "+-5", -EINVAL, range);
	expect_refused(f, "1-2-3", -EINVAL, range);
	expect_refused(f, "5\r\r", -EINVAL, range);
	expect_refused(f, " 5", -EINVAL, space);
	expect_refused(f, "5 ", -EINVAL, space);
	expect_refused(f, "1 - 2", -EINVAL, space);
	expect_refused(f, "- 5", -EINVAL, space);
	expect_refused(f, "-", -EINVAL, "a sign without a number");
	expect_refused(f, "!", -EINVAL, "a sign without a number");
	expect_refused(f, "5-", -EINVAL, "a range without an end");
	expect_refused(f, "5--6", -EINVAL, "a range without an end");
	expect_refused(f, "6-5", -EINVAL, "a range that ends before it begins");
}

static void refuses_numbers_above_64_bits(void **state)
{
	struct fixture *f = *state;
	const char *reason = "number above 18446744073709551615";

	expect_refused(f, "18446744073709551616", -ERANGE, reason);
	expect_refused(f, "20000000000000000000\n1\n2\n3\n4\n5\n6\n7\n8\n9\n",
		       -ERANGE, reason);
	expect_refused(f, "99999999999999999999\n1\n2\n3\n4\n5\n6\n7\n8\n9\n",
		       -ERANGE, reason);
	expect_refused(f, "1-18446744073709551616", -ERANGE, reason);
	expect_refused(f, "-111111111111111111111111111111", -ERANGE, reason);
}

/* 256 bytes are a line, 257 are not, a comment has no limit. */
static void bounds_the_length_of_a_line(void **state)
{
	struct fixture *f = *state;
	char text[BM_LINE_MAX + 3];

	memset(text, '0', sizeof(text));
	text[0] = '#';
	text[BM_LINE_MAX + 2] = '\0';
	assert_int_equal(parse(f, text, true), 0);
	assert_true(bm_batch_empty(&f->b));
	text[0] = '0';
	text[BM_LINE_MAX + 1] = '\0';
	expect_refused(f, text, -EINVAL, "longer than 256 bytes");
	text[BM_LINE_MAX] = '\0';
	assert_int_equal(parse(f, text, true), 0);
	assert_int_equal(f->b.n_members, 1);
}

/* One bad line, and the lines before it count for nothing. */
static void takes_a_text_whole_or_not_at_all(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "7\n8\n", false), 0);
	assert_int_equal(parse(f, "9\n-1\n2-3\nx\n", false), -EINVAL);
	assert_int_equal(f->b.n_ops, 0);
	assert_int_equal(f->b.n_members, 2);
	assert_true(f->b.members[0] == 7 && f->b.members[1] == 8);
	assert_true(f->b.ascending);
	assert_int_equal(parse(f, "-1\n", false), 0);
	assert_int_equal(parse(f, "5\n6-7\n\xff\n", false), -EINVAL);
	assert_int_equal(f->b.n_ops, 3);
}

static void names_line_and_text_of_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f,
			       "1\n2\n#\n\n333333333333333333\n4\nnine\n5\n6\n",
			       false),
			 -EINVAL);
	assert_int_equal(f->error.line, 7);
	assert_string_equal(f->error.text, "nine");
	assert_int_equal(parse(f, "1\t\\\n", false), -EINVAL);
	assert_string_equal(f->error.text, "1\\x09\\x5c");
	assert_int_equal(
		parse(f, "a23456789b123456789c123456789d123456789", true),
		-EINVAL);
	assert_string_equal(f->error.text,
			    "a23456789b123456789c123456789d123456789");
	assert_int_equal(
		parse(f, "a23456789b123456789c123456789d1234567890", true),
		-EINVAL);
	assert_string_equal(f->error.text,
			    "a23456789b123456789c123456789d123456...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_every_form, setup,
						teardown),
		cmocka_unit_test_setup_teardown(takes_numbers_of_every_length,
						setup, teardown),
		cmocka_unit_test_setup_teardown(notices_ascending_members,
						setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_an_unfinished_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_command,
						setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_numbers_above_64_bits,
						setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_the_length_of_a_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			takes_a_text_whole_or_not_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(names_line_and_text_of_an_error,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* expr_parse_test.c - expressions to programs, and what is said of others. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/expr.h"
#include "tests/support/test.h"

static const char *const op_names[] = {
	[BM_AND] = "and", [BM_OR] = "or", [BM_XOR] = "xor", [BM_MINUS] = "minus"
};

static void add_step(char *to, const struct fs_expr *e,
		     const struct fs_expr_step *s)
{
	size_t len = strlen(to);
	char *at = to + len;

	if (s->kind == FS_EXPR_NAME)
		sprintf(at, "%s ", s->text);
	if (s->kind == FS_EXPR_GLOB && s->k == FS_EXPR_ALL)
		sprintf(at, "all:%s ", s->text);
	else if (s->kind == FS_EXPR_GLOB)
		sprintf(at, "%" PRIu64 ":%s ", s->k, s->text);
	if (s->kind == FS_EXPR_RANGE)
		sprintf(at, "%" PRIu64 "-%" PRIu64 " ", s->lo, s->hi);
	if (s->kind == FS_EXPR_PAIR)
		sprintf(at, "%s ", op_names[s->op]);
	if (s->kind == FS_EXPR_SET)
		sprintf(at, "{ ");
	for (size_t i = 0; i < s->n; i++)
		sprintf(to + strlen(to), "%" PRIu64 "-%" PRIu64 " ",
			e->items[s->first + i].lo, e->items[s->first + i].hi);
	if (s->kind == FS_EXPR_SET)
		sprintf(to + strlen(to), "} ");
	if (s->snap && s->kind != FS_EXPR_PAIR)
		sprintf(to + strlen(to) - 1, "@%s ", s->snap);
}

/* As words of a program. */
static void expect(const char *text, const char *want)
{
	char got[4096] = "";
	struct fs_expr_error why;
	struct fs_expr e;

	assert_int_equal(fs_expr_parse(text, strlen(text), &e, &why), 0);
	for (size_t i = 0; i < e.n_steps; i++)
		add_step(got, &e, &e.steps[i]);
	if (got[0])
		got[strlen(got) - 1] = '\0';
	assert_string_equal(got, want);
	fs_expr_finish(&e);
}

static void refuse(const char *text, size_t at, const char *word,
		   const char *reason)
{
	struct fs_expr_error why;
	struct fs_expr e;

	assert_int_not_equal(fs_expr_parse(text, strlen(text), &e, &why), 0);
	assert_int_equal(why.at, at);
	assert_string_equal(why.text, word);
	if (!strstr(why.reason, reason))
		fail_msg("'%s' says: %s", text, why.reason);
}

static void operators_in_words_and_signs(void **state)
{
	(void)state;
	expect("a", "a");
	expect("a and b", "a b and");
	expect("a & b", "a b and");
	expect("a or b", "a b or");
	expect("a | b", "a b or");
	expect("a xor b", "a b xor");
	expect("a ^ b", "a b xor");
	expect("a minus b", "a b minus");
	expect("a \\ b", "a b minus");
}

/* A comma and a space are the same; so are many of them. */
static void commas_for_spaces(void **state)
{
	(void)state;
	expect("a,and,b", "a b and");
	expect("  a , and,,b ", "a b and");
	expect("a,and b", "a b and");
	expect("(a,or,b),minus,c", "a b or c minus");
}

static void precedence(void **state)
{
	(void)state;
	expect("a or b and c", "a b c and or");
	expect("a or b minus c", "a b c minus or");
	expect("a xor b and c", "a b c and xor");
	expect("a or b xor c", "a b c xor or");
	expect("a xor b or c", "a b xor c or");
	expect("a and b or c and d", "a b and c d and or");
	expect("a or b xor c and d minus e", "a b c d and e minus xor or");
}

static void from_left_to_right(void **state)
{
	(void)state;
	expect("a minus b minus c", "a b minus c minus");
	expect("a minus b and c", "a b minus c and");
	expect("a and b minus c", "a b and c minus");
	expect("a or b or c", "a b or c or");
	expect("a xor b xor c", "a b xor c xor");
}

static void parentheses_group(void **state)
{
	(void)state;
	expect("(a)", "a");
	expect("((a) and (b))", "a b and");
	expect("a minus (b minus c)", "a b c minus minus");
	expect("(a or b)and(c or d)", "a b or c d or and");
}

/* A sign for minus would be part of a date. */
static void names_are_names(void **state)
{
	(void)state;
	expect("2026-11-30 minus 2026-11-29", "2026-11-30 2026-11-29 minus");
	expect("-a or b-", "-a b- or");
	expect("a&b", "a&b");
	expect("any and all", "any all and");
	expect("And or AND", "And AND or");
	expect("a.b or .hidden", "a.b .hidden or");
	expect("d:x and d:sub:y", "d/x d/sub/y and");
	expect("..:x", "../x");
}

static void escapes(void **state)
{
	(void)state;
	expect("%61nd", "and");
	expect("%61nd and %6fr", "and or and");
	expect("a%20b and c%2cd", "a b c,d and");
	expect("a%3Ab", "a:b");
	expect("%28x%29", "(x)");
	expect("100%25", "100%");
	expect("%C3%A4", "\xc3\xa4");
	refuse("a%2", 1, "a%2", "hexadecimal");
	refuse("%", 1, "%", "hexadecimal");
	refuse("%zz", 1, "%zz", "hexadecimal");
	refuse("b or a%00", 6, "a%00", "no name has this byte");
	refuse("a%2fb", 1, "a%2fb", "no name has this byte");
}

static void globs(void **state)
{
	(void)state;
	expect("any(*)", "1:*");
	expect("all(2026-*)", "all:2026-*");
	expect("atleast(3,d:*)", "3:d/*");
	expect("atleast(18446744073709551615,x)", "18446744073709551614:x");
	/* What is escaped is no wildcard. */
	expect("any(%2A%3f%5b%5C*)", "1:\\*\\?\\[\\\\*");
	refuse("any()", 5, ")", "a pattern");
	refuse("any(a b)", 7, "b", "all the function takes");
	refuse("any(a", 6, "", "')' is missing");
	refuse("atleast(x,y)", 9, "x", "a number belongs here");
	refuse("atleast(0,y)", 9, "0", "at least 1");
	refuse("atleast(18446744073709551616,y)", 9, "18446744073709551616",
	       "above 18446744073709551615");
}

static void ranges_and_literals(void **state)
{
	(void)state;
	expect("range(1,100,a)", "a 1-100");
	expect("range(1,100,a,or,b)", "a b or 1-100");
	expect("range(0, 18446744073709551615, (a))",
	       "a 0-18446744073709551615");
	expect("set(1,5,10-20)", "{ 1-1 5-5 10-20 }");
	expect("set()", "{ }");
	expect("set(007 1-1) or a", "{ 7-7 1-1 } a or");
	expect("set(1),or,set(2)", "{ 1-1 } { 2-2 } or");
	refuse("range(5,1,a)", 7, "5", "above the second");
	refuse("range(5,a)", 9, "a", "a number belongs here");
	refuse("range(1,2)", 10, ")", "a set is missing here");
	refuse("set(a)", 5, "a", "N or A-B");
	refuse("set(1-)", 5, "1-", "N or A-B");
	refuse("set(9-1)", 5, "9-1", "above the second");
	refuse("set(99999999999999999999)", 5, "99999999999999999999",
	       "above 18446744073709551615");
	refuse("set(and)", 5, "and", "all the function takes");
}

/* The innermost counts, and it ends with its parenthesis. */
static void snapshots(void **state)
{
	(void)state;
	expect("at(monday,a)", "a@monday");
	expect("at(monday,a,minus,b) or c", "a@monday b@monday minus c or");
	expect("at(x,a or at(y,b) or c)", "a@x b@y or c@x or");
	expect("at(10:30,any(*))", "1:*@10:30");
	refuse("at(monday)", 10, ")", "a set is missing here");
	refuse("at()", 4, ")", "the name of a snapshot");
}

static void what_is_missing_is_said(void **state)
{
	(void)state;
	refuse("", 1, "", "a set is missing here");
	refuse("  ", 3, "", "a set is missing here");
	refuse("a and", 6, "", "a set is missing here");
	refuse("and a", 1, "and", "a set is missing before it");
	refuse("a and and b", 7, "and", "a set is missing before it");
	refuse("a b", 3, "b", "an operator is missing");
	refuse("a (b)", 3, "(", "an operator is missing");
	refuse("(a", 3, "", "has no ')'");
	refuse("a)", 2, ")", "has no '('");
	refuse("()", 2, ")", "a set is missing here");
	refuse("foo(a)", 1, "foo", "no such function");
	refuse(":a", 1, ":a", "neither begins nor ends");
	refuse("a:", 1, "a:", "neither begins nor ends");
}

static void depth_has_an_end(void **state)
{
	const size_t most = FS_EXPR_DEPTH_MAX - 1;
	char text[4 * FS_EXPR_DEPTH_MAX] = "";
	struct fs_expr_error why;
	struct fs_expr e;

	(void)state;
	memset(text, '(', most);
	text[most] = 'a';
	memset(text + most + 1, ')', most);
	expect(text, "a");
	memset(text, '(', sizeof(text));
	assert_int_equal(fs_expr_parse(text, sizeof(text), &e, &why), -E2BIG);
	assert_int_equal(why.at, FS_EXPR_DEPTH_MAX + 1);
}

static void length_has_an_end(void **state)
{
	size_t len = FS_EXPR_LEN_MAX + 1;
	char *text = malloc(len);
	struct fs_expr_error why;
	struct fs_expr e;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = i % 4 == 0 ? 'a' : i % 4 == 2 ? '|' : ' ';
	assert_int_equal(fs_expr_parse(text, len, &e, &why), -E2BIG);
	assert_int_equal(fs_expr_parse(text, len - 3, &e, &why), -E2BIG);
	assert_non_null(why.reason);
	free(text);
}

/* What is shown of a long word is cut. */
static void long_words_are_cut(void **state)
{
	char text[256];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[255] = '\0';
	text[1] = '(';
	refuse(text, 1, "x", "no such function");
	text[1] = ' ';
	text[41] = '\0';
	refuse(text, 3, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "operator");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_in_words_and_signs),
		cmocka_unit_test(commas_for_spaces),
		cmocka_unit_test(precedence),
		cmocka_unit_test(from_left_to_right),
		cmocka_unit_test(parentheses_group),
		cmocka_unit_test(names_are_names),
		cmocka_unit_test(escapes),
		cmocka_unit_test(globs),
		cmocka_unit_test(ranges_and_literals),
		cmocka_unit_test(snapshots),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(length_has_an_end),
		cmocka_unit_test(long_words_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

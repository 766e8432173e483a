/* SPDX-License-Identifier: Apache-2.0 */
/* partial_test.c - lines that a writer cuts. */

#include "bitmap/bitmap.h"
#include "tests/support/test.h"

#include <errno.h>
#include <string.h>

struct fixture {
	struct bm_partial p;
	struct bm_batch b;
	struct bm_text_error error;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	bm_batch_init(&f.b);
	bm_partial_init(&f.p);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	bm_batch_finish(&f->b);
	return 0;
}

static int feed(struct fixture *f, const char *text)
{
	return bm_partial_feed(&f->p, text, strlen(text), &f->b, &f->error);
}

static int finish(struct fixture *f)
{
	return bm_partial_finish(&f->p, &f->b, &f->error);
}

static void expect_members(const struct fixture *f, const uint64_t *members,
			   size_t n)
{
	assert_int_equal(f->b.n_members, n);
	for (size_t i = 0; i < n; i++)
		assert_true(f->b.members[i] == members[i]);
}

static void joins_what_was_cut(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, "47"), 0);
	assert_int_equal(feed(f, ""), 0);
	assert_int_equal(feed(f, "1"), 0);
	expect_members(f, NULL, 0);
	assert_int_equal(feed(f, "1\n8\n15"), 0);
	expect_members(f, (uint64_t[]){ 4711, 8 }, 2);
	assert_int_equal(feed(f, "\n"), 0);
	expect_members(f, (uint64_t[]){ 4711, 8, 15 }, 3);
	assert_int_equal(finish(f), 0);
	expect_members(f, (uint64_t[]){ 4711, 8, 15 }, 3);
}

static void finishes_the_last_line(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, "1\n23"), 0);
	assert_int_equal(finish(f), 0);
	expect_members(f, (uint64_t[]){ 1, 23 }, 2);
	assert_int_equal(finish(f), 0);
	expect_members(f, (uint64_t[]){ 1, 23 }, 2);
}

static void refuses_a_last_line_that_is_wrong(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, "1-"), 0);
	assert_int_equal(finish(f), -EINVAL);
	assert_string_equal(f->error.text, "1-");
	assert_int_equal(f->p.len, 0);
	expect_members(f, NULL, 0);
}

/* Nothing of a failed write counts, and it may be sent again. */
static void a_failed_write_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, "9\n12"), 0);
	assert_int_equal(feed(f, "3\n4\nx\n"), -EINVAL);
	assert_int_equal(f->error.line, 3);
	assert_string_equal(f->error.text, "x");
	expect_members(f, (uint64_t[]){ 9 }, 1);
	assert_int_equal(feed(f, "3\n4\n"), 0);
	expect_members(f, (uint64_t[]){ 9, 123, 4 }, 3);
	assert_int_equal(finish(f), 0);
}

static void names_the_joined_line(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, "1\n2\nab"), 0);
	assert_int_equal(feed(f, "cd\n"), -EINVAL);
	assert_int_equal(f->error.line, 1);
	assert_string_equal(f->error.text, "abcd");
}

/* The rest of a write that failed never comes: half a number is no member. */
static void does_not_finish_half_a_number(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, "12"), 0);
	assert_int_equal(feed(f, "3\nx\n"), -EINVAL);
	assert_int_equal(finish(f), -EINVAL);
	assert_string_equal(f->error.reason, "cut by a write that failed");
	assert_string_equal(f->error.text, "12");
	expect_members(f, NULL, 0);
	assert_int_equal(finish(f), 0);
}

/* A write that parsed but could not be queued is a failed one as well. */
static void undoes_a_write_that_was_not_applied(void **state)
{
	struct fixture *f = *state;
	struct bm_partial before;

	assert_int_equal(feed(f, "12"), 0);
	before = f->p;
	assert_int_equal(feed(f, "3\n4"), 0);
	bm_partial_undo(&f->p, &before);
	assert_int_equal(feed(f, "7\n"), 0);
	expect_members(f, (uint64_t[]){ 123, 127 }, 2);
	before = f->p;
	assert_int_equal(feed(f, "5"), 0);
	bm_partial_undo(&f->p, &before);
	assert_int_equal(finish(f), 0);
	expect_members(f, (uint64_t[]){ 123, 127 }, 2);
}

static void keeps_one_byte_of_a_comment(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(feed(f, "1\n# a long"), 0);
	assert_int_equal(f->p.len, 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(feed(f, "er and longer comment"), 0);
	assert_int_equal(f->p.len, 1);
	assert_int_equal(feed(f, "2\n3\n#"), 0);
	expect_members(f, (uint64_t[]){ 1, 3 }, 2);
	assert_int_equal(feed(f, "4"), 0);
	assert_int_equal(finish(f), 0);
	expect_members(f, (uint64_t[]){ 1, 3 }, 2);
}

/* The limit is that of a whole line, wherever it is cut. */
static void bounds_an_unfinished_line(void **state)
{
	struct fixture *f = *state;
	char zeros[BM_LINE_MAX + 2];

	memset(zeros, '0', sizeof(zeros));
	zeros[BM_LINE_MAX + 1] = '\0';
	assert_int_equal(feed(f, zeros), -EINVAL);
	assert_string_equal(f->error.reason, "longer than 256 bytes");
	assert_string_equal(f->error.text, "00000000000000000000...");
	assert_int_equal(f->p.len, 0);
	assert_int_equal(feed(f, zeros + 1), 0);
	assert_int_equal(feed(f, "0"), -EINVAL);
	assert_int_equal(feed(f, "\n"), 0);
	expect_members(f, (uint64_t[]){ 0 }, 1);
	zeros[1] = '\n';
	assert_int_equal(feed(f, zeros), 0);
	assert_int_equal(feed(f, "0\n"), 0);
	expect_members(f, (uint64_t[]){ 0, 0, 0 }, 3);
}

/* Which line of the write it is, also when its end was not written. */
static void numbers_an_unfinished_line(void **state)
{
	struct fixture *f = *state;
	char text[BM_LINE_MAX + 8] = "1\n2\n";

	memset(text + 4, '7', BM_LINE_MAX + 1);
	assert_int_equal(feed(f, text), -EINVAL);
	assert_int_equal(f->error.line, 3);
	assert_int_equal(feed(f, "5"), 0);
	assert_int_equal(feed(f, text), -EINVAL);
	assert_int_equal(f->error.line, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(joins_what_was_cut, setup,
						teardown),
		cmocka_unit_test_setup_teardown(finishes_the_last_line, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			refuses_a_last_line_that_is_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_write_changes_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(names_the_joined_line, setup,
						teardown),
		cmocka_unit_test_setup_teardown(does_not_finish_half_a_number,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			undoes_a_write_that_was_not_applied, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_one_byte_of_a_comment,
						setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_an_unfinished_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_an_unfinished_line,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

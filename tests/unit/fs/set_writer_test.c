/* SPDX-License-Identifier: Apache-2.0 */
/* set_writer_test.c - where a write goes, and what errors leave behind. */
#include "tests/unit/fs/fs_fixture.h"

/* O_APPEND: at once, wherever the kernel believes the end to be. */
static void append_takes_effect_at_once(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "5\n3\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "3\n5\n");
	assert_int_equal(fsf_append(s, ALICE, "-5\n4\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "3\n4\n");
	fsf_close(*state, ino, s);
}

/* A line may be cut anywhere; what is complete takes effect. */
static void torn_line_waits_for_its_writer(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "7\n1"), 0);
	assert_int_equal(fsf_append(s, BOB, "9\n2"), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n9\n");
	assert_int_equal(fsf_append(s, ALICE, "1\n"), 0);
	assert_int_equal(fsf_append(s, BOB, "2\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n9\n11\n22\n");
	fsf_close(*state, ino, s);
}

/* A write at offset 0 begins a new content, which goes on where it left off;
 * nobody sees it before the writer closes.
 */
static void write_from_zero_replaces(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "1\n2\n"), 0);
	assert_int_equal(fsf_write(s, ALICE, 0, "7\n8"), 0);
	assert_int_equal(fsf_write(s, ALICE, 3, "8\n99\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n2\n");
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n88\n99\n");
	fsf_close(*state, ino, s);
}

/* After its end the same handle goes on by appending. */
static void goes_on_after_the_replace(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_write(s, ALICE, 0, "7\n"), 0);
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_int_equal(fsf_write(s, ALICE, 2, "8\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n8\n");
	assert_int_equal(fsf_write(s, ALICE, 4, "9\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n8\n9\n");
	fsf_close(*state, ino, s);
}

/* Where the text ends is where an append begins, without O_APPEND too. */
static void write_at_the_end_appends(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "10\n20\n"), 0);
	fsf_close(*state, ino, s);
	s = fsf_open(*state, ino, O_WRONLY);
	assert_int_equal(fsf_write(s, ALICE, 6, "5\n"), 0);
	assert_int_equal(fsf_write(s, ALICE, 8, "6\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "5\n6\n10\n20\n");
	fsf_close(*state, ino, s);
}

/* Anywhere else: refused, nothing changes, and the log says so. */
static void write_in_the_middle_is_refused(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);
	char *errors;

	assert_int_equal(fsf_append(s, ALICE, "10\n20\n"), 0);
	assert_int_equal(fsf_write(s, ALICE, 3, "5\n"), -EOPNOTSUPP);
	assert_string_equal(fsf_text(*state, ino), "10\n20\n");
	errors = fsf_errors(*state);
	assert_non_null(strstr(errors, "'/bitmaps/s'"));
	free(errors);
	fsf_close(*state, ino, s);
}

/* One write is applied whole or not at all; the next one counts again. */
static void bad_append_has_no_effect(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);
	char *errors;

	assert_int_equal(fsf_append(s, ALICE, "1\n2\nthree\n4\n"), -EINVAL);
	assert_string_equal(fsf_text(*state, ino), "");
	assert_int_equal(fsf_append(s, ALICE, "18446744073709551616\n"),
			 -ERANGE);
	assert_int_equal(fsf_append(s, ALICE, "5\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "5\n");
	errors = fsf_errors(*state);
	assert_non_null(strstr(errors, "pid 1 '/bitmaps/s' line 3: 'three'"));
	free(errors);
	fsf_close(*state, ino, s);
}

/* A replace is over with its first error, and the old set stays. */
static void bad_replace_keeps_the_old_set(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "1\n2\n"), 0);
	fsf_close(*state, ino, s);
	s = fsf_open(*state, ino, O_WRONLY | O_TRUNC);
	assert_int_equal(fsf_write(s, ALICE, 0, "7\n"), 0);
	assert_int_equal(fsf_write(s, ALICE, 2, "x\n"), -EINVAL);
	assert_int_equal(fsf_write(s, ALICE, 2, "8\n"), -EINVAL);
	assert_int_equal(fsf_flush(s, ALICE), -EINVAL);
	fsf_close(*state, ino, s);
	assert_string_equal(fsf_text(*state, ino), "1\n2\n");
}

/* The last line, without a newline, may be the bad one: close says it. */
static void bad_last_line_fails_the_close(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY | O_TRUNC);

	assert_int_equal(fsf_write(s, ALICE, 0, "7\n9-1"), 0);
	assert_int_equal(fsf_flush(s, ALICE), -EINVAL);
	fsf_close(*state, ino, s);
	assert_string_equal(fsf_text(*state, ino), "");
}

/* rsync --inplace writes from 0 and then cuts to the new length. */
static void truncate_to_what_is_staged(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "100\n200\n300\n"), 0);
	fsf_close(*state, ino, s);
	s = fsf_open(*state, ino, O_WRONLY);
	assert_int_equal(fsf_write(s, ALICE, 0, "1\n2\n"), 0);
	assert_int_equal(fsf_truncate(s, 4), 0);
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n2\n");
	fsf_close(*state, ino, s);
}

/* To 0, or to what it is; nothing else means anything for a set. */
static void truncate_knows_two_lengths(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "10\n20\n"), 0);
	assert_int_equal(fsf_truncate(s, 6), 0);
	assert_int_equal(fsf_truncate(s, 3), -EOPNOTSUPP);
	assert_int_equal(fsf_truncate(s, 60), -EOPNOTSUPP);
	assert_string_equal(fsf_text(*state, ino), "10\n20\n");
	assert_int_equal(fsf_truncate(s, 0), 0);
	fsf_close(*state, ino, s);
	assert_string_equal(fsf_text(*state, ino), "");
}

/* What was appended before a replace is part of what it replaces. */
static void replace_covers_what_is_queued(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *a = fsf_open(*state, ino, O_WRONLY);
	struct fs_session *b = fsf_open(*state, ino, O_WRONLY | O_TRUNC);

	assert_int_equal(fsf_append(a, ALICE, "1\n"), 0);
	assert_int_equal(fsf_write(b, BOB, 0, "2\n"), 0);
	assert_int_equal(fsf_append(a, ALICE, "3\n"), 0);
	assert_int_equal(fsf_flush(b, BOB), 0);
	assert_int_equal(fsf_append(a, ALICE, "4\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "2\n4\n");
	fsf_close(*state, ino, a);
	fsf_close(*state, ino, b);
}

/* A whole set is taken over; more may follow, a part may not be asked for. */
static void copies_whole_sets(void **state)
{
	uint64_t from = fsf_set(*state, "from"), to = fsf_set(*state, "to");
	struct fs_session *a = fsf_open(*state, from, O_RDWR);
	struct fs_session *b = fsf_open(*state, to, O_WRONLY | O_TRUNC);
	struct fs_copy_source src = { 0 };
	struct rs_view *v;
	uint64_t size;

	assert_int_equal(fsf_append(a, ALICE, "10\n20\n"), 0);
	assert_int_equal(fs_session_view(a, &v), 0);
	assert_int_equal(bm_view_open(v, from, &src.view), 0);
	assert_int_equal(fs_session_copy(b, 0, &src, 5, &size), -EOPNOTSUPP);
	assert_int_equal(fs_session_copy(b, 1, &src, 100, &size), -EOPNOTSUPP);
	fsf_close(*state, to, b);
	b = fsf_open(*state, to, O_WRONLY | O_TRUNC);
	assert_int_equal(fs_session_copy(b, 0, &src, 100, &size), 0);
	assert_int_equal(size, 6);
	assert_int_equal(fsf_write(b, BOB, 6, "5\n"), 0);
	assert_int_equal(fsf_flush(b, BOB), 0);
	assert_string_equal(fsf_text(*state, to), "5\n10\n20\n");
	bm_view_close(src.view);
	rs_view_put(v);
	fsf_close(*state, to, b);
	fsf_close(*state, from, a);
}

/* Stores through a mapping have no lines. */
static void mapping_cannot_write(void **state)
{
	struct fs_io io = { .owner = ALICE, .mapped = true };
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_RDWR);

	assert_int_equal(fs_session_write(s, &io, 0, "1\n", 2), -EOPNOTSUPP);
	fsf_close(*state, ino, s);
	assert_string_equal(fsf_text(*state, ino), "");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(append_takes_effect_at_once),
		TEST(torn_line_waits_for_its_writer),
		TEST(write_from_zero_replaces),
		TEST(goes_on_after_the_replace),
		TEST(write_at_the_end_appends),
		TEST(write_in_the_middle_is_refused),
		TEST(bad_append_has_no_effect),
		TEST(bad_replace_keeps_the_old_set),
		TEST(bad_last_line_fails_the_close),
		TEST(truncate_to_what_is_staged),
		TEST(truncate_knows_two_lengths),
		TEST(replace_covers_what_is_queued),
		TEST(copies_whole_sets),
		TEST(mapping_cannot_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

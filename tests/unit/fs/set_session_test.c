/* SPDX-License-Identifier: Apache-2.0 */
/* set_session_test.c - opening, looking, ending. */
#include "tests/unit/fs/fs_fixture.h"

static uint64_t set_of(struct fs *fs, const char *text)
{
	uint64_t ino = fsf_set(fs, "s");
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, text), 0);
	fsf_close(fs, ino, s);
	return ino;
}

/* What others write after the open does not appear. */
static void reader_sees_one_version(void **state)
{
	uint64_t ino = set_of(*state, "1\n2\n");
	struct fs_session *r = fsf_open(*state, ino, O_RDONLY);
	struct fs_session *w = fsf_open(*state, ino, O_WRONLY);
	uint64_t size;

	assert_int_equal(fsf_append(w, BOB, "100\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n2\n100\n");
	assert_string_equal(fsf_read(r), "1\n2\n");
	assert_int_equal(fs_session_size(r, &size), 0);
	assert_int_equal(size, 4);
	fsf_close(*state, ino, w);
	fsf_close(*state, ino, r);
}

/* Who writes reads what was written, and what others wrote before that. */
static void writer_sees_itself(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs_session *s = fsf_open(*state, ino, O_RDWR);

	assert_string_equal(fsf_read(s), "1\n");
	assert_int_equal(fsf_append(s, ALICE, "2\n"), 0);
	assert_string_equal(fsf_read(s), "1\n2\n");
	assert_int_equal(fsf_write(s, ALICE, 0, "7\n"), 0);
	assert_string_equal(fsf_read(s), "7\n");
	assert_string_equal(fsf_text(*state, ino), "7\n");
	fsf_close(*state, ino, s);
}

/* Also when it read in order, and what comes next had been made ahead. */
static void writer_sees_itself_in_the_middle(void **state)
{
	static char buf[(256 << 10) + 1]; /* and an end for atoi() */
	const size_t len = sizeof(buf) - 1;
	uint64_t ino = set_of(*state, "1000000-1999999\n");
	struct fs_session *s = fsf_open(*state, ino, O_RDWR);
	struct fs *fs = *state;
	uint64_t off = 0;
	size_t got;

	assert_int_equal(fs_aheads_start(&fs->aheads), 0);
	for (int i = 0; i < 4; i++, off += got)
		assert_int_equal(fs_session_read(s, off, buf, len, &got), 0);
	assert_int_equal(fsf_append(s, ALICE, "!1000000-1499999\n"), 0);
	assert_int_equal(fs_session_read(s, off, buf, len, &got), 0);
	assert_int_equal(got, len);
	/* off / 8 is the place in what is left now */
	assert_int_equal(atoi(buf), 1500000 + off / 8);
	fsf_close(fs, ino, s);
	fs_aheads_stop(&fs->aheads);
}

/* O_TRUNC alone empties, at the end and not before. */
static void truncated_and_closed_is_empty(void **state)
{
	uint64_t ino = set_of(*state, "1\n2\n");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY | O_TRUNC);

	assert_string_equal(fsf_text(*state, ino), "1\n2\n");
	fsf_close(*state, ino, s);
	assert_string_equal(fsf_text(*state, ino), "");
}

/* A shell closes one descriptor before the command writes: no end yet, but
 * who looks now had better wait a moment.
 */
static void close_by_one_who_did_not_write(void **state)
{
	uint64_t ino = set_of(*state, "1\n2\n");
	struct fs *fs = *state;
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY | O_TRUNC);

	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_true(fs_opens_is_closing(&fs->opens, ino));
	assert_string_equal(fsf_text(fs, ino), "1\n2\n");
	assert_int_equal(fsf_write(s, BOB, 0, "7\n"), 0);
	assert_false(fs_opens_is_closing(&fs->opens, ino));
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_string_equal(fsf_text(fs, ino), "1\n2\n");
	assert_int_equal(fsf_flush(s, BOB), 0);
	assert_string_equal(fsf_text(fs, ino), "7\n");
	fsf_close(fs, ino, s);
}

/* A line without a newline is finished by its own writer's close. */
static void close_finishes_the_own_line(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "1"), 0);
	assert_int_equal(fsf_append(s, BOB, "2"), 0);
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n");
	assert_int_equal(fsf_append(s, BOB, "3\n"), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n23\n");
	fsf_close(*state, ino, s);
}

/* The release finishes what nobody closed. */
static void release_finishes_all(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "1"), 0);
	assert_int_equal(fsf_append(s, BOB, "2"), 0);
	fsf_close(*state, ino, s);
	assert_string_equal(fsf_text(*state, ino), "1\n2\n");
}

/* fsync ends a replace, and leaves a torn line torn. */
static void sync_does_not_cut_numbers(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY | O_TRUNC);

	assert_int_equal(fsf_write(s, ALICE, 0, "7\n12"), 0);
	assert_int_equal(fs_session_sync(s), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n");
	assert_int_equal(fsf_write(s, ALICE, 4, "34\n"), 0);
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n1234\n");
	fsf_close(*state, ino, s);
}

/* A time that is set before the close survives it; a write after does not
 * care.
 */
static void close_keeps_a_time_set_by_hand(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs *fs = *state;
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY | O_TRUNC);

	assert_int_equal(fsf_write(s, ALICE, 0, "7\n8"), 0);
	fs_opens_set_time(&fs->opens, ino, 1234);
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_int_equal(fsf_mtime(fs, ino), 1234);
	assert_int_equal(fsf_append(s, ALICE, "9\n"), 0);
	assert_true(fsf_mtime(fs, ino) > 1234);
	fsf_close(fs, ino, s);
}

/* A set that is removed while it is open lives until it is closed. */
static void removed_while_open(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs *fs = *state;
	struct fs_session *s = fsf_open(fs, ino, O_RDWR);

	assert_int_equal(fsf_unlink(fs, FS_INO_BITMAPS, "s"), 0);
	assert_int_equal(fsf_append(s, ALICE, "2\n"), 0);
	assert_string_equal(fsf_read(s), "1\n2\n");
	assert_true(fsf_exists(fs, ino));
	fsf_close(fs, ino, s);
	assert_false(fsf_exists(fs, ino));
}

/* More processes than fit at once may share a handle, one after the other. */
static void owners_come_and_go(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY);

	for (int i = 0; i < (int)FS_SESSION_OWNERS * 2; i++) {
		assert_int_equal(fsf_append(s, i, "1"), 0);
		assert_int_equal(fsf_flush(s, i), 0);
	}
	assert_string_equal(fsf_text(*state, ino), "1\n");
	fsf_close(*state, ino, s);
}

/* What a staged content costs is known before it is closed. */
static void large_replace_is_slow(void **state)
{
	uint64_t ino = fsf_set(*state, "s");
	struct fs_session *s = fsf_open(*state, ino, O_WRONLY | O_TRUNC);
	uint64_t off = 0;

	while (!fs_session_is_slow(s)) {
		assert_int_equal(fsf_write(s, ALICE, off, "1-5\n"), 0);
		off += 4;
	}
	assert_true(off > FS_SESSION_SLOW);
	fsf_close(*state, ino, s);
	assert_string_equal(fsf_text(*state, ino), "1\n2\n3\n4\n5\n");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reader_sees_one_version),
		TEST(writer_sees_itself),
		TEST(writer_sees_itself_in_the_middle),
		TEST(truncated_and_closed_is_empty),
		TEST(close_by_one_who_did_not_write),
		TEST(close_finishes_the_own_line),
		TEST(release_finishes_all),
		TEST(sync_does_not_cut_numbers),
		TEST(close_keeps_a_time_set_by_hand),
		TEST(removed_while_open),
		TEST(owners_come_and_go),
		TEST(large_replace_is_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

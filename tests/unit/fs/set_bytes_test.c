/* SPDX-License-Identifier: Apache-2.0 */
/* set_bytes_test.c - writing a set in a binary format. */

#include "fs/node.h"
#include "tests/unit/fs/fs_fixture.h"

/* {7, 9} as CRoaring writes it. */
static const char file[] = "\1\0\0\0\0\0\0\0\0\0\0\0"
			   "\x3a\x30\0\0\1\0\0\0\0\0\1\0\x10\0\0\0\7\0\x9";
#define FILE_LEN 32u
#define HALF	 17u

static uint64_t set_of(struct fs *fs, const char *text)
{
	uint64_t ino = fsf_set(fs, "s");
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, text), 0);
	fsf_close(fs, ino, s);
	return ino;
}

static struct fs_session *open_as(struct fs *fs, uint64_t ino,
				  enum bm_format format, int flags)
{
	return fsf_open(fs, fs_node_as(format, 0, ino), flags);
}

static void close_as(struct fs *fs, uint64_t ino, enum bm_format format,
		     struct fs_session *s)
{
	fsf_close(fs, fs_node_as(format, 0, ino), s);
}

static int put(struct fs_session *s, int who, uint64_t off, const char *bytes,
	       size_t len)
{
	return fs_session_write(s, &(struct fs_io){ .owner = (uint64_t)who },
				off, bytes, len);
}

/* The writer's close ends the file, and what is whole takes its place. */
static void close_ends_a_whole_file(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs_session *s =
		open_as(*state, ino, BM_FORMAT_ROARING, O_WRONLY | O_TRUNC);

	assert_int_equal(put(s, ALICE, 0, file, HALF), 0);
	assert_int_equal(fsf_flush(s, BOB), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n");
	assert_int_equal(put(s, ALICE, HALF, file + HALF, FILE_LEN - HALF), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n");
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n9\n");
	assert_int_equal(put(s, ALICE, FILE_LEN, file, 1), -EOPNOTSUPP);
	close_as(*state, ino, BM_FORMAT_ROARING, s);
	assert_string_equal(fsf_text(*state, ino), "7\n9\n");
}

/* O_SYNC sends an fsync after each write: none but the last ends the file. */
static void fsync_ends_only_what_is_whole(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs_session *s =
		open_as(*state, ino, BM_FORMAT_ROARING, O_WRONLY | O_TRUNC);

	assert_int_equal(put(s, ALICE, 0, file, HALF), 0);
	assert_int_equal(fs_session_sync(s), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n");
	assert_int_equal(put(s, ALICE, HALF, file + HALF, FILE_LEN - HALF), 0);
	assert_int_equal(fs_session_sync(s), 0);
	assert_string_equal(fsf_text(*state, ino), "7\n9\n");
	close_as(*state, ino, BM_FORMAT_ROARING, s);
}

/* Half a file is none: at the close, or when the writer just goes away. */
static void half_a_file_changes_nothing(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs_session *s =
		open_as(*state, ino, BM_FORMAT_ROARING, O_WRONLY | O_TRUNC);
	char *errors;

	assert_int_equal(put(s, ALICE, 0, file, HALF), 0);
	assert_int_equal(fsf_flush(s, ALICE), -EINVAL);
	errors = fsf_errors(*state);
	assert_non_null(strstr(errors, "byte 17"));
	assert_non_null(strstr(errors, "the file ends too early"));
	free(errors);
	close_as(*state, ino, BM_FORMAT_ROARING, s);
	assert_string_equal(fsf_text(*state, ino), "1\n");

	s = open_as(*state, ino, BM_FORMAT_ROARING, O_WRONLY | O_TRUNC);
	assert_int_equal(put(s, ALICE, 0, file, FILE_LEN - 1), 0);
	close_as(*state, ino, BM_FORMAT_ROARING, s);
	assert_string_equal(fsf_text(*state, ino), "1\n");
}

/* The first wrong byte ends it; truncating begins anew. */
static void what_is_wrong_can_be_begun_again(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs_session *s =
		open_as(*state, ino, BM_FORMAT_ROARING, O_WRONLY);

	assert_int_equal(put(s, ALICE, 0, "0123456789abcdef", 16), -EINVAL);
	assert_int_equal(put(s, ALICE, 16, file, FILE_LEN), -EINVAL);
	assert_int_equal(fsf_truncate(s, 0), 0);
	assert_int_equal(put(s, ALICE, 0, file, FILE_LEN), 0);
	assert_int_equal(fsf_flush(s, ALICE), 0);
	close_as(*state, ino, BM_FORMAT_ROARING, s);
	assert_string_equal(fsf_text(*state, ino), "7\n9\n");
}

/* Members behind those that are there are added; half a one is not. */
static void le64_appends(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs_session *s = open_as(*state, ino, BM_FORMAT_LE64, O_WRONLY);

	assert_int_equal(put(s, ALICE, 8, "\7\0\0\0\0\0\0\0\5\0", 10), 0);
	assert_int_equal(put(s, ALICE, 18, "\0\0\0\0\0\0", 6), 0);
	assert_string_equal(fsf_text(*state, ino), "1\n5\n7\n");
	assert_int_equal(put(s, ALICE, 24, "\6\0\0", 3), 0);
	assert_int_equal(fsf_flush(s, ALICE), -EINVAL);
	close_as(*state, ino, BM_FORMAT_LE64, s);
	assert_string_equal(fsf_text(*state, ino), "1\n5\n7\n");
	s = open_as(*state, ino, BM_FORMAT_ROARING, O_WRONLY);
	assert_int_equal(put(s, ALICE, 38, file, 2), -EOPNOTSUPP);
	close_as(*state, ino, BM_FORMAT_ROARING, s);
}

/* No bytes are an empty set, as everywhere. */
static void truncated_and_closed_is_empty(void **state)
{
	uint64_t ino = set_of(*state, "1\n");
	struct fs_session *s =
		open_as(*state, ino, BM_FORMAT_ROARING, O_WRONLY | O_TRUNC);

	close_as(*state, ino, BM_FORMAT_ROARING, s);
	assert_string_equal(fsf_text(*state, ino), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(close_ends_a_whole_file,
						fsf_setup, fsf_teardown),
		cmocka_unit_test_setup_teardown(fsync_ends_only_what_is_whole,
						fsf_setup, fsf_teardown),
		cmocka_unit_test_setup_teardown(half_a_file_changes_nothing,
						fsf_setup, fsf_teardown),
		cmocka_unit_test_setup_teardown(
			what_is_wrong_can_be_begun_again, fsf_setup,
			fsf_teardown),
		cmocka_unit_test_setup_teardown(le64_appends, fsf_setup,
						fsf_teardown),
		cmocka_unit_test_setup_teardown(truncated_and_closed_is_empty,
						fsf_setup, fsf_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

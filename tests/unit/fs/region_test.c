/* SPDX-License-Identifier: Apache-2.0 */
/* region_test.c - the bytes of a live region. */
#include "tests/unit/fs/fs_fixture.h"

#include <linux/falloc.h>

#include "fs/region.h"

static const struct fs_io anyone;

static uint64_t region(struct fs *fs)
{
	return fsf_make(fs, FS_INO_REGIONS, "r", S_IFREG | 04755);
}

static uint64_t size_of(struct fs *fs, uint64_t ino)
{
	struct fs_inode in;
	struct stat st;

	assert_int_equal(fs_node_get(fs, ino, &in), 0);
	assert_int_equal(fs_inode_stat(&in, &st), 0);
	return (uint64_t)st.st_size;
}

/* What was written is read, and the end is where the last byte is. */
static void reads_what_was_written(void **state)
{
	uint64_t ino = region(*state);
	char buf[16];
	size_t len;

	assert_int_equal(fs_region_write(*state, ino, &anyone, 3, "abc", 3), 0);
	assert_int_equal(fs_region_read(*state, ino, 0, buf, 16, &len), 0);
	assert_int_equal(len, 6);
	assert_memory_equal(buf, "\0\0\0abc", 6);
	assert_int_equal(size_of(*state, ino), 6);
}

/* A caller without the right to keep them loses the bits, others do not. */
static void writing_takes_privileges(void **state)
{
	const struct fs_io plain = { .kill_priv = true };
	uint64_t ino = region(*state);
	struct fs_inode in;

	assert_int_equal(fs_region_write(*state, ino, &anyone, 0, "a", 1), 0);
	assert_int_equal(fs_node_get(*state, ino, &in), 0);
	assert_int_equal(in.attr.mode & 07777, 04755);
	assert_int_equal(fs_region_write(*state, ino, &plain, 0, "a", 1), 0);
	assert_int_equal(fs_node_get(*state, ino, &in), 0);
	assert_int_equal(in.attr.mode & 07777, 0755);
}

/* Offsets that wrap, and sizes beyond the largest region. */
static void refuses_what_is_too_far(void **state)
{
	uint64_t ino = region(*state);

	assert_int_equal(
		fs_region_write(*state, ino, &anyone, UINT64_MAX, "ab", 2),
		-EFBIG);
	assert_int_equal(
		fs_region_truncate(*state, ino, &anyone, RS_REGION_MAX + 1),
		-EFBIG);
	assert_int_equal(fs_region_allocate(*state, ino, 0, UINT64_MAX, 2),
			 -EFBIG);
	assert_int_equal(size_of(*state, ino), 0);
}

/* Allocating only sets the size, and not even that with KEEP_SIZE. */
static void allocate_sets_the_size(void **state)
{
	uint64_t ino = region(*state);

	assert_int_equal(
		fs_region_allocate(*state, ino, FALLOC_FL_KEEP_SIZE, 0, 100),
		0);
	assert_int_equal(size_of(*state, ino), 0);
	assert_int_equal(fs_region_allocate(*state, ino, 0, 50, 50), 0);
	assert_int_equal(size_of(*state, ino), 100);
	assert_int_equal(fs_region_allocate(*state, ino, 0, 0, 50), 0);
	assert_int_equal(size_of(*state, ino), 100);
	assert_int_equal(fs_region_allocate(*state, ino,
					    FALLOC_FL_COLLAPSE_RANGE, 0, 50),
			 -EOPNOTSUPP);
}

/* Punching past the end stops there; zeroing may go on and grows. */
static void punch_stops_at_the_end(void **state)
{
	uint64_t ino = region(*state);
	char buf[8];
	size_t len;

	assert_int_equal(fs_region_write(*state, ino, &anyone, 0, "abcdef", 6),
			 0);
	assert_int_equal(
		fs_region_allocate(*state, ino,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   4, 1000),
		0);
	assert_int_equal(fs_region_read(*state, ino, 0, buf, 8, &len), 0);
	assert_int_equal(len, 6);
	assert_memory_equal(buf, "abcd\0\0", 6);
	assert_int_equal(
		fs_region_allocate(*state, ino, FALLOC_FL_ZERO_RANGE, 2, 8), 0);
	assert_int_equal(size_of(*state, ino), 10);
}

/* A scratch file may have become a set while somebody had it open. */
static void set_is_no_region(void **state)
{
	uint64_t ino = fsf_set(*state, "s");

	assert_int_equal(fs_region_write(*state, ino, &anyone, 0, "a", 1),
			 -EOPNOTSUPP);
	assert_int_equal(fs_region_truncate(*state, ino, &anyone, 5),
			 -EOPNOTSUPP);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_was_written),  TEST(writing_takes_privileges),
		TEST(refuses_what_is_too_far), TEST(allocate_sets_the_size),
		TEST(punch_stops_at_the_end),  TEST(set_is_no_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

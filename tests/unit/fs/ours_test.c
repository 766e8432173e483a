/* SPDX-License-Identifier: Apache-2.0 */
/* ours_test.c - tests fs/ours.c. */
#include "tests/unit/fs/fs_fixture.h"

#include <stdio.h>
#include <sys/xattr.h>

#include "fs/ours.h"

static int set(struct fs *fs, uint64_t ino, const char *what, const char *value,
	       int flags)
{
	const struct fs_ours_change x = { .what = what,
					  .value = value,
					  .len = value ? strlen(value) : 0,
					  .flags = flags,
					  .pid = 77 };

	return fs_ours_set(fs, ino, &x);
}

/* The value, or "-"; until the next call. */
static const char *get(struct fs *fs, uint64_t ino, const char *what)
{
	static char text[FS_OURS_TEXT];
	int err = fs_ours_get(fs, ino, what, text);

	assert_true(err == 0 || err == -ENODATA);
	return err ? "-" : text;
}

static const char *list(struct fs *fs, uint64_t ino)
{
	static char text[200];
	size_t len = 0;

	assert_int_equal(fs_ours_list(fs, ino, text, sizeof(text), &len), 0);
	for (size_t i = 0; i < len; i++)
		text[i] = text[i] ? text[i] : ' ';
	text[len] = '\0';
	return text;
}

static void says(struct fs *fs, const char *what)
{
	char *errors = fsf_errors(fs);

	if (!strstr(errors, what))
		fail_msg("'%s' is not in: %s", what, errors);
	free(errors);
}

static uint64_t filled(struct fs *fs)
{
	uint64_t ino = fsf_set(fs, "s");
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY);

	assert_int_equal(fsf_append(s, ALICE, "5\n7-9\n"), 0);
	fsf_close(fs, ino, s);
	return ino;
}

static void set_is_described(void **state)
{
	struct fs *fs = *state;
	uint64_t s = filled(fs), empty = fsf_set(fs, "empty");

	assert_string_equal(get(fs, s, "count"), "4");
	assert_string_equal(get(fs, s, "min"), "5");
	assert_string_equal(get(fs, s, "max"), "9");
	assert_string_equal(get(fs, s, "segments"), "0");
	assert_string_not_equal(get(fs, s, "shards"), "-");
	assert_string_not_equal(get(fs, s, "stored"), "-");
	assert_string_equal(get(fs, s, "colour"), "-");
	assert_string_equal(get(fs, empty, "count"), "0");
	assert_string_equal(get(fs, empty, "min"), "-");
	assert_string_equal(get(fs, empty, "max"), "-");
	assert_string_equal(get(fs, FS_INO_REGIONS, "count"), "-");
	assert_string_equal(list(fs, s), "");
}

static void description_is_not_set(void **state)
{
	struct fs *fs = *state;
	uint64_t s = filled(fs);

	assert_int_equal(set(fs, s, "count", "9", 0), -EPERM);
	says(fs, "pid 77 '/bitmaps/s' 'user.roarfs.count=9' is made up");
	assert_int_equal(set(fs, s, "count", NULL, 0), -EPERM);
	assert_int_equal(set(fs, s, "colour", "red", 0), -EPERM);
	says(fs, "'user.roarfs.colour=red' roarfs has no such");
	assert_int_equal(set(fs, s, "shards", "1", 0), -EPERM);
	says(fs, "is set on a directory below bitmaps/");
}

static void ttl_is_set_and_taken_back(void **state)
{
	struct fs *fs = *state;
	uint64_t s = filled(fs);

	atomic_store(&fs->clock_ns, 999000000);
	assert_int_equal(set(fs, s, "ttl", NULL, 0), -ENODATA);
	assert_int_equal(set(fs, s, "ttl", "2h", XATTR_REPLACE), -ENODATA);
	assert_int_equal(set(fs, s, "ttl", "2h", XATTR_CREATE), 0);
	assert_int_equal(set(fs, s, "ttl", "2h", XATTR_CREATE), -EEXIST);
	assert_string_equal(get(fs, s, "ttl"), "2h");
	assert_string_equal(get(fs, s, "expires"), "1970-01-01T02:00:01.000Z");
	assert_string_equal(list(fs, s), "user.roarfs.ttl ");
	assert_int_equal(set(fs, s, "ttl", NULL, 0), 0);
	assert_string_equal(get(fs, s, "ttl"), "-");
	assert_string_equal(get(fs, s, "expires"), "-");
	assert_string_equal(list(fs, s), "");
}

static void expires_is_set(void **state)
{
	struct fs *fs = *state;
	uint64_t s = filled(fs);

	atomic_store(&fs->clock_ns, 5000000000);
	assert_int_equal(set(fs, s, "ttl", "1", 0), 0);
	assert_int_equal(set(fs, s, "expires", "77", 0), 0);
	assert_string_equal(get(fs, s, "expires"), "1970-01-01T00:01:17.000Z");
	assert_string_equal(get(fs, s, "ttl"), "-");
	assert_string_equal(list(fs, s), "");
	assert_int_equal(set(fs, s, "expires", "5", 0), -EINVAL);
	says(fs, "'user.roarfs.expires=5' is in the past");
	assert_int_equal(set(fs, s, "expires", "soon", 0), -EINVAL);
	says(fs, "not an instant");
	assert_string_equal(get(fs, s, "expires"), "1970-01-01T00:01:17.000Z");
	assert_int_equal(set(fs, s, "expires", NULL, 0), 0);
	assert_string_equal(get(fs, s, "expires"), "-");
}

static void ttl_refuses(void **state)
{
	struct fs *fs = *state;
	uint64_t s = filled(fs);

	assert_int_equal(set(fs, s, "ttl", "soon", 0), -EINVAL);
	says(fs, "'user.roarfs.ttl=soon' not a time to live");
	assert_int_equal(set(fs, s, "ttl", "9999999999999w", 0), -EINVAL);
	says(fs, "too long");
	assert_int_equal(set(fs, s, "ttl", "", 0), -EINVAL);
	assert_int_equal(set(fs, FS_INO_BITMAPS, "ttl", "5", 0), -EOPNOTSUPP);
	says(fs, "only files expire");
	assert_int_equal(set(fs, s, "ttl", "5", 0), 0);
	atomic_store(&fs->clock_ns, fs_now_ns() + 9000000000);
	assert_int_equal(set(fs, s, "ttl", "50", 0), -ENOENT);
}

static void shards_are_inherited(void **state)
{
	struct fs *fs = *state;
	uint64_t old = fsf_set(fs, "old"), d, s;
	char usual[8];

	snprintf(usual, sizeof(usual), "%u", bm_shards_usual());
	assert_string_equal(get(fs, FS_INO_BITMAPS, "shards"), "-");
	assert_int_equal(set(fs, FS_INO_BITMAPS, "shards", "16", 0), 0);
	assert_string_equal(list(fs, FS_INO_BITMAPS), "user.roarfs.shards ");
	d = fsf_make(fs, FS_INO_BITMAPS, "d", S_IFDIR | 0755);
	s = fsf_make(fs, d, "s", S_IFREG | 0644);
	assert_string_equal(get(fs, d, "shards"), "16");
	assert_string_equal(get(fs, s, "shards"), "16");
	assert_string_equal(list(fs, s), "");
	assert_string_equal(get(fs, old, "shards"), usual);
	assert_int_equal(set(fs, s, "shards", "8", 0), -EPERM);
	assert_int_equal(set(fs, FS_INO_REGIONS, "shards", "8", 0), -EPERM);
	assert_int_equal(set(fs, d, "shards", "0", 0), -EINVAL);
	assert_int_equal(set(fs, d, "shards", "17", 0), -EINVAL);
	assert_int_equal(set(fs, d, "shards", "1x", 0), -EINVAL);
	says(fs, "not a number from 1 to 16");
	assert_int_equal(set(fs, d, "shards", "1", 0), 0);
	assert_string_equal(get(fs, s, "shards"), "16");
	assert_int_equal(set(fs, d, "shards", NULL, 0), 0);
	assert_string_equal(get(fs, d, "shards"), "-");
}

static void segment_bytes_are_inherited(void **state)
{
	const char *what = "segment_bytes";
	struct fs *fs = *state;
	uint64_t old = fsf_set(fs, "old"), d, s;

	assert_string_equal(get(fs, FS_INO_BITMAPS, what), "-");
	assert_string_equal(get(fs, old, what), "16384");
	assert_int_equal(set(fs, FS_INO_BITMAPS, what, "4096", 0), 0);
	d = fsf_make(fs, FS_INO_BITMAPS, "d", S_IFDIR | 0755);
	s = fsf_make(fs, d, "s", S_IFREG | 0644);
	assert_string_equal(get(fs, d, what), "4096");
	assert_string_equal(list(fs, d), "user.roarfs.segment_bytes ");
	assert_string_equal(get(fs, s, what), "4096");
	assert_string_equal(list(fs, s), "");
	assert_string_equal(get(fs, old, what), "16384");
	assert_int_equal(set(fs, s, what, "8192", 0), -EPERM);
	assert_int_equal(set(fs, FS_INO_REGIONS, what, "8192", 0), -EPERM);
	assert_int_equal(set(fs, d, what, "4095", 0), -EINVAL);
	assert_int_equal(set(fs, d, what, "6000", 0), -EINVAL);
	assert_int_equal(set(fs, d, what, "69632", 0), -EINVAL);
	says(fs, "not a multiple of 4096 from 4096 to 65536");
	assert_int_equal(set(fs, d, what, "65536", 0), 0);
	assert_int_equal(set(fs, d, what, NULL, 0), 0);
	assert_string_equal(get(fs, d, what), "-");
}

/* Segments of 20,000 scattered members, appended and replaced. */
static unsigned segments(struct fs *fs, const char *name, const char *bytes,
			 int flags)
{
	uint64_t ino;
	struct fs_session *s;
	assert_int_equal(set(fs, FS_INO_BITMAPS, "segment_bytes", bytes, 0), 0);
	ino = fsf_set(fs, name);
	s = fsf_open(fs, ino, flags);
	for (unsigned i = 0; i < 2000; i++) {
		char text[10 * 32];
		size_t len = 0;

		for (unsigned k = 0; k < 10; k++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%u\n",
						(i * 10 + k) * 2654435761u);
		assert_int_equal(fsf_append(s, ALICE, text), 0);
	}
	assert_int_equal(fsf_flush(s, ALICE), 0);
	fsf_close(fs, ino, s);
	return (unsigned)strtoul(get(fs, ino, "segments"), NULL, 10);
}

static void segment_bytes_govern(void **state)
{
	struct fs *fs = *state;
	unsigned small = segments(fs, "a", "4096", O_WRONLY);
	unsigned large = segments(fs, "b", "65536", O_WRONLY);

	assert_true(small >= 3 * large);
	assert_true(segments(fs, "c", "4096", O_WRONLY | O_TRUNC) >= 3 * large);
	assert_true(segments(fs, "d", "65536", O_WRONLY | O_TRUNC) <=
		    small / 3);
}

/* As much as there is room for; the size is asked with none. */
static void list_fits(void **state)
{
	struct fs *fs = *state;
	uint64_t s = filled(fs);
	char buf[16];
	size_t len;

	assert_int_equal(set(fs, s, "ttl", "50", 0), 0);
	assert_int_equal(fs_ours_list(fs, s, NULL, 0, &len), 0);
	assert_int_equal(len, sizeof("user.roarfs.ttl"));
	assert_int_equal(fs_ours_list(fs, s, buf, len - 1, &len), 0);
	assert_int_equal(len, sizeof("user.roarfs.ttl"));
	assert_int_equal(fs_ours_list(fs, s, buf, len, &len), 0);
	assert_string_equal(buf, "user.roarfs.ttl");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(set_is_described),
		TEST(description_is_not_set),
		TEST(ttl_is_set_and_taken_back),
		TEST(expires_is_set),
		TEST(ttl_refuses),
		TEST(shards_are_inherited),
		TEST(segment_bytes_are_inherited),
		TEST(segment_bytes_govern),
		TEST(list_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

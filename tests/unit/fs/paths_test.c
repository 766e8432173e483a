/* SPDX-License-Identifier: Apache-2.0 */
/* paths_test.c - what an object is called. */
#include "tests/unit/fs/fs_fixture.h"

#include <stdio.h>

static void expect_path(struct fs *fs, uint64_t ino, const char *want)
{
	char path[FS_PATH_MAX];
	struct rs_view *v;

	assert_int_equal(rs_view_live(fs->store, &v), 0);
	fs_paths_find(&fs->paths, v, ino, path);
	rs_view_put(v);
	assert_string_equal(path, want);
}

/* The name by which it was looked up, below directories that know theirs. */
static void remembers_the_last_name(void **state)
{
	struct fs *fs = *state;
	uint64_t d = fsf_make(fs, FS_INO_BITMAPS, "d", S_IFDIR | 0755);
	uint64_t f = fsf_make(fs, d, "f", S_IFREG | 0644);

	fs_paths_note(&fs->paths, d, "f", f);
	expect_path(fs, f, "/bitmaps/d/f");
	expect_path(fs, d, "/bitmaps/d");
	expect_path(fs, FS_INO_ROOT, "");
}

/* A name that is gone is not believed. */
static void does_not_believe_old_names(void **state)
{
	struct fs *fs = *state;
	uint64_t f = fsf_set(fs, "f");
	char want[64];

	fs_paths_note(&fs->paths, FS_INO_BITMAPS, "f", f);
	assert_int_equal(fs_opens_get(&fs->opens, f), 0);
	assert_int_equal(fsf_unlink(fs, FS_INO_BITMAPS, "f"), 0);
	snprintf(want, sizeof(want), "inode %llu", (unsigned long long)f);
	expect_path(fs, f, want);
	assert_true(fs_opens_put(&fs->opens, f));
}

/* Two numbers in one slot: the newer is known. */
static void slot_keeps_the_newer(void **state)
{
	struct fs *fs = *state;
	uint64_t f = fsf_set(fs, "f");

	fs_paths_note(&fs->paths, FS_INO_BITMAPS, "x", f + FS_PATHS);
	fs_paths_note(&fs->paths, FS_INO_BITMAPS, "f", f);
	expect_path(fs, f, "/bitmaps/f");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(remembers_the_last_name),
		TEST(does_not_believe_old_names),
		TEST(slot_keeps_the_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

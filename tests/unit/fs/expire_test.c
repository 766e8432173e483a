/* SPDX-License-Identifier: Apache-2.0 */
/* expire_test.c - tests fs/expire.c, without its thread. */
#include "tests/unit/fs/fs_fixture.h"

#include <stdio.h>

#include "fs/expire.h"
#include "fs/ours.h"
#include "fs/region.h"

#define SOON_MS 1000u
#define MANY	(FS_PATHS + 200u) /* more than names are remembered */

static void at(struct fs *fs, uint64_t ms)
{
	atomic_store(&fs->clock_ns, (int64_t)ms * 1000000);
}

static void expire(struct fs *fs, uint64_t ino, uint64_t ms)
{
	struct fs_change c;

	if (atomic_load(&fs->clock_ns) == 0)
		at(fs, 1);
	assert_int_equal(fs_change_begin(fs, ino, &c), 0);
	assert_int_equal(fs_change_end(&c, fs_expire_set(c.txn, &c.in, 0, ms)),
			 0);
}

static bool has(struct fs *fs, uint64_t dir, const char *name)
{
	enum rs_kind kind;
	struct rs_view *v;
	uint64_t ino;
	int err;

	assert_int_equal(rs_view_live(fs->store, &v), 0);
	err = fs_lookup(v, fs_clock(fs), dir, name, &ino, &kind);
	rs_view_put(v);
	return err == 0;
}

static bool sweep(struct fs *fs)
{
	bool any = false;

	assert_int_equal(fs_expire_sweep(fs, &any), 0);
	return any;
}

static void say(void *arg, const char *text)
{
	(void)arg;
	print_message("%s\n", text);
}

static void check(struct fs *fs)
{
	struct rs_check_result result;

	assert_int_equal(fs_check_store(fs->store, say, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
}

/* Nothing before the instant; then the name goes and what it led to. */
static void sweep_frees(void **state)
{
	struct fs *fs = *state;
	uint64_t a = fsf_set(fs, "a"), b = fsf_set(fs, "b");

	expire(fs, a, SOON_MS);
	expire(fs, b, SOON_MS + 1);
	at(fs, SOON_MS - 1);
	assert_false(sweep(fs));
	at(fs, SOON_MS);
	assert_false(has(fs, FS_INO_BITMAPS, "a"));
	assert_true(sweep(fs));
	assert_false(fsf_exists(fs, a));
	assert_true(has(fs, FS_INO_BITMAPS, "b"));
	assert_int_equal(fsf_mtime(fs, FS_INO_BITMAPS), SOON_MS * 1000000);
	assert_false(sweep(fs));
	check(fs);
}

/* Those whose names nobody remembers are searched; large ones go, too. */
static void sweep_finds_many(void **state)
{
	static char bytes[200000];
	const struct fs_io io = { .pid = 1 };
	struct fs *fs = *state;
	uint64_t first = 0, ino;
	char name[16];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ino = fsf_make(fs, FS_INO_REGIONS, name, S_IFREG | 0644);
		first = first ? first : ino;
		expire(fs, ino, SOON_MS);
	}
	assert_int_equal(
		fs_region_write(fs, first, &io, 0, bytes, sizeof(bytes)), 0);
	fsf_make(fs, FS_INO_REGIONS, "stays", S_IFREG | 0644);
	at(fs, SOON_MS);
	assert_true(sweep(fs));
	for (unsigned i = 0; i < MANY; i++)
		assert_false(fsf_exists(fs, first + i));
	assert_true(has(fs, FS_INO_REGIONS, "stays"));
	check(fs);
}

/* As after rm: who has it open goes on, and the last close frees it. */
static void open_goes_on(void **state)
{
	struct fs *fs = *state;
	uint64_t ino = fsf_set(fs, "s");
	struct fs_session *s = fsf_open(fs, ino, O_RDWR);

	expire(fs, ino, SOON_MS);
	at(fs, SOON_MS);
	assert_false(sweep(fs));
	assert_int_equal(fsf_append(s, ALICE, "7\n"), 0);
	assert_string_equal(fsf_read(s), "7\n");
	fsf_close(fs, ino, s);
	assert_false(has(fs, FS_INO_BITMAPS, "s"));
	assert_true(sweep(fs));
	assert_false(fsf_exists(fs, ino));
	check(fs);
}

/* A value that was being written when the old one's time came is not lost. */
static void replacing_keeps_it(void **state)
{
	struct fs *fs = *state;
	uint64_t ino = fsf_set(fs, "s");
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY | O_TRUNC);
	struct fs_inode in;

	expire(fs, ino, SOON_MS);
	assert_int_equal(fsf_write(s, ALICE, 0, "7\n"), 0);
	at(fs, SOON_MS);
	assert_false(has(fs, FS_INO_BITMAPS, "s"));
	assert_false(sweep(fs));
	assert_int_equal(fsf_flush(s, ALICE), 0);
	fsf_close(fs, ino, s);
	assert_true(has(fs, FS_INO_BITMAPS, "s"));
	assert_string_equal(fsf_text(fs, ino), "7\n");
	assert_int_equal(fs_node_get(fs, ino, &in), 0);
	assert_int_equal(in.attr.expires_ms, 0);
	assert_false(sweep(fs));
	check(fs);
}

/* cp -a writes, sets the ttl, and closes. */
static void set_before_close_stays(void **state)
{
	const struct fs_ours_change ttl = { "ttl", "2h", 2, 0, 1 };
	struct fs *fs = *state;
	uint64_t ino = fsf_set(fs, "s");
	struct fs_session *s = fsf_open(fs, ino, O_WRONLY);
	char text[FS_OURS_TEXT];

	at(fs, 1);
	assert_int_equal(fsf_write(s, ALICE, 0, "7\n"), 0);
	assert_int_equal(fs_ours_set(fs, ino, &ttl), 0);
	assert_int_equal(fsf_flush(s, ALICE), 0);
	assert_int_equal(fs_ours_get(fs, ino, "ttl", text), 0);
	assert_string_equal(text, "2h");
	fsf_close(fs, ino, s);
	s = fsf_open(fs, ino, O_WRONLY);
	assert_int_equal(fs_ours_set(fs, ino, &ttl), 0);
	assert_int_equal(fsf_write(s, ALICE, 0, "8\n"), 0);
	fsf_close(fs, ino, s);
	assert_int_equal(fs_ours_get(fs, ino, "ttl", text), 0);
	s = fsf_open(fs, ino, O_WRONLY | O_TRUNC);
	fsf_close(fs, ino, s);
	assert_int_equal(fs_ours_get(fs, ino, "ttl", text), -ENODATA);
	check(fs);
}

/* tar makes a file, sets the ttl, and then opens and writes it. */
static void first_content_keeps_it(void **state)
{
	const struct fs_ours_change ttl = { "ttl", "2h", 2, 0, 1 };
	struct fs *fs = *state;
	uint64_t ino = fsf_set(fs, "s");
	char text[FS_OURS_TEXT];
	struct fs_session *s;

	at(fs, 1);
	assert_int_equal(fs_ours_set(fs, ino, &ttl), 0);
	s = fsf_open(fs, ino, O_WRONLY);
	assert_int_equal(fsf_write(s, ALICE, 0, "7\n"), 0);
	fsf_close(fs, ino, s);
	assert_int_equal(fs_ours_get(fs, ino, "ttl", text), 0);
	s = fsf_open(fs, ino, O_WRONLY);
	assert_int_equal(fsf_write(s, ALICE, 0, "8\n"), 0);
	fsf_close(fs, ino, s);
	assert_int_equal(fs_ours_get(fs, ino, "ttl", text), -ENODATA);
	check(fs);
}

/* Adding to it, or cutting it anywhere but at 0, is no new content. */
static void adding_does_not(void **state)
{
	const struct fs_io io = { .pid = 1 };
	struct fs *fs = *state;
	uint64_t s = fsf_set(fs, "s");
	uint64_t r = fsf_make(fs, FS_INO_REGIONS, "r", S_IFREG | 0644);
	struct fs_session *h = fsf_open(fs, s, O_WRONLY);
	struct fs_inode in;

	expire(fs, s, SOON_MS);
	expire(fs, r, SOON_MS);
	assert_int_equal(fsf_append(h, ALICE, "7\n"), 0);
	assert_int_equal(fsf_flush(h, ALICE), 0);
	fsf_close(fs, s, h);
	assert_int_equal(fs_node_get(fs, s, &in), 0);
	assert_int_equal(in.attr.expires_ms, SOON_MS);
	assert_int_equal(fs_region_write(fs, r, &io, 0, "abc", 3), 0);
	assert_int_equal(fs_region_truncate(fs, r, &io, 1), 0);
	assert_int_equal(fs_node_get(fs, r, &in), 0);
	assert_int_equal(in.attr.expires_ms, SOON_MS);
	assert_int_equal(fs_region_truncate(fs, r, &io, 0), 0);
	assert_int_equal(fs_node_get(fs, r, &in), 0);
	assert_int_equal(in.attr.expires_ms, 0);
	check(fs);
}

/* Its name is free for a new file at once, also when somebody has it open. */
static void name_is_cleared(void **state)
{
	struct fs *fs = *state;
	uint64_t ino = fsf_set(fs, "s"), new;
	struct fs_session *s = fsf_open(fs, ino, O_RDWR);

	expire(fs, ino, SOON_MS);
	assert_false(fs_expire_clear(fs, FS_INO_BITMAPS, "s"));
	at(fs, SOON_MS);
	assert_true(fs_expire_clear(fs, FS_INO_BITMAPS, "s"));
	assert_false(fs_expire_clear(fs, FS_INO_BITMAPS, "s"));
	new = fsf_set(fs, "s");
	assert_int_equal(fsf_append(s, ALICE, "7\n"), 0);
	assert_string_equal(fsf_read(s), "7\n");
	fsf_close(fs, ino, s);
	assert_false(fsf_exists(fs, ino));
	assert_string_equal(fsf_text(fs, new), "");
	check(fs);
}

static void directory_is_cleared(void **state)
{
	struct fs *fs = *state;
	uint64_t d = fsf_make(fs, FS_INO_BITMAPS, "d", S_IFDIR | 0755);

	assert_false(fs_expire_hides_first(fs, d));
	expire(fs, fsf_make(fs, d, "a", S_IFREG), SOON_MS);
	expire(fs, fsf_make(fs, d, "b", S_IFREG), SOON_MS);
	assert_false(fs_expire_hides_first(fs, d));
	at(fs, SOON_MS);
	assert_true(fs_expire_hides_first(fs, d));
	fsf_make(fs, d, "c", S_IFREG);
	assert_false(fs_expire_clear_dir(fs, d));
	assert_int_equal(fsf_unlink(fs, d, "c"), 0);
	assert_true(fs_expire_clear_dir(fs, d));
	assert_false(fs_expire_hides_first(fs, d));
	check(fs);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sweep_frees),
		TEST(sweep_finds_many),
		TEST(open_goes_on),
		TEST(replacing_keeps_it),
		TEST(set_before_close_stays),
		TEST(first_content_keeps_it),
		TEST(adding_does_not),
		TEST(name_is_cleared),
		TEST(directory_is_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

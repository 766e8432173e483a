/* SPDX-License-Identifier: Apache-2.0 */
/* salvage_test.c - tests fs/salvage.c, where records are missing. */
#include "fs/ns_check.h"
#include "fs/salvage.h"
#include "regionstore/base/buf.h"
#include "tests/unit/fs/ns_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE	300000u
#define FAR	(8 * RS_CHUNK_SIZE)
#define MEMBERS 20000u

static uint8_t data[SIZE], got[SIZE];

/* --- a store, and what is salvaged of it ---------------------------------- */

static uint64_t make_region(struct ns *n, uint64_t dir, const char *name)
{
	int64_t ino = ns_make(n, dir, name, S_IFREG | 0600);
	static const uint64_t at[] = { 0, FAR };
	static const size_t len[] = { SIZE, RS_PAGE_SIZE };

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 7 + 1);
	for (unsigned i = 0; i < 2; i++) {
		struct fs_inode in = ns_inode(n, (uint64_t)ino);
		struct rs_write *w;
		struct rs_txn *t;

		assert_int_equal(
			rs_write_prepare(n->store, at[i], data, len[i], &w), 0);
		assert_int_equal(rs_txn_begin(n->store, &t), 0);
		assert_int_equal(rs_write_apply(t, in.ino, &in.obj, w), 0);
		assert_int_equal(fs_inode_put(t, &in), 0);
		assert_int_equal(rs_txn_end(t), 0);
		rs_write_drop(w);
	}
	return (uint64_t)ino;
}

static uint64_t make_set(struct ns *n, const char *name)
{
	int64_t ino = ns_make(n, FS_INO_BITMAPS, name, S_IFREG | 0600);
	struct bm_batch b;
	struct bm_db *db;

	assert_int_equal(bm_open(n->store, NULL, &db, NULL), 0);
	bm_batch_init(&b);
	for (uint64_t i = 0; i < MEMBERS; i++)
		assert_int_equal(bm_batch_add(&b, i * 7919), 0);
	assert_int_equal(bm_append(db, (uint64_t)ino, &b, 1), 0);
	bm_batch_finish(&b);
	assert_int_equal(bm_settle_all(db), 0);
	bm_close(db);
	return (uint64_t)ino;
}

static void lose_record(struct ns *n, uint64_t ino)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_object_del(t, ino), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void lose_name(struct ns *n, uint64_t dir, const char *name)
{
	uint8_t key[64] = { RS_KEY_ENTRY };
	struct rs_txn *t;
	size_t len = 9;

	be64_put(key + 1, dir);
	while (*name)
		key[len++] = (uint8_t)*name++;
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_del(t, key, len), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void collect(void *arg, const char *text)
{
	assert_int_equal(buf_append(arg, text, strlen(text)), 0);
	assert_int_equal(buf_append(arg, "\n", 1), 0);
}

struct saved {
	struct rs_store *store;
	struct rs_view *view;
	struct buf text;
};

static struct saved salvage(struct ns *n)
{
	struct saved sd = { .store = mem_store_new() };
	struct fs_salvage sv = { .say = collect, .arg = &sd.text };
	struct rs_check_result result = { 0 };

	assert_int_equal(fs_salvage(n->store, sd.store, &sv), 0);
	assert_true(sv.lost > 0);
	assert_int_equal(buf_append(&sd.text, "", 1), 0);
	assert_int_equal(fs_check_store(sd.store, collect, &sd.text, &result),
			 0);
	if (result.findings)
		fail_msg("findings: %s", (const char *)buf_data(&sd.text));
	assert_int_equal(rs_view_live(sd.store, &sd.view), 0);
	return sd;
}

static void finish(struct saved *sd)
{
	rs_view_put(sd->view);
	mem_store_free(sd->store);
	buf_finish(&sd->text);
}

static uint64_t find(const struct saved *sd, uint64_t top, const char *path)
{
	enum rs_kind kind;
	uint64_t ino;

	if (fs_resolve(sd->view, 1, top, path, &ino, &kind) < 0)
		fail_msg("no '%s', but: %s", path,
			 (const char *)buf_data(&sd->text));
	return ino;
}

static void expect_told(const struct saved *sd, const char *what)
{
	if (!strstr((const char *)buf_data(&sd->text), what))
		fail_msg("not told: '%s', but: %s", what,
			 (const char *)buf_data(&sd->text));
}

static void expect_content(const struct saved *sd, uint64_t ino)
{
	size_t whole = (SIZE + RS_PAGE_SIZE - 1) / RS_PAGE_SIZE * RS_PAGE_SIZE;
	size_t len;

	assert_int_equal(rs_region_read(sd->view, ino, 0, got, SIZE, &len), 0);
	assert_int_equal(len, SIZE);
	assert_memory_equal(got, data, SIZE);
	/* Then zeros, where nothing was and where the last block ends. */
	assert_int_equal(rs_region_read(sd->view, ino, SIZE, got, SIZE, &len),
			 0);
	assert_true(whole > SIZE && got[0] == 0 && got[SIZE - 1] == 0);
	assert_int_equal(rs_region_read(sd->view, ino, FAR, got, SIZE, &len),
			 0);
	assert_int_equal(len, RS_PAGE_SIZE);
	assert_memory_equal(got, data, len);
}

/* --- tests ---------------------------------------------------------------- */

static void a_region_whose_record_is_lost_keeps_its_name(void **state)
{
	struct ns *n = *state;
	uint64_t ino = make_region(n, FS_INO_REGIONS, "a");
	struct saved sd;

	lose_record(n, ino);
	sd = salvage(n);
	expect_told(&sd, "its record is lost");
	assert_int_equal(find(&sd, FS_INO_REGIONS, "a"), ino);
	expect_content(&sd, ino);
	finish(&sd);
}

/* A scratch file lies among sets. */
static void so_does_one_below_bitmaps(void **state)
{
	struct ns *n = *state;
	uint64_t ino = make_region(n, FS_INO_BITMAPS, ".a");
	struct saved sd;

	lose_record(n, ino);
	sd = salvage(n);
	assert_int_equal(find(&sd, FS_INO_BITMAPS, ".a"), ino);
	expect_content(&sd, ino);
	finish(&sd);
}

static void a_region_without_a_name_gets_one(void **state)
{
	struct ns *n = *state;
	uint64_t ino = make_region(n, FS_INO_REGIONS, "a");
	struct saved sd;
	char path[40];

	lose_record(n, ino);
	lose_name(n, FS_INO_REGIONS, "a");
	sd = salvage(n);
	snprintf(path, sizeof(path), "lost+found/%llu",
		 (unsigned long long)ino);
	expect_told(&sd, path);
	assert_int_equal(find(&sd, FS_INO_REGIONS, path), ino);
	expect_content(&sd, ino);
	finish(&sd);
}

/* Segments do not know their set, so what leads to it is of no use. */
static void so_does_a_set_whose_record_is_lost(void **state)
{
	struct ns *n = *state;
	struct saved sd;
	struct bm_view *bv;
	char text[32], *path;
	bool is = false;
	size_t len;

	lose_record(n, make_set(n, "s"));
	sd = salvage(n);
	expect_told(&sd, "'bitmaps/s': is gone: what it led to is lost");
	path = strstr((const char *)buf_data(&sd.text), "lost+found/");
	assert_non_null(path);
	assert_int_equal(sscanf(path, "%31[^']", text), 1);
	assert_int_equal(
		bm_view_open(sd.view, find(&sd, FS_INO_BITMAPS, text), &bv), 0);
	assert_int_equal(bm_contains(bv, 7919 * (MEMBERS - 1), &is), 0);
	assert_true(is);
	assert_int_equal(bm_read_text(bv, 0, text, sizeof(text), &len), 0);
	assert_memory_equal(text, "0\n7919\n15838\n", 13);
	bm_view_close(bv);
	finish(&sd);
}

/* Nor is it anything of a directory, or of a root, what chunks say. */
static void chunks_of_a_root_are_left(void **state)
{
	struct ns *n = *state;
	struct saved sd;

	make_region(n, FS_INO_REGIONS, "a");
	lose_record(n, FS_INO_REGIONS);
	for (uint64_t ino = 0; ino <= FS_INO_REGIONS; ino++) {
		uint8_t key[17] = { RS_KEY_CHUNK };
		struct rs_txn *t;

		be64_put(key + 1, ino);
		assert_int_equal(rs_txn_begin(n->store, &t), 0);
		assert_int_equal(rs_put(t, key, sizeof(key), "x", 1, 0), 0);
		assert_int_equal(rs_txn_end(t), 0);
	}
	sd = salvage(n);
	expect_content(&sd, find(&sd, FS_INO_REGIONS, "a"));
	finish(&sd);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, ns_setup, ns_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_region_whose_record_is_lost_keeps_its_name),
		TEST(so_does_one_below_bitmaps),
		TEST(a_region_without_a_name_gets_one),
		TEST(so_does_a_set_whose_record_is_lost),
		TEST(chunks_of_a_root_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

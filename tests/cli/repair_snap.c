/* SPDX-License-Identifier: Apache-2.0 */
/* repair_snap.c - snapshots are damaged, and stay with what is left of them.
 *
 * The store has four, with changes before and after each, so that they share
 * most pages and each has leaves of its own. Whatever page is damaged: each
 * snapshot and the live tree are as they were, but for what was said to be lost
 * of them; the check finds nothing, and nothing as everything is dropped and
 * removed, in any order; and in the end no page is held by anybody.
 *
 * The same when a repair goes back to an older snapshot and newer ones stay.
 *
 * By default every third page; STEPS=1 is each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/repair.h"
#include "regionstore/base/buf.h"
#include "regionstore/format.h"
#include "regionstore/layout.h"
#include "tests/support/disk.h"
#include "tests/support/facts.h"
#include "tests/support/fill_store.h"
#include "tests/support/mem_store.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#define FILES 90u
#define SNAPS 4u

/* Oldest first. */
static const char *const names[SNAPS] = { "snap", "old", "mid", "new" };

static struct disk *good;
static struct facts live, pasts[SNAPS];

/* --- the store ------------------------------------------------------------ */

static const char *file_name(unsigned i)
{
	static char name[16];

	snprintf(name, sizeof(name), "file%u", i);
	return name;
}

/* Two blocks of one file, which is made if it is not there. */
static void write_file(struct rs_store *s, unsigned i, int byte)
{
	struct fs_new how = { .mode = 0100644, .now_ns = 1 };
	uint8_t data[2 * RS_PAGE_SIZE];
	struct fs_inode in;
	enum rs_kind kind;
	struct rs_write *w;
	struct rs_txn *t;
	int err;

	memset(data, byte, sizeof(data));
	assert_int_equal(rs_write_prepare(s, 0, data, sizeof(data), &w), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	err = fs_lookup(rs_txn_view(t), FS_SHOW_EXPIRED, FS_INO_REGIONS,
			file_name(i), &in.ino, &kind);
	if (err)
		err = fs_make(t, FS_INO_REGIONS, file_name(i), &how, &in);
	else
		err = fs_inode_get(rs_txn_view(t), in.ino, &in);
	assert_int_equal(err, 0);
	assert_int_equal(rs_write_apply(t, in.ino, &in.obj, w), 0);
	assert_int_equal(fs_inode_put(t, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
}

static void write_files(struct rs_store *s, unsigned from, unsigned step,
			int byte)
{
	for (unsigned i = from; i < FILES; i += step)
		write_file(s, i, byte);
}

/* Those that are there. */
static void remove_files(struct rs_store *s, unsigned from, unsigned step)
{
	for (unsigned i = from; i < FILES; i += step) {
		struct rs_txn *t;
		uint64_t orphan;
		int err;

		assert_int_equal(rs_txn_begin(s, &t), 0);
		err = fs_unlink(t, FS_INO_REGIONS, file_name(i), 2, &orphan);
		if (err)
			rs_txn_abort(t);
		else
			assert_int_equal(rs_txn_end(t), 0);
	}
	assert_int_equal(fs_reap_all(s), 0);
}

static void read_live(struct rs_store *s, struct facts *ret)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	facts_read(v, ret);
	rs_view_put(v);
}

/* NULL when it is not there. */
static struct rs_view *view_of(struct rs_store *s, const char *name)
{
	struct rs_snap sn;
	struct rs_view *v;

	if (rs_snap_find(s, name, &sn))
		return NULL;
	assert_int_equal(rs_view_snap(s, sn.id, &v), 0);
	return v;
}

static void read_all(struct rs_store *s)
{
	read_live(s, &live);
	for (unsigned i = 0; i < SNAPS; i++) {
		struct rs_view *v = view_of(s, names[i]);

		facts_read(v, &pasts[i]);
		rs_view_put(v);
	}
}

static void make_store(void)
{
	struct rs_io *io;
	struct rs_store *s;

	good = disk_new();
	io = disk_io(good);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	s = mem_store_open(good, NULL);
	assert_int_equal(fs_format(s, 0, 0, 1), 0);
	fill_store(s);
	write_files(s, 0, 1, 'a');
	assert_int_equal(rs_snap_create(s, "old", NULL), 0);
	write_files(s, 0, 7, 'b');
	assert_int_equal(rs_snap_create(s, "mid", NULL), 0);
	write_files(s, 1, 7, 'c');
	remove_files(s, 2, 7);
	assert_int_equal(rs_snap_create(s, "new", NULL), 0);
	write_files(s, 3, 7, 'd');
	remove_files(s, 4, 7);
	assert_int_equal(rs_sync(s), 0);
	read_all(s);
	/* Or damage to what is new would be a commit that was not finished. */
	assert_int_equal(rs_close(s), 0);
}

/* --- one repair ----------------------------------------------------------- */

static void collect(void *arg, const char *text)
{
	assert_int_equal(buf_append(arg, text, strlen(text)), 0);
	assert_int_equal(buf_append(arg, "\n", 1), 0);
}

static void say(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

static void expect_sound(struct rs_store *s, const char *text)
{
	struct rs_check_result result;

	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(fs_check_store(s, say, NULL, &result), 0);
	if (result.findings)
		fail_msg("findings, after:\n%s", text);
}

/* What was said, to be freed. */
static char *repair(struct disk *d, enum rs_repair_to to, const char *snap)
{
	struct buf b = { 0 };
	struct fs_repair how = {
		.to = to, .snap = snap, .say = collect, .arg = &b
	};
	struct err e = { 0 };
	char *text;

	if (fs_repair_io(disk_io(d), &how, &e))
		fail_msg("cannot be repaired: %s", e.msg);
	assert_int_equal(buf_append(&b, "", 1), 0);
	text = strdup((const char *)buf_data(&b));
	buf_finish(&b);
	if (how.findings)
		expect_sound(mem_store_open(d, NULL), text);
	return text;
}

/* Does a line that begins so speak of that? */
static bool says(const char *text, const char *begin, const char *what)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		const char *at = strncmp(line, begin, strlen(begin)) == 0
					 ? strstr(line, what)
					 : NULL;

		if (at && at < line + len)
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}

/* As it was, or said to be lost: by its path, or where it was in the tree. How
 * many are not as they were. */
static unsigned compare(struct rs_view *v, const struct facts *was,
			const char *begin, const char *text)
{
	unsigned lost = 0;

	for (size_t i = 0; i < was->n; i++) {
		struct fact is = fact_again(v, &was->f[i]);

		if (is.err == was->f[i].err && is.hash == was->f[i].hash)
			continue;
		lost++;
		if (!says(text, begin, was->f[i].path) &&
		    !says(text, begin, "records cannot be read: from"))
			fail_msg("'%s' (%d) %s is not as it was, and nobody "
				 "said so:\n%s",
				 was->f[i].path, was->f[i].kind, begin, text);
	}
	return lost;
}

struct tally {
	unsigned pages, partly, gone;
};

static void compare_all(struct rs_store *s, const char *text, struct tally *t)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	compare(v, &live, "", text);
	rs_view_put(v);
	/* The leaf with their records, of each superblock that can be read. */
	if (says(text, "the list of snapshots", "cannot be read: all"))
		return;
	for (unsigned i = 0; i < SNAPS; i++) {
		char begin[32];

		snprintf(begin, sizeof(begin), "snapshot '%s'", names[i]);
		v = view_of(s, names[i]);
		t->gone += !v;
		if (!v && !says(text, begin, "is given up"))
			fail_msg("'%s' is gone, and nobody said so:\n%s",
				 names[i], text);
		if (v)
			t->partly += compare(v, &pasts[i], begin, text) > 0;
		rs_view_put(v);
	}
}

static void drop(struct rs_store *s, const char *name, const char *text)
{
	int err = rs_snap_drop(s, name);

	if (err != -ENOENT)
		assert_int_equal(err, 0);
	expect_sound(s, text);
}

/* By lot, but with the same lot each time. */
static void drop_all(struct rs_store *s, unsigned lot, const char *text)
{
	struct rs_stats st;

	remove_files(s, lot % 2, 2);
	expect_sound(s, text);
	for (unsigned i = 0; i < SNAPS; i++) {
		drop(s, names[(lot + i * (1 + 2 * (lot / SNAPS % 2))) % SNAPS],
		     text);
		if (i == 1)
			remove_files(s, 0, 1);
	}
	rs_stats(s, &st);
	assert_int_equal(st.snapshots, 0);
	assert_int_equal(st.pinned_bytes, 0);
}

/* --- tests ---------------------------------------------------------------- */

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, RS_PAGE_SIZE - 1) == 0;
}

static void damage(uint64_t page, struct tally *t)
{
	struct disk *d = disk_copy(good);
	struct rs_store *s;
	char *text;

	d->mem[rs_bytes(page) + 1000] ^= 0xff;
	text = repair(d, RS_REPAIR_NEWEST, NULL);
	s = mem_store_open(d, NULL);
	compare_all(s, text, t);
	drop_all(s, (unsigned)page, text);
	rs_abandon(s);
	disk_free(d);
	free(text);
}

/* Of the pages that are not zeros every nth. */
static struct tally damage_each(uint64_t nth)
{
	struct tally t = { 0 };
	uint64_t n = 0;

	for (uint64_t p = RS_GROUP_FIRST + 2; p < good->size / RS_PAGE_SIZE;
	     p++) {
		if (is_zero(good->mem + rs_bytes(p)) || n++ % nth)
			continue;
		t.pages++;
		damage(p, &t);
	}
	return t;
}

static void any_page_may_be_damaged(void **state)
{
	struct tally t = damage_each(rng_steps(3));

	(void)state;
	print_message("%u pages: %u snapshots lost a part, %u all\n", t.pages,
		      t.partly, t.gone);
	assert_true(t.pages > 100 && t.partly > 200);
	assert_int_equal(t.gone, 0);
}

/* Two leaves at once, and branches above them. */
static void any_three_pages_may_be_damaged(void **state)
{
	uint64_t n = good->size / RS_PAGE_SIZE - RS_GROUP_FIRST - 2;
	struct rng lot;

	(void)state;
	rng_init(&lot, rng_seed());
	for (unsigned i = 0; i < 40; i++) {
		struct disk *d = disk_copy(good);
		struct tally t = { 0 };
		struct rs_store *s;
		char *text;

		for (unsigned k = 0; k < 3;) {
			uint64_t p = RS_GROUP_FIRST + 2 + rng_below(&lot, n);

			if (is_zero(d->mem + rs_bytes(p)))
				continue;
			d->mem[rs_bytes(p) + 1000] ^= 0xff;
			k++;
		}
		text = repair(d, RS_REPAIR_NEWEST, NULL);
		s = mem_store_open(d, NULL);
		compare_all(s, text, &t);
		drop_all(s, i, text);
		rs_abandon(s);
		disk_free(d);
		free(text);
	}
}

/* What the older one has and the newer ones have not is freed by it and by the
 * live tree while the newer ones stay. */
static void newer_ones_stay_when_we_go_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8 * SNAPS; i++) {
		unsigned to = i % SNAPS;
		struct disk *d = disk_copy(good);
		char *text = repair(d, RS_REPAIR_SNAPSHOT, names[to]);
		struct rs_store *s = mem_store_open(d, NULL);
		struct facts now = { 0 };

		read_live(s, &now);
		assert_int_equal(now.n, pasts[to].n);
		facts_finish(&now);
		for (unsigned k = 0; k < SNAPS; k++) {
			struct rs_view *v = view_of(s, names[k]);

			assert_int_equal(compare(v, &pasts[k], "-", text), 0);
			rs_view_put(v);
		}
		drop_all(s, i / SNAPS, text);
		rs_abandon(s);
		disk_free(d);
		free(text);
	}
}

/* From one line of the past to the other and back, with snapshots on each. */
static void there_and_back(void **state)
{
	struct disk *d = disk_copy(good);
	struct rs_store *s;

	(void)state;
	free(repair(d, RS_REPAIR_SNAPSHOT, "old"));
	s = mem_store_open(d, NULL);
	write_files(s, 0, 2, 'e');
	assert_int_equal(rs_snap_create(s, "other", NULL), 0);
	remove_files(s, 1, 2);
	assert_int_equal(rs_close(s), 0);
	free(repair(d, RS_REPAIR_SNAPSHOT, "mid"));
	s = mem_store_open(d, NULL);
	remove_files(s, 0, 3);
	expect_sound(s, "back");
	drop(s, "other", "other");
	drop_all(s, 1, "all");
	rs_abandon(s);
	disk_free(d);
}

/* Where the books are of no use to find leaves by: one of the newer ones is
 * lost without its root. */
static void what_went_back_may_be_damaged(void **state)
{
	struct disk *was = good;
	struct rs_store *s;

	(void)state;
	good = disk_copy(was);
	free(repair(good, RS_REPAIR_SNAPSHOT, "old"));
	s = mem_store_open(good, NULL);
	facts_finish(&live);
	live = (struct facts){ 0 };
	read_live(s, &live);
	rs_abandon(s);
	assert_true(damage_each(2 * rng_steps(3)).gone <= 2);
	disk_free(good);
	good = was;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_page_may_be_damaged),
		cmocka_unit_test(any_three_pages_may_be_damaged),
		cmocka_unit_test(newer_ones_stay_when_we_go_back),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_went_back_may_be_damaged),
	};
	int failed;

	make_store();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	facts_finish(&live);
	for (unsigned i = 0; i < SNAPS; i++)
		facts_finish(&pasts[i]);
	disk_free(good);
	return failed;
}

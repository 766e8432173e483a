/* SPDX-License-Identifier: Apache-2.0 */
/* repair_branch.c - branches are damaged, and the leaves below them whole.
 *
 * The store is large enough for three levels of nodes. It has a snapshot that
 * shares most of them, and much was changed after it, so there are leaves that
 * were replaced, some of which the snapshot still has. Whatever branch is
 * damaged, nothing is lost, of the snapshots neither.
 *
 * One block of a file pretends to be a leaf: a true one with other values,
 * which says of itself that it is where the block is. It is never believed.
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
#include "tests/support/test.h"

#define FILES 4000u

static struct disk *good;
static struct facts now;
static uint64_t pasts; /* digest of the snapshots */
static uint8_t forged[RS_PAGE_SIZE];
static uint64_t forged_at; /* the page of the block */

/* --- the store ------------------------------------------------------------ */

static void make_files(struct rs_store *s, const char *name, unsigned n)
{
	struct fs_new how = { .mode = 0100644, .now_ns = 1 };
	struct fs_inode in;
	char text[32];
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%s%u", name, i);
		assert_int_equal(fs_make(t, FS_INO_REGIONS, text, &how, &in),
				 0);
	}
	assert_int_equal(rs_txn_end(t), 0);
}

/* Every third goes. */
static void remove_files(struct rs_store *s, const char *name, unsigned from,
			 unsigned n)
{
	char text[32];
	struct rs_txn *t;
	uint64_t orphan;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	for (unsigned i = from; i < n; i += 3) {
		snprintf(text, sizeof(text), "%s%u", name, i);
		assert_int_equal(fs_unlink(t, FS_INO_REGIONS, text, 2, &orphan),
				 0);
	}
	assert_int_equal(rs_txn_end(t), 0);
}

static void put_forged(struct rs_store *s)
{
	struct fs_new how = { .mode = 0100644, .now_ns = 1 };
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;

	assert_int_equal(rs_write_prepare(s, 0, forged, sizeof(forged), &w), 0);
	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(fs_make(t, FS_INO_REGIONS, "forged", &how, &in), 0);
	assert_int_equal(rs_write_apply(t, in.ino, &in.obj, w), 0);
	assert_int_equal(fs_inode_put(t, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
}

/* The same each time, but for the forged block. */
static void make_store(void)
{
	struct rs_io *io;
	struct rs_store *s;
	struct rs_view *v;

	disk_free(good);
	facts_finish(&now);
	now = (struct facts){ 0 };
	good = disk_new();
	io = disk_io(good);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	s = mem_store_open(good, NULL);
	assert_int_equal(fs_format(s, 0, 0, 1), 0);
	fill_store(s);
	make_files(s, "a", FILES);
	put_forged(s);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(rs_snap_create(s, "large", NULL), 0);
	remove_files(s, "a", 0, FILES / 2);
	assert_int_equal(rs_sync(s), 0);
	make_files(s, "b", 200);
	assert_int_equal(rs_sync(s), 0);
	remove_files(s, "b", 0, 200);
	assert_int_equal(rs_sync(s), 0);
	make_files(s, "c", 1);
	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(rs_view_live(s, &v), 0);
	facts_read(v, &now);
	rs_view_put(v);
	assert_int_equal(snaps_digest(s, &pasts), 0);
	/* Or damage to what is new would be a commit that was not finished. */
	assert_int_equal(rs_close(s), 0);
}

static const struct rs_disk_node *node_at(uint64_t pgno)
{
	return (const void *)(good->mem + rs_bytes(pgno));
}

static bool is_node(uint64_t pgno, unsigned level)
{
	const struct rs_disk_node *h = node_at(pgno);

	return le16_get(h->magic) == RS_NODE_MAGIC && h->tree_id == 1 &&
	       h->level == level && le64_get(h->pgno) == pgno;
}

/* A leaf of inodes in the middle. */
static uint64_t some_leaf(void)
{
	uint64_t n = 0;

	for (uint64_t p = RS_GROUP_FIRST; p < good->size / RS_PAGE_SIZE; p++)
		if (p != forged_at && is_node(p, 0) && ++n == 40)
			return p;
	fail_msg("no leaves");
	return 0;
}

/* Where the block is; then what it has to be in order to pretend. */
static void forge(void)
{
	struct rs_disk_node *h = (void *)forged;
	uint64_t p = RS_GROUP_FIRST;

	memset(forged, 0x5a, sizeof(forged));
	make_store();
	while (memcmp(good->mem + rs_bytes(p), forged, sizeof(forged)) != 0)
		p++;
	forged_at = p;
	memcpy(forged, good->mem + rs_bytes(some_leaf()), sizeof(forged));
	h->pgno = le64_put(forged_at);
	forged[RS_PAGE_SIZE - 200] ^= 1;
	make_store();
	assert_memory_equal(good->mem + rs_bytes(forged_at), forged,
			    sizeof(forged));
}

/* --- one repair ----------------------------------------------------------- */

static void collect(void *arg, const char *text)
{
	assert_int_equal(buf_append(arg, text, strlen(text)), 0);
	assert_int_equal(buf_append(arg, "\n", 1), 0);
}

/* With that page damaged: what was said, to be freed. */
static char *repair(uint64_t page, struct disk **ret_d)
{
	struct buf b = { 0 };
	struct fs_repair how = { .to = RS_REPAIR_NEWEST,
				 .say = collect,
				 .arg = &b };
	struct disk *d = disk_copy(good);
	struct err e = { 0 };
	char *text;

	d->mem[rs_bytes(page) + 1000] ^= 0xff;
	if (fs_repair_io(disk_io(d), &how, &e))
		fail_msg("page %llu: %s", (unsigned long long)page, e.msg);
	assert_int_equal(buf_append(&b, "", 1), 0);
	text = strdup((const char *)buf_data(&b));
	buf_finish(&b);
	if (how.findings)
		fail_msg("findings are left, after:\n%s", text);
	*ret_d = d;
	return text;
}

static unsigned count_lost(struct disk *d)
{
	struct rs_store *s = mem_store_open(d, NULL);
	unsigned lost = 0;
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	for (size_t i = 0; i < now.n; i++) {
		struct fact is = fact_again(v, &now.f[i]);

		lost += is.err != now.f[i].err || is.hash != now.f[i].hash;
	}
	rs_view_put(v);
	rs_abandon(s);
	return lost;
}

static void say(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

static void expect_sound(struct rs_store *s)
{
	struct rs_check_result result;

	assert_int_equal(rs_sync(s), 0);
	assert_int_equal(fs_check_store(s, say, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
}

/* The snapshots are as they were; and the books of who has which page are right
 * also when these go, one after the other. */
static bool has_pasts(struct disk *d, const char *first, const char *second)
{
	struct rs_store *s = mem_store_open(d, NULL);
	uint64_t digest;
	bool same;

	assert_int_equal(snaps_digest(s, &digest), 0);
	same = digest == pasts;
	if (same) {
		remove_files(s, "a", 1, FILES);
		expect_sound(s);
		assert_int_equal(rs_snap_drop(s, first), 0);
		expect_sound(s);
		remove_files(s, "a", 2, FILES);
		assert_int_equal(rs_snap_drop(s, second), 0);
		expect_sound(s);
	}
	rs_abandon(s);
	return same;
}

static void expect_all(uint64_t page, unsigned *found, unsigned *snaps)
{
	struct disk *d;
	char *text = repair(page, &d);
	bool even = page % 2 == 0;

	if (strstr(text, "cannot be read: from") || count_lost(d) ||
	    !has_pasts(d, even ? "snap" : "large", even ? "large" : "snap"))
		fail_msg("branch %llu: something is lost:\n%s",
			 (unsigned long long)page, text);
	*found += strstr(text, "are found again, in ") != NULL;
	*snaps += strstr(text, "all that was below is found again") != NULL;
	free(text);
	disk_free(d);
}

/* --- tests ---------------------------------------------------------------- */

/* Also those that are part of no commit any more: then nothing is found. */
static void any_branch_may_be_damaged(void **state)
{
	unsigned found = 0, snaps = 0;

	(void)state;
	for (uint64_t p = RS_GROUP_FIRST; p < good->size / RS_PAGE_SIZE; p++)
		if (is_node(p, 1) || is_node(p, 2))
			expect_all(p, &found, &snaps);
	assert_true(found >= 3 && snaps >= 3);
}

/* Of the newest commit: it has three levels. */
static uint64_t find_root(void)
{
	uint64_t root = 0;

	for (uint64_t p = RS_GROUP_FIRST; p < good->size / RS_PAGE_SIZE; p++)
		if (is_node(p, 2) &&
		    (!root || le64_get(node_at(p)->birth) >
				      le64_get(node_at(root)->birth)))
			root = p;
	assert_true(root > 0);
	return root;
}

static unsigned long lost_in(const char *text)
{
	const char *at = strstr(text, " records cannot be read: from");

	while (at && at > text && at[-1] != '\n')
		at--;
	return at ? strtoul(at, NULL, 10) : 0;
}

/* What it had is lost, and no more: none of the many leaves that it replaced
 * comes in its place. */
static void a_leaf_that_is_lost_too_is_not_replaced(void **state)
{
	uint64_t root = find_root();
	unsigned live = 0, nth = 0;

	(void)state;
	for (uint64_t p = RS_GROUP_FIRST; p < good->size / RS_PAGE_SIZE; p++) {
		uint8_t was[RS_PAGE_SIZE];
		unsigned long lost, had = le16_get(node_at(p)->count);
		struct disk *d;
		char *text;

		if (p == forged_at || !is_node(p, 0) || nth++ % 16)
			continue;
		memcpy(was, good->mem + rs_bytes(p), sizeof(was));
		memset(good->mem + rs_bytes(p), 0, sizeof(was));
		text = repair(root, &d);
		memcpy(good->mem + rs_bytes(p), was, sizeof(was));
		lost = lost_in(text);
		if (lost && lost != had)
			fail_msg("page %llu: %lu instead of %lu records are "
				 "lost:\n%s",
				 (unsigned long long)p, lost, had, text);
		live += lost > 0;
		free(text);
		disk_free(d);
	}
	assert_true(live > 2 && live < nth);
}

/* Its record is below the same root, and so is what it pretends to be. */
static void what_pretends_to_be_a_leaf_is_found_out(void **state)
{
	struct disk *d;
	char *text = repair(find_root(), &d);

	(void)state;
	assert_null(strstr(text, "contradict"));
	assert_int_equal(count_lost(d), 0);
	free(text);
	disk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_branch_may_be_damaged),
		cmocka_unit_test(a_leaf_that_is_lost_too_is_not_replaced),
		cmocka_unit_test(what_pretends_to_be_a_leaf_is_found_out),
	};
	int failed;

	forge();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	facts_finish(&now);
	disk_free(good);
	return failed;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* salvage_log.c - a ruined store, of which some is in its log alone.
 *
 * After each of some syncs that the log served, what a user sees is noted. Of
 * the disk nothing newer than the commit is kept but the log, and superblocks
 * and all nodes but the leaves are wiped. What was synced is in the new store.
 */
#include <stdlib.h>
#include <string.h>

#include "fs/salvage.h"
#include "regionstore/base/buf.h"
#include "regionstore/format.h"
#include "regionstore/layout.h"
#include "tests/support/disk.h"
#include "tests/support/facts.h"
#include "tests/support/test.h"
#include "tests/support/whole_store.h"

#define SYNCS 4u

static struct disk *ruin;      /* its superblocks and leaves are whole */
static struct disk *committed; /* the same store, after one more commit */
static uint64_t digest[SYNCS + 2];
static uint64_t record[SYNCS]; /* pages */

/* --- the store ------------------------------------------------------------ */

/* The disk as it was, and the log as it is. */
static struct disk *with_log_of(const struct disk *was, const struct disk *is)
{
	struct disk *d = disk_copy(was);

	for (uint64_t p = RS_LOG_FIRST; p < RS_GROUP_FIRST; p++)
		assert_int_equal(disk_write(d, rs_bytes(p),
					    is->mem + rs_bytes(p),
					    RS_PAGE_SIZE),
				 0);
	return d;
}

static void find_records(uint64_t epoch)
{
	uint64_t first = RS_LOG_FIRST + (epoch & 1) * RS_LOG_HALF;
	size_t n = 0;

	for (uint64_t p = first; n < SYNCS && p < first + RS_LOG_HALF; p++)
		if (memcmp(ruin->mem + rs_bytes(p), RS_MAGIC_LOG, 8) == 0)
			record[n++] = p;
	assert_int_equal(n, SYNCS);
}

/* What was made last goes, and what the log says of it must not come back. */
static void go_on(struct mixed *m)
{
	struct bm_batch b;
	enum rs_kind kind;
	struct rs_view *v;
	uint64_t ino;

	assert_int_equal(rs_view_live(m->store, &v), 0);
	assert_int_equal(fs_lookup(v, 1, FS_INO_BITMAPS, "set4", &ino, &kind),
			 0);
	rs_view_put(v);
	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, 10, 3000, BM_REMOVE), 0);
	assert_int_equal(bm_append(m->db, ino, &b, 8), 0);
	bm_batch_finish(&b);
	assert_int_equal(bm_settle_all(m->db), 0);
	mixed_commit_again(m->store);
}

static int make(void **state)
{
	struct disk *d = disk_new(), *was;
	struct rs_stats st;
	struct mixed m;

	(void)state;
	setenv("LOG_PAGES", "128", 1);
	mixed_format(disk_io(d));
	mixed_open(&m, disk_io(d), 1);
	whole_fill(&m);
	assert_int_equal(bm_settle_all(m.db), 0);
	mixed_commit_again(m.store);
	rs_stats(m.store, &st);
	was = disk_copy(d);
	digest[0] = mixed_look(&m);
	for (unsigned i = 1; i <= SYNCS; i++) {
		whole_more(&m, i);
		assert_int_equal(rs_sync(m.store), 0);
		digest[i] = mixed_look(&m);
	}
	ruin = with_log_of(was, d);
	find_records(st.txid);
	go_on(&m);
	digest[SYNCS + 1] = mixed_look(&m);
	mixed_abandon(&m);
	committed = d;
	disk_free(was);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	disk_free(ruin);
	disk_free(committed);
	return 0;
}

/* --- ruin and salvage ----------------------------------------------------- */

/* Of the first four pages those in keep stay. */
static void wipe(struct disk *d, unsigned keep)
{
	for (uint64_t p = 0; p < d->size / RS_PAGE_SIZE; p++) {
		struct rs_disk_node h;

		memcpy(&h, d->mem + rs_bytes(p), sizeof(h));
		if (p < RS_LOG_FIRST ? keep >> p & 1
				     : le16_get(h.magic) != RS_NODE_MAGIC ||
					       (h.level == 0 && h.tree_id == 1))
			continue;
		disk_punch(d, rs_bytes(p), RS_PAGE_SIZE);
	}
}

static void collect(void *arg, const char *text)
{
	assert_int_equal(buf_append(arg, text, strlen(text)), 0);
	assert_int_equal(buf_append(arg, "\n", 1), 0);
}

/* What is lost; what it said is in b, with a 0. */
static uint64_t salvage(struct disk *from, struct disk *to, struct buf *b)
{
	const struct rs_open_opts opts = { 0 };
	struct fs_salvage sv = { .say = collect, .arg = b };
	struct rs_io *io = disk_io(to);
	struct rs_store *old, *new;
	struct err e = { 0 };

	if (rs_salvage_open_io(disk_io(from), collect, b, &old, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(rs_create_io(io, NULL), 0);
	assert_int_equal(rs_open_io(io, &opts, &new, NULL), 0);
	assert_int_equal(fs_salvage(old, new, &sv), 0);
	assert_int_equal(rs_close(new), 0);
	rs_abandon(old);
	assert_int_equal(buf_append(b, "", 1), 0);
	return sv.lost;
}

/* Nothing is wrong with the new store. */
static uint64_t look_at(struct disk *d)
{
	struct rs_check_result result = { 0 };
	struct mixed m = { .now = 1000 };
	struct buf b = { 0 };
	uint64_t is;
	int err;

	assert_int_equal(mixed_reopen(&m, disk_io(d)), 0);
	err = fs_check_store(m.store, collect, &b, &result);
	assert_int_equal(err, 0);
	assert_int_equal(result.findings, 0);
	is = mixed_look(&m);
	assert_int_equal(bm_settle_all(m.db), 0);
	assert_int_equal(mixed_look(&m), is);
	mixed_abandon(&m);
	buf_finish(&b);
	return is;
}

/* text is part of what was said. */
static void expect(struct disk *from, uint64_t want, uint64_t want_lost,
		   const char *text)
{
	struct disk *to = disk_new();
	struct buf b = { 0 };
	uint64_t lost = salvage(from, to, &b);

	if (!strstr((const char *)buf_data(&b), text))
		fail_msg("'%s' is not said in '%s'", text,
			 (const char *)buf_data(&b));
	assert_int_equal(lost, want_lost);
	assert_int_equal(look_at(to), want);
	buf_finish(&b);
	disk_free(to);
}

/* --- tests ---------------------------------------------------------------- */

/* Any of the four pages has the seed. In the other half is a record that the
 * commit has. */
static void what_was_synced_comes_back(void **state)
{
	(void)state;
	for (unsigned page = 0; page < RS_LOG_FIRST; page++) {
		struct disk *d = disk_copy(ruin);

		wipe(d, 1u << page);
		expect(d, digest[SYNCS], 0,
		       "5 records of the log found, of which 5 are used: 16 "
		       "changes, the content of 2 pages");
		disk_free(d);
	}
}

static void without_a_seed_it_is_said(void **state)
{
	struct disk *d = disk_copy(ruin);

	(void)state;
	wipe(d, 0);
	expect(d, digest[0], 5, "5 records of the log cannot be read: what");
	disk_free(d);
}

/* The others are used. */
static void a_record_is_damaged(void **state)
{
	struct disk *d = disk_copy(ruin);

	(void)state;
	d->mem[rs_bytes(record[SYNCS - 1]) + 90] ^= 0xff;
	wipe(d, 1);
	expect(d, digest[SYNCS - 1], 1, "1 records of the log cannot be read");
	disk_free(d);
}

/* Leaves of the commit after it say more. */
static void a_commit_after_it_is_newer(void **state)
{
	struct disk *d = disk_copy(committed);

	(void)state;
	wipe(d, 1);
	expect(d, digest[SYNCS + 1], 0,
	       "5 writes to sets in the log: 5 were in their sets");
	disk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_synced_comes_back),
		cmocka_unit_test(without_a_seed_it_is_said),
		cmocka_unit_test(a_record_is_damaged),
		cmocka_unit_test(a_commit_after_it_is_newer),
	};

	return cmocka_run_group_tests(tests, make, finish);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* repair_log.c - a damaged store whose log holds what no commit has.
 *
 * After each of some syncs that the log served, what a user sees is noted. Then
 * pages are damaged and the store repaired: all that was synced is there, or,
 * when a record of the log was damaged, all before that record.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/repair.h"
#include "regionstore/base/buf.h"
#include "regionstore/layout.h"
#include "tests/support/disk.h"
#include "tests/support/facts.h"
#include "tests/support/mixed_work.h"
#include "tests/support/test.h"
#include "tests/support/whole_store.h"

#define SYNCS 4u

static struct disk *good;
static uint64_t digest[SYNCS + 1]; /* after so many syncs */
static uint64_t record[SYNCS];	   /* pages */

/* --- the store ------------------------------------------------------------ */

static void find_records(uint64_t epoch)
{
	uint64_t first = RS_LOG_FIRST + (epoch & 1) * RS_LOG_HALF;
	size_t n = 0;

	for (uint64_t p = first; p < first + RS_LOG_HALF; p++) {
		struct rs_disk_log d;

		memcpy(&d, good->mem + rs_bytes(p), sizeof(d));
		if (memcmp(d.magic, RS_MAGIC_LOG, sizeof(d.magic)) != 0 ||
		    le64_get(d.epoch) != epoch)
			continue;
		assert_true(n < SYNCS);
		record[n++] = p;
	}
	assert_int_equal(n, SYNCS);
}

static int make_good(void **state)
{
	struct rs_stats was, now;
	struct mixed m;

	(void)state;
	setenv("LOG_PAGES", "128", 1);
	good = disk_new();
	mixed_format(disk_io(good));
	mixed_open(&m, disk_io(good), 1);
	whole_fill(&m);
	assert_int_equal(bm_settle_all(m.db), 0);
	assert_int_equal(rs_snap_create(m.store, "then", NULL), 0);
	whole_more(&m, 9);
	assert_int_equal(rs_sync(m.store), 0); /* in the log */
	assert_int_equal(rs_snap_create(m.store, "now", NULL), 0);
	rs_stats(m.store, &was);
	digest[0] = mixed_look(&m);
	for (unsigned i = 1; i <= SYNCS; i++) {
		whole_more(&m, i);
		assert_int_equal(rs_sync(m.store), 0);
		digest[i] = mixed_look(&m);
	}
	rs_stats(m.store, &now);
	assert_int_equal(now.log_writes, was.log_writes + SYNCS);
	assert_int_equal(now.commits, was.commits);
	mixed_abandon(&m);
	find_records(now.txid);
	return 0;
}

static int free_good(void **state)
{
	(void)state;
	disk_free(good);
	return 0;
}

/* --- damage and repair ---------------------------------------------------- */

static struct disk *damaged(const uint64_t *pages, size_t n)
{
	struct disk *d = disk_copy(good);

	for (size_t i = 0; i < n; i++)
		d->mem[rs_bytes(pages[i]) + 90] ^= 0xff;
	return d;
}

static void collect(void *arg, const char *text)
{
	assert_int_equal(buf_append(arg, text, strlen(text)), 0);
	assert_int_equal(buf_append(arg, "\n", 1), 0);
}

/* What it said is in b, with a 0. */
static void repair(struct disk *d, enum rs_repair_to to, struct buf *b)
{
	struct fs_repair how = {
		.to = to, .snap = WHOLE_SNAP, .say = collect, .arg = b
	};
	struct err e = { 0 };

	if (fs_repair_io(disk_io(d), &how, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(how.findings, 0);
	assert_int_equal(buf_append(b, "", 1), 0);
}

static void open_and_check(struct disk *d, const uint64_t *want)
{
	struct rs_check_result result = { 0 };
	struct mixed m = { .now = 1000 };
	struct buf b = { 0 };
	int err;

	assert_int_equal(mixed_reopen(&m, disk_io(d)), 0);
	if (want)
		assert_int_equal(mixed_look(&m), *want);
	assert_int_equal(bm_settle_all(m.db), 0);
	assert_int_equal(rs_sync(m.store), 0);
	err = fs_check_store(m.store, collect, &b, &result);
	assert_int_equal(err, 0);
	assert_int_equal(result.findings, 0);
	buf_finish(&b);
	mixed_abandon(&m);
}

static void expect(struct disk *d, uint64_t want)
{
	open_and_check(d, &want);
}

static void expect_sound(struct disk *d)
{
	open_and_check(d, NULL);
}

static void expect_refused(struct disk *d, const char *text)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_io *io = disk_io(d);
	struct err e = { 0 };
	struct rs_store *s;

	assert_int_equal(rs_open_io(io, &opts, &s, &e), -EBADMSG);
	assert_non_null(strstr(e.msg, text));
	io->ops->close(io);
}

/* --- tests ---------------------------------------------------------------- */

static void expect_nothing_lost(const uint64_t *pages, size_t n)
{
	struct disk *d = damaged(pages, n);
	struct buf b = { 0 };

	repair(d, RS_REPAIR_AUTO, &b);
	assert_string_equal((const char *)buf_data(&b), "");
	expect(d, digest[SYNCS]);
	buf_finish(&b);
	disk_free(d);
}

static void a_sound_log_is_kept(void **state)
{
	(void)state;
	expect_nothing_lost(NULL, 0);
}

static void bitmaps_are_damaged(void **state)
{
	static const uint64_t pages[] = { RS_GROUP_FIRST, RS_GROUP_FIRST + 1 };

	(void)state;
	expect_nothing_lost(pages, 2);
}

static void a_record_is_damaged(void **state)
{
	(void)state;
	for (unsigned i = 0; i + 1 < SYNCS; i++) {
		struct disk *d = damaged(&record[i], 1);
		struct buf b = { 0 };
		char text[64];

		snprintf(text, sizeof(text), "record %u of the log is damaged",
			 i + 1);
		expect_refused(d, "a record of the log is damaged");
		repair(d, RS_REPAIR_AUTO, &b);
		assert_non_null(strstr((const char *)buf_data(&b), text));
		expect(d, digest[i]);
		buf_finish(&b);
		disk_free(d);
	}
}

/* Nobody was told that it is durable, as far as anybody can know. */
static void the_last_record_is_damaged(void **state)
{
	struct disk *d = damaged(&record[SYNCS - 1], 1);

	(void)state;
	expect(d, digest[SYNCS - 1]);
	disk_free(d);
}

static void a_snapshot_has_no_log(void **state)
{
	struct disk *d = damaged(NULL, 0);
	struct mixed m = { .now = 1000 };
	struct buf b = { 0 };

	(void)state;
	repair(d, RS_REPAIR_SNAPSHOT, &b);
	assert_non_null(
		strstr((const char *)buf_data(&b), "so is what the log holds"));
	assert_int_equal(mixed_reopen(&m, disk_io(d)), 0);
	assert_int_not_equal(mixed_look(&m), digest[0]);
	assert_int_not_equal(mixed_look(&m), digest[SYNCS]);
	mixed_abandon(&m);
	buf_finish(&b);
	disk_free(d);
}

/* What was in the log of the commit before comes back with it. */
static void the_previous_commit_has_its_own(void **state)
{
	struct disk *d = damaged(NULL, 0);
	struct buf b = { 0 };

	(void)state;
	repair(d, RS_REPAIR_PREVIOUS, &b);
	assert_non_null(strstr((const char *)buf_data(&b),
			       "those stay that are in the log"));
	expect(d, digest[0]);
	buf_finish(&b);
	disk_free(d);
}

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, RS_PAGE_SIZE - 1) == 0;
}

/* What is lost may be needed by the log: then that is said, too. */
static void any_page_is_damaged(void **state)
{
	unsigned said = 0, whole = 0;

	(void)state;
	for (uint64_t p = RS_GROUP_FIRST; p < good->size / RS_PAGE_SIZE; p++) {
		struct buf b = { 0 };
		struct disk *d;

		if (is_zero(good->mem + rs_bytes(p)))
			continue;
		d = damaged(&p, 1);
		repair(d, RS_REPAIR_AUTO, &b);
		if (b.len > 1) {
			said++;
			expect_sound(d);
		} else {
			whole++;
			expect(d, digest[SYNCS]);
		}
		buf_finish(&b);
		disk_free(d);
	}
	print_message("%u pages gave something up, %u nothing\n", said, whole);
	assert_true(said > 5 && whole > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_log_is_kept),
		cmocka_unit_test(bitmaps_are_damaged),
		cmocka_unit_test(a_record_is_damaged),
		cmocka_unit_test(the_last_record_is_damaged),
		cmocka_unit_test(a_snapshot_has_no_log),
		cmocka_unit_test(any_page_is_damaged),
		cmocka_unit_test(the_previous_commit_has_its_own),
	};

	return cmocka_run_group_tests(tests, make_good, free_good);
}

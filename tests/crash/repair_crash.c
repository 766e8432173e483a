/* SPDX-License-Identifier: Apache-2.0 */
/* repair_crash.c - the power fails while a store is repaired.
 *
 * A byte of a page is turned, and the store repaired. Whatever a power cut
 * leaves of that repair is repaired again, as whoever finds it would: then the
 * check finds nothing, and everything is there that the first repair, had it
 * come to its end, would have kept, in the snapshot too. The same when any call
 * of the repair fails.
 *
 * By default some pages by lot and some pairs of pages; STEPS=0 is each page.
 * SEED= draws others.
 */
#include "fs/ns.h"
#include "fs/repair.h"
#include "regionstore/layout.h"
#include "tests/support/crash_window.h"
#include "tests/support/facts.h"
#include "tests/support/fill_store.h"
#include "tests/support/mem_store.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNITS	  6u
#define LOTS	  2u
#define PLACE	  1000u /* in a page: inside of what is hashed */
#define PAGES_MAX 4096u

static struct disk *good;
static uint64_t used[PAGES_MAX]; /* pages that are not all zeros */
static size_t n_used;
static uint64_t n_damages; /* 0: all */
static struct rng lot;

/* What was damaged, and what is left after a repair without a power cut. */
struct trial {
	const uint64_t *pages;
	size_t n;
	struct facts kept;
	struct facts past; /* of the snapshot, if it stayed */
	uint64_t images;
};

/* --- a store, damaged ----------------------------------------------------- */

static struct rs_store *open_with_log(struct disk *d, unsigned log_pages)
{
	const struct rs_open_opts opts = { .log_pages = log_pages };

	return mem_store_open(d, &opts);
}

static struct rs_store *open_disk(struct disk *d)
{
	return open_with_log(d, 0);
}

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, RS_PAGE_SIZE - 1) == 0;
}

static void find_used(void)
{
	for (uint64_t p = 0; p < good->size / RS_PAGE_SIZE; p++) {
		if (is_zero(good->mem + rs_bytes(p)))
			continue;
		assert_true(n_used < PAGES_MAX);
		used[n_used++] = p;
	}
}

static void make_file(struct rs_store *s, const char *name)
{
	struct fs_new n = { .mode = 0100644, .now_ns = 1 };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(s, &t), 0);
	assert_int_equal(fs_make(t, FS_INO_REGIONS, name, &n, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(rs_sync(s), 0);
}

/* Durable in the log alone, behind the commit that settles what was found. */
static void add_to_log(void)
{
	struct rs_store *s = open_with_log(good, RS_LOG_PAGES);
	struct rs_stats st;

	make_file(s, "settled");
	make_file(s, "logged");
	make_file(s, "logged too");
	rs_stats(s, &st);
	assert_int_equal(st.log_writes, 2);
	rs_abandon(s);
}

static void make_good(void)
{
	struct rs_io *io;
	struct rs_store *s;

	good = disk_new();
	io = disk_io(good);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	s = open_disk(good);
	assert_int_equal(fs_format(s, 0, 0, 1), 0);
	fill_store(s);
	assert_int_equal(rs_sync(s), 0);
	make_file(s, "last");
	rs_abandon(s);
	add_to_log();
	find_used();
}

static struct disk *damaged(const struct trial *t)
{
	struct disk *d = disk_copy(good);

	for (size_t i = 0; i < t->n; i++) {
		uint64_t at = t->pages[i] < RS_GROUP_FIRST ? 90 : PLACE;

		d->mem[rs_bytes(t->pages[i]) + at] ^= 0xff;
	}
	return d;
}

/* --- repairing ------------------------------------------------------------ */

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static int repair(struct rs_io *io, struct err *e)
{
	struct fs_repair how = { .say = nothing };
	int err = fs_repair_io(io, &how, e);

	if (!how.opened)
		io->ops->close(io);
	if (!err && how.findings)
		return err_set(e, -EUCLEAN, "%llu findings are left",
			       (unsigned long long)how.findings);
	return err;
}

static void say(void *arg, const char *text)
{
	(void)arg;
	print_error("%s\n", text);
}

/* It opens and is sound. */
static struct rs_store *open_repaired(struct disk *d)
{
	struct rs_store *s = open_disk(d);
	struct rs_check_result result;

	assert_int_equal(fs_check_store(s, say, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
	return s;
}

/* NULL when it was given up. */
static struct rs_view *past_of(struct rs_store *s)
{
	struct rs_view *v = NULL;
	struct rs_snap *list;
	size_t n;

	assert_int_equal(rs_snap_list(s, &list, &n), 0);
	if (n)
		assert_int_equal(rs_view_snap(s, list[0].id, &v), 0);
	free(list);
	return v;
}

static void read_kept(struct trial *t)
{
	struct disk *d = damaged(t);
	struct err e = { 0 };
	struct rs_store *s;
	struct rs_view *v;

	if (repair(disk_io(d), &e))
		fail_msg("page %llu: %s", (unsigned long long)t->pages[0],
			 e.msg);
	s = open_repaired(d);
	assert_int_equal(rs_view_live(s, &v), 0);
	facts_read(v, &t->kept);
	assert_int_equal(t->kept.err, 0);
	rs_view_put(v);
	v = past_of(s);
	if (v)
		facts_read(v, &t->past);
	rs_view_put(v);
	rs_abandon(s);
	disk_free(d);
}

/* Contents, for a directory that was made anew is as old as the repair. */
static void expect_past(const struct trial *t, struct rs_store *s,
			const struct crash *c)
{
	struct rs_view *v = past_of(s);

	for (size_t i = 0; i < t->past.n; i++) {
		const struct fact *was = &t->past.f[i];
		struct fact is;

		if (was->kind != FACT_CONTENT)
			continue;
		is = v ? fact_again(v, was) : (struct fact){ .err = -ENOENT };
		if (is.err != was->err || is.hash != was->hash)
			fail_msg("page %llu, op %llu, %s: '%s' of the snapshot "
				 "is lost",
				 (unsigned long long)t->pages[0],
				 (unsigned long long)c->at, c->how, was->path);
	}
	rs_view_put(v);
}

static void expect_kept(const struct trial *t, struct disk *d,
			const struct crash *c)
{
	struct rs_store *s = open_repaired(d);
	struct rs_view *v;

	assert_int_equal(rs_view_live(s, &v), 0);
	for (size_t i = 0; i < t->kept.n; i++) {
		const struct fact *was = &t->kept.f[i];
		struct fact is = fact_again(v, was);

		if (is.err != was->err || is.hash != was->hash)
			fail_msg("page %llu, op %llu, %s: '%s' (%d) is lost",
				 (unsigned long long)t->pages[0],
				 (unsigned long long)c->at, c->how, was->path,
				 was->kind);
	}
	rs_view_put(v);
	expect_past(t, s, c);
	rs_abandon(s);
}

/* For crash_each(). */
static void judge(void *arg, const struct crash *c)
{
	struct trial *t = arg;
	struct err e = { 0 };

	t->images++;
	if (repair(disk_io(c->disk), &e))
		fail_msg("page %llu, op %llu, %s: %s",
			 (unsigned long long)t->pages[0],
			 (unsigned long long)c->at, c->how, e.msg);
	expect_kept(t, c->disk, c);
	disk_free(c->disk);
}

/* --- trials --------------------------------------------------------------- */

static void cut_everywhere(struct trial *t, struct crash_count *count)
{
	const struct crash_plan plan = {
		.units = UNITS, .lots = LOTS, .rng = &lot, .fn = judge, .arg = t
	};
	struct disk *d = damaged(t);
	struct fault *f = fault_new(d);

	assert_int_equal(repair(fault_io(f), NULL), 0);
	crash_each(f, &plan, count);
	fault_free(f);
	disk_free(d);
}

/* Each call in turn, until a run has fewer; the disk goes on to work. */
static uint64_t fail_everywhere(struct trial *t)
{
	uint64_t n = 0;
	bool hit = true;

	while (hit) {
		struct disk *d = damaged(t);
		struct fault *f = fault_new(d);
		struct err e = { 0 };
		int err;

		fault_fail(f, ++n, FAULT_EIO, false);
		err = repair(fault_io(f), &e);
		hit = fault_hits(f) > 0;
		if (err && !hit)
			fail_msg("page %llu: %s",
				 (unsigned long long)t->pages[0], e.msg);
		fault_free(f);
		judge(t,
		      &(struct crash){ .disk = d, .at = n, .how = "failed" });
	}
	return n;
}

static void try(const uint64_t *pages, size_t n, bool fail,
		struct crash_count *count)
{
	struct trial t = { .pages = pages, .n = n };

	read_kept(&t);
	if (fail)
		fail_everywhere(&t);
	else
		cut_everywhere(&t, count);
	count->images = count->images + (fail ? t.images : 0);
	facts_finish(&t.kept);
	facts_finish(&t.past);
}

/* --- the tests ------------------------------------------------------------ */

static uint64_t page_by_lot(void)
{
	return used[rng_below(&lot, n_used)];
}

static void say_count(const struct crash_count *count)
{
	printf("%llu disks, each repaired again\n",
	       (unsigned long long)count->images);
}

static void any_page_damaged(void **state)
{
	struct crash_count count = { 0 };
	uint64_t n = n_damages ? n_damages : n_used;

	(void)state;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t page = n_damages ? page_by_lot() : used[i];

		try(&page, 1, false, &count);
	}
	say_count(&count);
}

/* Header and superblocks, bitmaps of both slots. */
static void what_leads_to_the_rest_damaged(void **state)
{
	static const uint64_t sets[][2] = {
		{ 0, 1 },
		{ 0, 2 },
		{ 1, 3 },
		{ 2, 3 },
		{ RS_GROUP_FIRST, RS_GROUP_FIRST + 1 },
	};
	struct crash_count count = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		try(sets[i], 2, false, &count);
	say_count(&count);
}

static void any_call_fails(void **state)
{
	struct crash_count count = { 0 };
	uint64_t n = n_damages ? n_damages / 2 : n_used;

	(void)state;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t page = n_damages ? page_by_lot() : used[i];

		try(&page, 1, true, &count);
	}
	say_count(&count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_page_damaged),
		cmocka_unit_test(what_leads_to_the_rest_damaged),
		cmocka_unit_test(any_call_fails),
	};
	int failed;

	rng_init(&lot, rng_seed());
	n_damages = rng_steps(10);
	make_good();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	disk_free(good);
	return failed;
}

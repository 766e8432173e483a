/* SPDX-License-Identifier: Apache-2.0 */
/* broken_crash.c - the tests can fail: each broken store is caught.
 *
 * This program has its own copy of those files of the store that can be told
 * to neglect a duty (regionstore/broken.h). The ops of ace.h, crashed as
 * ace_crash does, and the damage of flip_crash must then lead to violations,
 * and to none when nothing is broken. It works on disks that break their word
 * as well.
 *
 * SEED= chooses what is drawn. Damage ends at the first violation.
 */
#include "regionstore/broken.h"
#include "regionstore/layout.h"
#include "tests/support/ace.h"
#include "tests/support/crash_judge.h"
#include "tests/support/flip.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNITS  8u
#define FLIPS  500u
#define BITS   4u
#define N_OPS  5u
#define ROUNDS 3u
#define CALLS  9u /* that a sync makes, and more */

enum rs_break rs_broken;

static struct crash_base base;
static struct flip_original orig;
static uint64_t seed;

/* --- power cuts ----------------------------------------------------------- */

static size_t op_of(const char *name)
{
	for (size_t i = 0; i < ace_n_ops; i++)
		if (strcmp(ace_ops[i].name, name) == 0)
			return i;
	fail_msg("no op %s", name);
	return 0;
}

static void judge_run(struct crash_run *r, struct judge *j)
{
	struct crash_count count = { 0 };
	struct rng lot;
	const struct crash_plan plan = { .units = j->older ? 0 : UNITS,
					 .lots = j->older ? 0 : 1,
					 .rng = &lot,
					 .fn = judge_each,
					 .arg = j };

	rng_init(&lot, seed);
	judge_start(j, &r->tl, NULL);
	crash_each(r->fault, &plan, &count);
}

/* Next to no page is free, so those that are freed are used again at once. */
static void fill(struct crash_run *r)
{
	r->disk->cap = r->disk->size;
	for (size_t len = 1u << 20; len >= 16384; len /= 2)
		while (ace_write_more(r, len) == 0)
			;
	assert_int_equal(crash_run_sync(r), 0);
}

/* Op after op, a sync after each. */
static void cut_power(enum fault_lie lie, struct judge *j)
{
	static const char *const ops[N_OPS] = {
		"region overwrite", "set append", "region append", "chmod",
		"set replace",
	};
	struct crash_run r;

	crash_run_start(&r, &base, seed);
	if (j->older)
		fill(&r);
	fault_lie(r.fault, lie);
	for (size_t i = 0; i < (j->older ? 1 : ROUNDS) * N_OPS; i++) {
		ace_do(&r, op_of(ops[i % N_OPS]));
		crash_run_sync(&r);
	}
	crash_run_stop(&r);
	judge_run(&r, j);
	crash_run_finish(&r);
}

/* A call of a sync fails, and what should have been written then never is. */
static void lose_syncs(struct judge *j)
{
	for (uint64_t n = 1; n <= CALLS; n++) {
		struct crash_run r;

		crash_run_start(&r, &base, seed);
		ace_do(&r, op_of("chmod"));
		assert_int_equal(crash_run_sync(&r), 0);
		fault_lose(r.fault, LOSS_DISK);
		ace_do(&r, op_of("region overwrite"));
		ace_do(&r, op_of("set append"));
		fault_fail(r.fault, n, FAULT_EIO, false);
		crash_run_sync(&r);
		fault_fail(r.fault, 0, FAULT_EIO, false);
		crash_run_sync(&r);
		crash_run_stop(&r);
		judge_run(&r, j);
		crash_run_finish(&r);
	}
}

/* The process dies at each op, and the next one syncs. */
static void die(struct judge *j)
{
	struct crash_run r, next;

	crash_run_start(&r, &base, seed);
	ace_do(&r, op_of("region overwrite"));
	assert_int_equal(crash_run_sync(&r), 0);
	crash_run_stop(&r);
	for (uint64_t n = 0; n <= fault_ops(r.fault); n++) {
		crash_run_die(&r, n, &next);
		assert_int_equal(crash_run_sync(&next), 0);
		crash_run_stop(&next);
		judge_run(&next, j);
		crash_run_finish(&next);
	}
	crash_run_finish(&r);
}

static void say(const char *what, uint64_t bad, uint64_t of)
{
	printf("%-40s %llu of %llu trials bad\n", what, (unsigned long long)bad,
	       (unsigned long long)of);
}

static uint64_t cuts(const char *what, enum rs_break broken, enum fault_lie lie,
		     bool older)
{
	struct judge j = { .quiet = broken || lie, .older = older };

	rs_broken = broken;
	cut_power(lie, &j);
	rs_broken = RS_BREAK_NONE;
	say(what, j.bad, j.images);
	judge_finish(&j);
	return j.bad;
}

static uint64_t deaths(const char *what, enum rs_break broken)
{
	struct judge j = { .quiet = broken != RS_BREAK_NONE };

	rs_broken = broken;
	die(&j);
	rs_broken = RS_BREAK_NONE;
	say(what, j.bad, j.images);
	judge_finish(&j);
	return j.bad;
}

static uint64_t losses(const char *what, enum rs_break broken)
{
	struct judge j = { .quiet = broken != RS_BREAK_NONE };

	rs_broken = broken;
	lose_syncs(&j);
	rs_broken = RS_BREAK_NONE;
	say(what, j.bad, j.images);
	judge_finish(&j);
	return j.bad;
}

/* --- damage --------------------------------------------------------------- */

static uint64_t flips(const char *what, enum rs_break broken)
{
	struct flip_tally tally = { .quiet = broken != RS_BREAK_NONE };
	unsigned bits = broken ? BITS : 1;
	struct rng r;

	rng_init(&r, seed);
	rs_broken = broken;
	for (unsigned i = 0; i < FLIPS && !tally.bad; i++)
		flip_byte(&orig,
			  orig.used[rng_below(&r, orig.n_used)] *
					  (uint64_t)RS_PAGE_SIZE +
				  rng_below(&r, RS_PAGE_SIZE),
			  (uint8_t)(1 + rng_below(&r, 255)), &tally);
	if (!tally.bad)
		flip_bitmaps(&orig, &tally);
	for (unsigned bit = 0; bit < bits && !tally.bad; bit++)
		flip_supers(&orig, (uint8_t)(1u << bit), &tally);
	rs_broken = RS_BREAK_NONE;
	say(what, tally.bad, tally.trials);
	return tally.bad;
}

/* --- the tests ------------------------------------------------------------ */

static void a_sound_store_passes(void **state)
{
	(void)state;
	assert_int_equal(cuts("sound, power cuts", 0, LIE_NONE, false), 0);
	assert_int_equal(cuts("sound, a commit lost", 0, LIE_NONE, true), 0);
	assert_int_equal(deaths("sound, processes that die", 0), 0);
	assert_int_equal(losses("sound, syncs that fail", 0), 0);
	assert_int_equal(flips("sound, damage", 0), 0);
}

static void flushes_that_are_dropped_are_noticed(void **state)
{
	(void)state;
	assert_true(cuts("flush dropped", 0, LIE_SYNC, false) > 0);
}

static void superblocks_before_their_data_are_noticed(void **state)
{
	(void)state;
	assert_true(cuts("superblock first", 0, LIE_ORDER, false) > 0);
	assert_true(cuts("superblock believed", RS_BREAK_MANIFEST, LIE_NONE,
			 false) > 0);
}

static void a_sync_that_is_tried_again_is_noticed(void **state)
{
	(void)state;
	setenv("LOG_PAGES", "0", 1);
	assert_true(losses("sync tried again", RS_BREAK_ANEW) > 0);
	unsetenv("LOG_PAGES");
}

static void building_on_what_is_not_synced_is_noticed(void **state)
{
	(void)state;
	/* What the log has is on the disk when the process dies. */
	setenv("LOG_PAGES", "0", 1);
	assert_true(deaths("no sync at opening", RS_BREAK_SETTLE) > 0);
	unsetenv("LOG_PAGES");
}

static void torn_records_of_the_log_are_noticed(void **state)
{
	(void)state;
	assert_true(cuts("log believed", RS_BREAK_LOG, LIE_NONE, false) > 0);
}

static void no_quarantine_is_noticed(void **state)
{
	(void)state;
	assert_true(cuts("quarantine off", RS_BREAK_QUARANTINE, LIE_NONE,
			 true) > 0);
}

static void each_checksum_that_is_off_is_noticed(void **state)
{
	(void)state;
	assert_true(flips("nodes not verified", RS_BREAK_NODE) > 0);
	assert_true(flips("payloads not verified", RS_BREAK_PAYLOAD) > 0);
	assert_true(flips("blocks not verified", RS_BREAK_BLOCK) > 0);
	assert_true(flips("bitmaps not verified", RS_BREAK_BITMAP) > 0);
	assert_true(flips("superblocks not verified", RS_BREAK_SUPER) > 0);
}

static int setup(void **state)
{
	(void)state;
	ace_base_make(&base);
	flip_original_make(&orig);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ace_base_finish(&base);
	flip_original_finish(&orig);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_store_passes),
		cmocka_unit_test(flushes_that_are_dropped_are_noticed),
		cmocka_unit_test(superblocks_before_their_data_are_noticed),
		cmocka_unit_test(a_sync_that_is_tried_again_is_noticed),
		cmocka_unit_test(building_on_what_is_not_synced_is_noticed),
		cmocka_unit_test(torn_records_of_the_log_are_noticed),
		cmocka_unit_test(no_quarantine_is_noticed),
		cmocka_unit_test(each_checksum_that_is_off_is_noticed),
	};

	seed = rng_seed();
	return cmocka_run_group_tests(tests, setup, teardown);
}

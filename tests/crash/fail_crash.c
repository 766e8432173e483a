/* SPDX-License-Identifier: Apache-2.0 */
/* fail_crash.c - every op, and any call of it fails.
 *
 * Each op of ace.h runs with a sync behind it, and the n-th write, sync,
 * allocation or resize of the disk fails with EIO, with ENOSPC or half done,
 * or the n-th malloc does; that one alone, or one more soon after it, or all
 * from it on. Where it says lost, what a failed sync left out never gets to the
 * disk, whatever later syncs say. For each n up to the last:
 *
 *   whoever called is told an errno that does not say the store is damaged
 *   what could be seen before can be seen still
 *   either the store goes on: another change and its sync succeed
 *   or it is in its ERROR state: each change is -EIO, and it says why
 *   after one write or sync of a commit that failed it does go on
 *   after a power cut as after a mere restart the check finds nothing, and
 *   all is there that was acknowledged
 *
 * By default STEPS= (4) places by lot in each way to fail for each op, after
 * SEED=; STEPS=0 is all.
 */
#include "tests/support/ace.h"
#include "tests/support/crash_judge.h"
#include "tests/support/facts.h"
#include "tests/support/oom.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* A way to fail. */
struct way {
	const char *what;
	bool memory;
	enum fault_kind kind;
	bool always;
	bool twice;
	enum fault_loss loss;
};

static const struct way ways[] = {
	{ .what = "EIO once", .kind = FAULT_EIO },
	{ .what = "EIO from then on", .kind = FAULT_EIO, .always = true },
	{ .what = "EIO and lost, once", .kind = FAULT_EIO, .loss = LOSS_DISK },
	{ .what = "EIO and lost, twice",
	  .kind = FAULT_EIO,
	  .twice = true,
	  .loss = LOSS_DISK },
	{ .what = "ENOSPC once", .kind = FAULT_ENOSPC },
	{ .what = "ENOSPC from then on", .kind = FAULT_ENOSPC, .always = true },
	{ .what = "half a write once", .kind = FAULT_SHORT },
	{ .what = "memory once", .memory = true },
	{ .what = "memory from then on", .memory = true, .always = true },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

struct totals {
	struct judge *judge;
	struct crash_count count;
	uint64_t runs, hits, errors, went_on, anew;
};

static struct crash_base base;
static uint64_t seed, steps;

static size_t op_of(const char *name)
{
	for (size_t i = 0; i < ace_n_ops; i++)
		if (strcmp(ace_ops[i].name, name) == 0)
			return i;
	fail_msg("no op %s", name);
	return 0;
}

/* --- failing -------------------------------------------------------------- */

#define GAP_MAX 12u

static void arm(struct crash_run *r, const struct way *w, uint64_t n)
{
	struct rng lot;

	rng_init(&lot, seed + n);
	if (w->loss)
		fault_lose(r->fault, w->loss);
	if (w->memory)
		oom_fail(n, w->always);
	else if (w->twice)
		fault_fail_twice(r->fault, n, 1 + rng_below(&lot, GAP_MAX),
				 w->kind);
	else
		fault_fail(r->fault, n, w->kind, w->always);
}

static uint64_t disarm(struct crash_run *r)
{
	uint64_t hits = oom_hits() + fault_hits(r->fault);

	oom_fail(0, false);
	fault_fail(r->fault, 0, FAULT_EIO, false);
	return hits;
}

/* What was seen last can be read, whatever happened. */
static void reads_go_on(struct crash_run *r)
{
	assert_int_equal(crash_run_live(r),
			 r->tl.states[r->tl.n_states - 1].live);
}

/* A single failure ends it only where there is nothing to be written again:
 * opening did not know what is on the disk, or there was no room. */
static bool may_end(const struct way *w, const struct rs_stats *st)
{
	return w->always || w->twice || strstr(st->error_text, "found") ||
	       strstr(st->error_text, "free space");
}

/* With nothing failing any more. */
static void goes_on_or_says_why(struct crash_run *r, const struct way *w,
				struct totals *sum)
{
	struct rs_stats stats;
	int err = ace_do(r, op_of("create scratch"));

	rs_stats(r->m.store, &stats);
	if (stats.error) {
		assert_int_equal(err, -EIO);
		assert_true(stats.error_text[0] != '\0');
		assert_true(may_end(w, &stats));
		assert_int_equal(crash_run_sync(r), -EIO);
		sum->errors++;
		return;
	}
	assert_true(err == 0 || err == -EEXIST);
	assert_int_equal(crash_run_sync(r), 0);
	sum->went_on++;
	sum->anew += stats.anew > 0;
}

static void judge_run(struct crash_run *r, struct totals *sum, const char *what)
{
	struct rng lot;
	const struct crash_plan plan = { .units = 3,
					 .lots = 0,
					 .rng = &lot,
					 .fn = judge_each,
					 .arg = sum->judge };

	rng_init(&lot, seed);
	judge_start(sum->judge, &r->tl, what);
	crash_each(r->fault, &plan, &sum->count);
}

static void run_one(size_t op, const struct way *w, uint64_t n,
		    struct totals *sum)
{
	struct crash_run r;
	uint64_t hits;
	char what[96];

	snprintf(what, sizeof(what), "%s, %s, call %llu", ace_ops[op].name,
		 w->what, (unsigned long long)n);
	crash_run_start(&r, &base, seed);
	arm(&r, w, n);
	ace_do(&r, op);
	crash_run_sync(&r);
	hits = disarm(&r);
	reads_go_on(&r);
	goes_on_or_says_why(&r, w, sum);
	reads_go_on(&r);
	crash_run_stop(&r);
	judge_run(&r, sum, what);
	crash_run_finish(&r);
	sum->runs++;
	sum->hits += hits;
}

/* --- all of it ------------------------------------------------------------ */

/* So many calls there are to fail. */
static uint64_t count_calls(size_t op, const struct way *w)
{
	uint64_t ops, n;
	struct crash_run r;

	crash_run_start(&r, &base, seed);
	ops = fault_ops(r.fault);
	oom_fail(0, false);
	ace_do(&r, op);
	assert_int_equal(crash_run_sync(&r), 0);
	n = w->memory ? oom_calls() : fault_ops(r.fault) - ops;
	crash_run_stop(&r);
	crash_run_finish(&r);
	return n;
}

static void fail_some(size_t op, const struct way *w, struct rng *lot,
		      struct totals *sum)
{
	uint64_t n = count_calls(op, w);

	for (uint64_t i = 1; !steps && i <= n; i++)
		run_one(op, w, i, sum);
	for (uint64_t i = 0; n && i < steps; i++)
		run_one(op, w, 1 + rng_below(lot, n), sum);
}

static void fail_in(const struct way *w, struct judge *j)
{
	struct totals sum = { .judge = j };
	uint64_t images = j->images;
	struct rng lot;

	rng_init(&lot, seed);
	for (size_t op = 0; op < ace_n_ops; op++)
		if (op != op_of("reopen"))
			fail_some(op, w, &lot, &sum);
	printf("%-20s %llu runs, %llu calls failed; %llu times the store "
	       "went on, %llu with all placed anew, %llu times ERROR; %llu "
	       "crash states, %llu violations\n",
	       w->what, (unsigned long long)sum.runs,
	       (unsigned long long)sum.hits, (unsigned long long)sum.went_on,
	       (unsigned long long)sum.anew, (unsigned long long)sum.errors,
	       (unsigned long long)(j->images - images),
	       (unsigned long long)j->bad);
	fflush(stdout);
	assert_int_equal(j->bad, 0);
}

static void any_call_of_any_op_may_fail(void **state)
{
	struct judge j = { .tl = NULL };

	(void)state;
	for (size_t i = 0; i < WAYS; i++)
		fail_in(&ways[i], &j);
	printf("%llu of %llu crash states are unlike any other\n",
	       (unsigned long long)(j.images - j.same),
	       (unsigned long long)j.images);
	judge_finish(&j);
}

/* --- opening and reading -------------------------------------------------- */

/* The check goes on when it cannot read the header, which nobody needs any
 * more; of anything else a read that fails is an error. */
static void on_finding(void *arg, const char *text)
{
	(void)arg;
	assert_string_equal(text, "header: cannot be read");
}

static int read_all(struct rs_store *s, uint64_t *ret_digest)
{
	struct rs_check_result result = { 0 };
	struct rs_view *v;
	int err = rs_view_live(s, &v);

	if (!err) {
		err = view_digest(v, ret_digest);
		rs_view_put(v);
	}
	if (!err)
		err = fs_check_store(s, on_finding, NULL, &result);
	return !err && result.findings ? -EUCLEAN : err;
}

static int open_and_read(struct rs_io *io, uint64_t *ret_digest)
{
	const struct rs_open_opts opts = { 0 };
	struct err e = { 0 };
	struct rs_store *s;
	int err = rs_open_io(io, &opts, &s, &e);

	if (err) {
		assert_true(e.msg[0] != '\0');
		return err;
	}
	err = read_all(s, ret_digest);
	rs_abandon(s);
	return err;
}

/* To open, to read and to check without memory is -ENOMEM, and no finding. */
static void no_memory_is_no_damage(void **state)
{
	struct fault *f = fault_new(base.disk);
	uint64_t was = 0, is = 0, n = 0;
	int err = open_and_read(fault_io(f), &was);

	(void)state;
	assert_int_equal(err, 0);
	do {
		oom_fail(++n, false);
		err = open_and_read(fault_io(f), &is);
		assert_true(err == -ENOMEM || (err == 0 && is == was));
	} while (oom_hits());
	oom_fail(0, false);
	fault_free(f);
	printf("%llu allocations failed\n", (unsigned long long)n - 1);
	assert_true(n > 20);
}

/* Whatever is opened then is as it was, or it is not opened; or the check says
 * that it cannot read something. */
static void a_read_that_fails_is_an_error(void **state)
{
	struct fault *f = fault_new(base.disk);
	uint64_t was = 0, is = 0, n = 0, before;
	int err = open_and_read(fault_io(f), &was);

	(void)state;
	assert_int_equal(err, 0);
	do {
		before = fault_hits(f);
		fault_fail(f, ++n, FAULT_READ, false);
		err = open_and_read(fault_io(f), &is);
		assert_true(err == -EIO || is == was);
		assert_true(err == -EIO || err == -EUCLEAN || err == 0);
	} while (fault_hits(f) > before);
	fault_free(f);
	printf("%llu reads failed\n", (unsigned long long)n - 1);
	assert_true(n > 3);
}

static int setup(void **state)
{
	(void)state;
	ace_base_make(&base);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ace_base_finish(&base);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_is_no_damage),
		cmocka_unit_test(a_read_that_fails_is_an_error),
		cmocka_unit_test(any_call_of_any_op_may_fail),
	};

	seed = rng_seed();
	steps = rng_steps(4);
	return cmocka_run_group_tests(tests, setup, teardown);
}

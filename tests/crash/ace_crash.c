/* SPDX-License-Identifier: Apache-2.0 */
/* ace_crash.c - every op alone and in pairs, and the power fails anywhere.
 *
 * ace.h has the ops. Each sequence begins with the same store, runs on a disk
 * that notes everything, and ends with a sync; then every window between two
 * syncs is crashed in every way (crash_window.h) and each image judged
 * (crash_judge.h). A pair is run
 *
 *   together   A, B, sync           both in one commit
 *   apart      A, sync, B, sync     what A freed may be used by B
 *   died       A, sync; for each op of that the process dies right after it,
 *              another one opens the store, and does B, sync
 *
 * By default all ops alone, and STEPS= (40) sequences by lot, after SEED=.
 * STEPS=0 is all pairs in each way, with larger windows whole; some minutes.
 */
#include "tests/support/ace.h"
#include "tests/support/crash_judge.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define UNITS	  6u  /* all subsets of so many pages, */
#define UNITS_ALL 10u /* or of so many */

enum way {
	TOGETHER,
	APART,
	DIED,
	WAYS
};

struct totals {
	struct judge judge;
	struct crash_count count;
	uint64_t sequences, refused;
	unsigned units;
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

static void judge_run(struct crash_run *r, struct totals *sum, const char *what)
{
	struct rng lot;
	const struct crash_plan plan = { .units = sum->units,
					 .lots = 1,
					 .rng = &lot,
					 .fn = judge_each,
					 .arg = &sum->judge };

	rng_init(&lot, seed);
	judge_start(&sum->judge, &r->tl, what);
	crash_each(r->fault, &plan, &sum->count);
}

static void do_op(struct crash_run *r, size_t op, struct totals *sum)
{
	sum->refused += ace_do(r, op) != 0;
}

/* B and a sync on what is left of A, for each op at which it can have died. */
static void go_on(struct crash_run *r, size_t b, struct totals *sum,
		  const char *what)
{
	for (uint64_t n = 0; n <= fault_ops(r->fault); n++) {
		struct crash_run next;

		crash_run_die(r, n, &next);
		do_op(&next, b, sum);
		assert_int_equal(crash_run_sync(&next), 0);
		crash_run_stop(&next);
		judge_run(&next, sum, what);
		crash_run_finish(&next);
	}
}

static void run_pair(size_t a, size_t b, enum way way, struct totals *sum)
{
	static const char *const then[WAYS] = { " + ", "; ", "; died; " };
	struct crash_run r;
	char what[80];

	snprintf(what, sizeof(what), "%s%s%s", ace_ops[a].name, then[way],
		 ace_ops[b].name);
	sum->sequences++;
	crash_run_start(&r, &base, seed);
	do_op(&r, a, sum);
	if (way != TOGETHER)
		assert_int_equal(crash_run_sync(&r), 0);
	if (way != DIED) {
		do_op(&r, b, sum);
		assert_int_equal(crash_run_sync(&r), 0);
	}
	crash_run_stop(&r);
	if (way == DIED)
		go_on(&r, b, sum, what);
	else
		judge_run(&r, sum, what);
	crash_run_finish(&r);
}

static void say(const struct totals *sum)
{
	const struct judge *j = &sum->judge;

	printf("%llu sequences (%llu ops refused), %llu crash states, "
	       "%llu of them unlike any other; %llu windows, %llu of them "
	       "whole; %llu violations\n",
	       (unsigned long long)sum->sequences,
	       (unsigned long long)sum->refused, (unsigned long long)j->images,
	       (unsigned long long)(j->images - j->same),
	       (unsigned long long)sum->count.windows,
	       (unsigned long long)sum->count.whole,
	       (unsigned long long)j->bad);
}

static void finish(struct totals *sum)
{
	say(sum);
	assert_int_equal(sum->judge.bad, 0);
	judge_finish(&sum->judge);
}

/* --- the tests ------------------------------------------------------------ */

static void each_op_alone(void **state)
{
	struct totals sum = { .units = steps ? UNITS : UNITS_ALL };
	size_t sync = op_of("sync");

	(void)state;
	for (size_t a = 0; a < ace_n_ops; a++)
		run_pair(a, sync, TOGETHER, &sum);
	assert_true(sum.refused <= 2);
	finish(&sum);
}

static void each_op_alone_in_a_process_that_dies(void **state)
{
	struct totals sum = { .units = UNITS };
	size_t sync = op_of("sync");

	(void)state;
	for (size_t a = 0; a < ace_n_ops; a++)
		run_pair(a, sync, DIED, &sum);
	finish(&sum);
}

/* Of what was synced before the last commit nothing is written to. */
static void each_op_leaves_the_commit_before(void **state)
{
	struct totals sum = { .judge = { .older = true } };
	size_t sync = op_of("sync");

	(void)state;
	for (size_t a = 0; a < ace_n_ops; a++)
		run_pair(a, sync, TOGETHER, &sum);
	finish(&sum);
}

static void all_pairs(struct totals *sum)
{
	for (size_t a = 0; a < ace_n_ops; a++) {
		for (size_t b = 0; b < ace_n_ops; b++)
			for (unsigned way = 0; way < WAYS; way++)
				run_pair(a, b, (enum way)way, sum);
		printf("%-24s ", ace_ops[a].name);
		say(sum);
		fflush(stdout);
	}
}

static void pairs_of_ops(void **state)
{
	struct totals sum = { .units = steps ? UNITS : UNITS_ALL };
	struct rng r;

	(void)state;
	rng_init(&r, seed);
	for (uint64_t i = 0; i < steps; i++) {
		size_t a = rng_below(&r, ace_n_ops);
		size_t b = rng_below(&r, ace_n_ops);

		run_pair(a, b, (enum way)rng_below(&r, WAYS), &sum);
	}
	if (!steps)
		all_pairs(&sum);
	finish(&sum);
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
		cmocka_unit_test(each_op_alone),
		cmocka_unit_test(each_op_alone_in_a_process_that_dies),
		cmocka_unit_test(each_op_leaves_the_commit_before),
		cmocka_unit_test(pairs_of_ops),
	};

	seed = rng_seed();
	steps = rng_steps(40);
	return cmocka_run_group_tests(tests, setup, teardown);
}

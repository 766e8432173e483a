/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_crash.c - a whole file system, and the power fails after any op.
 *
 * What store_crash.c does to records is done here to all that users have:
 * names, sets, regions, attributes, snapshots (mixed_work.h), one long script
 * by lot. crash_run.h says what is a state, crash_judge.h what is survived,
 * crash_window.h which power cuts there are.
 *
 * Now and then the process dies and another one goes on: what was not synced
 * before still is not.
 *
 * At last the disk lies about syncs, and the same judge must find it out. So
 * it is known that these tests can fail.
 *
 * SEED= chooses the script, STEPS= its length, UNITS= the pages of windows of
 * which all subsets are built.
 */
#include "tests/support/crash_judge.h"
#include "tests/support/crash_run.h"
#include "tests/support/test.h"

#include <stdio.h>

#define FAULT_STEPS 60u /* of a script in which an op fails */
#define FAULT_RUNS  12u /* per way to fail, about */
#define LIE_STEPS   60u

static uint64_t script_seed;
static uint64_t script_steps;
static unsigned units; /* all subsets of so many pages */

static void judge_run(struct crash_run *r, struct judge *j,
		      struct crash_count *count)
{
	struct rng lot;
	const struct crash_plan plan = { .units = j->older ? 0 : units,
					 .lots = j->older ? 0 : 1,
					 .rng = &lot,
					 .fn = judge_each,
					 .arg = j };

	rng_init(&lot, script_seed);
	judge_start(j, &r->tl, NULL);
	crash_each(r->fault, &plan, count);
}

/* The last step. What is not on the disk then is gone. */
static void sync_and_stop(struct crash_run *r)
{
	assert_int_equal(crash_run_sync(r), 0);
	crash_run_stop(r);
}

static void run_script(struct crash_run *r, bool dies)
{
	uint64_t refused = 0;

	for (uint64_t i = 0; i < script_steps; i++) {
		refused += crash_run_step(r) != 0;
		if (dies && rng_one_in(&r->m.rng, 12))
			crash_run_reopen(r);
	}
	sync_and_stop(r);
	printf("%llu steps (%llu refused), %zu states, %llu ops\n",
	       (unsigned long long)script_steps, (unsigned long long)refused,
	       r->tl.n_states, (unsigned long long)fault_ops(r->fault));
}

static void cut_power(bool dies, bool older)
{
	struct judge j = { .older = older };
	struct crash_count count = { 0 };
	struct crash_run r;

	crash_run_start(&r, NULL, script_seed);
	run_script(&r, dies);
	judge_run(&r, &j, &count);
	printf("%llu images of the disk, %llu of them new, in %llu windows, "
	       "%llu of these whole\n",
	       (unsigned long long)j.images,
	       (unsigned long long)(j.images - j.same),
	       (unsigned long long)count.windows,
	       (unsigned long long)count.whole);
	assert_int_equal(j.bad, 0);
	assert_true(r.tl.n_states > script_steps / 10);
	judge_finish(&j);
	crash_run_finish(&r);
}

/* --- the tests ------------------------------------------------------------ */

static void a_power_cut_after_any_op_shows_one_state(void **state)
{
	(void)state;
	cut_power(false, false);
}

static void what_a_dead_process_left_is_not_taken_for_durable(void **state)
{
	(void)state;
	cut_power(true, false);
}

/* What a commit frees is not written to before the next one is durable. */
static void the_commit_before_is_whole_as_well(void **state)
{
	(void)state;
	cut_power(false, true);
}

/* The ops that a script needs. */
static uint64_t ops_of_script(void)
{
	struct crash_run r;
	uint64_t n;

	crash_run_start(&r, NULL, script_seed);
	for (uint64_t i = 0; i < FAULT_STEPS; i++)
		crash_run_step(&r);
	n = fault_ops(r.fault);
	crash_run_stop(&r);
	crash_run_finish(&r);
	return n;
}

/* What was seen last can still be read, whatever happened since. */
static void run_with_fault(uint64_t n, enum fault_kind kind, bool always,
			   struct judge *j)
{
	struct crash_count count = { 0 };
	struct crash_run r;

	crash_run_start(&r, NULL, script_seed);
	fault_fail(r.fault, n, kind, always);
	for (uint64_t i = 0; i < FAULT_STEPS; i++)
		crash_run_step(&r);
	assert_int_equal(crash_run_live(&r),
			 r.tl.states[r.tl.n_states - 1].live);
	crash_run_stop(&r);
	judge_run(&r, j, &count);
	assert_int_equal(j->bad, 0);
	crash_run_finish(&r);
}

static void fail_some(enum fault_kind kind, bool always)
{
	uint64_t all = ops_of_script(), failures = 0;
	uint64_t stride = all / FAULT_RUNS + 1;
	struct judge j = { 0 };

	for (uint64_t n = 1 + script_seed % stride; n <= all; n += stride) {
		run_with_fault(n, kind, always, &j);
		failures++;
	}
	printf("%llu images of the disk, %llu of them new, after %llu "
	       "failures\n",
	       (unsigned long long)j.images,
	       (unsigned long long)(j.images - j.same),
	       (unsigned long long)failures);
	judge_finish(&j);
}

static void any_op_may_fail(void **state)
{
	(void)state;
	fail_some(FAULT_EIO, false);
}

static void any_op_may_find_no_space(void **state)
{
	(void)state;
	fail_some(FAULT_ENOSPC, false);
}

static void any_write_may_stop_half_way(void **state)
{
	(void)state;
	fail_some(FAULT_SHORT, false);
}

static void the_host_may_stay_full_from_any_op_on(void **state)
{
	(void)state;
	fail_some(FAULT_ENOSPC, true);
}

/* Violations that the judge sees on a disk that lies. */
static uint64_t lies_found(enum fault_lie lie)
{
	struct crash_count count = { 0 };
	struct judge j = { .quiet = true };
	struct crash_run r;

	crash_run_start(&r, NULL, script_seed);
	fault_lie(r.fault, lie);
	for (uint64_t i = 0; i < LIE_STEPS; i++)
		crash_run_step(&r);
	sync_and_stop(&r);
	judge_run(&r, &j, &count);
	printf("%llu of %llu images are bad\n", (unsigned long long)j.bad,
	       (unsigned long long)j.images);
	judge_finish(&j);
	crash_run_finish(&r);
	return j.bad;
}

static void a_sync_that_does_nothing_is_found_out(void **state)
{
	(void)state;
	assert_true(lies_found(LIE_SYNC) > 0);
}

static void a_superblock_ahead_of_its_data_is_found_out(void **state)
{
	(void)state;
	assert_true(lies_found(LIE_ORDER) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_cut_after_any_op_shows_one_state),
		cmocka_unit_test(
			what_a_dead_process_left_is_not_taken_for_durable),
		cmocka_unit_test(the_commit_before_is_whole_as_well),
		cmocka_unit_test(any_op_may_fail),
		cmocka_unit_test(any_op_may_find_no_space),
		cmocka_unit_test(any_write_may_stop_half_way),
		cmocka_unit_test(the_host_may_stay_full_from_any_op_on),
		cmocka_unit_test(a_sync_that_does_nothing_is_found_out),
		cmocka_unit_test(a_superblock_ahead_of_its_data_is_found_out),
	};

	script_seed = rng_seed();
	script_steps = rng_steps(150);
	units = (unsigned)rng_number("UNITS", 6);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

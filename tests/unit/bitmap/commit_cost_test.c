/* SPDX-License-Identifier: Apache-2.0 */
/* commit_cost_test.c - what one durable member costs the disk, counted.
 *
 * Time depends on the machine; this does not: one sync, at most three places
 * in the file and 40 KiB, whether the set is empty or has ten million members.
 */
#include "tests/support/rng.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <stdio.h>

#define APPENDS	  300u
#define MANY	  10000000u
#define BATCH	  100000u
#define STEP	  429u /* 10 M of these below 2^32 */
#define BYTES_MAX (40u * 1024)
#define RUNS_MAX  3u

static struct set_store ss;

static void append_ranges(uint64_t ino, uint64_t lo, uint64_t n, uint64_t step,
			  struct rng *r)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t m = lo + i * step + rng_below(r, step);

		assert_int_equal(bm_batch_range(&b, m, m, BM_ADD), 0);
	}
	assert_int_equal(bm_append(ss.db, ino, &b, 7), 0);
	bm_batch_finish(&b);
}

static void commit_is_cheap(const struct rs_stats *a, const struct rs_stats *b)
{
	if (b->runs - a->runs > RUNS_MAX ||
	    b->write_bytes - a->write_bytes > BYTES_MAX)
		print_error(
			"%llu places, %llu bytes\n",
			(unsigned long long)(b->runs - a->runs),
			(unsigned long long)(b->write_bytes - a->write_bytes));
	assert_int_equal(b->commits - a->commits, 1);
	assert_int_equal(b->one_flush - a->one_flush, 1);
	assert_int_equal(b->syncs - a->syncs, 1);
	assert_true(b->runs - a->runs <= RUNS_MAX);
	assert_true(b->write_bytes - a->write_bytes <= BYTES_MAX);
}

/* Random members, each made durable. */
static void append_durably(uint64_t ino, struct rng *r)
{
	struct rs_stats first, last, now;

	rs_stats(ss.store, &first);
	last = first;
	for (unsigned i = 0; i < APPENDS; i++) {
		append_ranges(ino, 0, 1, UINT64_C(1) << 32, r);
		assert_int_equal(rs_sync(ss.store), 0);
		rs_stats(ss.store, &now);
		commit_is_cheap(&last, &now);
		last = now;
	}
	printf("%u commits: %.2f places, %.1f KiB each\n", APPENDS,
	       (double)(last.runs - first.runs) / APPENDS,
	       (double)(last.write_bytes - first.write_bytes) / 1024 / APPENDS);
}

static void a_durable_member_costs_the_same_in_any_set(void **state)
{
	uint64_t small, large;
	struct rng r;

	(void)state;
	rng_init(&r, rng_seed());
	set_store_init(&ss);
	small = set_store_create(&ss);
	large = set_store_create(&ss);
	for (uint64_t i = 0; i < MANY; i += BATCH)
		append_ranges(large, i * STEP, BATCH, STEP, &r);
	assert_int_equal(rs_sync(ss.store), 0);
	append_durably(small, &r);
	append_durably(large, &r);
	set_store_finish(&ss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_durable_member_costs_the_same_in_any_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

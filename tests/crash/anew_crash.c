/* SPDX-License-Identifier: Apache-2.0 */
/* anew_crash.c - the power fails while a commit that failed is run again.
 *
 * Each call of a commit of one flush, and of one of two, fails once, on a disk
 * that gets what a failed sync left out with the next, and on one that never
 * does. The power is cut after each call
 * of both tries. What is found is the state before or the state after, whole;
 * and once the second try was acknowledged, the latter.
 */
#include "regionstore/commit.h"
#include "tests/support/lossy_store.h"
#include "tests/support/region_store.h"
#include "tests/support/test.h"

#include <stdio.h>

static const struct rs_open_opts ways[] = {
	{ .two_flush = false },
	{ .two_flush = true },
};

#define LOTS   3u
#define OTHER  17u /* a region of which every second block goes */
#define BLOCKS 256u

/* A store whose next commit changes a bitmap in more places than a record can
 * say, so that it writes a slot. */
static void begin(struct lossy *f, enum fault_loss loss,
		  const struct rs_open_opts *opts)
{
	static uint8_t data[BLOCKS * RS_PAGE_SIZE];

	lossy_begin(f, LOSS_NONE, opts);
	region_make(f->s, OTHER);
	assert_int_equal(region_write(f->s, OTHER, 0, data, sizeof(data)), 0);
	assert_int_equal(rs_commit(f->s, NULL), 0);
	fault_lose(f->fault, loss);
	lossy_change(f, 2);
	for (uint64_t b = 0; b < BLOCKS; b += 2)
		assert_int_equal(region_punch(f->s, OTHER, b * RS_PAGE_SIZE,
					      RS_PAGE_SIZE),
				 0);
}

static uint64_t calls_of_a_commit(const struct rs_open_opts *opts)
{
	struct lossy f;
	uint64_t n;

	begin(&f, LOSS_NONE, opts);
	n = fault_ops(f.fault);
	assert_int_equal(rs_commit(f.s, NULL), 0);
	n = fault_ops(f.fault) - n;
	lossy_end(&f);
	return n;
}

static uint64_t cuts;

static void look_after(struct lossy *f, uint64_t n, enum fault_crash kind,
		       struct rng *r)
{
	const struct rs_open_opts opts = { 0 };
	struct disk *d = fault_crash(f->fault, n, kind, r);
	struct rs_store *s;

	assert_int_equal(rs_open_io(disk_io(d), &opts, &s, NULL), 0);
	lossy_assert_either(f, s);
	rs_abandon(s);
	disk_free(d);
	cuts++;
}

/* At each call of both commits, when call n fails; how many calls. */
static uint64_t cut_at_each(const struct rs_open_opts *opts,
			    enum fault_loss loss, uint64_t n)
{
	struct lossy f;
	struct rng r;
	uint64_t from;
	int err;

	rng_init(&r, n);
	begin(&f, loss, opts);
	from = fault_ops(f.fault);
	fault_fail(f.fault, n, FAULT_EIO, false);
	err = rs_commit(f.s, NULL);
	fault_fail(f.fault, 0, FAULT_EIO, false);
	for (uint64_t at = from; at <= fault_ops(f.fault); at++) {
		for (enum fault_crash kind = CRASH_NONE; kind < CRASH_KINDS;
		     kind++)
			for (unsigned lot = kind > CRASH_ALL ? 0 : LOTS - 1;
			     lot < LOTS; lot++)
				look_after(&f, at, kind, &r);
	}
	if (!err)
		lossy_assert_durable(&f);
	n = fault_ops(f.fault) - from;
	lossy_end(&f);
	return n;
}

static void the_power_may_fail_at_any_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint64_t most = calls_of_a_commit(&ways[i]);

		for (uint64_t n = 2; n <= most; n++)
			for (enum fault_loss loss = LOSS_NONE;
			     loss <= LOSS_DISK; loss++)
				assert_true(cut_at_each(&ways[i], loss, n) >
					    most);
	}
	print_message("%llu power cuts\n", (unsigned long long)cuts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_power_may_fail_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

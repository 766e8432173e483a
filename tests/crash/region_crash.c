/* SPDX-License-Identifier: Apache-2.0 */
/* region_crash.c - power cuts and failed calls while regions change.
 *
 * A script of writes, truncates, punches and syncs over three regions runs on
 * a disk that notes each call. After each txn the bytes of all regions are
 * kept as a STATE. Then the power fails right after each call n, in each way
 * the disk knows, and the store that opens must show one state, the same for
 * all regions: not older than the last sync that had returned, not younger
 * than the last txn that had ended.
 *
 * Then the n-th call fails instead. What is said to have failed has changed
 * nothing, what is said to have been done is there, and so it is after the
 * store was opened again.
 */

#include "tests/support/io_fault.h"
#include "tests/support/region_store.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define REGIONS	  3u
#define SIZE_MOST 40000u
#define STATES	  64u

struct bytes {
	size_t size;
	uint8_t data[SIZE_MOST];
};

/* All regions at one instant, and the calls the disk had seen by then. */
struct state {
	struct bytes regions[REGIONS];
	uint64_t ended_at;  /* the txn that made it */
	uint64_t synced_at; /* it is on the disk; 0: nobody asked */
};

struct run {
	struct disk *disk;
	struct fault *fault;
	struct rs_store *s;
	struct rng rng;
	size_t n_states;
	struct state states[STATES];
};

static uint64_t ino_of(size_t i)
{
	return 16 + i;
}

static struct state *now(struct run *run)
{
	return &run->states[run->n_states - 1];
}

/* A new state, for now the same as the last. */
static struct bytes *change(struct run *run, size_t i)
{
	assert_true(run->n_states < STATES);
	run->states[run->n_states] = *now(run);
	run->n_states++;
	now(run)->synced_at = 0;
	return &now(run)->regions[i];
}

/* The txn ended, or it failed and the state never was. */
static void ended(struct run *run, int err)
{
	if (err)
		run->n_states--;
	else
		now(run)->ended_at = fault_ops(run->fault);
}

static void step_write(struct run *run, size_t i)
{
	struct bytes *to = change(run, i);
	size_t off = (size_t)rng_below(&run->rng, SIZE_MOST);
	size_t len = (size_t)rng_below(&run->rng, 12000);

	if (rng_one_in(&run->rng, 3))
		off = to->size < SIZE_MOST ? to->size : 0;
	if (len > SIZE_MOST - off)
		len = SIZE_MOST - off;
	for (size_t at = off; at < off + len; at++)
		to->data[at] = (uint8_t)rng_u64(&run->rng);
	if (len && off + len > to->size)
		to->size = off + len;
	ended(run, region_write(run->s, ino_of(i), off, to->data + off, len));
}

static void step_truncate(struct run *run, size_t i)
{
	struct bytes *to = change(run, i);
	size_t size = (size_t)rng_below(&run->rng, SIZE_MOST);

	if (rng_one_in(&run->rng, 3))
		size = 0;
	memset(to->data + size, 0, SIZE_MOST - size);
	to->size = size;
	ended(run, region_truncate(run->s, ino_of(i), size));
}

static void step_punch(struct run *run, size_t i)
{
	struct bytes *to = change(run, i);
	size_t off = (size_t)rng_below(&run->rng, SIZE_MOST);
	size_t len = (size_t)rng_below(&run->rng, SIZE_MOST - off);

	memset(to->data + off, 0, len);
	ended(run, region_punch(run->s, ino_of(i), off, len));
}

static void step_sync(struct run *run)
{
	struct state *last = now(run);

	if (rs_sync(run->s) == 0 && !last->synced_at)
		last->synced_at = fault_ops(run->fault);
}

static void step(struct run *run)
{
	size_t i = (size_t)rng_below(&run->rng, REGIONS);
	uint64_t what = rng_below(&run->rng, 10);

	if (what < 5)
		step_write(run, i);
	else if (what < 7)
		step_truncate(run, i);
	else if (what < 8)
		step_punch(run, i);
	else
		step_sync(run);
}

/* An empty store with three empty regions, all of it synced. */
static void run_init(struct run *run, uint64_t seed)
{
	memset(run, 0, sizeof(*run));
	rng_init(&run->rng, seed);
	run->disk = disk_new();
	assert_int_equal(rs_close(store_make(run->disk)), 0);
	run->fault = fault_new(run->disk);
	run->s = store_open(fault_io(run->fault));
	for (size_t i = 0; i < REGIONS; i++)
		region_make(run->s, ino_of(i));
	run->n_states = 1;
	assert_int_equal(rs_sync(run->s), 0);
	run->states[0].synced_at = fault_ops(run->fault);
}

static void run_finish(struct run *run)
{
	fault_free(run->fault);
	disk_free(run->disk);
}

static bool shows(struct rs_store *s, const struct state *state)
{
	static uint8_t buf[SIZE_MOST + 1];
	size_t got;

	for (size_t i = 0; i < REGIONS; i++) {
		const struct bytes *want = &state->regions[i];

		if (region_info(s, ino_of(i)).size != want->size)
			return false;
		assert_int_equal(
			region_read(s, ino_of(i), 0, buf, sizeof(buf), &got),
			0);
		if (got != want->size || memcmp(buf, want->data, got) != 0)
			return false;
	}
	return true;
}

/* The newest state that must be there and the newest that may be, when the
 * power failed right after call n. */
static void bounds(const struct run *run, uint64_t n, size_t *ret_oldest,
		   size_t *ret_newest)
{
	for (size_t k = 0; k < run->n_states; k++) {
		if (run->states[k].synced_at && run->states[k].synced_at <= n)
			*ret_oldest = k;
		if (run->states[k].ended_at <= n)
			*ret_newest = k;
	}
}

static void report(void *arg, const char *text)
{
	(void)arg;
	print_error("check: %s\n", text);
}

static void assert_sound(struct rs_store *s)
{
	struct rs_check_result result;

	assert_int_equal(rs_check(s, NULL, report, NULL, &result), 0);
	assert_int_equal(result.findings, 0);
	assert_regions_sound(s);
}

static void assert_between(struct rs_store *s, const struct run *run,
			   size_t oldest, size_t newest)
{
	size_t k = oldest;

	while (k < newest && !shows(s, &run->states[k]))
		k++;
	assert_true(shows(s, &run->states[k]));
	assert_sound(s);
}

static void crash(struct run *run, uint64_t n, enum fault_crash kind)
{
	struct disk *d = fault_crash(run->fault, n, kind, &run->rng);
	size_t oldest = 0, newest = 0;
	struct rs_store *s;

	bounds(run, n, &oldest, &newest);
	s = store_open(disk_io(d));
	assert_between(s, run, oldest, newest);
	rs_abandon(s);
	disk_free(d);
}

/* The power fails after each call. */
static void shows_one_state_after_a_power_cut(void **state)
{
	static struct run run;
	uint64_t steps = rng_steps(50), first, last;

	(void)state;
	run_init(&run, rng_seed());
	first = fault_ops(run.fault);
	for (uint64_t i = 0; i < steps && run.n_states < STATES; i++)
		step(&run);
	step_sync(&run);
	last = fault_ops(run.fault);
	assert_true(last > first);
	for (uint64_t n = first; n <= last; n++) {
		for (unsigned kind = 0; kind < CRASH_KINDS; kind++)
			crash(&run, n, (enum fault_crash)kind);
	}
	assert_true(shows(run.s, now(&run)));
	assert_int_equal(rs_close(run.s), 0);
	run_finish(&run);
}

/* One run in which the n-th call fails. False when it needed fewer calls. */
static bool fails_at(uint64_t n, uint64_t seed, enum fault_kind kind,
		     bool always)
{
	static struct run run;
	uint64_t first;
	size_t oldest = 0;
	bool reached;

	run_init(&run, seed);
	first = fault_ops(run.fault);
	fault_fail(run.fault, n, kind, always);
	for (unsigned i = 0; i < 20; i++)
		step(&run);
	assert_true(shows(run.s, now(&run)));
	reached = fault_ops(run.fault) >= first + n;
	fault_fail(run.fault, 0, kind, false);
	rs_close(run.s);
	for (size_t k = 0; k < run.n_states; k++) {
		if (run.states[k].synced_at)
			oldest = k;
	}
	run.s = store_open(disk_io(run.disk));
	assert_between(run.s, &run, oldest, run.n_states - 1);
	assert_int_equal(rs_close(run.s), 0);
	run_finish(&run);
	return reached;
}

static void survive(enum fault_kind kind, bool always)
{
	uint64_t seed = rng_seed(), n = 1;

	while (fails_at(n, seed, kind, always))
		n++;
	assert_true(n > 10);
}

static void survives_a_call_that_fails(void **state)
{
	(void)state;
	survive(FAULT_EIO, false);
}

static void survives_a_write_in_part(void **state)
{
	(void)state;
	survive(FAULT_SHORT, false);
}

static void survives_a_full_disk(void **state)
{
	(void)state;
	survive(FAULT_ENOSPC, false);
	survive(FAULT_ENOSPC, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_one_state_after_a_power_cut),
		cmocka_unit_test(survives_a_call_that_fails),
		cmocka_unit_test(survives_a_write_in_part),
		cmocka_unit_test(survives_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

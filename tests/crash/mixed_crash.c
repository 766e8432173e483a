/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_crash.c - a whole file system, and the power fails after any op.
 *
 * What store_crash.c does to records is done here to all that users have:
 * names, sets, regions, attributes, snapshots (mixed_work.h). After each txn
 * a digest of everything that can be seen is kept as a STATE, with the number
 * of ops the disk had seen. What a commit itself makes visible, as it settles
 * sets and takes snapshots, can be on the disk before the call returns: such
 * a state counts from the op before the call.
 *
 * After a crash the store must open, must check without a finding, and must
 * be in one of the states from the last acknowledged one to the newest at that
 * op; then orphans are reaped, as a mount does, and it must be sound and look
 * the same.
 *
 * Lines that wait in the queue of a set are in no state: a crash may lose
 * them, and nothing may show them before they are settled.
 *
 * At last the disk lies about syncs, and the same judge must find it out. So
 * it is known that these tests can fail.
 *
 * SEED= chooses the script, STEPS= its length.
 */
#include "tests/support/facts.h"
#include "tests/support/io_fault.h"
#include "tests/support/mixed_work.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISK_SIZE   ((uint64_t)64 << 20)
#define FAULT_STEPS 60u /* of a script in which an op fails */
#define FAULT_RUNS  12u /* per way to fail, about */
#define LIE_STEPS   60u

struct state {
	uint64_t ops; /* from this op on it may be on the disk */
	uint64_t live, snaps;
};

struct ack {
	uint64_t ops;
	size_t state;
};

struct run {
	struct mixed m;
	struct disk *disk;
	struct fault *fault;
	struct state *states;
	size_t n_states;
	struct ack *acks;
	size_t n_acks;
	bool quiet; /* a violation is what we want */
};

/* --- what happened -------------------------------------------------------- */

static void push_state(struct run *r, uint64_t ops, uint64_t live,
		       uint64_t snaps)
{
	const struct state *last =
		r->n_states ? &r->states[r->n_states - 1] : NULL;

	if (last && last->live == live && last->snaps == snaps)
		return;
	r->states = realloc(r->states, (r->n_states + 1) * sizeof(*r->states));
	assert_non_null(r->states);
	r->states[r->n_states++] =
		(struct state){ .ops = ops, .live = live, .snaps = snaps };
}

static void push_ack(struct run *r)
{
	r->acks = realloc(r->acks, (r->n_acks + 1) * sizeof(*r->acks));
	assert_non_null(r->acks);
	r->acks[r->n_acks++] = (struct ack){ .ops = fault_ops(r->fault),
					     .state = r->n_states - 1 };
}

static uint64_t live_digest(const struct run *r)
{
	uint64_t digest = 0;
	struct rs_view *v;

	assert_int_equal(rs_view_live(r->m.store, &v), 0);
	assert_int_equal(view_digest(v, &digest), 0);
	rs_view_put(v);
	return digest;
}

static void on_ended(void *arg)
{
	struct run *r = arg;

	push_state(r, fault_ops(r->fault), live_digest(r), mixed_snaps(&r->m));
}

/* Never an error that says the store is damaged. */
static void assert_honest(int err)
{
	assert_true(err != -EUCLEAN && err != -EBADMSG);
}

/* The digest is of what is seen after the step; a snapshot that was refused
 * may all the same be found after a crash. */
static void note_commit(struct run *r, uint64_t before,
			const struct mixed_done *done)
{
	uint64_t live = live_digest(r);

	push_state(r, before, live, done->snaps);
	if (done->err)
		push_state(r, before, live, mixed_snaps(&r->m));
	else
		push_ack(r);
}

static int step(struct run *r)
{
	uint64_t before = fault_ops(r->fault);
	struct mixed_done done = mixed_step(&r->m);

	assert_honest(done.err);
	if (done.durable)
		note_commit(r, before, &done);
	return done.err;
}

/* The last step. What is not on the disk then is gone. */
static void sync_and_stop(struct run *r)
{
	uint64_t before = fault_ops(r->fault);
	struct mixed_done done = { .snaps = mixed_snaps(&r->m) };

	assert_int_equal(mixed_sync(&r->m), 0);
	note_commit(r, before, &done);
	r->m.ended = NULL;
	mixed_abandon(&r->m);
}

static void start(struct run *r, uint64_t seed)
{
	struct rs_io *io;

	*r = (struct run){ .disk = disk_new() };
	r->disk->cap = DISK_SIZE;
	io = disk_io(r->disk);
	mixed_format(io);
	r->fault = fault_new(r->disk);
	mixed_open(&r->m, fault_io(r->fault), seed);
	push_state(r, 0, live_digest(r), mixed_snaps(&r->m));
	push_ack(r);
	r->m.ended = on_ended;
	r->m.arg = r;
}

static void finish(struct run *r)
{
	free(r->states);
	free(r->acks);
	fault_free(r->fault);
	disk_free(r->disk);
}

/* --- judging a disk ------------------------------------------------------- */

/* One crash: what it is called, and whether it was survived. */
struct trial {
	const struct run *r;
	uint64_t n;
	unsigned kind;
	bool bad;
};

static void violation(struct trial *t, const char *text)
{
	t->bad = true;
	if (!t->r->quiet)
		print_error("op %llu, crash %u: %s\n", (unsigned long long)t->n,
			    t->kind, text);
}

static void on_finding(void *arg, const char *text)
{
	violation(arg, text);
}

static void check(struct trial *t, struct rs_store *s)
{
	struct rs_check_result result = { 0 };
	int err = fs_check_store(s, on_finding, t, &result);

	if (err || result.findings)
		violation(t, "the check does not pass");
}

static bool read_state(struct rs_store *s, struct state *ret_state)
{
	struct rs_view *v;
	int err = rs_view_live(s, &v);

	if (err)
		return false;
	err = view_digest(v, &ret_state->live);
	rs_view_put(v);
	return !err && snaps_digest(s, &ret_state->snaps) == 0;
}

/* The state this is, or n_states. */
static size_t find_state(const struct run *r, uint64_t n,
			 const struct state *is)
{
	size_t i = 0;

	for (size_t k = 0; k < r->n_acks && r->acks[k].ops <= n; k++)
		i = r->acks[k].state;
	for (; i < r->n_states; i++) {
		const struct state *st = &r->states[i];

		if (st->ops <= n && st->live == is->live &&
		    st->snaps == is->snaps)
			break;
	}
	return i;
}

/* As a mount does. */
static void reap(struct trial *t, struct rs_store *s, const struct state *was)
{
	struct state is = { 0 };

	if (fs_reap_all(s) || rs_sync(s))
		violation(t, "orphans cannot be reaped");
	else if (!read_state(s, &is) || is.live != was->live ||
		 is.snaps != was->snaps)
		violation(t, "reaping changes what is seen");
	check(t, s);
}

static void judge_open(struct trial *t, struct rs_store *s)
{
	struct state is = { 0 };

	check(t, s);
	if (!read_state(s, &is))
		violation(t, "something cannot be read");
	else if (find_state(t->r, t->n, &is) == t->r->n_states)
		violation(t, "a state nobody ever saw, or too old a one");
	if (!t->bad)
		reap(t, s, &is);
}

/* True when the crash was survived. d is used up. */
static bool judge(const struct run *r, struct disk *d, uint64_t n,
		  unsigned kind)
{
	const struct rs_open_opts opts = { 0 };
	struct trial t = { .r = r, .n = n, .kind = kind };
	struct err e = { 0 };
	struct rs_store *s;
	struct rs_io *io = disk_io(d);

	if (rs_open_io(io, &opts, &s, &e)) {
		violation(&t, e.msg);
		io->ops->close(io);
	} else {
		judge_open(&t, s);
		rs_abandon(s);
	}
	disk_free(d);
	return !t.bad;
}

/* How many of the images of a run are bad. */
static uint64_t judge_all(struct run *r, uint64_t seed, uint64_t *ret_images)
{
	uint64_t bad = 0, images = 0;
	struct rng lot;

	rng_init(&lot, seed);
	for (uint64_t n = 0; n <= fault_ops(r->fault); n++) {
		for (unsigned k = 0; k < CRASH_KINDS; k++, images++)
			bad += !judge(r, fault_crash(r->fault, n, k, &lot), n,
				      k);
	}
	*ret_images = images;
	return bad;
}

/* --- the tests ------------------------------------------------------------ */

static uint64_t script_seed;
static uint64_t script_steps;

static void a_power_cut_after_any_op_shows_one_state(void **state)
{
	uint64_t refused = 0, images, bad;
	struct run r;

	(void)state;
	start(&r, script_seed);
	for (uint64_t i = 0; i < script_steps; i++)
		refused += step(&r) != 0;
	sync_and_stop(&r);
	bad = judge_all(&r, script_seed, &images);
	printf("%llu steps (%llu refused), %zu states, %llu ops, "
	       "%llu images of the disk\n",
	       (unsigned long long)script_steps, (unsigned long long)refused,
	       r.n_states, (unsigned long long)fault_ops(r.fault),
	       (unsigned long long)images);
	assert_int_equal(bad, 0);
	assert_true(r.n_states > script_steps / 10);
	finish(&r);
}

/* The ops that a script needs. */
static uint64_t ops_of_script(void)
{
	struct run r;
	uint64_t n;

	start(&r, script_seed);
	for (uint64_t i = 0; i < FAULT_STEPS; i++)
		step(&r);
	n = fault_ops(r.fault);
	mixed_abandon(&r.m);
	finish(&r);
	return n;
}

/* What was seen last can still be read, whatever happened since. */
static void run_with_fault(uint64_t n, enum fault_kind kind, bool always)
{
	struct rng lot;
	struct run r;
	uint64_t last;

	start(&r, script_seed);
	fault_fail(r.fault, n, kind, always);
	for (uint64_t i = 0; i < FAULT_STEPS; i++)
		step(&r);
	assert_int_equal(live_digest(&r), r.states[r.n_states - 1].live);
	last = fault_ops(r.fault);
	r.m.ended = NULL;
	mixed_abandon(&r.m);
	rng_init(&lot, n);
	for (unsigned k = 0; k < CRASH_KINDS; k++)
		assert_true(judge(&r, fault_crash(r.fault, last, k, &lot), last,
				  k));
	finish(&r);
}

static void fail_some(enum fault_kind kind, bool always)
{
	uint64_t all = ops_of_script(), failures = 0;
	uint64_t stride = all / FAULT_RUNS + 1;

	for (uint64_t n = 1 + script_seed % stride; n <= all; n += stride) {
		run_with_fault(n, kind, always);
		failures++;
	}
	printf("%llu failures\n", (unsigned long long)failures);
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
	uint64_t images, bad;
	struct run r;

	start(&r, script_seed);
	fault_lie(r.fault, lie);
	for (uint64_t i = 0; i < LIE_STEPS; i++)
		step(&r);
	sync_and_stop(&r);
	r.quiet = true;
	bad = judge_all(&r, script_seed, &images);
	printf("%llu of %llu images are bad\n", (unsigned long long)bad,
	       (unsigned long long)images);
	finish(&r);
	return bad;
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
		cmocka_unit_test(any_op_may_fail),
		cmocka_unit_test(any_op_may_find_no_space),
		cmocka_unit_test(any_write_may_stop_half_way),
		cmocka_unit_test(the_host_may_stay_full_from_any_op_on),
		cmocka_unit_test(a_sync_that_does_nothing_is_found_out),
		cmocka_unit_test(a_superblock_ahead_of_its_data_is_found_out),
	};

	script_seed = rng_seed();
	script_steps = rng_steps(150);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

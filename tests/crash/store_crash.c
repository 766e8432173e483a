/* SPDX-License-Identifier: Apache-2.0 */
/* store_crash.c - the power fails after every op; every op fails once.
 *
 * A script of txns, syncs and snapshots runs on a disk that notes its ops. It
 * keeps every state that a user could have seen, and when each sync was
 * acknowledged. For each op n the disk is built as a power cut right after it
 * may have left it, in several ways, and opened: it must be sound, and in one
 * of the states from the last acknowledged one to the newest at that time.
 *
 * Then the same script with the n-th op failing: no crash, reads go on, and
 * the disk opens as above.
 *
 * SEED= chooses another script, STEPS= its length.
 */
#include "regionstore/format.h"
#include "regionstore/store.h"
#include "tests/support/io_fault.h"
#include "tests/support/store_work.h"
#include "tests/support/test.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPS	3u
#define TXID_AT 8u /* in a superblock: docs/format.md */

struct snap {
	bool there;
	char name[16];
	struct twin twin;
};

/* What a user can see, and from which op on. */
struct state {
	uint64_t ops;
	struct twin twin;
	struct snap snaps[SNAPS];
};

struct ack {
	uint64_t ops; /* so many when it was acknowledged */
	size_t state; /* this one, or a later one, is durable */
};

struct run {
	struct work work;
	struct rng *rng;
	struct disk *disk;
	struct fault *fault;
	struct rs_store *store;
	struct state now;
	uint64_t named;
	struct state *states;
	size_t n_states;
	struct ack *acks;
	size_t n_acks;
	bool failed; /* an op said so, or there was no page left */
};

static void copy_state(struct state *dst, const struct state *src)
{
	*dst = *src;
	dst->twin = twin_copy(&src->twin);
	for (size_t i = 0; i < SNAPS; i++)
		dst->snaps[i].twin = twin_copy(&src->snaps[i].twin);
}

static void finish_state(struct state *st)
{
	twin_finish(&st->twin);
	for (size_t i = 0; i < SNAPS; i++)
		twin_finish(&st->snaps[i].twin);
}

/* r->now can be seen from now on. */
static void push_state(struct run *r, uint64_t ops)
{
	r->states = realloc(r->states, (r->n_states + 1) * sizeof(*r->states));
	assert_non_null(r->states);
	r->now.ops = ops;
	copy_state(&r->states[r->n_states++], &r->now);
}

static void push_ack(struct run *r, size_t state)
{
	r->acks = realloc(r->acks, (r->n_acks + 1) * sizeof(*r->acks));
	assert_non_null(r->acks);
	r->acks[r->n_acks++] =
		(struct ack){ .ops = fault_ops(r->fault), .state = state };
}

/* --- the script ---------------------------------------------------------- */

static int change(struct run *r, struct rs_txn *t)
{
	uint64_t n = 1 + rng_below(r->rng, 8);
	int err = 0;

	while (!err && n-- > 0)
		err = work_change(&r->work, r->rng, t, &r->now.twin);
	return err;
}

static void do_txn(struct run *r)
{
	struct twin before = twin_copy(&r->now.twin);
	struct rs_txn *t;
	int err = rs_txn_begin(r->store, &t);

	if (!err) {
		err = change(r, t);
		if (!err)
			err = rs_txn_end(t);
		else
			rs_txn_abort(t);
	}
	if (err) {
		r->failed = true;
		twin_finish(&r->now.twin);
		r->now.twin = before;
		return;
	}
	twin_finish(&before);
	push_state(r, fault_ops(r->fault));
}

static void do_sync(struct run *r)
{
	if (rs_sync(r->store))
		r->failed = true;
	else
		push_ack(r, r->n_states - 1);
}

static int change_snap(struct run *r, struct snap *sn, char *name)
{
	if (!sn->there)
		return rs_snap_create(r->store, name, NULL);
	if (rng_one_in(r->rng, 3))
		return rs_snap_rename(r->store, sn->name, name);
	name[0] = '\0';
	return rs_snap_drop(r->store, sn->name);
}

/* What it will be can be seen after a crash before we are told, and even if
 * we are told that it failed. */
static void do_snap(struct run *r)
{
	struct snap *sn = &r->now.snaps[rng_below(r->rng, SNAPS)];
	uint64_t before = fault_ops(r->fault);
	char name[sizeof(sn->name)];
	bool was_there = sn->there;
	struct state old;
	int err;

	copy_state(&old, &r->now);
	snprintf(name, sizeof(name), "s%llu", (unsigned long long)r->named++);
	err = change_snap(r, sn, name);
	sn->there = name[0] != '\0';
	if (!was_there || !sn->there)
		twin_finish(&sn->twin);
	if (!was_there)
		sn->twin = twin_copy(&r->now.twin);
	memcpy(sn->name, name, sizeof(name));
	push_state(r, before);
	if (!err) {
		push_ack(r, r->n_states - 1);
		finish_state(&old);
		return;
	}
	r->failed = true;
	finish_state(&r->now);
	r->now = old;
	push_state(r, fault_ops(r->fault));
}

static void step(struct run *r)
{
	uint64_t what = rng_below(r->rng, 10);

	if (what < 6)
		do_txn(r);
	else if (what < 8)
		do_sync(r);
	else
		do_snap(r);
}

static void start(struct run *r, uint64_t seed)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_io *io;

	*r = (struct run){ .work = { .keys = 60, .payload_max = 9000 } };
	r->rng = &r->work.rng;
	rng_init(r->rng, seed);
	r->disk = disk_new();
	r->disk->cap = (uint64_t)64 << 20; /* as long as it is made */
	io = disk_io(r->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	r->fault = fault_new(r->disk);
	assert_int_equal(rs_open_io(fault_io(r->fault), &opts, &r->store, NULL),
			 0);
	rs_set_leave_step(r->store, 1); /* a drop is many commits */
	work_crowd(r->store, r->rng, 400);
	push_state(r, 0);
	push_ack(r, 0);
}

static void finish(struct run *r)
{
	for (size_t i = 0; i < r->n_states; i++)
		finish_state(&r->states[i]);
	finish_state(&r->now);
	free(r->states);
	free(r->acks);
	fault_free(r->fault);
	disk_free(r->disk);
}

/* --- judging a disk ------------------------------------------------------ */

static bool snap_is(struct rs_store *s, const struct snap *sn)
{
	struct rs_view *v;
	struct rs_snap got;
	bool equal;

	if (rs_snap_find(s, sn->name, &got))
		return false;
	assert_int_equal(rs_view_snap(s, got.id, &v), 0);
	equal = work_equal(v, &sn->twin);
	rs_view_put(v);
	return equal;
}

static bool state_is(struct rs_store *s, const struct rs_view *live,
		     const struct state *st)
{
	struct rs_stats stats;
	size_t there = 0;

	rs_stats(s, &stats);
	if (stats.records != st->twin.n || !work_equal(live, &st->twin))
		return false;
	for (size_t i = 0; i < SNAPS; i++) {
		if (!st->snaps[i].there)
			continue;
		there++;
		if (!snap_is(s, &st->snaps[i]))
			return false;
	}
	return stats.snapshots == there;
}

static void judge_state(const struct run *r, struct rs_store *s, uint64_t n)
{
	struct rs_view *live;
	size_t low = 0;
	bool found = false;

	for (size_t i = 0; i < r->n_acks && r->acks[i].ops <= n; i++)
		low = r->acks[i].state;
	assert_int_equal(rs_view_live(s, &live), 0);
	for (size_t i = low; !found && i < r->n_states; i++)
		found = r->states[i].ops <= n &&
			state_is(s, live, &r->states[i]);
	rs_view_put(live);
	if (!found)
		print_error("after op %llu: a state nobody ever saw\n",
			    (unsigned long long)n);
	assert_true(found);
}

/* It opens, is sound, shows a state of the run, and can be worked with. */
static void judge(const struct run *r, struct disk *d, uint64_t n)
{
	const struct rs_open_opts opts = { 0 };
	struct err e = { 0 };
	struct rs_store *s;
	int err = rs_open_io(disk_io(d), &opts, &s, &e);

	if (err)
		print_error("after op %llu: %s\n", (unsigned long long)n,
			    e.msg);
	assert_int_equal(err, 0);
	work_check(s);
	judge_state(r, s, n);
	if (n % 8 == 0) {
		assert_int_equal(rs_snap_create(s, "after", NULL), 0);
		assert_int_equal(rs_snap_drop(s, "after"), 0);
		work_check(s);
	}
	assert_int_equal(rs_close(s), 0);
	disk_free(d);
}

/* --- the tests ----------------------------------------------------------- */

static uint64_t script_seed;
static uint64_t script_steps;

static void a_power_cut_after_any_op_loses_nothing(void **state)
{
	struct rng lot;
	struct run r;
	uint64_t images = 0;

	(void)state;
	start(&r, script_seed);
	for (uint64_t i = 0; i < script_steps; i++)
		step(&r);
	rs_abandon(r.store);
	rng_init(&lot, script_seed);
	for (uint64_t n = 0; n <= fault_ops(r.fault); n++) {
		for (unsigned k = 0; k < CRASH_KINDS; k++, images++)
			judge(&r, fault_crash(r.fault, n, k, &lot), n);
	}
	printf("%llu ops, %llu states of the disk\n",
	       (unsigned long long)fault_ops(r.fault),
	       (unsigned long long)images);
	finish(&r);
}

/* The disk loses its newest superblock. */
static void lose_newest(struct disk *d)
{
	uint64_t txids[2];
	unsigned newer;

	for (unsigned i = 0; i < 2; i++)
		memcpy(&txids[i], d->mem + (1 + i) * RS_PAGE_SIZE + TXID_AT, 8);
	newer = le64toh(txids[1]) > le64toh(txids[0]);
	memset(d->mem + (1 + newer) * RS_PAGE_SIZE, 0xff, RS_PAGE_SIZE);
}

/* There was but one commit, or the slot of the one before is being written. */
static bool has_older(const struct disk *d)
{
	return memcmp(d->mem + RS_PAGE_SIZE, RS_MAGIC_SUPER, 8) == 0 ||
	       memcmp(d->mem + 2 * RS_PAGE_SIZE, RS_MAGIC_SUPER, 8) == 0;
}

static void judge_older(const struct run *r, struct disk *d, uint64_t n)
{
	const struct rs_open_opts opts = { .read_only = true };
	struct rs_io *io = disk_io(d);
	struct rs_view *live;
	struct rs_store *s;
	bool found = false;

	lose_newest(d);
	if (!has_older(d)) {
		assert_int_equal(rs_open_io(io, &opts, &s, NULL), -EUCLEAN);
		io->ops->close(io);
		disk_free(d);
		return;
	}
	assert_int_equal(rs_open_io(io, &opts, &s, NULL), 0);
	assert_int_equal(rs_view_live(s, &live), 0);
	for (size_t i = 0; !found && i < r->n_states; i++)
		found = r->states[i].ops <= n &&
			state_is(s, live, &r->states[i]);
	assert_true(found);
	rs_view_put(live);
	rs_abandon(s);
	disk_free(d);
}

/* What a commit frees is not written to before the next one is durable. */
static void the_commit_before_is_whole_as_well(void **state)
{
	struct rng lot;
	struct run r;

	(void)state;
	start(&r, script_seed);
	for (uint64_t i = 0; i < script_steps; i++)
		step(&r);
	rs_abandon(r.store);
	rng_init(&lot, script_seed);
	for (uint64_t n = 0; n <= fault_ops(r.fault); n++)
		judge_older(&r, fault_crash(r.fault, n, CRASH_ALL, &lot), n);
	finish(&r);
}

/* Reads go on, whatever happened. */
static void reads_go_on(struct run *r)
{
	struct rs_view *v;

	assert_int_equal(rs_view_live(r->store, &v), 0);
	work_compare(v, &r->now.twin);
	rs_view_put(v);
}

static bool run_with_fault(uint64_t n, enum fault_kind kind, bool always)
{
	struct rng lot;
	struct run r;
	bool reached;

	start(&r, script_seed);
	fault_fail(r.fault, n, kind, always);
	n += fault_ops(r.fault);
	for (uint64_t i = 0; i < script_steps && !r.failed; i++)
		step(&r);
	reads_go_on(&r);
	reached = r.failed || fault_ops(r.fault) >= n;
	/* Some more, on a store that may be in its ERROR state. */
	for (uint64_t i = 0; i < 5; i++)
		step(&r);
	reads_go_on(&r);
	rs_abandon(r.store);
	rng_init(&lot, n);
	judge(&r, fault_crash(r.fault, fault_ops(r.fault), CRASH_TORN, &lot),
	      fault_ops(r.fault));
	finish(&r);
	return reached;
}

static void fail_each(enum fault_kind kind, bool always)
{
	uint64_t n = 1;

	while (run_with_fault(n, kind, always))
		n += 1 + n / 100;
	printf("%llu failures\n", (unsigned long long)n - 1);
}

static void any_op_may_fail(void **state)
{
	(void)state;
	fail_each(FAULT_EIO, false);
}

static void any_op_may_find_no_space(void **state)
{
	(void)state;
	fail_each(FAULT_ENOSPC, false);
}

static void any_write_may_stop_half_way(void **state)
{
	(void)state;
	fail_each(FAULT_SHORT, false);
}

static void everything_may_fail_from_any_op_on(void **state)
{
	(void)state;
	fail_each(FAULT_EIO, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_cut_after_any_op_loses_nothing),
		cmocka_unit_test(the_commit_before_is_whole_as_well),
		cmocka_unit_test(any_op_may_fail),
		cmocka_unit_test(any_op_may_find_no_space),
		cmocka_unit_test(any_write_may_stop_half_way),
		cmocka_unit_test(everything_may_fail_from_any_op_on),
	};

	script_seed = rng_seed();
	script_steps = rng_steps(200);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

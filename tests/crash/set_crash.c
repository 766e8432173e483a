/* SPDX-License-Identifier: Apache-2.0 */
/* set_crash.c - the power fails after every op, and every op fails once,
 * while sets are appended to, replaced and copied.
 *
 * Most of what is appended is in the journal when the power fails. Then it
 * fails once more while the store is opened and some of that is put in place.
 *
 * What a set holds is noted as a count and a sum, after each change and at
 * each sync. After a power cut all sets must be as they were at one and the
 * same sync: the last that was acknowledged, or a later one that was asked
 * for. When an op fails, each set must be in a state it had since the last
 * acknowledged sync. Either way the store is sound, and reaping the orphans
 * leaves nothing behind.
 *
 * SEED= chooses another script, STEPS= its length.
 */
#include "bitmap/journal.h"
#include "tests/support/io_fault.h"
#include "tests/support/set_store.h"
#include "tests/support/set_twin.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#define SETS	      3u
#define STEPS_DEFAULT 40

/* What a set holds, in short. */
struct content {
	uint64_t count, sum;
};

struct state {
	struct content sets[SETS];
	uint64_t ops;	/* when it was noted */
	bool synced;	/* a sync was asked for, ... */
	uint64_t acked; /* ... and returned after this op, if not 0 */
};

struct run {
	struct rng rng;
	struct disk *disk;
	struct fault *fault;
	struct set_store ss;
	uint64_t ino[SETS];
	struct set_twin twin[SETS];
	struct state *states;
	size_t n_states;
	bool failed;
};

static uint64_t script_seed;
static uint64_t script_steps;

static uint64_t mix(uint64_t sum, uint64_t member)
{
	return (sum ^ member) * 0x9e3779b97f4a7c15 + 1;
}

static struct content content_of(const struct set_twin *t)
{
	struct content c = { .count = t->n };

	for (size_t i = 0; i < t->n; i++)
		c.sum = mix(c.sum, t->members[i]);
	return c;
}

static struct state *note(struct run *r)
{
	struct state *st;

	r->states = realloc(r->states, (r->n_states + 1) * sizeof(*r->states));
	assert_non_null(r->states);
	st = &r->states[r->n_states++];
	*st = (struct state){ .ops = fault_ops(r->fault) };
	for (unsigned i = 0; i < SETS; i++)
		st->sets[i] = content_of(&r->twin[i]);
	return st;
}

/* --- the script ----------------------------------------------------------- */

static void fill(struct run *r, struct set_twin *t, struct bm_batch *b)
{
	uint64_t n = rng_below(&r->rng, rng_one_in(&r->rng, 3) ? 900 : 5);

	if (rng_one_in(&r->rng, 12)) /* too many for the journal */
		n = 8500;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t member = rng_below(&r->rng, 1u << 24);

		assert_int_equal(bm_batch_add(b, member), 0);
		set_twin_apply(t, member, member, BM_ADD);
	}
	if (rng_one_in(&r->rng, 3)) {
		uint64_t lo = rng_below(&r->rng, 1u << 24);
		uint64_t hi = lo + rng_below(&r->rng, 1u << 22);

		assert_int_equal(bm_batch_range(b, lo, hi, BM_REMOVE), 0);
		set_twin_apply(t, lo, hi, BM_REMOVE);
	}
}

/* The set's twin is now this one, if all went well. */
static void conclude(struct run *r, unsigned s, struct set_twin *t, int err)
{
	if (err) {
		r->failed = true;
		set_twin_finish(t);
		return;
	}
	set_twin_finish(&r->twin[s]);
	r->twin[s] = *t;
	note(r);
}

static void do_append(struct run *r, unsigned s)
{
	struct set_twin t = set_twin_copy(&r->twin[s]);
	struct bm_batch b;

	bm_batch_init(&b);
	fill(r, &t, &b);
	conclude(r, s, &t, bm_append(r->ss.db, r->ino[s], &b, 1));
	bm_batch_finish(&b);
}

/* As an idle store does it. */
static void do_fold(struct run *r)
{
	if (bm_fold(r->ss.db))
		r->failed = true;
}

static int swap_in(struct run *r, unsigned s, struct bm_stage *st)
{
	struct rs_object obj;
	struct rs_txn *t;
	int err = bm_stage_settle(st);

	if (!err)
		err = bm_settle(r->ss.db, r->ino[s]);
	if (!err)
		err = rs_txn_begin(r->ss.store, &t);
	if (err)
		return err;
	err = rs_object_get(rs_txn_view(t), r->ino[s], &obj);
	if (!err)
		err = bm_stage_apply(t, st, &obj);
	if (!err)
		err = rs_object_put(t, r->ino[s], &obj);
	if (!err)
		return rs_txn_end(t);
	rs_txn_abort(t);
	return err;
}

static int copy_in(struct run *r, unsigned from, struct bm_stage *st)
{
	struct bm_view *bv;
	struct rs_view *v;
	int err = bm_settle(r->ss.db, r->ino[from]);

	if (err)
		return err;
	assert_int_equal(rs_view_live(r->ss.store, &v), 0);
	err = bm_view_open(v, r->ino[from], &bv);
	rs_view_put(v);
	if (err)
		return err;
	err = bm_stage_copy(st, bv);
	bm_view_close(bv);
	return err;
}

static void do_replace(struct run *r, unsigned s)
{
	unsigned from = (unsigned)rng_below(&r->rng, SETS);
	struct set_twin t = { 0 };
	struct bm_stage *st;
	struct bm_batch b;
	int err = bm_stage_new(r->ss.db, &st);

	assert_int_equal(err, 0);
	bm_batch_init(&b);
	if (rng_one_in(&r->rng, 2)) {
		err = copy_in(r, from, st);
		set_twin_unite(&t, &r->twin[from]);
	}
	fill(r, &t, &b);
	if (!err)
		err = bm_stage_append(st, &b);
	if (!err)
		err = swap_in(r, s, st);
	bm_batch_finish(&b);
	bm_stage_free(st);
	conclude(r, s, &t, err);
}

static void do_sync(struct run *r)
{
	size_t i = r->n_states;

	note(r)->synced = true;
	if (rs_sync(r->ss.store))
		r->failed = true;
	else
		r->states[i].acked = fault_ops(r->fault);
}

static void step(struct run *r)
{
	uint64_t what = rng_below(&r->rng, 10);
	unsigned s = (unsigned)rng_below(&r->rng, SETS);

	if (what < 4)
		do_append(r, s);
	else if (what < 5 && rng_one_in(&r->rng, 3))
		do_fold(r);
	else if (what < 5)
		r->failed |= bm_settle(r->ss.db, r->ino[s]) != 0;
	else if (what < 7)
		do_replace(r, s);
	else
		do_sync(r);
}

static void start(struct run *r)
{
	struct rs_io *io;

	*r = (struct run){ 0 };
	rng_init(&r->rng, script_seed);
	r->disk = disk_new();
	r->disk->cap = (uint64_t)64 << 20; /* as long as it is made */
	io = disk_io(r->disk);
	assert_int_equal(rs_create_io(io, NULL), 0);
	io->ops->close(io);
	r->fault = fault_new(r->disk);
	set_store_open(&r->ss, fault_io(r->fault));
	set_store_clear_by(&r->ss, 2);
	set_store_make_runs(&r->ss);
	set_store_make_journal_small(&r->ss);
	for (unsigned i = 0; i < SETS; i++)
		r->ino[i] = set_store_create(&r->ss);
	do_sync(r);
	assert_false(r->failed);
}

static void finish(struct run *r)
{
	for (unsigned i = 0; i < SETS; i++)
		set_twin_finish(&r->twin[i]);
	free(r->states);
	fault_free(r->fault);
	disk_free(r->disk);
}

/* The power fails: nothing is closed. */
static void stop(struct run *r)
{
	set_store_stop(&r->ss);
}

/* --- judging a disk ------------------------------------------------------- */

static struct content read_set(struct set_store *ss, uint64_t ino)
{
	struct bm_view *v = set_store_view(ss, ino);
	struct content c = { .count = bm_view_info(v)->count };
	struct bm_iter *it;
	uint64_t buf[500];
	size_t n;

	assert_int_equal(bm_iter_new(v, &it), 0);
	do {
		assert_int_equal(bm_iter_read(it, buf, 500, &n), 0);
		for (size_t i = 0; i < n; i++)
			c.sum = mix(c.sum, buf[i]);
	} while (n);
	bm_iter_free(it);
	bm_view_close(v);
	return c;
}

static bool same(struct content a, struct content b)
{
	return a.count == b.count && a.sum == b.sum;
}

/* The last state whose sync had returned at op n. */
static size_t last_acked(const struct run *r, uint64_t n)
{
	size_t last = 0;

	for (size_t i = 0; i < r->n_states; i++)
		if (r->states[i].acked && r->states[i].acked <= n)
			last = i;
	return last;
}

/* All sets as at one sync. */
static bool at_a_sync(const struct run *r, const struct content *got, size_t i)
{
	if (!r->states[i].synced)
		return false;
	for (unsigned s = 0; s < SETS; s++)
		if (!same(got[s], r->states[i].sets[s]))
			return false;
	return true;
}

static void judge_crash(const struct run *r, const struct content *got,
			uint64_t n)
{
	bool found = false;

	for (size_t i = last_acked(r, n); i < r->n_states && !found; i++)
		found = r->states[i].ops <= n && at_a_sync(r, got, i);
	if (!found)
		print_error("after op %llu: a state of no sync\n",
			    (unsigned long long)n);
	assert_true(found);
}

static void judge_fault(const struct run *r, const struct content *got,
			uint64_t n)
{
	for (unsigned s = 0; s < SETS; s++) {
		bool found = false;

		for (size_t i = last_acked(r, n); i < r->n_states && !found;
		     i++)
			found = same(got[s], r->states[i].sets[s]);
		if (!found)
			print_error("set %u: a state it never had\n", s);
		assert_true(found);
	}
}

/* What a crashed stage left. */
static void reap_all(struct set_store *ss)
{
	const uint8_t first[] = { RS_KEY_ORPHAN };

	for (;;) {
		struct rs_cursor c;
		struct rs_txn *t;
		uint64_t ino = 0;
		bool done;
		int err;

		assert_int_equal(rs_txn_begin(ss->store, &t), 0);
		rs_cursor_init(&c, rs_txn_view(t));
		err = rs_cursor_seek(&c, first, sizeof(first));
		for (size_t i = 1; !err && i < c.key_len; i++)
			ino = ino << 8 | c.key[i];
		if (err || c.key[0] != RS_KEY_ORPHAN)
			ino = 0;
		rs_cursor_finish(&c);
		if (ino)
			assert_int_equal(bm_reap(t, ino, 3, &done), 0);
		assert_int_equal(rs_txn_end(t), 0);
		if (!ino)
			return;
	}
}

/* The store is opened and used, and the power fails again at some op. d is
 * used up. */
static struct disk *crash_again(const struct run *r, struct disk *d,
				struct rng *lot)
{
	struct fault *f = fault_new(d);
	enum fault_crash kind = (enum fault_crash)rng_below(lot, CRASH_KINDS);
	struct set_store ss;
	struct disk *again;

	set_store_open(&ss, fault_io(f));
	reap_all(&ss);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t ino = r->ino[rng_below(lot, SETS)];

		assert_int_equal(bm_settle(ss.db, ino), 0);
		assert_int_equal(rs_sync(ss.store), 0);
	}
	set_store_stop(&ss);
	again = fault_crash(f, rng_below(lot, fault_ops(f) + 1), kind, lot);
	fault_free(f);
	disk_free(d);
	return again;
}

typedef void judge_fn(const struct run *r, const struct content *got,
		      uint64_t n);

static void judge(const struct run *r, struct disk *d, uint64_t n, judge_fn *by)
{
	struct content got[SETS];
	struct set_store ss;
	struct rng lot;

	rng_init(&lot, script_seed + n);
	if (rng_one_in(&lot, 2))
		d = crash_again(r, d, &lot);
	set_store_open(&ss, disk_io(d));
	reap_all(&ss);
	set_store_check(&ss);
	for (unsigned i = 0; i < SETS; i++)
		got[i] = read_set(&ss, r->ino[i]);
	by(r, got, n);
	bm_close(ss.db);
	assert_int_equal(rs_close(ss.store), 0);
	disk_free(d);
}

/* --- the tests ------------------------------------------------------------ */

static void a_power_cut_leaves_all_sets_as_at_a_sync(void **state)
{
	struct rng lot;
	struct run r;
	uint64_t first;

	(void)state;
	start(&r);
	first = fault_ops(r.fault);
	for (uint64_t i = 0; i < script_steps; i++)
		step(&r);
	assert_false(r.failed);
	stop(&r);
	rng_init(&lot, script_seed);
	for (uint64_t n = first; n <= fault_ops(r.fault); n++)
		for (unsigned k = 0; k < CRASH_KINDS; k++)
			judge(&r, fault_crash(r.fault, n, k, &lot), n,
			      judge_crash);
	printf("%llu ops\n", (unsigned long long)fault_ops(r.fault));
	finish(&r);
}

/* The n-th op fails; false when the script has no such op. */
static bool run_with_fault(uint64_t n, enum fault_kind kind)
{
	struct rng lot;
	struct run r;
	bool reached;

	start(&r);
	fault_fail(r.fault, n, kind, false);
	n += fault_ops(r.fault);
	for (uint64_t i = 0; i < script_steps; i++)
		step(&r);
	reached = fault_ops(r.fault) >= n || r.failed;
	stop(&r);
	rng_init(&lot, n);
	n = fault_ops(r.fault);
	judge(&r, fault_crash(r.fault, n, CRASH_ALL, &lot), n, judge_fault);
	finish(&r);
	return reached;
}

static void any_op_may_fail(void **state)
{
	const enum fault_kind kinds[] = { FAULT_EIO, FAULT_ENOSPC,
					  FAULT_SHORT };

	(void)state;
	for (unsigned k = 0; k < 3; k++) {
		uint64_t n = 1;

		while (run_with_fault(n, kinds[k]))
			n++;
		assert_true(n > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_cut_leaves_all_sets_as_at_a_sync),
		cmocka_unit_test(any_op_may_fail),
	};

	script_seed = rng_seed();
	script_steps = rng_steps(STEPS_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

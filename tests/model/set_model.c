/* SPDX-License-Identifier: Apache-2.0 */
/* set_model.c - sets in a store against sorted arrays.
 *
 * A few sets, each with a twin. Batches of every shape are queued, settled or
 * left waiting; contents are staged, copied and swapped in; views and a
 * snapshot are kept while the sets change and compared with what they were.
 * Whatever can be asked of a set is asked of its twin as well. Now and then the
 * power fails after a sync, and all is as it was then.
 */

#include "bitmap/bitmap.h"
#include "regionstore/base/auto.h"
#include "tests/support/set_store.h"
#include "tests/support/set_twin.h"
#include "tests/support/test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_DEFAULT 1500
#define SETS	      4u
#define KEPT	      3u

/* A view that is kept, and what it must go on showing. */
struct kept {
	struct bm_view *view;
	struct set_twin twin;
};

/* A snapshot, with what the sets held then. */
struct snap {
	bool there;
	struct rs_snap snap;
	uint64_t ino[SETS];
	struct set_twin twin[SETS];
};

struct model {
	struct rng r;
	struct set_store ss;
	uint64_t ino[SETS];
	struct set_twin twin[SETS];
	struct kept kept[KEPT];
	struct snap snap;
	uint64_t batches; /* queued so far: the time of change */
};

/* --- making batches ------------------------------------------------------- */

/* A member of one of several kinds: dense, clustered, 32 bits, any. */
static uint64_t draw_member(struct rng *r)
{
	switch (rng_below(r, 5)) {
	case 0:
		return rng_below(r, 3000);
	case 1:
		return 99000 + rng_below(r, 200000);
	case 2:
		return rng_below(r, (uint64_t)1 << 32);
	case 3:
		return (rng_below(r, 6) << 33) + rng_below(r, 4000);
	default:
		return rng_u64(r);
	}
}

static void add_one(struct set_twin *t, struct bm_batch *b, uint64_t member)
{
	assert_int_equal(bm_batch_add(b, member), 0);
	set_twin_apply(t, member, member, BM_ADD);
}

static void add_range(struct rng *r, struct set_twin *t, struct bm_batch *b,
		      enum bm_op op)
{
	uint64_t lo = draw_member(r);
	uint64_t len = rng_below(r, rng_one_in(r, 4) ? 150000 : 300);
	uint64_t hi = len > UINT64_MAX - lo ? UINT64_MAX : lo + len;

	if (op == BM_REMOVE && rng_one_in(r, 3))
		hi = lo | rng_any_size(r);
	assert_int_equal(bm_batch_range(b, lo, hi, op), 0);
	set_twin_apply(t, lo, hi, op);
}

/* Members that ascend from the twin's largest on. */
static void add_ascending(struct rng *r, struct set_twin *t, struct bm_batch *b)
{
	uint64_t v = t->n ? t->members[t->n - 1] : 0;
	uint64_t step = rng_one_in(r, 2) ? 2 : 100000;

	for (uint64_t n = rng_below(r, 5000); n > 0; n--) {
		if (v > UINT64_MAX - step)
			return;
		v += rng_below(r, step) + 1;
		add_one(t, b, v);
	}
}

static void fill_batch(struct rng *r, struct set_twin *t, struct bm_batch *b)
{
	uint64_t n = rng_one_in(r, 4) ? rng_below(r, 4000) : rng_below(r, 6);
	bool mixed = rng_one_in(r, 3);

	if (rng_one_in(r, 6))
		add_ascending(r, t, b);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t member = draw_member(r);

		if (!mixed || !rng_one_in(r, 3)) {
			add_one(t, b, member);
			continue;
		}
		if (t->n && rng_one_in(r, 2)) /* one that is there */
			member = t->members[rng_below(r, t->n)];
		assert_int_equal(bm_batch_range(b, member, member, BM_REMOVE),
				 0);
		set_twin_apply(t, member, member, BM_REMOVE);
	}
	if (rng_one_in(r, 5))
		add_range(r, t, b, BM_ADD);
	if (rng_one_in(r, 4))
		add_range(r, t, b, BM_REMOVE);
}

/* --- what the steps do ---------------------------------------------------- */

static void append(struct model *m)
{
	uint64_t s = rng_below(&m->r, SETS);
	struct bm_batch b;

	bm_batch_init(&b);
	fill_batch(&m->r, &m->twin[s], &b);
	assert_int_equal(
		bm_append(m->ss.db, m->ino[s], &b, (int64_t)++m->batches), 0);
	assert_true(bm_batch_empty(&b));
	bm_batch_finish(&b);
}

static void settle(struct model *m)
{
	if (rng_one_in(&m->r, 3))
		assert_int_equal(bm_settle_all(m->ss.db), 0);
	else
		assert_int_equal(
			bm_settle(m->ss.db, m->ino[rng_below(&m->r, SETS)]), 0);
}

static void look(struct model *m)
{
	uint64_t s = rng_below(&m->r, SETS);
	struct bm_view *view = set_store_view(&m->ss, m->ino[s]);

	set_twin_compare(&m->twin[s], view, &m->r);
	bm_view_close(view);
}

/* A kept view is compared and let go, another one is taken. */
static void keep(struct model *m)
{
	struct kept *k = &m->kept[rng_below(&m->r, KEPT)];
	uint64_t s = rng_below(&m->r, SETS);

	if (k->view) {
		set_twin_compare(&k->twin, k->view, &m->r);
		bm_view_close(k->view);
		set_twin_finish(&k->twin);
	}
	k->view = set_store_view(&m->ss, m->ino[s]);
	k->twin = set_twin_copy(&m->twin[s]);
}

/* A new content takes the place of a set's. */
static void replace(struct model *m)
{
	uint64_t s = rng_below(&m->r, SETS);
	struct set_twin t = { 0 };
	struct bm_stage *st;

	assert_int_equal(bm_stage_new(m->ss.db, &st), 0);
	for (uint64_t n = rng_below(&m->r, 5); n > 0; n--) {
		struct bm_batch b;

		bm_batch_init(&b);
		fill_batch(&m->r, &t, &b);
		assert_int_equal(bm_stage_append(st, &b), 0);
		bm_batch_finish(&b);
		if (rng_one_in(&m->r, 3))
			assert_int_equal(bm_stage_settle(st), 0);
		if (rng_one_in(&m->r, 4)) {
			uint64_t from = rng_below(&m->r, SETS);
			struct bm_view *v =
				set_store_view(&m->ss, m->ino[from]);

			assert_int_equal(bm_stage_copy(st, v), 0);
			set_twin_unite(&t, &m->twin[from]);
			bm_view_close(v);
		}
	}
	if (rng_one_in(&m->r, 4)) { /* the writer gives up */
		set_twin_finish(&t);
	} else {
		set_store_apply(&m->ss, m->ino[s], st, rng_one_in(&m->r, 4));
		set_twin_finish(&m->twin[s]);
		m->twin[s] = t;
	}
	bm_stage_free(st);
}

/* cp a b */
static void copy(struct model *m)
{
	uint64_t from = rng_below(&m->r, SETS);
	uint64_t to = rng_below(&m->r, SETS);
	struct bm_view *v = set_store_view(&m->ss, m->ino[from]);
	struct bm_stage *st;
	struct set_twin t = set_twin_copy(&m->twin[from]);

	assert_int_equal(bm_stage_new(m->ss.db, &st), 0);
	assert_int_equal(bm_stage_copy(st, v), 0);
	bm_view_close(v);
	set_store_apply(&m->ss, m->ino[to], st, false);
	bm_stage_free(st);
	set_twin_finish(&m->twin[to]);
	m->twin[to] = t;
}

/* rm and a new set */
static void remove_set(struct model *m)
{
	uint64_t s = rng_below(&m->r, SETS);

	set_store_remove(&m->ss, m->ino[s]);
	m->ino[s] = set_store_create(&m->ss);
	set_twin_finish(&m->twin[s]);
}

/* What was queued before is in it. */
static void take_snapshot(struct model *m)
{
	struct snap *sn = &m->snap;

	assert_int_equal(rs_snap_create(m->ss.store, "kept", &sn->snap), 0);
	sn->there = true;
	for (unsigned i = 0; i < SETS; i++) {
		sn->ino[i] = m->ino[i];
		sn->twin[i] = set_twin_copy(&m->twin[i]);
	}
}

static void drop_snapshot(struct model *m)
{
	struct snap *sn = &m->snap;
	struct rs_view *v;

	assert_int_equal(rs_view_snap(m->ss.store, sn->snap.id, &v), 0);
	for (unsigned i = 0; i < SETS; i++) {
		struct bm_view *bv;

		assert_int_equal(bm_view_open(v, sn->ino[i], &bv), 0);
		set_twin_compare(&sn->twin[i], bv, &m->r);
		bm_view_close(bv);
		set_twin_finish(&sn->twin[i]);
	}
	rs_view_put(v);
	assert_int_equal(rs_snap_drop(m->ss.store, "kept"), 0);
	sn->there = false;
}

static void take_or_drop_snapshot(struct model *m)
{
	if (m->snap.there)
		drop_snapshot(m);
	else
		take_snapshot(m);
}

static void drop_kept(struct model *m)
{
	for (unsigned i = 0; i < KEPT; i++) {
		if (!m->kept[i].view)
			continue;
		set_twin_compare(&m->kept[i].twin, m->kept[i].view, &m->r);
		bm_view_close(m->kept[i].view);
		set_twin_finish(&m->kept[i].twin);
		m->kept[i] = (struct kept){ 0 };
	}
}

static void reopen(struct model *m)
{
	drop_kept(m);
	set_store_reopen(&m->ss);
}

/* The power fails after a sync, before what is appended then is synced. */
static void crash(struct model *m)
{
	drop_kept(m);
	assert_int_equal(rs_sync(m->ss.store), 0);
	if (rng_one_in(&m->r, 2)) {
		struct set_twin lost = { 0 };
		struct bm_batch b;

		bm_batch_init(&b);
		fill_batch(&m->r, &lost, &b);
		assert_int_equal(bm_append(m->ss.db, m->ino[0], &b, 99), 0);
		bm_batch_finish(&b);
		set_twin_finish(&lost);
	}
	set_store_crash(&m->ss);
}

static void check(struct model *m)
{
	assert_int_equal(bm_settle_all(m->ss.db), 0);
	set_store_check(&m->ss);
}

static void step(struct model *m)
{
	uint64_t what = rng_below(&m->r, 100);

	if (what < 45)
		append(m);
	else if (what < 60)
		settle(m);
	else if (what < 80)
		look(m);
	else if (what < 86)
		keep(m);
	else if (what < 92)
		replace(m);
	else if (what < 94)
		copy(m);
	else if (what < 96)
		remove_set(m);
	else if (what < 97)
		take_or_drop_snapshot(m);
	else if (what < 98)
		rng_one_in(&m->r, 2) ? reopen(m) : crash(m);
	else if (what < 99)
		assert_int_equal(rs_sync(m->ss.store), 0);
	else
		check(m);
}

static void sets_behave_as_sorted_arrays(void **state)
{
	uint64_t steps = rng_steps(STEPS_DEFAULT);
	struct model *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	rng_init(&m->r, rng_seed());
	set_store_init(&m->ss);
	set_store_clear_by(&m->ss, 3);
	if (rng_one_in(&m->r, 2))
		set_store_make_journal_small(&m->ss);
	if (rng_one_in(&m->r, 2))
		set_store_make_runs(&m->ss);
	for (unsigned i = 0; i < SETS; i++)
		m->ino[i] = set_store_create(&m->ss);
	for (uint64_t i = 0; i < steps; i++)
		step(m);
	drop_kept(m);
	if (m->snap.there)
		drop_snapshot(m);
	check(m);
	set_store_finish(&m->ss);
	for (unsigned i = 0; i < SETS; i++)
		set_twin_finish(&m->twin[i]);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_behave_as_sorted_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

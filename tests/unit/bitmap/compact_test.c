/* SPDX-License-Identifier: Apache-2.0 */
/* compact_test.c - tests bitmap/compact.c and compact_set.c. */

#include "bitmap/set.h"
#include "tests/support/rng.h"
#include "tests/support/set_store.h"
#include "tests/support/set_twin.h"
#include "tests/support/test.h"

#include <errno.h>

#define STEP  4300u
#define MANY  300000u
#define BLOCK 4000u /* members that are about a segment */

/* Members [from, to) times STEP are added or removed, all at once. */
static void change(struct set_store *ss, struct set_twin *t, uint64_t ino,
		   uint64_t from, uint64_t to, enum bm_op op)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = from; i < to; i++) {
		assert_int_equal(bm_batch_range(&b, i * STEP, i * STEP, op), 0);
		if (op == BM_ADD)
			set_twin_apply(t, i * STEP, i * STEP, op);
	}
	if (op == BM_REMOVE)
		set_twin_apply(t, from * STEP, (to - 1) * STEP, op);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	assert_int_equal(bm_settle(ss->db, ino), 0);
}

/* A set of which part of each segment was removed, one after the other. */
static uint64_t make_loose(struct set_store *ss, struct set_twin *t)
{
	uint64_t ino = set_store_create(ss);

	change(ss, t, ino, 0, MANY, BM_ADD);
	for (uint64_t i = 0; i < MANY; i += BLOCK)
		change(ss, t, ino, i, i + BLOCK * 2 / 5, BM_REMOVE);
	assert_int_equal(rs_sync(ss->store), 0);
	return ino;
}

static uint64_t make_fresh(struct set_store *ss, const struct set_twin *t)
{
	uint64_t ino = set_store_create(ss);
	struct bm_batch b;

	bm_batch_init(&b);
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(bm_batch_add(&b, t->members[i]), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	assert_int_equal(bm_settle(ss->db, ino), 0);
	return ino;
}

static uint64_t compact(struct set_store *ss)
{
	struct rs_compact_result r = { 0 };

	assert_int_equal(bm_compact(ss->store, NULL, NULL, &r), 0);
	assert_true(r.records > 0 && r.records_done <= r.records);
	return r.packed_bytes;
}

static void compare(struct set_store *ss, uint64_t ino,
		    const struct set_twin *t)
{
	struct bm_view *v = set_store_view(ss, ino);
	struct rng lot;

	rng_init(&lot, 3);
	set_twin_compare(t, v, &lot);
	bm_view_close(v);
}

static void loose_segments_become_as_those_of_a_fresh_set(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	uint64_t ino = make_loose(ss, &t);
	uint64_t fresh = make_fresh(ss, &t);
	uint64_t want = set_store_info(ss, fresh).stored;
	unsigned changed = ss->n_changed;
	uint64_t before = set_store_info(ss, ino).stored;

	assert_true(before > want * 11 / 10);
	assert_true(compact(ss) > 0);
	assert_true(set_store_info(ss, ino).stored <= want * 103 / 100);
	/* It is no change of the set, and done once. */
	assert_int_equal(ss->n_changed, changed);
	compare(ss, ino, &t);
	assert_int_equal(compact(ss), 0);
	set_store_reopen(ss);
	compare(ss, ino, &t);
	compare(ss, fresh, &t);
	set_twin_finish(&t);
}

static void segments_are_as_large_as_the_set_says(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	uint64_t ino = make_loose(ss, &t);
	struct rs_object obj;
	struct rs_txn *txn;

	assert_int_equal(rs_txn_begin(ss->store, &txn), 0);
	assert_int_equal(rs_object_get(rs_txn_view(txn), ino, &obj), 0);
	assert_int_equal(bm_object_set_segment_bytes(&obj, 65536), 0);
	assert_int_equal(rs_object_put(txn, ino, &obj), 0);
	assert_int_equal(rs_txn_end(txn), 0);
	compact(ss);
	assert_true(set_store_info(ss, ino).segments <
		    set_store_info(ss, ino).stored / 50000);
	compare(ss, ino, &t);
	set_twin_finish(&t);
}

/* Two small segments far apart, which the writer does not join. */
static void a_set_that_became_small_moves_into_its_object(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	uint64_t ino = set_store_create(ss);
	uint64_t far = ((uint64_t)7 << 32) / STEP;

	change(ss, &t, ino, 0, 4000, BM_ADD);
	change(ss, &t, ino, far, far + 4000, BM_ADD);
	change(ss, &t, ino, 3, 4000, BM_REMOVE);
	change(ss, &t, ino, far + 3, far + 4000, BM_REMOVE);
	assert_true(set_store_info(ss, ino).segments > 1);
	compact(ss);
	assert_int_equal(set_store_info(ss, ino).segments, 0);
	compare(ss, ino, &t);
	set_twin_finish(&t);
}

static void what_a_snapshot_holds_stays(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	uint64_t ino = make_loose(ss, &t);
	struct rs_stats before, after;
	struct rs_snap sn;

	assert_int_equal(rs_snap_create(ss->store, "s", &sn), 0);
	rs_stats(ss->store, &before);
	assert_int_equal(compact(ss), 0);
	rs_stats(ss->store, &after);
	assert_int_equal(after.used_bytes, before.used_bytes);
	assert_int_equal(rs_snap_drop(ss->store, "s"), 0);
	assert_true(compact(ss) > 0);
	compare(ss, ino, &t);
	set_twin_finish(&t);
}

/* It belongs to who makes it, and is packed when it has its place. */
static void a_content_in_the_making_is_left_alone(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	uint64_t ino = make_loose(ss, &t);
	uint64_t to = set_store_create(ss);
	struct bm_view *v = set_store_view(ss, ino);
	struct bm_stage *st;
	uint64_t once;

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	assert_int_equal(bm_stage_copy(st, v), 0);
	bm_view_close(v);
	once = compact(ss);
	assert_true(once > 0);
	set_store_apply(ss, to, st, false);
	bm_stage_free(st);
	compare(ss, to, &t);
	assert_int_equal(compact(ss), once);
	compare(ss, to, &t);
	set_twin_finish(&t);
}

/* Readers keep what they have. */
static void a_view_does_not_change(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	uint64_t ino = make_loose(ss, &t);
	struct bm_view *v = set_store_view(ss, ino);
	struct rng lot;

	rng_init(&lot, 4);
	assert_true(compact(ss) > 0);
	set_twin_compare(&t, v, &lot);
	bm_view_close(v);
	set_twin_finish(&t);
}

static int stop(void *arg, const struct rs_compact_result *r)
{
	assert_true(r->records_done <= r->records);
	assert_non_null(r->step);
	return ++*(unsigned *)arg == 1 ? -EINTR : 0;
}

static void it_can_be_stopped(void **state)
{
	struct set_store *ss = *state;
	struct rs_compact_result r = { 0 };
	struct set_twin t[12] = { 0 };
	uint64_t ino[12];
	unsigned asked = 0;

	for (unsigned i = 0; i < 12; i++)
		ino[i] = make_loose(ss, &t[i]);
	assert_int_equal(bm_compact(ss->store, stop, &asked, &r), -EINTR);
	set_store_check(ss);
	assert_true(compact(ss) > 0);
	for (unsigned i = 0; i < 12; i++) {
		compare(ss, ino[i], &t[i]);
		set_twin_finish(&t[i]);
	}
}

static uint64_t first_page(struct set_store *ss, uint64_t ino)
{
	struct rs_object obj;
	struct bm_set set;
	struct bm_place pl;
	struct rs_view *v;
	uint64_t pgno;

	assert_int_equal(rs_view_live(ss->store, &v), 0);
	assert_int_equal(rs_object_get(v, ino, &obj), 0);
	assert_int_equal(bm_set_decode(&obj, &set), 0);
	bm_place_init(&pl, v, set.id);
	assert_int_equal(bm_place_at_or_after(&pl, 0), 0);
	pgno = pl.rec.ptr.pgno;
	bm_place_finish(&pl);
	rs_view_put(v);
	return pgno;
}

/* A damaged segment is not packed with others as if it were whole. */
static void damage_ends_it(void **state)
{
	struct set_store *ss = *state;
	struct rs_compact_result r = { 0 };
	struct set_twin t = { 0 };
	uint64_t ino = make_loose(ss, &t);
	uint64_t at = first_page(ss, ino) * RS_PAGE_SIZE + 100;
	uint64_t stored;

	set_store_reopen(ss);
	stored = set_store_info(ss, ino).stored;
	ss->disk->mem[at] ^= 1;
	assert_int_equal(bm_compact(ss->store, NULL, NULL, &r), -EBADMSG);
	ss->disk->mem[at] ^= 1;
	assert_int_equal(set_store_info(ss, ino).stored, stored);
	set_store_reopen(ss);
	compare(ss, ino, &t);
	set_twin_finish(&t);
}

static void nothing_is_packed_in_an_empty_store(void **state)
{
	struct rs_compact_result r = { 0 };
	struct set_store *ss = *state;

	assert_int_equal(bm_compact(ss->store, NULL, NULL, &r), 0);
	assert_int_equal(r.packed_bytes, 0);
	set_store_create(ss);
	assert_int_equal(bm_compact(ss->store, NULL, NULL, &r), 0);
	assert_int_equal(r.packed_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(loose_segments_become_as_those_of_a_fresh_set),
		SET_STORE_TEST(segments_are_as_large_as_the_set_says),
		SET_STORE_TEST(a_set_that_became_small_moves_into_its_object),
		SET_STORE_TEST(what_a_snapshot_holds_stays),
		SET_STORE_TEST(a_content_in_the_making_is_left_alone),
		SET_STORE_TEST(a_view_does_not_change),
		SET_STORE_TEST(it_can_be_stopped),
		SET_STORE_TEST(damage_ends_it),
		SET_STORE_TEST(nothing_is_packed_in_an_empty_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

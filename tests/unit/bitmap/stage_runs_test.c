/* SPDX-License-Identifier: Apache-2.0 */
/* stage_runs_test.c - members of a stage that are put aside. */

#include "bitmap/bitmap.h"
#include "bitmap/db.h"
#include "tests/support/rng.h"
#include "tests/support/set_store.h"
#include "tests/support/set_twin.h"
#include "tests/support/test.h"

#include <errno.h>

#define RUNS 1100u /* three levels of them */

static int setup(void **state)
{
	static struct set_store ss;

	set_store_init(&ss);
	set_store_make_runs(&ss);
	*state = &ss;
	return 0;
}

static int teardown(void **state)
{
	struct set_store *ss = *state;

	set_store_check(ss);
	set_store_finish(ss);
	return 0;
}

static void append(struct bm_stage *st, struct set_twin *t, uint64_t lo,
		   uint64_t hi, enum bm_op op)
{
	struct bm_batch b;

	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, lo, hi, op), 0);
	set_twin_apply(t, lo, hi, op);
	assert_int_equal(bm_stage_append(st, &b), 0);
	bm_batch_finish(&b);
}

/* Each in a batch of its own, none of them above the first one. */
static void append_at_random(struct bm_stage *st, struct set_twin *t,
			     struct rng *r, unsigned n)
{
	append(st, t, UINT64_MAX, UINT64_MAX, BM_ADD);
	for (; n > 0; n--) {
		uint64_t member = rng_u64(r) >> rng_below(r, 60);

		append(st, t, member, member, BM_ADD);
	}
}

/* What became of it is what the twin says, and no orphan is left. */
static void expect(struct set_store *ss, struct bm_stage *st,
		   struct set_twin *t, struct rng *r)
{
	uint64_t ino = set_store_create(ss);
	struct bm_view *v;

	set_store_apply(ss, ino, st, true);
	bm_stage_free(st);
	v = set_store_view(ss, ino);
	set_twin_compare(t, v, r);
	bm_view_close(v);
	set_twin_finish(t);
}

static void all_of_them_come_together(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	struct bm_stage *st;
	struct rng r;

	rng_init(&r, 1);
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	append_at_random(st, &t, &r, RUNS);
	expect(ss, st, &t, &r);
}

/* Ranges, too; long ones are not looked at member by member. */
static void ranges_are_put_aside(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	struct bm_stage *st;
	struct rng r;

	rng_init(&r, 2);
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	append(st, &t, 1000000, 1000000, BM_ADD);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t lo = rng_below(&r, 900000);

		append(st, &t, lo, lo + rng_below(&r, 100), BM_ADD);
	}
	append(st, &t, 1 << 19, 1 << 20, BM_ADD);
	expect(ss, st, &t, &r);
}

/* What is removed goes from what was put aside before, and not from what
 * comes later. */
static void removals_keep_their_place(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	struct bm_stage *st;
	struct rng r;

	rng_init(&r, 3);
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	append_at_random(st, &t, &r, 50);
	append(st, &t, 0, (uint64_t)1 << 32, BM_REMOVE);
	append_at_random(st, &t, &r, 50);
	expect(ss, st, &t, &r);
}

/* A stage may be settled and then grow on. */
static void goes_on_after_a_settle(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	struct bm_stage *st;
	struct rng r;

	rng_init(&r, 4);
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	for (unsigned i = 0; i < 4; i++) {
		append_at_random(st, &t, &r, 40);
		assert_int_equal(bm_stage_settle(st), 0);
	}
	expect(ss, st, &t, &r);
}

/* The writer gives up: all orphans go (teardown). */
static void what_is_not_applied_is_gone(void **state)
{
	struct set_store *ss = *state;
	struct set_twin t = { 0 };
	struct bm_stage *st;
	struct rng r;

	rng_init(&r, 5);
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	append_at_random(st, &t, &r, 100);
	bm_stage_free(st);
	set_twin_finish(&t);
}

/* What was put aside counts before it is merged. */
static void too_many_are_seen_at_once(void **state)
{
	struct set_store *ss = *state;
	struct bm_stage *st;
	struct bm_batch b;

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, 9, BM_MEMBERS_MAX, BM_ADD), 0);
	assert_int_equal(bm_stage_append(st, &b), 0);
	for (uint64_t i = 0; i < 10; i++) {
		int err = i < 8 ? 0 : -EFBIG;

		assert_int_equal(bm_batch_range(&b, i < 9 ? i : UINT64_MAX,
						i < 9 ? i : UINT64_MAX, BM_ADD),
				 0);
		assert_int_equal(bm_stage_append(st, &b), err);
		bm_batch_finish(&b);
	}
	bm_stage_free(st);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(all_of_them_come_together, setup,
					teardown),
	cmocka_unit_test_setup_teardown(ranges_are_put_aside, setup, teardown),
	cmocka_unit_test_setup_teardown(removals_keep_their_place, setup,
					teardown),
	cmocka_unit_test_setup_teardown(goes_on_after_a_settle, setup,
					teardown),
	cmocka_unit_test_setup_teardown(what_is_not_applied_is_gone, setup,
					teardown),
	cmocka_unit_test_setup_teardown(too_many_are_seen_at_once, setup,
					teardown),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}

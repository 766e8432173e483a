/* SPDX-License-Identifier: Apache-2.0 */
/* stage_test.c - a new content is made aside and takes its place. */

#include "bitmap/bitmap.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>

static void stage_many(struct bm_stage *st, uint64_t first, uint64_t step,
		       uint64_t n)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(bm_batch_add(&b, first + i * step), 0);
	assert_int_equal(bm_stage_append(st, &b), 0);
	assert_true(bm_batch_empty(&b));
	bm_batch_finish(&b);
}

/* The orphans there are now. */
static size_t orphans(struct set_store *ss, uint64_t *inos, size_t cap)
{
	const uint8_t key[] = { RS_KEY_ORPHAN };
	struct rs_cursor c;
	struct rs_view *v;
	size_t n = 0;
	int err;

	assert_int_equal(rs_view_live(ss->store, &v), 0);
	rs_cursor_init(&c, v);
	for (err = rs_cursor_seek(&c, key, 1);
	     !err && c.key[0] == RS_KEY_ORPHAN; err = rs_cursor_next(&c)) {
		assert_true(n < cap);
		inos[n] = 0;
		for (size_t i = 1; i < c.key_len; i++)
			inos[n] = inos[n] << 8 | c.key[i];
		n++;
	}
	rs_cursor_finish(&c);
	rs_view_put(v);
	return n;
}

static void nobody_sees_it_before_it_is_applied(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;

	set_store_write(ss, ino, "1\n2\n");
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	stage_many(st, 10, 1, 3);
	assert_int_equal(set_store_info(ss, ino).count, 2);
	set_store_apply(ss, ino, st, false);
	bm_stage_free(st);
	assert_int_equal(set_store_info(ss, ino).count, 3);
	assert_int_equal(set_store_info(ss, ino).min, 10);
}

static void an_empty_stage_empties_the_set(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;

	set_store_write(ss, ino, "1-100000\n");
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	set_store_apply(ss, ino, st, false);
	bm_stage_free(st);
	assert_int_equal(set_store_info(ss, ino).count, 0);
}

/* A large content is in the store before it is applied, as an orphan. */
static void large_contents_go_to_the_store(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;
	uint64_t inos[4] = { 0 };

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	for (uint64_t i = 0; i < 30; i++)
		stage_many(st, i, 30 * 4300, 100000);
	assert_int_equal(orphans(ss, inos, 4), 1);
	set_store_apply(ss, ino, st, false);
	assert_int_equal(orphans(ss, inos, 4), 0);
	bm_stage_free(st);
	assert_int_equal(set_store_info(ss, ino).count, 3000000);
}

static void what_is_not_applied_is_gone(void **state)
{
	struct set_store *ss = *state;
	struct bm_stage *st;
	uint64_t inos[4] = { 0 };

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	stage_many(st, 0, 4300, 100000);
	assert_int_equal(bm_stage_settle(st), 0);
	assert_int_equal(orphans(ss, inos, 4), 1);
	bm_stage_free(st);
	assert_int_equal(orphans(ss, inos, 4), 0);
}

/* The txn of an apply fails: the same stage is applied by another. */
static void an_apply_can_be_repeated(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;

	set_store_write(ss, ino, "1\n");
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	stage_many(st, 0, 4300, 100000);
	set_store_apply(ss, ino, st, true);
	bm_stage_free(st);
	assert_int_equal(set_store_info(ss, ino).count, 100000);
}

/* What it replaces is large: it waits for the stage to be freed. */
static void a_large_old_content_goes_later(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;
	uint64_t inos[4] = { 0 };
	char text[200];

	set_store_clear_by(ss, 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(bm_stage_new(ss->db, &st), 0);
		stage_many(st, i, 4300, i ? 10 : 100000);
		set_store_apply(ss, ino, st, true);
		assert_int_equal(orphans(ss, inos, 4), i);
		/* That there is an orphan is the only thing found. */
		assert_int_equal(set_store_findings(ss, text), i);
		bm_stage_free(st);
		assert_int_equal(orphans(ss, inos, 4), 0);
	}
	assert_int_equal(set_store_info(ss, ino).count, 10);
}

/* Slice by slice it is a smaller set. */
static void a_set_is_reaped_in_slices(void **state)
{
	struct set_store *ss = *state;
	uint64_t inos[4] = { 0 };
	struct bm_stage *st;
	unsigned slices = 0;
	bool done = false;
	char text[200];
	struct rs_txn *t;

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	stage_many(st, 7, 4300, 100000);
	assert_int_equal(bm_stage_settle(st), 0);
	assert_int_equal(orphans(ss, inos, 4), 1);
	for (; !done; slices++) {
		assert_int_equal(rs_txn_begin(ss->store, &t), 0);
		assert_int_equal(bm_reap(t, inos[0], 5, &done), 0);
		assert_int_equal(rs_txn_end(t), 0);
		assert_int_equal(set_store_findings(ss, text), !done);
	}
	assert_true(slices > 2);
	assert_int_equal(orphans(ss, inos, 4), 0);
	bm_stage_free(st);
}

/* A crash leaves the orphan; reaping it leaves nothing. */
static void a_crash_leaves_an_orphan_to_reap(void **state)
{
	struct set_store *ss = *state;
	struct bm_stage *st;
	struct rs_txn *t;
	uint64_t inos[4] = { 0 };
	bool done = false;

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	stage_many(st, 0, 4300, 100000);
	assert_int_equal(bm_stage_settle(st), 0);
	assert_int_equal(rs_sync(ss->store), 0);
	assert_int_equal(orphans(ss, inos, 4), 1);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(bm_reap(t, inos[0], UINT64_MAX, &done), 0);
	assert_true(done);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(orphans(ss, inos, 4), 0);
	bm_stage_free(st);
}

static void commands_take_effect_in_their_order(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;
	struct bm_batch b;

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	stage_many(st, 0, 1, 100);
	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, 10, 99, BM_REMOVE), 0);
	assert_int_equal(bm_stage_append(st, &b), 0);
	stage_many(st, 50, 1, 1);
	set_store_apply(ss, ino, st, false);
	bm_stage_free(st);
	assert_int_equal(set_store_info(ss, ino).count, 11);
}

static void refuses_contents_that_are_too_large(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_stage *st;
	struct bm_batch b;

	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	bm_batch_init(&b);
	assert_int_equal(bm_batch_range(&b, 0, UINT64_MAX, BM_ADD), 0);
	assert_int_equal(bm_stage_append(st, &b), -EFBIG);
	bm_batch_finish(&b);
	assert_int_equal(bm_batch_range(&b, 1, BM_MEMBERS_MAX, BM_ADD), 0);
	assert_int_equal(bm_stage_append(st, &b), 0);
	assert_int_equal(bm_batch_range(&b, 9, 2000, BM_ADD), 0);
	assert_int_equal(bm_stage_append(st, &b), 0);
	assert_int_equal(bm_batch_range(&b, 0, 0, BM_ADD), 0);
	assert_int_equal(bm_stage_append(st, &b), -EFBIG);
	bm_batch_finish(&b);
	set_store_apply(ss, ino, st, false);
	bm_stage_free(st);
	assert_true(set_store_info(ss, ino).count == BM_MEMBERS_MAX);
}

/* --- copies --------------------------------------------------------------- */

static void copy_into(struct set_store *ss, struct bm_stage *st, uint64_t from)
{
	struct bm_view *v = set_store_view(ss, from);

	assert_int_equal(bm_stage_copy(st, v), 0);
	bm_view_close(v);
}

/* 20 MB of segments, a few in each txn. */
static void copies_a_large_set(void **state)
{
	struct set_store *ss = *state;
	uint64_t from = set_store_create(ss);
	uint64_t to = set_store_create(ss);
	struct bm_stage *st;
	struct bm_batch b;
	struct bm_info was;
	struct bm_info is;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < 2000000; i++)
		assert_int_equal(bm_batch_add(&b, i * i), 0);
	assert_int_equal(bm_append(ss->db, from, &b, 1), 0);
	was = set_store_info(ss, from);
	assert_true(was.stored > 10000000);
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	copy_into(ss, st, from);
	set_store_apply(ss, to, st, false);
	bm_stage_free(st);
	is = set_store_info(ss, to);
	assert_memory_equal(&was, &is, sizeof(is));
	set_store_remove(ss, from);
	assert_int_equal(set_store_info(ss, to).count, was.count);
}

/* cat a b c >d */
static void copies_several_sets_into_one(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = set_store_create(ss);
	uint64_t b = set_store_create(ss);
	uint64_t c = set_store_create(ss);
	uint64_t d = set_store_create(ss);
	struct bm_stage *st;

	set_store_write(ss, a, "1-1000000000000\n");
	set_store_write(ss, b, "7\n2000000000000\n");
	set_store_write(ss, c, "3000000000000-3000000999999\n");
	assert_int_equal(bm_stage_new(ss->db, &st), 0);
	copy_into(ss, st, a);
	copy_into(ss, st, b);
	copy_into(ss, st, d);
	copy_into(ss, st, c);
	set_store_apply(ss, d, st, false);
	bm_stage_free(st);
	assert_true(set_store_info(ss, d).count == 1000001000001);
	assert_true(set_store_info(ss, d).max == 3000000999999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(nobody_sees_it_before_it_is_applied),
		SET_STORE_TEST(an_empty_stage_empties_the_set),
		SET_STORE_TEST(large_contents_go_to_the_store),
		SET_STORE_TEST(what_is_not_applied_is_gone),
		SET_STORE_TEST(an_apply_can_be_repeated),
		SET_STORE_TEST(a_large_old_content_goes_later),
		SET_STORE_TEST(a_set_is_reaped_in_slices),
		SET_STORE_TEST(a_crash_leaves_an_orphan_to_reap),
		SET_STORE_TEST(commands_take_effect_in_their_order),
		SET_STORE_TEST(refuses_contents_that_are_too_large),
		SET_STORE_TEST(copies_a_large_set),
		SET_STORE_TEST(copies_several_sets_into_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

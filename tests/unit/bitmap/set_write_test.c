/* SPDX-License-Identifier: Apache-2.0 */
/* set_write_test.c - what changes in a store when a set does. */

#include "bitmap/set.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>

static int teardown(void **state)
{
	struct set_store *ss = *state;

	assert_int_equal(bm_settle_all(ss->db), 0);
	return set_store_teardown(state);
}

/* n members from first on, step apart. */
static void add_many(struct set_store *ss, uint64_t ino, uint64_t first,
		     uint64_t step, uint64_t n)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(bm_batch_add(&b, first + i * step), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
}

static void remove_range(struct set_store *ss, uint64_t ino, uint64_t lo,
			 uint64_t hi)
{
	char text[64];

	snprintf(text, sizeof(text), "-%llu-%llu\n", (unsigned long long)lo,
		 (unsigned long long)hi);
	set_store_write(ss, ino, text);
}

/* Where the payloads of a set lie, one after the other. */
static size_t payloads(struct set_store *ss, uint64_t ino, uint64_t *pgnos,
		       size_t cap)
{
	struct rs_object obj;
	struct bm_set set;
	struct bm_place pl;
	struct rs_view *v;
	size_t n = 0;
	int err;

	assert_int_equal(bm_settle(ss->db, ino), 0);
	assert_int_equal(rs_view_live(ss->store, &v), 0);
	assert_int_equal(rs_object_get(v, ino, &obj), 0);
	assert_int_equal(bm_set_decode(&obj, &set), 0);
	bm_place_init(&pl, v, set.id);
	for (err = bm_place_at_or_after(&pl, 0); !err;
	     err = bm_place_next(&pl)) {
		assert_true(n < cap);
		pgnos[n++] = pl.rec.ptr.pgno;
	}
	assert_int_equal(err, -ENOENT);
	bm_place_finish(&pl);
	rs_view_put(v);
	return n;
}

static void a_small_set_lies_in_its_object(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_info info;

	set_store_write(ss, ino, "3\n70000\n18446744073709551615\n3\n");
	info = set_store_info(ss, ino);
	assert_int_equal(info.count, 3);
	assert_int_equal(info.min, 3);
	assert_true(info.max == UINT64_MAX);
	assert_int_equal(info.segments, 0);
	assert_int_equal(info.text_size, 2 + 6 + 21);
	assert_int_equal(info.stored, 24);
}

/* Out of the object when it grows, back when it shrinks, then nothing. */
static void moves_between_object_and_segments(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_info info;

	add_many(ss, ino, 0, 1000000007, 100);
	assert_int_equal(set_store_info(ss, ino).segments, 0);
	add_many(ss, ino, 500000003, 1000000007, 100);
	info = set_store_info(ss, ino);
	assert_int_equal(info.count, 200);
	assert_int_equal(info.segments, 1);
	assert_int_equal(info.stored, 4096);
	remove_range(ss, ino, 500000004, UINT64_MAX);
	info = set_store_info(ss, ino);
	assert_int_equal(info.count, 2);
	assert_int_equal(info.segments, 0);
	remove_range(ss, ino, 0, UINT64_MAX);
	info = set_store_info(ss, ino);
	assert_int_equal(info.count, 0);
	assert_int_equal(info.text_size, 0);
	assert_int_equal(info.stored, 0);
}

/* One member more: one segment is written, the others stay. */
static void writes_what_changes_and_nothing_else(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t before[100];
	uint64_t after[100];
	unsigned changed;
	size_t n;

	add_many(ss, ino, 0, 4300, 100000);
	n = payloads(ss, ino, before, 100);
	assert_true(n > 10);
	changed = ss->n_changed;
	add_many(ss, ino, (uint64_t)4300 * 50000 + 1, 1, 1);
	assert_int_equal(payloads(ss, ino, after, 100), n);
	assert_int_equal(ss->n_changed, changed + 1);
	changed = 0;
	for (size_t i = 0; i < n; i++)
		changed += before[i] != after[i];
	assert_int_equal(changed, 1);
}

/* Members that are there already: no write, no new time of change. */
static void leaves_a_set_alone_that_does_not_change(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t before[100];
	uint64_t after[100];
	unsigned changed;
	size_t n;

	add_many(ss, ino, 0, 4300, 100000);
	n = payloads(ss, ino, before, 100);
	changed = ss->n_changed;
	add_many(ss, ino, 0, 43000, 10000);
	remove_range(ss, ino, 1, 4299);
	assert_int_equal(payloads(ss, ino, after, 100), n);
	assert_memory_equal(before, after, n * sizeof(*before));
	assert_int_equal(ss->n_changed, changed);
}

/* Thinned out in any order, a set does not stay in many pieces. */
static void joins_small_neighbours(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t up = set_store_create(ss);
	uint64_t many;

	add_many(ss, ino, 0, 4300, 200000);
	add_many(ss, up, 0, 4300, 200000);
	many = set_store_info(ss, ino).segments;
	assert_true(many > 20);
	assert_true(set_store_info(ss, up).segments == many);
	for (uint64_t i = 0; i < 200; i++) {
		uint64_t lo = i * 1000 * 4300;

		remove_range(ss, up, lo + 4300, lo + 999 * 4300);
		assert_int_equal(bm_settle(ss->db, up), 0);
		lo = (199 - i) * 1000 * 4300;
		remove_range(ss, ino, lo + 4300, lo + 999 * 4300);
		assert_int_equal(bm_settle(ss->db, ino), 0);
	}
	assert_int_equal(set_store_info(ss, up).count, 200);
	assert_int_equal(set_store_info(ss, ino).count, 200);
	assert_true(set_store_info(ss, up).segments <= 1);
	assert_true(set_store_info(ss, ino).segments <= 1);
}

/* What is appended in order leaves full segments behind. */
static void appends_leave_full_segments(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_info info;

	for (uint64_t i = 0; i < 100; i++) {
		add_many(ss, ino, i * 1000 * 4300, 4300, 1000);
		assert_int_equal(bm_settle(ss->db, ino), 0);
	}
	info = set_store_info(ss, ino);
	/* 15 members and 38 bytes for each container */
	assert_true(info.stored < 100000 / 15 * 38 * 108 / 100);
	assert_true(info.segments < 20);
}

/* A range costs the same whatever its length. */
static void holds_enormous_ranges(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_info info;

	set_store_write(ss, ino, "1-1000000000000\n");
	info = set_store_info(ss, ino);
	assert_true(info.count == 1000000000000);
	assert_int_equal(info.segments, 0);
	assert_true(info.text_size == 12888888888902);
	set_store_write(ss, ino,
			"-500\n-777777777\n-100000000000-900000000000");
	info = set_store_info(ss, ino);
	assert_true(info.count == 1000000000000 - 2 - 800000000001);
	remove_range(ss, ino, 0, UINT64_MAX);
	assert_int_equal(set_store_info(ss, ino).count, 0);
}

static void removes_what_spans_many_segments(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct bm_info info;

	add_many(ss, ino, 7, 4300, 200000);
	remove_range(ss, ino, 4300 * 10, (uint64_t)4300 * 199990 - 1);
	info = set_store_info(ss, ino);
	assert_int_equal(info.count, 20);
	assert_int_equal(info.min, 7);
	assert_true(info.max == 7 + (uint64_t)4300 * 199999);
}

/* A failure in the middle leaves the set as it was. */
static void refuses_more_members_than_fit(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	const struct bm_command op = { 0, BM_MEMBERS_MAX, BM_ADD };
	const struct bm_delta delta = { .ops = &op, .n_ops = 1 };
	struct bm_writer *w;
	struct rs_object obj;
	struct rs_txn *t;
	bool changed;

	assert_int_equal(bm_writer_new(&w), 0);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, &obj), 0);
	assert_int_equal(bm_set_apply(w, t, &obj, &delta, &changed), -EFBIG);
	rs_txn_abort(t);
	bm_writer_free(w);
	assert_int_equal(set_store_info(ss, ino).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_small_set_lies_in_its_object,
						set_store_setup, teardown),
		cmocka_unit_test_setup_teardown(
			moves_between_object_and_segments, set_store_setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			writes_what_changes_and_nothing_else, set_store_setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			leaves_a_set_alone_that_does_not_change,
			set_store_setup, teardown),
		cmocka_unit_test_setup_teardown(joins_small_neighbours,
						set_store_setup, teardown),
		cmocka_unit_test_setup_teardown(appends_leave_full_segments,
						set_store_setup, teardown),
		cmocka_unit_test_setup_teardown(holds_enormous_ranges,
						set_store_setup, teardown),
		cmocka_unit_test_setup_teardown(
			removes_what_spans_many_segments, set_store_setup,
			teardown),
		cmocka_unit_test_setup_teardown(refuses_more_members_than_fit,
						set_store_setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

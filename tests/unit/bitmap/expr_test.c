/* SPDX-License-Identifier: Apache-2.0 */
/* Set algebra: what expr_model.c does not draw. */

#include "bitmap/bitmap.h"
#include "bitmap/view.h"
#include "tests/support/rng.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* --- making --------------------------------------------------------------- */

/* The commands of a text, applied to nothing. */
static struct bm_expr *literal(const char *text)
{
	struct bm_text_error e;
	struct bm_expr *ret;
	struct bm_batch b;
	size_t used;

	bm_batch_init(&b);
	assert_int_equal(bm_text_parse(text, strlen(text), true, &b, &used, &e),
			 0);
	assert_int_equal(bm_expr_batch(&b, &ret), 0);
	bm_batch_finish(&b);
	return ret;
}

static struct bm_expr *set(struct set_store *ss, uint64_t ino)
{
	struct bm_expr *e;

	assert_int_equal(bm_expr_view(set_store_view(ss, ino), &e), 0);
	return e;
}

static struct bm_expr *pair(enum bm_algebra op, struct bm_expr *a,
			    struct bm_expr *b)
{
	struct bm_expr *e;

	assert_int_equal(bm_expr_pair(op, a, b, &e), 0);
	return e;
}

static uint64_t make_set(struct set_store *ss, const char *text)
{
	uint64_t ino = set_store_create(ss);

	set_store_write(ss, ino, text);
	return ino;
}

/* Every step-th number below end. */
static uint64_t make_steps(struct set_store *ss, uint64_t from, uint64_t end,
			   uint64_t step)
{
	uint64_t ino = set_store_create(ss);
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t v = from; v < end; v += step)
		assert_int_equal(bm_batch_add(&b, v), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	bm_batch_finish(&b);
	return ino;
}

/* --- what is answered ----------------------------------------------------- */

/* e is taken over. */
static void expect_text(struct bm_expr *e, const char *want)
{
	struct bm_view *v;
	char buf[400];
	size_t got;

	assert_int_equal(bm_expr_open(e, &v), 0);
	assert_int_equal(bm_view_info(v)->text_size, strlen(want));
	assert_int_equal(bm_read_text(v, 0, buf, sizeof(buf), &got), 0);
	assert_int_equal(got, strlen(want));
	assert_memory_equal(buf, want, got);
	bm_view_close(v);
}

static void expect_count(struct bm_expr *e, uint64_t want)
{
	uint64_t n;

	assert_int_equal(bm_expr_count(e, &n), 0);
	assert_int_equal(n, want);
	bm_expr_free(e);
}

static void a_literal_is_its_commands(void **state)
{
	(void)state;
	expect_text(literal(""), "");
	expect_text(literal("1-5\n-3\n3\n-2-4\n"), "1\n5\n");
	expect_text(literal("18446744073709551615\n0\n"),
		    "0\n18446744073709551615\n");
}

static void pairs_are_as_named(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = make_set(ss, "1\n2\n3\n");
	uint64_t b = make_set(ss, "3\n4\n70000\n");

	expect_text(pair(BM_AND, set(ss, a), set(ss, b)), "3\n");
	expect_text(pair(BM_OR, set(ss, a), set(ss, b)), "1\n2\n3\n4\n70000\n");
	expect_text(pair(BM_XOR, set(ss, a), set(ss, b)), "1\n2\n4\n70000\n");
	expect_text(pair(BM_MINUS, set(ss, a), set(ss, b)), "1\n2\n");
	expect_text(pair(BM_MINUS, set(ss, b), set(ss, a)), "4\n70000\n");
}

static void nothing_is_in_none_of_none(void **state)
{
	struct bm_expr *e;
	uint64_t v;
	bool is;

	(void)state;
	assert_int_equal(bm_expr_atleast(1, NULL, 0, &e), 0);
	assert_int_equal(bm_expr_min(e, &v), -ENOENT);
	assert_int_equal(bm_expr_max(e, &v), -ENOENT);
	assert_int_equal(bm_expr_contains(e, 0, &is), 0);
	assert_false(is);
	assert_int_equal(bm_expr_count(e, &v), 0);
	assert_int_equal(v, 0);
	expect_text(e, "");
}

static void a_range_that_ends_before_it_begins_is_empty(void **state)
{
	struct bm_expr *e;

	(void)state;
	assert_int_equal(bm_expr_range(literal("1-10\n"), 7, 3, &e), 0);
	expect_count(e, 0);
}

static void a_lone_view_is_opened_as_it_is(void **state)
{
	struct set_store *ss = *state;
	struct bm_view *v = set_store_view(ss, make_set(ss, "7\n"));
	struct bm_view *opened;
	struct bm_expr *e;

	assert_int_equal(bm_expr_view(v, &e), 0);
	assert_int_equal(bm_expr_open(e, &opened), 0);
	assert_ptr_equal(opened, v);
	bm_view_close(opened);
}

/* --- bounds --------------------------------------------------------------- */

static void what_is_too_deep_is_refused(void **state)
{
	struct bm_expr *e = literal("1\n");

	(void)state;
	for (unsigned i = 1; i < BM_EXPR_DEPTH; i++)
		e = pair(BM_OR, e, literal("2\n"));
	assert_int_equal(bm_expr_pair(BM_OR, e, literal("3\n"), &e), -E2BIG);
}

static void what_has_too_many_nodes_is_refused(void **state)
{
	struct bm_expr **of = calloc(BM_EXPR_NODES, sizeof(struct bm_expr *));
	struct bm_expr *e;

	(void)state;
	assert_non_null(of);
	for (unsigned i = 0; i < BM_EXPR_NODES; i++)
		assert_int_equal(bm_expr_atleast(1, NULL, 0, &of[i]), 0);
	assert_int_equal(bm_expr_atleast(2, of, BM_EXPR_NODES, &e), -E2BIG);
	for (unsigned i = 0; i < BM_EXPR_NODES / 2; i++)
		assert_int_equal(bm_expr_atleast(1, NULL, 0, &of[i]), 0);
	assert_int_equal(bm_expr_atleast(2, of, BM_EXPR_NODES / 2, &e), 0);
	for (unsigned i = 0; i < BM_EXPR_NODES / 2; i++)
		assert_int_equal(bm_expr_atleast(1, NULL, 0, &of[i]), 0);
	assert_int_equal(bm_expr_atleast(2, of, BM_EXPR_NODES / 2, &of[0]), 0);
	assert_int_equal(bm_expr_pair(BM_AND, e, of[0], &e), -E2BIG);
	free(of);
}

static void in_none_at_least_is_refused(void **state)
{
	struct bm_expr *of[2] = { literal("1\n"), literal("2\n") };
	struct bm_expr *e;

	(void)state;
	assert_int_equal(bm_expr_atleast(0, of, 2, &e), -EINVAL);
}

/* All 2^64 numbers: one more than a count can say. */
static void what_cannot_be_counted_is_refused(void **state)
{
	struct bm_expr *of[64];
	struct bm_view *v;
	struct bm_expr *e;
	uint64_t n;

	(void)state;
	for (uint64_t i = 0; i < 64; i++) {
		struct bm_batch b;

		bm_batch_init(&b);
		assert_int_equal(bm_batch_range(&b, i << 58,
						((i + 1) << 58) - 1, BM_ADD),
				 0);
		assert_int_equal(bm_expr_batch(&b, &of[i]), 0);
		bm_batch_finish(&b);
	}
	assert_int_equal(bm_expr_atleast(1, of, 64, &e), 0);
	assert_int_equal(bm_expr_count(e, &n), -EFBIG);
	assert_int_equal(bm_expr_max(e, &n), 0);
	assert_int_equal(n, UINT64_MAX);
	assert_int_equal(bm_expr_open(e, &v), -EFBIG);
}

/* 10^17 members, of which nobody makes a list. */
static void ranges_are_not_taken_apart(void **state)
{
	struct bm_expr *e = pair(BM_MINUS, literal("0-99999999999999999\n"),
				 literal("50000000000000000\n"));
	struct bm_view *v;
	char buf[40];
	uint64_t n;
	size_t got;

	(void)state;
	assert_int_equal(bm_expr_count(e, &n), 0);
	assert_int_equal(n, 99999999999999999);
	assert_int_equal(bm_expr_open(e, &v), 0);
	assert_int_equal(bm_select(v, 50000000000000000, &n), 0);
	assert_int_equal(n, 50000000000000001);
	assert_int_equal(bm_read_text(v, bm_view_info(v)->text_size - 18, buf,
				      sizeof(buf), &got),
			 0);
	assert_int_equal(got, 18);
	assert_memory_equal(buf, "99999999999999999\n", 18);
	bm_view_close(v);
}

/* --- one instant ---------------------------------------------------------- */

static void a_result_does_not_change_with_its_sets(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = make_steps(ss, 0, 600000, 3);
	uint64_t b = make_steps(ss, 0, 600000, 2);
	struct bm_expr *e = pair(BM_OR, set(ss, a), set(ss, b));
	struct bm_view *v;
	uint64_t n;
	bool is;

	set_store_write(ss, a, "-0-300000\n1\n");
	set_store_write(ss, b, "-0-700000\n");
	assert_int_equal(bm_expr_open(e, &v), 0);
	set_store_remove(ss, b);
	assert_int_equal(bm_settle_all(ss->db), 0);
	assert_int_equal(bm_view_info(v)->count, 400000);
	for (uint64_t i = 0; i < 400000; i += 999) {
		assert_int_equal(bm_select(v, i, &n), 0);
		assert_int_equal(n, i / 4 * 6 + i % 4 + (i % 4 > 0));
		assert_int_equal(bm_contains(v, n, &is), 0);
		assert_true(is);
	}
	bm_view_close(v);
}

/* --- damage --------------------------------------------------------------- */

/* The payload of the segment with a member becomes another. */
static void damage(struct set_store *ss, uint64_t ino, uint64_t member)
{
	struct bm_view *v = set_store_view(ss, ino);
	struct bm_place pl;
	uint64_t pgno;

	bm_place_of(&pl, v);
	assert_int_equal(bm_place_covering(&pl, member), 0);
	assert_int_not_equal(pl.rec.ptr.npages, 0);
	pgno = pl.rec.ptr.pgno;
	bm_place_finish(&pl);
	bm_view_close(v);
	set_store_reopen(ss); /* pages are looked at anew */
	ss->disk->mem[pgno * RS_PAGE_SIZE + 20] ^= 1;
}

static void expect_damage(struct bm_expr *e)
{
	struct bm_view *v;
	uint64_t n;

	assert_int_equal(bm_expr_count(e, &n), -EBADMSG);
	assert_int_equal(bm_expr_open(e, &v), -EBADMSG);
}

static void damage_is_not_an_empty_set(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = make_steps(ss, 0, 600000, 3);
	uint64_t b = make_steps(ss, 0, 600000, 2);
	struct bm_expr *of[3];
	struct bm_expr *e;
	uint64_t n;

	damage(ss, a, 300000);
	for (enum bm_algebra op = BM_AND; op <= BM_MINUS; op++) {
		expect_damage(pair(op, set(ss, a), set(ss, b)));
		expect_damage(pair(op, set(ss, b), set(ss, a)));
	}
	for (unsigned i = 0; i < 3; i++)
		of[i] = set(ss, i ? b : a);
	assert_int_equal(bm_expr_atleast(2, of, 3, &e), 0);
	expect_damage(e);
	e = pair(BM_AND, set(ss, a), literal("270000-330000\n"));
	assert_int_equal(bm_expr_min(e, &n), -EBADMSG);
	bm_expr_free(e);
}

/* The segment that is damaged lies where the other set has nothing. */
static void what_has_no_part_is_not_read(void **state)
{
	struct set_store *ss = *state;
	uint64_t huge = make_steps(ss, 0, 3000000, 3);
	uint64_t few = make_set(ss, "3\n4\n2999997\n5000000000\n");
	struct bm_expr *e;
	struct bm_view *v;

	damage(ss, huge, 1500000);
	expect_count(pair(BM_AND, set(ss, huge), set(ss, few)), 2);
	expect_count(pair(BM_MINUS, set(ss, few), set(ss, huge)), 2);
	expect_count(pair(BM_OR, set(ss, few), set(ss, huge)), 1000002);
	expect_count(pair(BM_XOR, set(ss, few), set(ss, huge)), 1000000);
	e = pair(BM_AND, set(ss, few), set(ss, huge));
	assert_int_equal(bm_expr_open(e, &v), 0);
	assert_int_equal(bm_view_info(v)->count, 2);
	bm_view_close(v);
}

/* --- threads -------------------------------------------------------------- */

struct reading {
	const struct bm_view *v;
	const struct bm_expr *e;
	uint64_t seed, count;
};

static void *read_at_random(void *arg)
{
	const struct reading *rd = arg;
	struct rng r;
	uint64_t n;

	rng_init(&r, rd->seed);
	for (unsigned i = 0; i < 60; i++) {
		uint64_t at = rng_below(&r, rd->count);
		char buf[3000];
		size_t got;

		if (bm_select(rd->v, at, &n) || n != 6 * at ||
		    bm_rank(rd->v, n, &n) || n != at + 1 ||
		    bm_read_text(rd->v, at, buf, sizeof(buf), &got))
			return arg;
		if (i % 8 == 0 && (bm_expr_count(rd->e, &n) || n != rd->count))
			return arg;
	}
	return NULL;
}

static void threads_read_one_result(void **state)
{
	struct set_store *ss = *state;
	uint64_t a = make_steps(ss, 0, 3000000, 3);
	uint64_t b = make_steps(ss, 0, 3000000, 2);
	struct bm_expr *e = pair(BM_AND, set(ss, a), set(ss, b));
	struct reading rd[4];
	pthread_t threads[4];
	struct bm_view *v;

	assert_int_equal(bm_expr_open(pair(BM_AND, set(ss, a), set(ss, b)), &v),
			 0);
	for (unsigned i = 0; i < 4; i++) {
		rd[i] = (struct reading){ v, e, i, 500000 };
		assert_int_equal(pthread_create(&threads[i], NULL,
						read_at_random, &rd[i]),
				 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	bm_view_close(v);
	bm_expr_free(e);
}

/* What is damaged is not looked through for damage. */
static int finish(void **state)
{
	set_store_finish(*state);
	return 0;
}
#define DAMAGED_TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_store_setup, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_literal_is_its_commands),
		SET_STORE_TEST(pairs_are_as_named),
		cmocka_unit_test(nothing_is_in_none_of_none),
		cmocka_unit_test(a_range_that_ends_before_it_begins_is_empty),
		SET_STORE_TEST(a_lone_view_is_opened_as_it_is),
		cmocka_unit_test(what_is_too_deep_is_refused),
		cmocka_unit_test(what_has_too_many_nodes_is_refused),
		cmocka_unit_test(in_none_at_least_is_refused),
		cmocka_unit_test(what_cannot_be_counted_is_refused),
		cmocka_unit_test(ranges_are_not_taken_apart),
		SET_STORE_TEST(a_result_does_not_change_with_its_sets),
		DAMAGED_TEST(damage_is_not_an_empty_set),
		DAMAGED_TEST(what_has_no_part_is_not_read),
		SET_STORE_TEST(threads_read_one_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

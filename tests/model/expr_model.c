/* SPDX-License-Identifier: Apache-2.0 */
/* expr_model.c - set algebra against sorted intervals.
 *
 * Some sets that have to do with each other, as they are drawn from the same
 * few shapes: containers of all forms, segments of all kinds, long ranges, the
 * largest member. Random expressions of them, of literals and of results are
 * asked whatever can be asked, opened, read anywhere and in all formats, and
 * copied into sets, which must then be the same file.
 */

#include "bitmap/bitmap.h"
#include "tests/support/expr_twin.h"
#include "tests/support/set_store.h"
#include "tests/support/shapes.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_DEFAULT 25 /* rounds */
#define SETS	      6u
#define SHAPES	      3u
#define EXPRS	      8u /* a round */
#define DEPTH	      4u
#define WHOLE_MAX     200000u /* members of what is compared whole */

struct model {
	struct rng r;
	struct set_store ss;
	struct shape shapes[SHAPES];
	uint64_t ino[SETS], copy;
	struct expr_twin twin[SETS];
};

/* --- sets ----------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* n members of a shape go into b and into the twin. */
static void add_members(struct model *m, struct shape *s, uint64_t n,
			struct bm_batch *b, struct expr_twin *t)
{
	uint64_t *members = calloc(n + 1, sizeof(*members));
	struct expr_twin of[2] = { *t, { 0 } };
	size_t cap = n ? n : 1;

	assert_non_null(members);
	for (uint64_t i = 0; i < n; i++) {
		members[i] = shape_member(s, &m->r);
		assert_int_equal(bm_batch_add(b, members[i]), 0);
	}
	qsort(members, n, sizeof(*members), compare);
	of[1].spans = calloc(cap, sizeof(*of[1].spans));
	assert_non_null(of[1].spans);
	for (uint64_t i = 0; i < n; i++)
		if (i == 0 || members[i] != members[i - 1])
			of[1].spans[of[1].n++] =
				(struct expr_span){ members[i], members[i] };
	*t = expr_twin_atleast(1, of, 2);
	expr_twin_finish(&of[0]);
	expr_twin_finish(&of[1]);
	free(members);
}

static void draw_range(struct model *m, struct shape *s, uint64_t *ret_lo,
		       uint64_t *ret_hi)
{
	uint64_t lo = shape_member(s, &m->r);
	uint64_t len = rng_any_size(&m->r);

	if (rng_one_in(&m->r, 2))
		len = rng_below(&m->r, 400000);
	if (len > (uint64_t)1 << 56)
		len >>= 8;
	*ret_lo = lo;
	*ret_hi = len > UINT64_MAX - lo ? UINT64_MAX : lo + len;
	if (rng_one_in(&m->r, 4)) { /* whole containers */
		*ret_lo &= ~(uint64_t)0xffff;
		*ret_hi |= 0xffff;
	}
}

static void fill(struct model *m, struct bm_batch *b, struct expr_twin *t,
		 uint64_t most)
{
	struct rng *r = &m->r;

	for (uint64_t i = rng_below(r, 3); i < SHAPES; i++) {
		struct shape *s = &m->shapes[rng_below(r, SHAPES)];
		uint64_t n = rng_below(r, rng_one_in(r, 2) ? most : 40);

		add_members(m, s, n, b, t);
	}
	for (uint64_t i = rng_one_in(r, 2) ? rng_below(r, 8) : 0; i > 0; i--) {
		struct shape *s = &m->shapes[rng_below(r, SHAPES)];
		enum bm_op op = rng_one_in(r, 3) ? BM_REMOVE : BM_ADD;
		uint64_t lo;
		uint64_t hi;

		draw_range(m, s, &lo, &hi);
		assert_int_equal(bm_batch_range(b, lo, hi, op), 0);
		expr_twin_apply(t, lo, hi, op);
	}
}

static void replace(struct model *m, uint64_t ino, struct bm_batch *b)
{
	struct bm_stage *st;

	assert_int_equal(bm_stage_new(m->ss.db, &st), 0);
	assert_int_equal(bm_stage_append(st, b), 0);
	set_store_apply(&m->ss, ino, st, false);
	bm_stage_free(st);
}

static void draw_sets(struct model *m)
{
	for (unsigned i = 0; i < SHAPES; i++)
		shape_draw(&m->shapes[i], &m->r);
	for (unsigned i = 0; i < SETS; i++) {
		struct bm_batch b;

		expr_twin_finish(&m->twin[i]);
		bm_batch_init(&b);
		if (!rng_one_in(&m->r, 8))
			fill(m, &b, &m->twin[i], 12000);
		replace(m, m->ino[i], &b);
		bm_batch_finish(&b);
	}
}

/* --- expressions ---------------------------------------------------------- */

static struct bm_expr *draw(struct model *m, unsigned depth,
			    struct expr_twin *ret_twin);

static struct bm_expr *draw_leaf(struct model *m, struct expr_twin *ret_twin)
{
	uint64_t i = rng_below(&m->r, SETS);
	struct bm_expr *e;
	struct bm_batch b;

	if (!rng_one_in(&m->r, 6)) {
		*ret_twin = expr_twin_copy(&m->twin[i]);
		assert_int_equal(
			bm_expr_view(set_store_view(&m->ss, m->ino[i]), &e), 0);
		return e;
	}
	bm_batch_init(&b);
	*ret_twin = (struct expr_twin){ 0 };
	fill(m, &b, ret_twin, rng_one_in(&m->r, 3) ? 3000 : 6);
	assert_int_equal(bm_expr_batch(&b, &e), 0);
	bm_batch_finish(&b);
	return e;
}

static struct bm_expr *draw_pair(struct model *m, unsigned depth,
				 struct expr_twin *ret_twin)
{
	enum bm_algebra op = (enum bm_algebra)rng_below(&m->r, 4);
	struct expr_twin a;
	struct expr_twin b;
	struct bm_expr *ea = draw(m, depth - 1, &a);
	struct bm_expr *eb = draw(m, depth - 1, &b);
	struct bm_expr *e;

	assert_int_equal(bm_expr_pair(op, ea, eb, &e), 0);
	*ret_twin = expr_twin_pair(op, &a, &b);
	expr_twin_finish(&a);
	expr_twin_finish(&b);
	return e;
}

static struct bm_expr *draw_many(struct model *m, unsigned depth,
				 struct expr_twin *ret_twin)
{
	size_t n = rng_below(&m->r, 6);
	uint64_t k = 1 + rng_below(&m->r, n + 1);
	struct bm_expr *of[6];
	struct expr_twin twins[6];
	struct bm_expr *e;

	for (size_t i = 0; i < n; i++)
		of[i] = draw(m, depth - 1, &twins[i]);
	assert_int_equal(bm_expr_atleast(k, of, n, &e), 0);
	*ret_twin = expr_twin_atleast(k, twins, n);
	for (size_t i = 0; i < n; i++)
		expr_twin_finish(&twins[i]);
	return e;
}

static struct bm_expr *draw_cut(struct model *m, unsigned depth,
				struct expr_twin *ret_twin)
{
	struct expr_twin of;
	struct bm_expr *e = draw(m, depth - 1, &of);
	uint64_t lo;
	uint64_t hi;

	draw_range(m, &m->shapes[rng_below(&m->r, SHAPES)], &lo, &hi);
	if (rng_one_in(&m->r, 3))
		lo = 0;
	else if (rng_one_in(&m->r, 3))
		hi = UINT64_MAX;
	assert_int_equal(bm_expr_range(e, lo, hi, &e), 0);
	*ret_twin = expr_twin_range(&of, lo, hi);
	expr_twin_finish(&of);
	return e;
}

static struct bm_expr *draw(struct model *m, unsigned depth,
			    struct expr_twin *ret_twin)
{
	struct bm_expr *e;
	struct bm_view *bv;
	uint64_t what = depth ? rng_below(&m->r, 10) : 0;

	if (what < 2)
		return draw_leaf(m, ret_twin);
	if (what < 7)
		return draw_pair(m, depth, ret_twin);
	if (what < 8)
		return draw_many(m, depth, ret_twin);
	if (what < 9)
		return draw_cut(m, depth, ret_twin);
	e = draw(m, depth - 1, ret_twin); /* a result, as an operand */
	if (expr_twin_count(ret_twin) > BM_MEMBERS_MAX)
		return e;
	assert_int_equal(bm_expr_open(e, &bv), 0);
	assert_int_equal(bm_expr_view(bv, &e), 0);
	return e;
}

/* --- what is asked -------------------------------------------------------- */

/* A member, or what is beside one. */
static uint64_t draw_near(struct model *m, const struct expr_twin *t)
{
	uint64_t i;

	if (t->n == 0 || rng_one_in(&m->r, 4))
		return shape_member(&m->shapes[0], &m->r);
	i = rng_below(&m->r, t->n);
	return (rng_one_in(&m->r, 2) ? t->spans[i].lo : t->spans[i].hi) +
	       rng_below(&m->r, 3) - 1;
}

static void ask(struct model *m, const struct bm_expr *e,
		const struct expr_twin *t)
{
	uint64_t v;

	assert_int_equal(bm_expr_count(e, &v), 0);
	assert_int_equal(v, expr_twin_count(t));
	for (unsigned i = 0; i < 30; i++) {
		uint64_t member = draw_near(m, t);
		bool is;

		assert_int_equal(bm_expr_contains(e, member, &is), 0);
		assert_int_equal(is, expr_twin_contains(t, member));
	}
	if (t->n == 0) {
		assert_int_equal(bm_expr_min(e, &v), -ENOENT);
		assert_int_equal(bm_expr_max(e, &v), -ENOENT);
		return;
	}
	assert_int_equal(bm_expr_min(e, &v), 0);
	assert_int_equal(v, t->spans[0].lo);
	assert_int_equal(bm_expr_max(e, &v), 0);
	assert_int_equal(v, t->spans[t->n - 1].hi);
}

static void look_up(struct model *m, const struct bm_view *bv,
		    const struct expr_twin *t)
{
	uint64_t count = expr_twin_count(t);
	uint64_t v;

	assert_int_equal(bm_view_info(bv)->count, count);
	assert_int_equal(bm_select(bv, count, &v), -ENOENT);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t member = draw_near(m, t);
		bool is;

		assert_int_equal(bm_contains(bv, member, &is), 0);
		assert_int_equal(is, expr_twin_contains(t, member));
		assert_int_equal(bm_rank(bv, member, &v), 0);
		assert_int_equal(v, expr_twin_rank(t, member));
		if (count) {
			uint64_t n = rng_below(&m->r, count);

			assert_int_equal(bm_select(bv, n, &v), 0);
			assert_int_equal(v, expr_twin_select(t, n));
		}
	}
}

/* The n-th member and those that follow; how many. */
static size_t read_some(struct bm_iter *it, const struct expr_twin *t,
			uint64_t n)
{
	uint64_t left = expr_twin_count(t) - n;
	uint64_t buf[1000];
	size_t got;

	assert_int_equal(bm_iter_read(it, buf, 1000, &got), 0);
	assert_int_equal(got, left < 1000 ? left : 1000);
	if (got) {
		assert_int_equal(buf[0], expr_twin_select(t, n));
		assert_int_equal(buf[got - 1],
				 expr_twin_select(t, n + got - 1));
	}
	return got;
}

/* Some members from any place on. */
static void iterate(struct model *m, const struct bm_view *bv,
		    const struct expr_twin *t)
{
	struct bm_iter *it;

	assert_int_equal(bm_iter_new(bv, &it), 0);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t from = draw_near(m, t);
		uint64_t n = from ? expr_twin_rank(t, from - 1) : 0;

		assert_int_equal(bm_iter_seek(it, from), 0);
		for (unsigned k = 0; k < 2; k++)
			n += read_some(it, t, n);
	}
	bm_iter_free(it);
}

/* --- as files ------------------------------------------------------------- */

static void compare_files(struct model *m, const struct bm_view *a,
			  const struct bm_view *b, enum bm_format format)
{
	struct bm_file *fa;
	struct bm_file *fb;
	int err = bm_file_open(a, format, &fa);

	assert_int_equal(bm_file_open(b, format, &fb), err);
	if (err) {
		assert_int_equal(err, -EOVERFLOW);
		return;
	}
	assert_int_equal(bm_file_size(fa), bm_file_size(fb));
	for (unsigned i = 0; i < 8; i++) {
		uint64_t off = i ? rng_below(&m->r, bm_file_size(fa) + 1) : 0;
		char x[6000];
		char y[6000];
		size_t nx;
		size_t ny;

		assert_int_equal(bm_file_read(fa, off, x, sizeof(x), &nx), 0);
		assert_int_equal(bm_file_read(fb, off, y, sizeof(y), &ny), 0);
		assert_int_equal(nx, ny);
		assert_memory_equal(x, y, nx);
	}
	bm_file_close(fa);
	bm_file_close(fb);
}

static void compare_views(struct model *m, const struct bm_view *a,
			  const struct bm_view *b)
{
	const struct bm_info *ia = bm_view_info(a);
	const struct bm_info *ib = bm_view_info(b);

	assert_int_equal(ia->count, ib->count);
	assert_int_equal(ia->text_size, ib->text_size);
	if (ia->count) {
		assert_int_equal(ia->min, ib->min);
		assert_int_equal(ia->max, ib->max);
	}
	for (enum bm_format f = 0; f < BM_FORMAT_COUNT; f++)
		compare_files(m, a, b, f);
}

/* A set that is told its members, and one that the result is copied to. */
static void compare_with_sets(struct model *m, const struct bm_view *bv,
			      const struct expr_twin *t)
{
	struct bm_view *set;
	struct bm_stage *st;
	struct bm_batch b;

	bm_batch_init(&b);
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(bm_batch_range(&b, t->spans[i].lo,
						t->spans[i].hi, BM_ADD),
				 0);
	replace(m, m->copy, &b);
	bm_batch_finish(&b);
	set = set_store_view(&m->ss, m->copy);
	compare_views(m, bv, set);
	bm_view_close(set);

	assert_int_equal(bm_stage_new(m->ss.db, &st), 0);
	assert_int_equal(bm_stage_copy(st, bv), 0);
	set_store_apply(&m->ss, m->copy, st, false);
	bm_stage_free(st);
	set = set_store_view(&m->ss, m->copy);
	compare_views(m, bv, set);
	look_up(m, set, t);
	bm_view_close(set);
}

static void try_one(struct model *m)
{
	struct expr_twin t;
	struct bm_expr *e = draw(m, DEPTH, &t);
	uint64_t count = expr_twin_count(&t);
	struct bm_view *bv;

	ask(m, e, &t);
	if (count > BM_MEMBERS_MAX) {
		assert_int_equal(bm_expr_open(e, &bv), -EFBIG);
		expr_twin_finish(&t);
		return;
	}
	assert_int_equal(bm_expr_open(e, &bv), 0);
	look_up(m, bv, &t);
	iterate(m, bv, &t);
	if (count < WHOLE_MAX || rng_one_in(&m->r, 4))
		compare_with_sets(m, bv, &t);
	bm_view_close(bv);
	expr_twin_finish(&t);
}

static void results_are_those_of_intervals(void **state)
{
	uint64_t rounds = rng_steps(STEPS_DEFAULT);
	struct model *m = calloc(1, sizeof(*m));

	(void)state;
	assert_non_null(m);
	rng_init(&m->r, rng_seed());
	set_store_init(&m->ss);
	for (unsigned i = 0; i < SETS; i++)
		m->ino[i] = set_store_create(&m->ss);
	m->copy = set_store_create(&m->ss);
	for (uint64_t i = 0; i < rounds; i++) {
		draw_sets(m);
		for (unsigned k = 0; k < EXPRS; k++)
			try_one(m);
	}
	set_store_check(&m->ss);
	set_store_finish(&m->ss);
	for (unsigned i = 0; i < SETS; i++)
		expr_twin_finish(&m->twin[i]);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_those_of_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* expr_ask.c - what an expression is asked without its result being made. */
#include "bitmap/expr_flow.h"

#include "regionstore/base/ck.h"

#include <errno.h>

/* --- one member ----------------------------------------------------------- */

/* In how many of the operands is it? No more are asked than most. */
static int count_holders(const struct bm_expr *e, uint64_t member,
			 uint64_t most, uint64_t *ret_n)
{
	uint64_t n = 0;

	for (size_t i = 0; i < e->n && n < most; i++) {
		bool is;
		int err = bm_expr_contains(e->of[i], member, &is);

		if (err)
			return err;
		n += is;
	}
	*ret_n = n;
	return 0;
}

static int is_in_all(const struct bm_expr *e, uint64_t member, bool *ret_is)
{
	*ret_is = true;
	for (size_t i = 0; i < e->n && *ret_is; i++) {
		int err = bm_expr_contains(e->of[i], member, ret_is);

		if (err)
			return err;
	}
	return 0;
}

static int is_in_first(const struct bm_expr *e, uint64_t member, bool *ret_is)
{
	bool in_other;
	int err = bm_expr_contains(e->of[0], member, ret_is);

	if (err || !*ret_is)
		return err;
	err = bm_expr_contains(e->of[1], member, &in_other);
	*ret_is = !in_other;
	return err;
}

int bm_expr_contains(const struct bm_expr *e, uint64_t member, bool *ret_is)
{
	uint64_t n = 0;
	int err = 0;

	switch (e->op) {
	case BM_EXPR_VIEW:
		return bm_contains(e->view, member, ret_is);
	case BM_EXPR_ALL:
		return is_in_all(e, member, ret_is);
	case BM_EXPR_MINUS:
		return is_in_first(e, member, ret_is);
	case BM_EXPR_RANGE:
		*ret_is = false;
		if (member < e->lo || member > e->hi)
			return 0;
		return bm_expr_contains(e->of[0], member, ret_is);
	case BM_EXPR_ANY:
		err = count_holders(e, member, 1, &n);
		break;
	case BM_EXPR_ATLEAST:
		err = count_holders(e, member, e->k, &n);
		n = n >= e->k;
		break;
	case BM_EXPR_XOR:
		err = count_holders(e, member, e->n, &n);
		break;
	}
	if (!err)
		*ret_is = n & 1;
	return err;
}

/* --- all of them ---------------------------------------------------------- */

/* Members of the piece at hand. */
static int count_piece(struct bm_eval *ev, uint64_t *ret_count)
{
	struct bm_flow *f = &ev->root;
	uint32_t n;
	int err = bm_flow_count(f, ev, 0, &n);

	if (!err && !ck_mul(n, f->span, ret_count))
		err = -EFBIG;
	return err;
}

static bool are_leaves(const struct bm_flow *f)
{
	return f->ops == &bm_flow_all && f->n == 2 &&
	       f->of[0].ops == &bm_flow_leaf && f->of[1].ops == &bm_flow_leaf;
}

static int count_pieces(struct bm_eval *ev, uint64_t *ret_count)
{
	struct bm_flow *f = &ev->root;
	bool leaves = are_leaves(f);
	uint64_t sum = 0;
	int err = bm_flow_seek(f, 0);

	while (!err && f->key < BM_KEY_END) {
		uint64_t next = f->key + f->span;
		uint64_t n;

		if (leaves && bm_leaf_have_tables(&f->of[0], &f->of[1]))
			err = bm_leaf_count_common(&f->of[0], &f->of[1], &n,
						   &next);
		else
			err = count_piece(ev, &n);
		if (!err && !ck_add(sum, n, &sum))
			err = -EFBIG;
		if (!err)
			err = bm_flow_seek(f, next);
	}
	if (!err)
		*ret_count = sum;
	return err;
}

/* A pass over the sets: fn is asked, and the disk afterwards. */
static int with_eval(const struct bm_expr *e,
		     int (*fn)(struct bm_eval *ev, uint64_t *ret),
		     uint64_t *ret)
{
	const struct rs_view *rs = bm_expr_rs(e);
	struct bm_eval *ev;
	uint64_t found;
	int err = bm_eval_new(e, &ev);

	if (err)
		return err;
	rs_view_begin(rs);
	err = fn(ev, &found);
	bm_eval_free(ev);
	if ((!err || err == -ENOENT) && rs_view_check(rs))
		err = -EIO;
	if (!err)
		*ret = found;
	return err;
}

/* --- what need not be counted --------------------------------------------- */

/* A set knows its count, and how many members a range of it has is found by
 * looking at two segments. */
static bool is_known(const struct bm_expr *e)
{
	if (e->op == BM_EXPR_RANGE)
		e = e->of[0];
	return e->op == BM_EXPR_VIEW;
}

static int known_count(const struct bm_expr *e, uint64_t *ret_count)
{
	uint64_t before = 0;
	int err = 0;

	if (e->op == BM_EXPR_VIEW) {
		*ret_count = bm_view_info(e->view)->count;
		return 0;
	}
	*ret_count = 0;
	if (e->lo > e->hi)
		return 0;
	if (e->lo)
		err = bm_rank(e->of[0]->view, e->lo - 1, &before);
	if (!err)
		err = bm_rank(e->of[0]->view, e->hi, ret_count);
	if (!err && !ck_sub(*ret_count, before, ret_count))
		err = -EUCLEAN;
	return err;
}

static bool are_known(const struct bm_expr *e)
{
	return (e->op == BM_EXPR_ANY || e->op == BM_EXPR_XOR ||
		e->op == BM_EXPR_MINUS) &&
	       e->n == 2 && is_known(e->of[0]) && is_known(e->of[1]);
}

static int count_common(struct bm_eval *ev, uint64_t *ret_count)
{
	ev->root.ops = &bm_flow_all;
	return count_pieces(ev, ret_count);
}

/* Of two sets only what they have in common is counted, and all that one of
 * them has alone is not read. */
static int count_known(const struct bm_expr *e, uint64_t *ret_count)
{
	uint64_t a;
	uint64_t b;
	uint64_t both;
	int err = known_count(e->of[0], &a);

	if (!err)
		err = known_count(e->of[1], &b);
	if (!err)
		err = with_eval(e, count_common, &both);
	if (err)
		return err;
	if (both > a || both > b)
		return -EUCLEAN;
	*ret_count = a - both;
	if (e->op == BM_EXPR_ANY)
		*ret_count += b;
	if (e->op == BM_EXPR_XOR)
		*ret_count += b - both;
	return 0;
}

int bm_expr_count(const struct bm_expr *e, uint64_t *ret_count)
{
	if (is_known(e))
		return known_count(e, ret_count);
	if (are_known(e))
		return count_known(e, ret_count);
	return with_eval(e, count_pieces, ret_count);
}

/* --- the ends ------------------------------------------------------------- */

static int first_of(struct bm_eval *ev, uint64_t *ret_member)
{
	struct bm_flow *f = &ev->root;
	struct bm_cont c;
	uint16_t low;
	int err = bm_flow_seek(f, 0);

	while (!err && f->key < BM_KEY_END) {
		err = bm_flow_cont(f, ev, 0, &c);
		if (err)
			return err;
		if (bm_cont_select(&c, 0, &low)) {
			*ret_member = f->key << 16 | low;
			return 0;
		}
		err = bm_flow_seek(f, f->key + f->span);
	}
	return err ? err : -ENOENT;
}

int bm_expr_min(const struct bm_expr *e, uint64_t *ret_member)
{
	return with_eval(e, first_of, ret_member);
}

/* The largest member with a key from..below end. */
static int last_within(struct bm_eval *ev, uint64_t from, uint64_t end,
		       uint64_t *ret_member)
{
	struct bm_flow *f = &ev->root;
	bool found = false;
	struct bm_cont c;
	uint16_t low;
	int err;

	bm_eval_reset(ev);
	err = bm_flow_seek(f, from);
	while (!err && f->key < end) {
		uint64_t past = f->key + f->span;

		err = bm_flow_cont(f, ev, 0, &c);
		if (!err && c.card && bm_cont_select(&c, c.card - 1, &low)) {
			*ret_member =
				((past < end ? past : end) - 1) << 16 | low;
			found = true;
		}
		if (!err)
			err = bm_flow_seek(f, past);
	}
	return err ? err : found ? 0 : -ENOENT;
}

static int last_of_set(const struct bm_view *bv, uint64_t upto,
		       uint64_t *ret_member)
{
	uint64_t n;
	int err = bm_rank(bv, upto, &n);

	if (err)
		return err;
	return n ? bm_select(bv, n - 1, ret_member) : -ENOENT;
}

/* No member up to upto is above *ret_bound; -ENOENT: there is none. An and is
 * bounded by each operand, others by the one that goes on for longest. */
static int bound_of(const struct bm_expr *e, uint64_t upto, uint64_t *ret_bound)
{
	bool all = e->op == BM_EXPR_ALL;
	size_t n = e->op == BM_EXPR_MINUS ? 1 : e->n;
	uint64_t bound = all ? upto : 0;
	bool any = false;

	if (e->op == BM_EXPR_VIEW)
		return last_of_set(e->view, upto, ret_bound);
	if (e->op == BM_EXPR_RANGE && e->hi < upto)
		upto = e->hi;
	for (size_t i = 0; i < n; i++) {
		uint64_t v;
		int err = bound_of(e->of[i], all ? bound : upto, &v);

		if (err && (err != -ENOENT || all))
			return err;
		if (!err && (all || v > bound))
			bound = v;
		any |= !err;
	}
	*ret_bound = bound;
	return any ? 0 : -ENOENT;
}

/* Flows go to the right, so it is looked for in stretches from where it can be
 * at most to the left, each twice as long as the last one. */
static int last_of(struct bm_eval *ev, uint64_t *ret_member)
{
	const struct bm_expr *e = ev->root.e;
	uint64_t upto = UINT64_MAX;
	uint64_t len = 1;

	for (;;) {
		uint64_t end;
		uint64_t from;
		int err = bound_of(e, upto, &upto);

		if (err)
			return err;
		end = (upto >> 16) + 1;
		from = len < end ? end - len : 0;
		err = last_within(ev, from, end, ret_member);
		if (err != -ENOENT || from == 0)
			return err;
		upto = (from << 16) - 1;
		len *= 2;
	}
}

int bm_expr_max(const struct bm_expr *e, uint64_t *ret_member)
{
	return with_eval(e, last_of, ret_member);
}

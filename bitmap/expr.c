/* SPDX-License-Identifier: Apache-2.0 */
/* expr.c - expressions: made, bounded, freed.
 *
 * Whoever writes an expression chooses its shape, so it is bounded when it is
 * made: everything that asks it later may call itself.
 */
#include "bitmap/expr.h"

#include <errno.h>
#include <stdlib.h>

void bm_expr_free(struct bm_expr *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n; i++)
		bm_expr_free(e->of[i]);
	bm_view_close(e->view);
	free(e);
}

int bm_expr_view(struct bm_view *bv, struct bm_expr **ret_expr)
{
	struct bm_expr *e = malloc(sizeof(*e));

	if (!e) {
		bm_view_close(bv);
		return -ENOMEM;
	}
	*e = (struct bm_expr){
		.op = BM_EXPR_VIEW, .depth = 1, .nodes = 1, .view = bv
	};
	*ret_expr = e;
	return 0;
}

static void free_all(struct bm_expr **of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bm_expr_free(of[i]);
}

/* The size of an operation on others. */
static int measure(struct bm_expr *e)
{
	e->depth = 1;
	e->nodes = 1;
	for (size_t i = 0; i < e->n; i++) {
		if (e->of[i]->depth >= e->depth)
			e->depth = e->of[i]->depth + 1;
		e->nodes += e->of[i]->nodes;
		if (e->nodes > BM_EXPR_NODES)
			return -E2BIG;
	}
	return e->depth > BM_EXPR_DEPTH ? -E2BIG : 0;
}

/* An operation on others, which it takes over. */
static int make(enum bm_expr_op op, struct bm_expr **of, size_t n,
		struct bm_expr **ret_expr)
{
	struct bm_expr *e = NULL;
	int err;

	if (n < BM_EXPR_NODES)
		e = malloc(sizeof(*e) + n * sizeof(*of));
	if (!e) {
		free_all(of, n);
		return n < BM_EXPR_NODES ? -ENOMEM : -E2BIG;
	}
	*e = (struct bm_expr){ .op = op, .n = n };
	for (size_t i = 0; i < n; i++)
		e->of[i] = of[i];
	err = measure(e);
	if (err) {
		bm_expr_free(e);
		return err;
	}
	*ret_expr = e;
	return 0;
}

int bm_expr_pair(enum bm_algebra op, struct bm_expr *a, struct bm_expr *b,
		 struct bm_expr **ret_expr)
{
	static const enum bm_expr_op ops[] = {
		[BM_AND] = BM_EXPR_ALL,
		[BM_OR] = BM_EXPR_ANY,
		[BM_XOR] = BM_EXPR_XOR,
		[BM_MINUS] = BM_EXPR_MINUS,
	};
	struct bm_expr *of[2] = { a, b };

	return make(ops[op], of, 2, ret_expr);
}

int bm_expr_atleast(uint64_t k, struct bm_expr **of, size_t n,
		    struct bm_expr **ret_expr)
{
	enum bm_expr_op op = BM_EXPR_ATLEAST;
	int err;

	if (k == 0) {
		free_all(of, n);
		return -EINVAL;
	}
	if (k == n)
		op = BM_EXPR_ALL;
	else if (k == 1 && n)
		op = BM_EXPR_ANY;
	err = make(op, of, n, ret_expr);
	if (!err)
		(*ret_expr)->k = k;
	return err;
}

int bm_expr_range(struct bm_expr *e, uint64_t lo, uint64_t hi,
		  struct bm_expr **ret_expr)
{
	int err = make(BM_EXPR_RANGE, &e, 1, ret_expr);

	if (err)
		return err;
	(*ret_expr)->lo = lo;
	(*ret_expr)->hi = hi;
	return 0;
}

struct rs_view *bm_expr_rs(const struct bm_expr *e)
{
	struct rs_view *rs = e->view ? e->view->rs : NULL;

	for (size_t i = 0; i < e->n && !rs; i++)
		rs = bm_expr_rs(e->of[i]);
	return rs;
}

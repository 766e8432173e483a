/* SPDX-License-Identifier: Apache-2.0 */
/* expr.h - set algebra: an expression and how it is asked. PRIVATE to bitmap/.
 *
 *   expr.c           the tree: made, bounded, freed
 *   expr_ask.c       one member; count, min, max
 *   expr_flow.c      the result, container by container, from left to right,
 *   expr_ops.c       for each operation,
 *   expr_many.c      for any and k of n (expr_front.h),
 *   expr_leaf.c      and for a set
 *   expr_open.c      the result as a view
 *   algebra.c        two containers to one, or to how many members (algebra.h)
 */
#ifndef BM_EXPR_H
#define BM_EXPR_H

#include "bitmap/view.h"

enum bm_expr_op {
	BM_EXPR_VIEW,
	BM_EXPR_ALL,
	BM_EXPR_ANY,
	BM_EXPR_XOR,
	BM_EXPR_MINUS, /* the first without the others */
	BM_EXPR_ATLEAST,
	BM_EXPR_RANGE
};

struct bm_expr {
	enum bm_expr_op op;
	unsigned depth;
	size_t nodes;	      /* with those below */
	struct bm_view *view; /* owned */
	uint64_t lo, hi;      /* of RANGE */
	uint64_t k;	      /* of ATLEAST: from 2 to n - 1, or above n */
	size_t n;
	struct bm_expr *of[]; /* owned */
};

/* A store whose faults concern the expression, or NULL: all is literal. */
struct rs_view *bm_expr_rs(const struct bm_expr *e);

#endif

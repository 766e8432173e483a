/* SPDX-License-Identifier: Apache-2.0 */
/* query_build.c - from a plan to an expression over views. */

#include "fs/query_plan.h"

#include <stdlib.h>

#include "regionstore/base/auto.h"

struct stack {
	struct bm_expr **v;
	size_t n;
};

static int push_part(const struct fs_plan *p, const struct fs_plan_part *part,
		     struct stack *st);

static int push_set(const struct fs_plan *p, const struct fs_plan_set *set,
		    struct stack *st)
{
	struct bm_view *bv;
	int err = bm_view_open(p->trees[set->tree].view, set->ino, &bv);

	if (!err)
		err = bm_expr_view(bv, &st->v[st->n]);
	if (!err)
		st->n++;
	return err;
}

static void drop_from(struct stack *st, size_t n)
{
	while (st->n > n)
		bm_expr_free(st->v[--st->n]);
}

/* Its sets have a stack of their own, as they may be many. */
static int push_glob(const struct fs_plan *p, const struct fs_expr_step *s,
		     const struct fs_plan_leaf *leaf, struct stack *st)
{
	uint64_t k = s->k == FS_EXPR_ALL ? leaf->n : s->k;
	AUTO_FREE struct bm_expr **v = calloc(leaf->n + 1, sizeof(*v));
	struct stack of = { v, 0 };
	int err = v ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < leaf->n; i++)
		err = push_set(p, &p->sets[leaf->first + i], &of);
	if (err) {
		drop_from(&of, 0);
		return err;
	}
	err = bm_expr_atleast(k, of.v, of.n, &st->v[st->n]);
	if (!err)
		st->n++;
	return err;
}

static int push_literal(const struct fs_expr *e, const struct fs_expr_step *s,
			struct stack *st)
{
	struct bm_batch b;
	int err = 0;

	bm_batch_init(&b);
	for (size_t i = 0; !err && i < s->n; i++) {
		const struct bm_command *c = &e->items[s->first + i];

		err = bm_batch_range(&b, c->lo, c->hi, BM_ADD);
	}
	if (!err)
		err = bm_expr_batch(&b, &st->v[st->n]);
	if (!err)
		st->n++;
	bm_batch_finish(&b);
	return err;
}

/* What is taken off the stack is gone, also on error. */
static int take_range(const struct fs_expr_step *s, struct stack *st)
{
	struct bm_expr *of = st->v[--st->n];
	int err = bm_expr_range(of, s->lo, s->hi, &st->v[st->n]);

	if (!err)
		st->n++;
	return err;
}

static int take_pair(const struct fs_expr_step *s, struct stack *st)
{
	struct bm_expr *b = st->v[--st->n];
	struct bm_expr *a = st->v[--st->n];
	int err = bm_expr_pair(s->op, a, b, &st->v[st->n]);

	if (!err)
		st->n++;
	return err;
}

static int run_step(const struct fs_plan *p, const struct fs_plan_part *part,
		    size_t i, struct stack *st)
{
	const struct fs_expr_step *s = &part->expr.steps[i];
	const struct fs_plan_leaf *leaf = &part->leaves[i];

	switch (s->kind) {
	case FS_EXPR_NAME:
		return leaf->part ? push_part(p, leaf->part, st)
				  : push_set(p, &p->sets[leaf->first], st);
	case FS_EXPR_GLOB:
		return push_glob(p, s, leaf, st);
	case FS_EXPR_SET:
		return push_literal(&part->expr, s, st);
	case FS_EXPR_RANGE:
		return take_range(s, st);
	case FS_EXPR_PAIR:
		return take_pair(s, st);
	}
	return -EINVAL;
}

/* A part leaves one expression; it has a stack of its own. */
static int push_part(const struct fs_plan *p, const struct fs_plan_part *part,
		     struct stack *st)
{
	AUTO_FREE struct bm_expr **v = calloc(part->expr.n_steps, sizeof(*v));
	struct stack own = { v, 0 };
	int err = v ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < part->expr.n_steps; i++)
		err = run_step(p, part, i, &own);
	if (err) {
		drop_from(&own, 0);
		return err;
	}
	st->v[st->n++] = own.v[0];
	return 0;
}

int fs_plan_build(const struct fs_plan *p, struct bm_expr **ret_expr)
{
	struct stack st = { ret_expr, 0 };

	return push_part(p, &p->top, &st);
}

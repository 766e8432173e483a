/* SPDX-License-Identifier: Apache-2.0 */
/* expr_flow.c - a flow for each node of an expression, and the rooms. */
#include "bitmap/expr_front.h"

#include "regionstore/base/auto.h"

#include <errno.h>

static const struct bm_flow_ops *const ops_of[] = {
	[BM_EXPR_VIEW] = &bm_flow_leaf,	  [BM_EXPR_ALL] = &bm_flow_all,
	[BM_EXPR_ANY] = &bm_flow_any,	  [BM_EXPR_XOR] = &bm_flow_xor,
	[BM_EXPR_MINUS] = &bm_flow_minus, [BM_EXPR_ATLEAST] = &bm_flow_many,
	[BM_EXPR_RANGE] = &bm_flow_range,
};

static void flow_finish(struct bm_flow *f)
{
	for (size_t i = 0; i < f->n; i++)
		flow_finish(&f->of[i]);
	free(f->of);
	bm_leaf_free(f->leaf);
	bm_front_free(f->front);
	bm_many_free(f->many);
}

/* On error what was made is for flow_finish(). */
static int flow_init(struct bm_flow *f, const struct bm_expr *e)
{
	int err = 0;

	*f = (struct bm_flow){ .ops = ops_of[e->op], .e = e };
	if (e->op == BM_EXPR_VIEW)
		return bm_leaf_new(e->view, &f->leaf);
	if (e->op == BM_EXPR_ANY || e->op == BM_EXPR_ATLEAST)
		err = bm_front_new(e->n, &f->front);
	if (!err && e->op == BM_EXPR_ATLEAST)
		err = bm_many_new(e->n, &f->many);
	if (err || e->n == 0)
		return err;
	f->of = calloc(e->n, sizeof(*f->of));
	if (!f->of)
		return -ENOMEM;
	while (!err && f->n < e->n) {
		err = flow_init(&f->of[f->n], e->of[f->n]);
		f->n++;
	}
	return err;
}

static void flow_reset(struct bm_flow *f)
{
	f->key = 0;
	f->span = 0;
	if (f->leaf)
		bm_leaf_reset(f->leaf);
	if (f->front)
		f->front->began = false;
	for (size_t i = 0; i < f->n; i++)
		flow_reset(&f->of[i]);
}

void bm_eval_free(struct bm_eval *ev)
{
	if (!ev)
		return;
	flow_finish(&ev->root);
	for (unsigned i = 0; i < ev->n_rooms; i++)
		free(ev->rooms[i]);
	free(ev->rooms);
	free(ev->spare);
	free(ev);
}

static void free_at(struct bm_eval **ev)
{
	bm_eval_free(*ev);
}

static int make_rooms(struct bm_eval *ev, unsigned n)
{
	ev->rooms = calloc(n, sizeof(*ev->rooms));
	ev->spare = malloc(sizeof(*ev->spare));
	if (!ev->rooms || !ev->spare)
		return -ENOMEM;
	for (; ev->n_rooms < n; ev->n_rooms++) {
		ev->rooms[ev->n_rooms] = malloc(sizeof(**ev->rooms));
		if (!ev->rooms[ev->n_rooms])
			return -ENOMEM;
	}
	return 0;
}

int bm_eval_new(const struct bm_expr *e, struct bm_eval **ret_eval)
{
	AUTO(free_at) struct bm_eval *ev = calloc(1, sizeof(*ev));
	int err;

	if (!ev)
		return -ENOMEM;
	err = make_rooms(ev, e->depth + 1);
	if (!err)
		err = flow_init(&ev->root, e);
	if (err)
		return err;
	*ret_eval = take_ptr(&ev);
	return 0;
}

void bm_eval_reset(struct bm_eval *ev)
{
	flow_reset(&ev->root);
}

int bm_flow_seek(struct bm_flow *f, uint64_t key)
{
	int err;

	if (f->span && f->key >= key)
		return 0;
	if (key >= BM_KEY_END)
		return bm_flow_stand(f, BM_KEY_END, 1, false);
	if (f->span && key - f->key < f->span) {
		f->span -= key - f->key;
		f->key = key;
		return 0;
	}
	err = f->ops->seek(f, key);
	return !err && f->key < key ? -EUCLEAN : err;
}

int bm_flow_cont(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		 struct bm_cont *ret_cont)
{
	if (f->full) {
		*ret_cont = bm_cont_all;
		return 0;
	}
	return f->ops->cont(f, ev, slot, ret_cont);
}

int bm_flow_count(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		  uint32_t *ret_count)
{
	struct bm_cont c;
	int err;

	if (!f->full && f->ops->count)
		return f->ops->count(f, ev, slot, ret_count);
	err = bm_flow_cont(f, ev, slot, &c);
	if (!err)
		*ret_count = c.card;
	return err;
}

void bm_eval_pair(struct bm_eval *ev, unsigned slot, enum bm_algebra op,
		  const struct bm_cont *a, const struct bm_cont *b,
		  struct bm_cont *ret_cont)
{
	union bm_cont_room *room = ev->spare;

	bm_cont_pair(op, a, b, room, ret_cont);
	ev->spare = ev->rooms[slot];
	ev->rooms[slot] = room;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* expr_leaf.c - the flow of a set: its segments, container by container.
 *
 * After the last container of a segment the next one is the likely place; when
 * that begins before what is sought, it is found from the root of the tree,
 * and what lies between is not read.
 */
#include "bitmap/expr_flow.h"

#include <errno.h>
#include <stdlib.h>

struct bm_leaf {
	const struct bm_view *bv;
	struct bm_place place;
	struct bm_src src;
	bool began;		/* src is of a segment */
	struct bm_src_mem *mem; /* once a segment needs it */
};

int bm_leaf_new(const struct bm_view *bv, struct bm_leaf **ret_leaf)
{
	struct bm_leaf *l = malloc(sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->bv = bv;
	l->began = false;
	l->mem = NULL;
	bm_place_of(&l->place, bv);
	*ret_leaf = l;
	return 0;
}

void bm_leaf_free(struct bm_leaf *l)
{
	if (!l)
		return;
	bm_place_finish(&l->place);
	free(l->mem);
	free(l);
}

void bm_leaf_reset(struct bm_leaf *l)
{
	l->began = false;
}

/* To the segment in which key may be, or the next. */
static int find(struct bm_leaf *l, uint64_t key)
{
	uint64_t last = key << 16 | 0xffff;
	int err;

	if (!l->began)
		return bm_place_covering(&l->place, last);
	err = bm_place_next(&l->place);
	if (!err && l->place.rec.seg.lo >> 16 < key)
		err = bm_place_at_or_before(&l->place, last);
	return err;
}

static int load(struct bm_leaf *l, uint64_t key, const struct bm_seg **ret_seg)
{
	int err;

	*ret_seg = &l->bv->set.seg;
	if (!l->bv->set.id)
		return l->began || l->bv->set.count == 0 ? -ENOENT : 0;
	*ret_seg = &l->place.rec.seg;
	err = find(l, key);
	return err ? err : bm_place_load(&l->place);
}

static int next_segment(struct bm_leaf *l, uint64_t key)
{
	const struct bm_seg *seg;
	int err = load(l, key, &seg);

	if (err)
		return err;
	if (!l->mem && (seg->kind == BM_SEG_U64 || seg->kind == BM_SEG_RUN64)) {
		l->mem = malloc(sizeof(*l->mem));
		if (!l->mem)
			return -ENOMEM;
	}
	err = bm_src_init(&l->src, seg, l->mem);
	l->began = !err;
	return err;
}

static int leaf_seek(struct bm_flow *f, uint64_t key)
{
	struct bm_leaf *l = f->leaf;
	int err = l->began ? bm_src_seek(&l->src, key) : 0;

	while (!err && (!l->began || l->src.key >= BM_KEY_END)) {
		err = next_segment(l, key);
		if (!err)
			err = bm_src_seek(&l->src, key);
	}
	if (err == -ENOENT)
		return bm_flow_stand(f, BM_KEY_END, 1, false);
	if (err)
		return err;
	return bm_flow_stand(f, l->src.key, l->src.span, l->src.full);
}

static int leaf_cont(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		     struct bm_cont *ret_cont)
{
	(void)ev;
	(void)slot;
	*ret_cont = f->leaf->src.cont;
	return 0;
}

const struct bm_flow_ops bm_flow_leaf = {
	.seek = leaf_seek,
	.cont = leaf_cont,
};

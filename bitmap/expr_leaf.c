/* SPDX-License-Identifier: Apache-2.0 */
/* expr_leaf.c - the flow of a set: its segments, container by container.
 *
 * After the last container of a segment the next one is the likely place; when
 * that begins before what is sought, it is found from the root of the tree,
 * and what lies between is not read.
 *
 * What two sets have in common is asked for most of all, and most sets are
 * tables of containers: two of these are walked over side by side, without
 * going through a flow for each container.
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

/* --- two of them ---------------------------------------------------------- */

/* The number of the container at hand. */
static unsigned cont_at(const struct bm_leaf *l)
{
	return (unsigned)l->src.next - 1;
}

static bool is_table(const struct bm_leaf *l)
{
	return l->began && l->src.seg->kind == BM_SEG_P32;
}

bool bm_leaf_have_tables(const struct bm_flow *a, const struct bm_flow *b)
{
	return is_table(a->leaf) && is_table(b->leaf) &&
	       a->leaf->src.seg->lo >> 32 == b->leaf->src.seg->lo >> 32;
}

static int count_both(const struct bm_seg *a, unsigned i,
		      const struct bm_seg *b, unsigned k, uint64_t *sum)
{
	struct bm_cont x;
	struct bm_cont y;
	uint64_t key;

	if (bm_seg_cont(a, i, &x, &key) || bm_seg_cont(b, k, &y, &key))
		return -EUCLEAN;
	*sum += bm_cont_and_count(&x, &y);
	return 0;
}

int bm_leaf_count_common(const struct bm_flow *fa, const struct bm_flow *fb,
			 uint64_t *ret_count, uint64_t *ret_next)
{
	const struct bm_seg *a = fa->leaf->src.seg;
	const struct bm_seg *b = fb->leaf->src.seg;
	unsigned i = cont_at(fa->leaf);
	unsigned k = cont_at(fb->leaf);
	uint64_t sum = 0;
	uint64_t done = fa->key;
	int err = 0;

	while (!err && i < a->n_cont && k < b->n_cont) {
		uint64_t x = bm_seg_cont_key(a, i);
		uint64_t y = bm_seg_cont_key(b, k);

		if (x == y)
			err = count_both(a, i, b, k, &sum);
		i += x <= y;
		k += y <= x;
		done = x < y ? x : y;
	}
	*ret_count = sum;
	*ret_next = (done > fa->key ? done : fa->key) + 1;
	return err;
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

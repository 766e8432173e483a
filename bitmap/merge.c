/* SPDX-License-Identifier: Apache-2.0 */
/* merge.c - a segment and a delta to the packer, container by container.
 *
 *   base    a    b    c         FFFFFFFFFFFFFFFFFF      (F: full)
 *   delta        +         ++++++++++        -
 *   out     a    b'   c    FFFFFFFFFFFFFFFFFF f FFFFF
 *
 * Containers the delta does not touch go to the packer as bytes, spans of
 * full ones as one record. Work and memory do not depend on how many members
 * a range has.
 *
 * Often nothing changes (the same members are added again), and then nothing
 * may be handed out. So nothing is, until the first change is found; then all
 * that came before it is handed out at once by a second source. Until there,
 * base containers the delta does not touch are not even looked at.
 */
#include "bitmap/delta_cut.h"
#include "bitmap/packer.h"
#include "bitmap/source.h"

struct merge {
	const struct bm_seg *base;
	struct bm_packer *p;
	struct bm_src src;
	struct bm_dsrc ds;
	bool balanced; /* not only appended: see packer.c */
	bool changed;
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The first n containers of the piece at hand. */
static int pass_piece(struct bm_packer *p, const struct bm_src *src, uint64_t n)
{
	if (src->full)
		return bm_packer_push_full(p, src->key, n);
	return bm_packer_push(p, src->key, &src->cont);
}

/* All containers before key. */
static int pass(struct bm_packer *p, struct bm_src *src, uint64_t key)
{
	int err = 0;

	while (!err && src->key < key) {
		uint64_t n = least(src->span, key - src->key);

		err = pass_piece(p, src, n);
		if (!err)
			err = bm_src_skip(src, n);
	}
	return err;
}

/* The result differs at key, for the first time perhaps. */
static int change(struct merge *m, uint64_t key)
{
	struct bm_src again;
	int err;

	if (m->changed)
		return 0;
	m->changed = true;
	m->p->balanced |= m->balanced;
	err = bm_src_init(&again, m->base, &m->p->mem.again);
	return err ? err : pass(m->p, &again, key);
}

/* n containers from key on become full, or empty. */
static int put_span(struct merge *m, enum bm_op op, uint64_t key, uint64_t n)
{
	int err = change(m, key);

	if (err || op == BM_REMOVE)
		return err;
	return bm_packer_push_full(m->p, key, n);
}

/* Containers that are in the delta only: n of them. */
static int delta_alone(struct merge *m, uint64_t n)
{
	struct bm_cont c;
	bool changed;
	int err;

	if (m->ds.full) {
		if (m->ds.op == BM_REMOVE)
			return 0;
		return put_span(m, BM_ADD, m->ds.key, n);
	}
	bm_cont_apply(NULL, &m->ds.part, &m->p->mem.work, &c, &changed);
	if (!changed || c.card == 0)
		return 0;
	err = change(m, m->ds.key);
	return err ? err : bm_packer_push(m->p, m->ds.key, &c);
}

static int unchanged(struct merge *m, uint64_t n)
{
	return m->changed ? pass_piece(m->p, &m->src, n) : 0;
}

/* n containers that are in both; one when either is not a span. */
static int both(struct merge *m, uint64_t n)
{
	const struct bm_cont *old = m->src.full ? &bm_cont_all : &m->src.cont;
	struct bm_cont c;
	bool changed;
	int err;

	if (m->ds.full) {
		if (m->src.full && m->ds.op == BM_ADD)
			return unchanged(m, n);
		return put_span(m, m->ds.op, m->src.key, n);
	}
	bm_cont_apply(old, &m->ds.part, &m->p->mem.work, &c, &changed);
	if (!changed)
		return unchanged(m, n);
	err = change(m, m->src.key);
	if (err || c.card == 0)
		return err;
	return bm_packer_push(m->p, m->src.key, &c);
}

/* One piece, or as much of it as the other source has nothing at. */
static int step(struct merge *m)
{
	uint64_t bk = m->src.key;
	uint64_t dk = m->ds.key;
	uint64_t n;
	int err;

	if (bk < dk) {
		if (m->changed)
			return pass(m->p, &m->src, dk);
		return bm_src_seek(&m->src, dk);
	}
	n = bk > dk ? least(m->ds.span, bk - dk)
		    : least(m->ds.span, m->src.span);
	if (bk > dk) {
		err = delta_alone(m, n);
	} else {
		err = both(m, n);
		if (!err)
			err = bm_src_skip(&m->src, n);
	}
	bm_dsrc_skip(&m->ds, n);
	return err;
}

static bool is_all_behind(const struct bm_delta *delta,
			  const struct bm_seg *base)
{
	uint64_t least;

	return !bm_delta_least(delta, &least) || least > bm_seg_max(base);
}

int bm_merge(const struct bm_seg *base, const struct bm_delta *delta,
	     struct bm_packer *p, bool *ret_changed)
{
	struct merge m = { .base = base, .p = p };
	bool done;
	int err = bm_merge_list(base, delta, p, &done, ret_changed);

	if (err || done)
		return err;
	err = bm_src_init(&m.src, base, &p->mem.base);
	if (err)
		return err;
	bm_dsrc_init(&m.ds, delta);
	m.balanced = base && !is_all_behind(delta, base);
	while (!err && (m.src.key < BM_KEY_END || m.ds.key < BM_KEY_END))
		err = step(&m);
	if (!err)
		*ret_changed = m.changed;
	return err;
}

int bm_packer_copy(struct bm_packer *p, const struct bm_seg *base)
{
	struct bm_src src;
	int err = bm_src_init(&src, base, &p->mem.base);

	return err ? err : pass(p, &src, BM_KEY_END);
}

int bm_packer_tidy(struct bm_packer *p, const struct bm_seg *base)
{
	struct bm_src src;
	struct bm_cont c;
	int err = bm_src_init(&src, base, &p->mem.base);

	while (!err && src.key < BM_KEY_END) {
		uint64_t n = src.span;

		if (src.full) {
			err = bm_packer_push_full(p, src.key, n);
		} else {
			bm_cont_tidy(&src.cont, &p->mem.work, &c);
			err = c.card ? bm_packer_push(p, src.key, &c)
				     : -EUCLEAN;
		}
		if (!err)
			err = bm_src_skip(&src, n);
	}
	return err;
}

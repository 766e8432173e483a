/* SPDX-License-Identifier: Apache-2.0 */
/* packer.c - containers in, segments out.
 *
 * The window holds what was not emitted yet. While more comes, the best first
 * piece is cut off whenever two segments' worth are held: there is always
 * enough behind the cut that the next piece can be as good. What is left at
 * the flush is one segment or two. Where they are cut depends on how the set
 * grows: when everything was appended at its end, the left one stays full, as
 * nobody will add to it; else both get the same room to grow.
 */
#include "bitmap/packer.h"

#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>

#define PAGE	    4096u
#define SEG_MIN_MAX PAGE

void bm_packer_free(struct bm_packer *p)
{
	if (!p)
		return;
	free(p->recs);
	free(p->bytes);
	free(p->out);
	free(p);
}

static void free_at(struct bm_packer **p)
{
	bm_packer_free(*p);
}

/* A container is not cut, so one alone may be larger than a page. */
static size_t out_size(size_t seg_max)
{
	return seg_max < BM_CONT_BITS_SIZE ? BM_CONT_BITS_SIZE : seg_max;
}

/* Records and bytes of two windows, so that what remains after a cut is moved
 * to the front every other time only. A record's bytes are at most 4/3 of its
 * estimate (sparse bits), and that at least 8. */
int bm_packer_new(size_t seg_max, bm_seg_emit_fn *emit, void *arg,
		  struct bm_packer **ret_packer)
{
	AUTO(free_at) struct bm_packer *p = NULL;

	if (seg_max < SEG_MIN_MAX || seg_max > BM_SEG_HARD)
		return -EINVAL;
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = (struct bm_packer){
		.seg_max = seg_max,
		.emit = emit,
		.arg = arg,
		.cap_recs = 2 * (2 * seg_max / 8 + 2),
		.cap = 2 * (3 * seg_max + 2 * BM_CONT_BITS_SIZE),
	};
	p->recs = malloc(p->cap_recs * sizeof(*p->recs));
	p->bytes = malloc(p->cap);
	p->out = malloc(out_size(seg_max));
	if (!p->recs || !p->bytes || !p->out)
		return -ENOMEM;
	*ret_packer = take_ptr(&p);
	return 0;
}

int bm_packer_get(struct bm_packer **p, size_t seg_max, bm_seg_emit_fn *emit,
		  void *arg)
{
	if (*p && (*p)->seg_max == seg_max)
		return 0;
	bm_packer_free(*p);
	*p = NULL;
	return bm_packer_new(seg_max, emit, arg, p);
}

struct bm_cont bm_rec_cont(const struct bm_packer *p, const struct bm_rec *r)
{
	if (bm_rec_full(r))
		return bm_cont_all;
	return (struct bm_cont){
		.form = r->form,
		.card = r->card,
		.n = r->n,
		.data = p->bytes + r->start + (r->form == BM_RUNS ? 2 : 0),
	};
}

/* Move what is held to the front. */
static void compact(struct bm_packer *p)
{
	size_t n = p->n_recs - p->first;
	uint32_t start = n ? p->recs[p->first].start : (uint32_t)p->len;

	memmove(p->recs, p->recs + p->first, n * sizeof(*p->recs));
	memmove(p->bytes, p->bytes + start, p->len - start);
	for (size_t i = 0; i < n; i++)
		p->recs[i].start -= start;
	p->first = 0;
	p->n_recs = n;
	p->len -= start;
}

/* Emit the first records as cut says. */
static int emit(struct bm_packer *p, const struct bm_cut *cut)
{
	struct bm_seg seg;
	int err = bm_encode(p, cut, &seg);

	if (err)
		return err;
	bm_est_sub(&p->held, &cut->est);
	p->first += cut->n_recs;
	return p->emit(p->arg, &seg);
}

static int cut_full_ones(struct bm_packer *p)
{
	while (bm_est_best(&p->held) > 2 * p->seg_max) {
		struct bm_cut cut = bm_cut_best(p, p->seg_max);
		int err = emit(p, &cut);

		if (err)
			return err;
	}
	return 0;
}

/* A new record with room for size bytes. */
static struct bm_rec *add(struct bm_packer *p, uint64_t key, size_t size)
{
	struct bm_rec *r;

	if (p->n_recs == p->cap_recs || p->cap - p->len < size)
		compact(p);
	assert(p->n_recs < p->cap_recs && p->cap - p->len >= size);
	r = &p->recs[p->n_recs++];
	r->key = key;
	r->span = 1;
	r->start = (uint32_t)p->len;
	return r;
}

/* A card that lies must not upset the sum of the window. */
static bool is_dense_enough(const struct bm_cont *c)
{
	return c->card >= (c->form == BM_BITS ? BM_CONT_BITS_MIN : c->n);
}

/* Runs have their count before them, as they will lie in P32. */
int bm_packer_push(struct bm_packer *p, uint64_t key, const struct bm_cont *c)
{
	size_t size = bm_cont_size(c);
	struct bm_rec *r;

	if (bm_cont_full(c))
		return bm_packer_push_full(p, key, 1);
	if (key < p->next_key || !is_dense_enough(c))
		return -EUCLEAN;
	p->next_key = key + 1;
	r = add(p, key, size + 2);
	r->card = c->card;
	r->n = c->n;
	r->form = c->form;
	if (c->form == BM_RUNS) {
		uint16_t count = (uint16_t)c->n;

		memcpy(p->bytes + p->len, &count, 2);
		p->len += 2;
	}
	memcpy(p->bytes + p->len, c->data, size);
	p->len += size;
	bm_est_add(&p->held, r);
	return cut_full_ones(p);
}

/* Does the last record go on at key, if that is full? */
static bool is_longer_by(const struct bm_packer *p, uint64_t key)
{
	const struct bm_rec *last;

	if (p->n_recs == p->first)
		return false;
	last = &p->recs[p->n_recs - 1];
	return bm_rec_full(last) && last->key + last->span == key;
}

static void lengthen(struct bm_packer *p, uint64_t n)
{
	struct bm_rec *last = &p->recs[p->n_recs - 1];
	struct bm_est before = { 0 };

	bm_est_add(&before, last);
	bm_est_sub(&p->held, &before);
	last->span += n;
	bm_est_add(&p->held, last);
}

int bm_packer_push_full(struct bm_packer *p, uint64_t key, uint64_t n)
{
	struct bm_rec *r;

	if (key < p->next_key)
		return -EUCLEAN;
	p->next_key = key + n;
	if (is_longer_by(p, key)) {
		lengthen(p, n);
	} else {
		r = add(p, key, 0);
		r->span = n;
		r->card = BM_CONT_MEMBERS;
		r->n = 1;
		r->form = BM_RUNS;
		bm_est_add(&p->held, r);
	}
	return cut_full_ones(p);
}

/* The first piece's limit when two pieces are to be of equal size. */
static size_t half_of(const struct bm_packer *p)
{
	size_t half = ((size_t)bm_est_best(&p->held) / 2 + PAGE) / PAGE * PAGE;

	return half < p->seg_max ? half : p->seg_max;
}

int bm_packer_flush(struct bm_packer *p)
{
	while (p->first < p->n_recs) {
		struct bm_cut cut;
		int err;

		if (!bm_cut_all(p, &cut))
			cut = bm_cut_best(p, p->balanced ? half_of(p)
							 : p->seg_max);
		err = emit(p, &cut);
		if (err)
			return err;
	}
	bm_packer_drop(p);
	return 0;
}

void bm_packer_drop(struct bm_packer *p)
{
	p->first = p->n_recs = 0;
	p->len = 0;
	p->held = (struct bm_est){ 0 };
	p->next_key = 0;
	p->balanced = false;
}

int bm_packer_whole(struct bm_packer *p, struct bm_seg *ret_seg)
{
	int err = -EUCLEAN;

	if (p->first < p->n_recs) {
		struct bm_cut cut = bm_cut_whole(p);

		if (cut.bytes <= p->seg_max)
			err = bm_encode(p, &cut, ret_seg);
	}
	bm_packer_drop(p);
	return err;
}

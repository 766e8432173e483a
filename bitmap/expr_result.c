/* SPDX-License-Identifier: Apache-2.0 */
/* expr_result.c - the segments of a result: found by marks, made when read.
 *
 * A maker is a flow with its rooms and a packer, some 100 KiB, too much to be
 * allocated for each read: those not in use wait in the result.
 */
#include "bitmap/expr_result.h"

#include "bitmap/expr_flow.h"
#include "bitmap/expr_pack.h"
#include "regionstore/base/auto.h"

#include <errno.h>

struct bm_maker {
	struct bm_eval *ev;
	struct bm_packer *p;
	uint64_t key; /* from here on the flow was not read */
	struct bm_maker *next;
};

/* --- makers --------------------------------------------------------------- */

static void maker_free(struct bm_maker *m)
{
	if (!m)
		return;
	bm_eval_free(m->ev);
	bm_packer_free(m->p);
	free(m);
}

static void free_at(struct bm_maker **m)
{
	maker_free(*m);
}

/* A result's segments are cut already. */
static int no_emit(void *arg, const struct bm_seg *seg)
{
	(void)arg;
	(void)seg;
	return -EUCLEAN;
}

/* The packer has room for much more than a segment, so that it never cuts. */
static int maker_new(const struct bm_expr *e, struct bm_maker **ret_maker)
{
	AUTO(free_at) struct bm_maker *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	err = bm_eval_new(e, &m->ev);
	if (!err)
		err = bm_packer_new(BM_SEG_HARD, no_emit, NULL, &m->p);
	if (err)
		return err;
	*ret_maker = take_ptr(&m);
	return 0;
}

static void maker_reset(struct bm_maker *m)
{
	bm_eval_reset(m->ev);
	m->key = 0;
}

static struct bm_maker *take_idle(struct bm_result *r)
{
	struct bm_maker *m;

	lock_take(&r->lock);
	m = r->idle;
	if (m)
		r->idle = m->next;
	lock_drop(&r->lock);
	return m;
}

static void give_back(struct bm_result *r, struct bm_maker *m)
{
	maker_reset(m);
	lock_take(&r->lock);
	m->next = r->idle;
	r->idle = m;
	lock_drop(&r->lock);
}

void bm_result_finish(struct bm_place *pl)
{
	if (pl->maker)
		give_back(pl->res, pl->maker);
	pl->maker = NULL;
}

/* Nobody else knows the result any more. */
static void free_idle(struct bm_result *r) NO_LOCK_ANALYSIS
{
	while (r->idle) {
		struct bm_maker *m = r->idle;

		r->idle = m->next;
		maker_free(m);
	}
}

void bm_result_free(struct bm_result *r)
{
	if (!r)
		return;
	free_idle(r);
	lock_finish(&r->lock);
	bm_expr_free(r->e);
	free(r->marks);
	buf_finish(&r->kept);
	free(r);
}

/* --- finding -------------------------------------------------------------- */

static uint64_t end_of(const struct bm_result *r, size_t i)
{
	return i + 1 < r->n ? r->marks[i + 1].before : r->count;
}

/* The record is as one of the tree, not loaded. */
static int stand(struct bm_place *pl, size_t i)
{
	const struct bm_result *r = pl->res;

	if (i >= r->n)
		return -ENOENT;
	pl->at = i;
	pl->rec = (struct bm_record){ 0 };
	pl->rec.seg.lo = r->marks[i].lo;
	pl->rec.seg.card = end_of(r, i) - r->marks[i].before;
	return 0;
}

/* Marks with what is at or below v. */
static size_t marks_upto(const struct bm_result *r, uint64_t v, bool weight)
{
	size_t at = 0;
	size_t len = r->n;

	while (len) {
		const struct bm_result_mark *m = &r->marks[at + len / 2];

		if ((weight ? m->before : m->lo) > v) {
			len /= 2;
		} else {
			at += len / 2 + 1;
			len -= len / 2 + 1;
		}
	}
	return at;
}

int bm_result_at_or_after(struct bm_place *pl, uint64_t lo)
{
	return stand(pl, lo ? marks_upto(pl->res, lo - 1, false) : 0);
}

int bm_result_at_or_before(struct bm_place *pl, uint64_t member)
{
	size_t n = marks_upto(pl->res, member, false);

	return n ? stand(pl, n - 1) : -ENOENT;
}

int bm_result_next(struct bm_place *pl)
{
	return stand(pl, pl->at + 1);
}

int bm_result_weigh(struct bm_place *pl, uint64_t w, uint64_t *ret_within)
{
	size_t n = marks_upto(pl->res, w, true);

	if (n == 0 || w >= pl->res->count)
		return -EUCLEAN;
	*ret_within = w - pl->res->marks[n - 1].before;
	return stand(pl, n - 1);
}

/* --- making --------------------------------------------------------------- */

static void open_kept(struct bm_place *pl)
{
	const struct bm_result_mark *m = &pl->res->marks[pl->at];

	pl->rec.seg.kind = (enum bm_seg_kind)m->kind;
	pl->rec.seg.data = buf_data(&pl->res->kept) + m->off;
	pl->rec.seg.len = m->len_1 + 1u;
}

/* The containers between two marks, to one segment. */
static int make(struct bm_place *pl)
{
	const struct bm_result *r = pl->res;
	struct bm_maker *m = pl->maker;
	uint64_t key = r->marks[pl->at].lo >> 16;
	uint64_t end =
		pl->at + 1 < r->n ? r->marks[pl->at + 1].lo >> 16 : BM_KEY_END;
	uint64_t card = pl->rec.seg.card;
	int err;

	if (key < m->key)
		maker_reset(m);
	m->key = end;
	err = bm_expr_pack(m->ev, key, end, m->p);
	if (!err)
		err = bm_packer_whole(m->p, &pl->rec.seg);
	else
		bm_packer_drop(m->p);
	/* Were it not the same, the sets would have changed. */
	if (!err && pl->rec.seg.card != card)
		err = -EUCLEAN;
	return err;
}

int bm_result_load(struct bm_place *pl)
{
	struct bm_result *r = pl->res;
	int err;

	if (r->whole) {
		open_kept(pl);
		return bm_seg_open(&pl->rec.seg);
	}
	if (!pl->maker)
		pl->maker = take_idle(r);
	if (!pl->maker) {
		err = maker_new(r->e, &pl->maker);
		if (err)
			return err;
	}
	err = make(pl);
	/* Here, as the bytes are kept for longer than the sets' are watched. */
	if (rs_view_check(bm_expr_rs(r->e)))
		err = -EIO;
	return err;
}

/* What the flow stands at was looked up when others watched. */
void bm_result_watch(struct bm_place *pl)
{
	if (pl->maker)
		maker_reset(pl->maker);
}

int bm_result_rank(const struct bm_view *bv, uint64_t member,
		   uint64_t *ret_rank)
{
	struct bm_place pl;
	int err;

	bm_place_of(&pl, bv);
	err = bm_result_at_or_before(&pl, member);
	if (err == -ENOENT) {
		*ret_rank = 0;
		err = 0;
	} else if (!err) {
		err = bm_result_load(&pl);
		if (!err)
			*ret_rank = bv->res->marks[pl.at].before +
				    bm_seg_rank(&pl.rec.seg, member);
	}
	bm_place_finish(&pl);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* set_write.c - a delta is applied to a set.
 *
 * The delta is cut by the segments it touches, each of those is merged with
 * its part, and the results are packed anew. Segments that touch each other
 * and both change form a RUN with one packer, so that members can move over
 * the border between them:
 *
 *	segments   [ A ][ B ][ C ][ D ][ E ][ F ]
 *	delta         +   +         -
 *	runs       [ A    B ]     [ D ]            C, E and F are not read
 *
 * A run that came down to one small segment takes a small neighbour with it,
 * or a set that is thinned out would stay in as many pieces as it ever had.
 * To see that before its payload is written, the last segment of a run is
 * held back (held).
 *
 * A segment whose members do not change is not written; one whose members are
 * all removed is not read.
 */

#include "bitmap/delta_cut.h"
#include "bitmap/rewrite.h"
#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A segment in memory of its own. */
struct held {
	bool full;
	struct bm_seg seg;
	struct buf bytes;
};

struct bm_writer {
	struct bm_rewrite rw;
	struct bm_packer *packer;
	size_t seg_max; /* of the packer, and of the set at hand */
	struct held held;
	/* the set at hand */
	const struct rs_view *v;
	uint64_t id;
	/* the run at hand: [first, last] are the lo of its old segments */
	bool running;
	uint64_t first, last;
	size_t n_out; /* segments it made so far */
	/* the last old segment of the runs before, when there is one */
	bool before;
	uint64_t before_last;
};

/* --- what the packer makes ------------------------------------------------ */

static int hold(struct held *h, const struct bm_seg *seg)
{
	int err;

	buf_clear(&h->bytes);
	err = buf_append(&h->bytes, seg->data, seg->len);
	if (err)
		return err;
	h->seg = *seg;
	h->seg.data = buf_data(&h->bytes);
	h->full = true;
	return 0;
}

static int release(struct bm_writer *w)
{
	if (!w->held.full)
		return 0;
	w->held.full = false;
	return bm_rewrite_add(&w->rw, &w->held.seg);
}

static int emit(void *arg, const struct bm_seg *seg)
{
	struct bm_writer *w = arg;
	int err = release(w);

	w->n_out++;
	return err ? err : hold(&w->held, seg);
}

/* Its buffers are large, and most sets are small: getting them would cost more
 * than applying a delta. So one is kept for whoever comes next.
 */
static _Atomic(struct bm_writer *) spare;

int bm_writer_new(struct bm_writer **ret_writer)
{
	struct bm_writer *w = atomic_exchange(&spare, NULL);

	if (!w)
		w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*ret_writer = w;
	return 0;
}

static void discard(struct bm_writer *w)
{
	if (!w)
		return;
	bm_packer_free(w->packer);
	bm_rewrite_finish(&w->rw);
	buf_finish(&w->held.bytes);
	free(w);
}

void bm_writer_free(struct bm_writer *w)
{
	if (w && bm_rewrite_is_small(&w->rw))
		w = atomic_exchange(&spare, w);
	discard(w);
}

/* --- the end of a run ----------------------------------------------------- */

static bool is_list(const struct bm_seg *seg)
{
	return seg->kind == BM_SEG_P32 || seg->kind == BM_SEG_U64;
}

/* Can one segment hold both? The packer chooses between a list and containers
 * by what is shorter, so what is thinned out is one beside the other.
 */
static bool same_family(const struct bm_seg *a, const struct bm_seg *b)
{
	if (a->kind == b->kind && a->kind != BM_SEG_P32)
		return true;
	return is_list(a) && is_list(b) && a->lo >> 32 == b->lo >> 32;
}

/* Would one segment hold both, with room to grow? */
static bool should_join(const struct bm_writer *w, const struct bm_seg *a,
			const struct bm_seg *b)
{
	return same_family(a, b) && a->len + b->len <= w->seg_max / 2;
}

/* The untouched segment before the run, when it should join it. */
static bool find_left(struct bm_writer *w, struct bm_place *pl)
{
	if (w->first == 0 || bm_place_at_or_before(pl, w->first - 1))
		return false;
	if (w->before && pl->rec.seg.lo <= w->before_last)
		return false;
	return should_join(w, &pl->rec.seg, &w->held.seg);
}

static bool find_right(struct bm_writer *w, struct bm_place *pl)
{
	if (w->last == UINT64_MAX || bm_place_at_or_after(pl, w->last + 1))
		return false;
	return should_join(w, &pl->rec.seg, &w->held.seg);
}

static int take_in(struct bm_writer *w, struct bm_place *pl)
{
	int err = bm_place_load(pl);

	if (!err)
		err = bm_rewrite_drop(&w->rw, &pl->rec);
	return err ? err : bm_packer_copy(w->packer, &pl->rec.seg);
}

/* Pack the held segment again, with its neighbours. */
static int join(struct bm_writer *w, struct bm_place *left,
		struct bm_place *right)
{
	struct buf bytes = w->held.bytes;
	struct bm_seg seg = w->held.seg;
	int err;

	w->held = (struct held){ 0 };
	err = left ? take_in(w, left) : 0;
	if (!err)
		err = bm_packer_copy(w->packer, &seg);
	if (!err && right) {
		w->last = right->rec.seg.lo;
		err = take_in(w, right);
	}
	if (!err)
		err = bm_packer_flush(w->packer);
	buf_finish(&bytes);
	return err;
}

static int join_neighbours(struct bm_writer *w)
{
	struct bm_place left;
	struct bm_place right;
	bool with_left;
	bool with_right;
	int err = 0;

	bm_place_init(&left, w->v, w->id);
	bm_place_init(&right, w->v, w->id);
	with_left = w->n_out == 1 && find_left(w, &left);
	with_right = find_right(w, &right);
	if (with_left || with_right) {
		if (bm_seg_open(&w->held.seg))
			err = -EUCLEAN;
		else
			err = join(w, with_left ? &left : NULL,
				   with_right ? &right : NULL);
	}
	bm_place_finish(&left);
	bm_place_finish(&right);
	return err;
}

static int end_run(struct bm_writer *w)
{
	int err;

	if (!w->running)
		return 0;
	w->running = false;
	err = bm_packer_flush(w->packer);
	if (!err && w->held.full && w->held.seg.len <= w->seg_max / 2)
		err = join_neighbours(w);
	w->before = true;
	w->before_last = w->last;
	w->n_out = 0;
	return err ? err : release(w);
}

/* --- segment by segment --------------------------------------------------- */

static bool removes_all(const struct bm_delta *part, uint64_t lo, uint64_t last)
{
	return part->n_ops == 1 && part->ops[0].op == BM_REMOVE &&
	       part->ops[0].lo <= lo && part->ops[0].hi >= last;
}

/* The old segment rec is part of the run. */
static int add_to_run(struct bm_writer *w, const struct bm_record *rec)
{
	if (!w->running) {
		w->running = true;
		w->first = rec->seg.lo;
	}
	w->last = rec->seg.lo;
	return bm_rewrite_drop(&w->rw, rec);
}

/* The members from pl's segment to last, of which part says what changes. */
static int change_segment(struct bm_writer *w, struct bm_place *pl,
			  const struct bm_delta *part, uint64_t last)
{
	bool changed = true;
	int err;

	if (removes_all(part, pl->rec.seg.lo, last))
		return add_to_run(w, &pl->rec);
	err = bm_place_load(pl);
	if (!err)
		err = bm_merge(&pl->rec.seg, part, w->packer, &changed);
	if (err)
		return err;
	return changed ? add_to_run(w, &pl->rec) : end_run(w);
}

/* Find the segment that covers member, and the last member it covers. */
static int find_segment(struct bm_place *pl, struct bm_place *next,
			uint64_t member, uint64_t *ret_last)
{
	int err = bm_place_covering(pl, member);

	if (err)
		return err == -ENOENT ? -EUCLEAN : err;
	err = bm_place_at_or_after(next, pl->rec.seg.lo + 1);
	if (err && err != -ENOENT)
		return err;
	*ret_last = err ? UINT64_MAX : next->rec.seg.lo - 1;
	return 0;
}

static int change_segments(struct bm_writer *w, struct bm_knife *k)
{
	struct bm_place pl;
	struct bm_place next;
	uint64_t expected = 0; /* where a segment must begin to join the run */
	uint64_t member;
	uint64_t last = 0;
	int err = 0;

	bm_place_init(&pl, w->v, w->id);
	bm_place_init(&next, w->v, w->id);
	while (!err && bm_knife_peek(k, &member)) {
		struct bm_delta part;

		err = find_segment(&pl, &next, member, &last);
		if (!err && w->running && pl.rec.seg.lo != expected)
			err = end_run(w);
		/* A joined neighbour was packed: what it covered is not
		 * touched, so it cannot be this one. */
		if (!err)
			err = bm_knife_cut(k, last, &part);
		if (!err)
			err = change_segment(w, &pl, &part, last);
		expected = last + 1;
	}
	bm_place_finish(&pl);
	bm_place_finish(&next);
	return err ? err : end_run(w);
}

/* The set is empty or one segment inside its object. */
static int change_inline(struct bm_writer *w, struct bm_set *set,
			 const struct bm_delta *delta, bool *ret_changed)
{
	int err = set->count ? bm_seg_open(&set->seg) : 0;

	if (!err)
		err = bm_merge(set->count ? &set->seg : NULL, delta, w->packer,
			       ret_changed);
	if (!err)
		err = bm_packer_flush(w->packer);
	return err ? err : release(w);
}

/* --- the whole ------------------------------------------------------------ */

static int apply(struct bm_writer *w, struct bm_set *set,
		 const struct bm_delta *delta, bool *ret_changed)
{
	struct bm_knife k;
	int err;

	if (!set->id)
		return change_inline(w, set, delta, ret_changed);
	bm_knife_init(&k, delta);
	err = change_segments(w, &k);
	bm_knife_finish(&k);
	*ret_changed = w->rw.n_gone > 0;
	return err;
}

/* One segment is in memory, in the object or as what was released last. */
static int recount(struct bm_writer *w, struct bm_set *set)
{
	int err;

	if (set->segments > 1 || (set->id && w->rw.n_fresh != 1))
		return bm_set_recount(rs_txn_view(w->rw.t), set);
	if (set->id)
		set->seg = w->held.seg;
	err = bm_seg_open(&set->seg);
	return err ? err : bm_set_recount_one(set);
}

static int finish(struct bm_writer *w, struct bm_set *set,
		  struct rs_object *obj)
{
	int err = bm_rewrite_end(&w->rw, set);

	if (!err && set->count)
		err = recount(w, set);
	if (!err && !set->count)
		*set = (struct bm_set){ .folded = set->folded,
					.pages = set->pages,
					.shards = set->shards };
	/* What was merged may have been zeros in place of a lost page. */
	if (!err)
		err = rs_view_check(w->v);
	if (!err)
		bm_set_encode(set, obj);
	return err;
}

static int begin(struct bm_writer *w, struct rs_txn *t,
		 const struct bm_set *set)
{
	bm_rewrite_begin(&w->rw, t);
	w->held.full = false;
	w->v = rs_txn_view(t);
	w->id = set->id;
	w->running = false;
	w->before = false;
	w->n_out = 0;
	w->seg_max = bm_set_seg_max(set);
	return bm_packer_get(&w->packer, w->seg_max, emit, w);
}

int bm_set_apply(struct bm_writer *w, struct rs_txn *t, struct rs_object *obj,
		 const struct bm_delta *delta, bool *ret_changed)
{
	bool changed = false;
	struct bm_set set;
	int err = bm_set_decode(obj, &set);

	if (!err && bm_delta_adds(delta) > BM_MEMBERS_MAX)
		err = -EFBIG;
	if (!err)
		err = begin(w, t, &set);
	if (!err)
		err = apply(w, &set, delta, &changed);
	if (!err && changed)
		err = finish(w, &set, obj);
	if (err) { /* it may hold some of a set that never was */
		bm_packer_free(w->packer);
		w->packer = NULL;
		return err;
	}
	*ret_changed = changed;
	return 0;
}

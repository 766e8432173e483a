/* SPDX-License-Identifier: Apache-2.0 */
/* compact_set.c - the segments of one set, a window of them at a time.
 *
 * A set that changes here and there keeps the room that each segment had: it
 * is joined with a neighbour only when both are nearly empty (set_write.c),
 * and each ends somewhere within a page. So we go through the segments and
 * pack as many as a txn may have anew. In a view that is only weighed, which
 * nobody waits for; where it saves enough, a txn does it.
 *
 *	window   [ 9 K ][ 5 K ][ 13 K ][ 6 K ]        12 pages
 *	packed   [ 16 K ][ 16 K ][ 1 K ]               8, and a record
 *
 * No member comes or goes, so the header of the set keeps its counts.
 */
#include "bitmap/compact.h"
#include "bitmap/orphan.h"

#include <errno.h>

#define WINDOW_SEGMENTS 256u
#define WINDOW_BYTES	(2u << 20)
#define RECORD_COST	96u /* key and descriptor of a segment in a leaf */
#define GAIN_OF		32u /* what is saved is that part, or more */

struct window {
	uint64_t first, last; /* lo of its segments */
	unsigned n;
	uint64_t len; /* their bytes, and what they cost */
	uint64_t cost;
};

void bm_compact_finish(struct bm_compact *c)
{
	bm_packer_free(c->packer);
	bm_rewrite_finish(&c->rw);
}

/* --- packing ---------------------------------------------------------------*/

static int emit(void *arg, const struct bm_seg *seg)
{
	struct bm_compact *c = arg;

	if (!c->dry) {
		c->written += seg->len;
		return bm_rewrite_add(&c->rw, seg);
	}
	c->weighed += RECORD_COST;
	if (seg->len <= BM_INLINE_MAX)
		c->weighed += seg->len;
	else
		c->weighed += (seg->len + RS_PAGE_SIZE - 1) / RS_PAGE_SIZE *
			      RS_PAGE_SIZE;
	return 0;
}

static int find_packer(struct bm_compact *c, const struct bm_set *set)
{
	c->seg_max = bm_set_seg_max(set);
	return bm_packer_get(&c->packer, c->seg_max, emit, c);
}

static int pack_one(struct bm_compact *c, struct bm_place *pl)
{
	int err = bm_place_load(pl);

	if (!err && !c->dry)
		err = bm_rewrite_drop(&c->rw, &pl->rec);
	return err ? err : bm_packer_tidy(c->packer, &pl->rec.seg);
}

/* The segments of w, as they are in view v. */
static int pack(struct bm_compact *c, const struct rs_view *v,
		const struct bm_set *set, const struct window *w)
{
	struct bm_place pl;
	int err = find_packer(c, set);

	if (err)
		return err;
	bm_place_init(&pl, v, set->id);
	err = bm_place_at_or_after(&pl, w->first);
	while (!err && pl.rec.seg.lo <= w->last) {
		err = pack_one(c, &pl);
		if (!err)
			err = bm_place_next(&pl);
	}
	bm_place_finish(&pl);
	if (err == -ENOENT)
		err = 0;
	if (!err)
		err = bm_packer_flush(c->packer);
	if (err) { /* it may hold some of them */
		bm_packer_free(c->packer);
		c->packer = NULL;
	}
	return err;
}

/* --- in a txn --------------------------------------------------------------*/

/* A content in the making belongs to whoever makes it. */
static int find_set(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		    struct bm_set *ret_set)
{
	int err = rs_object_get(rs_txn_view(t), ino, obj);

	if (!err && bm_is_orphan(rs_txn_view(t), ino))
		err = -ENOENT;
	return err ? err : bm_set_decode(obj, ret_set);
}

static int rewrite(struct bm_compact *c, struct rs_txn *t, uint64_t ino,
		   uint64_t id, const struct window *w)
{
	struct rs_object obj;
	struct bm_set set;
	uint64_t count;
	int err = find_set(t, ino, &obj, &set);

	if (!err && set.id != id)
		err = -ENOENT;
	if (err)
		return err;
	count = set.count;
	bm_rewrite_begin(&c->rw, t);
	err = pack(c, rs_txn_view(t), &set, w);
	if (!err)
		err = bm_rewrite_end(&c->rw, &set);
	/* What was packed may have been zeros in place of a lost page. */
	if (!err)
		err = rs_view_check(rs_txn_view(t));
	if (!err && set.count != count)
		err = -EUCLEAN;
	if (err)
		return err;
	bm_set_encode(&set, &obj);
	return rs_object_put(t, ino, &obj);
}

/* A set that is gone, or another one by now, is of no interest. */
static int rewrite_window(struct bm_compact *c, uint64_t ino, uint64_t id,
			  const struct window *w, uint64_t saved)
{
	struct rs_txn *t;
	int err = rs_txn_begin(c->s, &t);

	if (err)
		return err;
	c->dry = false;
	err = rewrite(c, t, ino, id, w);
	err = rs_txn_end_or_abort(t, err);
	c->saved += err ? 0 : saved;
	return err == -ENOENT ? 0 : err;
}

/* --- windows -------------------------------------------------------------- */

static uint64_t cost_of(const struct bm_record *rec)
{
	return bm_record_stored(rec) + RECORD_COST;
}

static bool is_held(const struct bm_compact *c, const struct bm_record *rec)
{
	return rec->ptr.npages && rec->ptr.birth <= c->since;
}

/* As many segments as may go in one txn, from where pl stands. *ret_more: pl
 * stands behind them. */
static int find_window(struct bm_compact *c, struct bm_place *pl,
		       struct window *w)
{
	int err = 0;

	*w = (struct window){ .first = pl->rec.seg.lo };
	while (!err && w->n < WINDOW_SEGMENTS && w->len < WINDOW_BYTES) {
		bool held = is_held(c, &pl->rec);

		if (held && w->n)
			break;
		w->last = pl->rec.seg.lo;
		c->looked++;
		if (!held) {
			w->n++;
			w->len += pl->rec.seg.len;
			w->cost += cost_of(&pl->rec);
		}
		err = bm_place_next(pl);
		if (held)
			break;
	}
	return err;
}

/* Is it worth weighing? */
static bool is_loose(const struct bm_compact *c, const struct window *w)
{
	uint64_t least =
		w->len + w->len / 64 + RECORD_COST * (w->len / c->seg_max + 1);

	if (w->n == 0 || (w->n == 1 && w->len > BM_INLINE_MAX))
		return false;
	return least + w->cost / GAIN_OF <= w->cost;
}

static int weigh(struct bm_compact *c, const struct rs_view *v,
		 const struct bm_set *set, const struct window *w,
		 uint64_t *ret_saved)
{
	int err;

	c->dry = true;
	c->weighed = 0;
	*ret_saved = 0;
	err = pack(c, v, set, w);
	if (!err && c->weighed + w->cost / GAIN_OF <= w->cost)
		*ret_saved = w->cost - c->weighed;
	return err;
}

static int do_window(struct bm_compact *c, const struct rs_view *v,
		     uint64_t ino, const struct bm_set *set,
		     const struct window *w)
{
	uint64_t saved;
	int err;

	if (!is_loose(c, w))
		return 0;
	err = weigh(c, v, set, w, &saved);
	return err || !saved ? err : rewrite_window(c, ino, set->id, w, saved);
}

int bm_compact_set(struct bm_compact *c, const struct rs_view *v, uint64_t ino,
		   const struct bm_set *set, uint64_t most, uint64_t *lo)
{
	struct bm_place pl;
	bool more = true;
	int err = find_packer(c, set);

	if (err)
		return err;
	bm_place_init(&pl, v, set->id);
	err = bm_place_at_or_after(&pl, *lo);
	*lo = UINT64_MAX;
	while (!err && more) {
		struct window w;

		err = find_window(c, &pl, &w);
		more = err != -ENOENT;
		if (!err || !more)
			err = do_window(c, v, ino, set, &w);
		if (!err && more && c->written >= most) {
			*lo = pl.rec.seg.lo;
			break;
		}
	}
	bm_place_finish(&pl);
	return err == -ENOENT ? 0 : err;
}

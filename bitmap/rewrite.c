/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite.c - the new segments of a set change places with the old. */

#include "bitmap/rewrite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void bm_rewrite_begin(struct bm_rewrite *rw, struct rs_txn *t)
{
	rw->t = t;
	rw->n_gone = 0;
	rw->n_fresh = 0;
	buf_clear(&rw->vals);
}

void bm_rewrite_finish(struct bm_rewrite *rw)
{
	free(rw->gone);
	free(rw->fresh);
	buf_finish(&rw->vals);
}

bool bm_rewrite_is_small(const struct bm_rewrite *rw)
{
	return rw->cap_gone <= 64 && rw->cap_fresh <= 64 &&
	       rw->vals.cap <= 4 * BM_RECORD_MAX;
}

/* Room for one more in the array at *arr. */
static int room_for_one(void *arr, size_t *cap, size_t used, size_t size)
{
	size_t want = *cap ? *cap * 2 : 8;
	void *old;
	void *mem;

	if (used < *cap)
		return 0;
	memcpy(&old, arr, sizeof(old));
	mem = realloc(old, want * size);
	if (!mem)
		return -ENOMEM;
	memcpy(arr, &mem, sizeof(mem));
	*cap = want;
	return 0;
}

int bm_rewrite_drop(struct bm_rewrite *rw, const struct bm_record *rec)
{
	size_t i = rw->n_gone;
	int err = room_for_one(&rw->gone, &rw->cap_gone, rw->n_gone,
			       sizeof(*rw->gone));

	if (err)
		return err;
	/* Nearly always the last: a left neighbour comes after its run. */
	for (; i > 0 && rw->gone[i - 1].lo > rec->seg.lo; i--)
		rw->gone[i] = rw->gone[i - 1];
	rw->gone[i] = (struct bm_gone){
		.lo = rec->seg.lo,
		.card = rec->seg.card,
		.stored = bm_record_stored(rec),
		.ptr = rec->ptr,
	};
	rw->n_gone++;
	return 0;
}

int bm_rewrite_add(struct bm_rewrite *rw, const struct bm_seg *seg)
{
	struct bm_record rec = { .seg = *seg };
	struct bm_fresh fresh = { .lo = seg->lo, .card = seg->card };
	uint8_t *room;
	int err = room_for_one(&rw->fresh, &rw->cap_fresh, rw->n_fresh,
			       sizeof(*rw->fresh));

	if (!err)
		err = buf_reserve(&rw->vals, BM_RECORD_MAX, &room);
	if (!err && seg->len > BM_INLINE_MAX)
		err = rs_payload_put(rw->t, seg->data, seg->len, &rec.ptr);
	if (err)
		return err;
	fresh.stored = bm_record_stored(&rec);
	fresh.val_off = rw->vals.len;
	fresh.val_len = bm_record_encode(&rec, room);
	buf_added(&rw->vals, fresh.val_len);
	rw->fresh[rw->n_fresh++] = fresh;
	return 0;
}

static const uint8_t *fresh_val(const struct bm_rewrite *rw,
				const struct bm_fresh *f)
{
	return buf_data(&rw->vals) + f->val_off;
}

/* --- the end -------------------------------------------------------------- */

static int put_fresh(struct bm_rewrite *rw, uint64_t id)
{
	for (size_t i = 0; i < rw->n_fresh; i++) {
		const struct bm_fresh *f = &rw->fresh[i];
		uint8_t key[BM_KEY_SIZE];
		int err;

		bm_seg_key(key, id, f->lo);
		err = rs_put(rw->t, key, sizeof(key), fresh_val(rw, f),
			     f->val_len, f->card);
		if (err)
			return err;
	}
	return 0;
}

/* Free the payloads of what goes, and its records unless a new one takes the
 * same key, which with keep = false none does. */
static int del_gone(struct bm_rewrite *rw, uint64_t id, bool keep)
{
	size_t f = 0;

	for (size_t i = 0; i < rw->n_gone; i++) {
		const struct bm_gone *g = &rw->gone[i];
		uint8_t key[BM_KEY_SIZE];
		int err = 0;

		if (g->ptr.npages)
			err = rs_payload_free(rw->t, &g->ptr);
		while (f < rw->n_fresh && rw->fresh[f].lo < g->lo)
			f++;
		bm_seg_key(key, id, g->lo);
		if (!err &&
		    !(keep && f < rw->n_fresh && rw->fresh[f].lo == g->lo))
			err = rs_del(rw->t, key, sizeof(key));
		if (err)
			return err == -ENOENT ? -EUCLEAN : err;
	}
	return 0;
}

/* The one new segment, when it is small, as the set itself. */
static bool move_inline(const struct bm_rewrite *rw, struct bm_set *set)
{
	const struct bm_fresh *f = rw->fresh;
	struct bm_disk_record d;

	if (set->segments != 1 || rw->n_fresh != 1 || f->stored > BM_INLINE_MAX)
		return false;
	memcpy(&d, fresh_val(rw, f), sizeof(d));
	set->id = 0;
	set->segments = 0;
	set->seg = (struct bm_seg){
		.kind = (enum bm_seg_kind)d.kind,
		.lo = f->lo,
		.data = fresh_val(rw, f) + sizeof(d),
		.len = f->val_len - sizeof(d),
		.card = f->card,
	};
	return true;
}

/* segments, stored and count after the change. */
static void sum_up(const struct bm_rewrite *rw, struct bm_set *set)
{
	if (!set->id) { /* what was inside the object is replaced */
		set->stored = 0;
		set->count = 0;
	}
	set->segments += rw->n_fresh;
	for (size_t i = 0; i < rw->n_fresh; i++) {
		set->stored += rw->fresh[i].stored;
		set->count += rw->fresh[i].card;
	}
	set->segments -= rw->n_gone;
	for (size_t i = 0; i < rw->n_gone; i++) {
		set->stored -= rw->gone[i].stored;
		set->count -= rw->gone[i].card;
	}
}

int bm_rewrite_end(struct bm_rewrite *rw, struct bm_set *set)
{
	uint64_t id = set->id;
	bool moved;
	int err;

	sum_up(rw, set);
	if (set->count > BM_MEMBERS_MAX)
		return -EFBIG;
	moved = set->segments == 0 || move_inline(rw, set);
	if (moved)
		set->id = 0;
	if (id && (err = del_gone(rw, id, !moved)))
		return err;
	if (moved)
		return 0;
	if (!id)
		set->id = rs_txn_new_id(rw->t);
	return put_fresh(rw, set->id);
}

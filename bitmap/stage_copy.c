/* SPDX-License-Identifier: Apache-2.0 */
/* stage_copy.c - every member of a set goes into a stage.
 *
 * Into a blank stage segments are copied as they are, byte by byte, a few
 * megabytes in one txn so that others get their turn. Onto what is there
 * already, the members are merged: each segment becomes a batch.
 */

#include "bitmap/batch.h"
#include "bitmap/db.h"
#include "bitmap/stage.h"

#include <errno.h>

#define TXN_BYTES (4u << 20) /* copied in one txn */
#define CHUNK	  512u	     /* members read at a time */

/* --- as they are ---------------------------------------------------------- */

static int copy_one(struct rs_txn *t, struct bm_place *from, struct bm_set *to)
{
	uint8_t val[BM_RECORD_MAX];
	uint8_t key[BM_KEY_SIZE];
	struct bm_record rec;
	size_t len;
	int err = bm_place_load(from);

	rec = from->rec;
	if (!err && (rec.ptr.npages || rec.seg.len > BM_INLINE_MAX))
		err = rs_payload_put(t, rec.seg.data, rec.seg.len, &rec.ptr);
	if (err)
		return err;
	len = bm_record_encode(&rec, val);
	bm_seg_key(key, to->id, rec.seg.lo);
	to->segments++;
	to->stored += bm_record_stored(&rec);
	return rs_put(t, key, sizeof(key), val, len, rec.seg.card);
}

/* Copy from where from stands; -ENOENT is its end. */
static int copy_some(struct rs_txn *t, struct bm_place *from, struct bm_set *to)
{
	uint64_t bytes = 0;
	int err = 0;

	if (!to->id)
		to->id = rs_txn_new_id(t);
	while (!err && bytes < TXN_BYTES) {
		err = copy_one(t, from, to);
		bytes += from->rec.seg.len;
		if (!err)
			err = bm_place_next(from);
	}
	return err;
}

/* One txn; the stage is a consistent set after it. */
static int copy_in_txn(struct bm_stage *st, struct bm_place *from,
		       struct bm_set *to, bool *ret_ended)
{
	struct rs_object obj = st->obj;
	uint64_t ino = st->ino;
	struct rs_txn *t;
	int err = rs_txn_begin(st->db->store, &t);

	if (err)
		return err;
	err = copy_some(t, from, to);
	*ret_ended = err == -ENOENT;
	if (!err || *ret_ended)
		err = bm_set_recount(rs_txn_view(t), to);
	if (!err) {
		bm_set_encode(to, &obj);
		err = bm_stage_note(t, st, &obj);
	}
	err = rs_txn_end_or_abort(t, err);
	if (err)
		st->ino = ino;
	else
		st->obj = obj;
	return err;
}

static int copy_segments(struct bm_stage *st, const struct bm_view *src)
{
	struct bm_set to = { 0 };
	struct bm_place from;
	bool ended = false;
	int err;

	bm_place_of(&from, src);
	err = bm_place_at_or_after(&from, 0);
	while (!err && !ended)
		err = copy_in_txn(st, &from, &to, &ended);
	bm_place_finish(&from);
	return err == -ENOENT ? -EUCLEAN : err;
}

/* --- merged --------------------------------------------------------------- */

/* Append members to b, those that follow each other as ranges. */
static int add_runs(struct bm_batch *b, const uint64_t *members, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;
		int err;

		while (end < n && members[end] == members[end - 1] + 1)
			end++;
		err = end - i < 3 ? bm_batch_add(b, members[i])
				  : bm_batch_range(b, members[i],
						   members[end - 1], BM_ADD);
		if (err)
			return err;
		i = end - i < 3 ? i + 1 : end;
	}
	return 0;
}

static int add_members(struct bm_batch *b, const struct bm_seg *seg)
{
	struct bm_seg_iter it;
	uint64_t members[CHUNK];
	size_t n;
	int err = 0;

	bm_seg_iter_init(&it, seg);
	while (!err && (n = bm_seg_iter_read(&it, members, CHUNK)) > 0)
		err = add_runs(b, members, n);
	return err;
}

/* Runs of any length: pairs of first and length - 1 (segment.h). */
static int add_pairs(struct bm_batch *b, const struct bm_seg *seg)
{
	int err = 0;

	for (size_t i = 0; !err && i + 16 <= seg->len; i += 16) {
		struct le64 first;
		struct le64 more;

		memcpy(first.b, seg->data + i, 8);
		memcpy(more.b, seg->data + i + 8, 8);
		err = bm_batch_range(b, le64_get(first),
				     le64_get(first) + le64_get(more), BM_ADD);
	}
	return err;
}

static int merge_segment(struct bm_stage *st, const struct bm_seg *seg)
{
	struct bm_batch b;
	int err;

	bm_batch_init(&b);
	err = seg->kind == BM_SEG_RUN64 ? add_pairs(&b, seg)
					: add_members(&b, seg);
	if (!err)
		err = bm_stage_append(st, &b);
	bm_batch_finish(&b);
	return err;
}

static int merge_segments(struct bm_stage *st, const struct bm_view *src)
{
	struct bm_place from;
	int err;

	bm_place_of(&from, src);
	err = bm_place_at_or_after(&from, 0);
	while (!err) {
		err = bm_place_load(&from);
		if (!err)
			err = merge_segment(st, &from.rec.seg);
		if (!err)
			err = bm_place_next(&from);
	}
	bm_place_finish(&from);
	return err == -ENOENT ? 0 : err;
}

int bm_stage_copy(struct bm_stage *st, const struct bm_view *src)
{
	int err = 0;

	if (src->set.count == 0)
		return 0;
	if (!src->set.id)
		err = merge_segment(st, &src->set.seg);
	else if (bm_stage_blank(st) && !st->ino)
		err = copy_segments(st, src);
	else
		err = merge_segments(st, src);
	return err ? err : rs_view_check(src->rs);
}

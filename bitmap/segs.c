/* SPDX-License-Identifier: Apache-2.0 */
/* segs.c - finding the segments of a set in the tree.
 *
 * The tree holds the segments of all sets in one sequence, by set id and lo.
 * A cursor that leaves its set has found nothing.
 */

#include "bitmap/expr_result.h"

#include <errno.h>

void bm_place_init(struct bm_place *pl, const struct rs_view *v, uint64_t id)
{
	*pl = (struct bm_place){ .v = v, .id = id };
	rs_cursor_init(&pl->c, v);
}

void bm_place_of(struct bm_place *pl, const struct bm_view *bv)
{
	bm_place_init(pl, bv->rs, bv->set.id);
	pl->res = bv->res;
}

void bm_place_finish(struct bm_place *pl)
{
	if (pl->res)
		bm_result_finish(pl);
	rs_cursor_finish(&pl->c);
}

/* The cursor moved: is it still in the set? */
static int arrive(struct bm_place *pl, int err)
{
	if (err)
		return err;
	if (pl->c.key_len < BM_KEY_SIZE || pl->c.key[0] != RS_KEY_SEGMENT ||
	    bm_key_set(pl->c.key) != pl->id)
		return -ENOENT;
	return bm_record_decode(&pl->c, &pl->rec);
}

int bm_place_at_or_after(struct bm_place *pl, uint64_t lo)
{
	uint8_t key[BM_KEY_SIZE];

	if (pl->res)
		return bm_result_at_or_after(pl, lo);
	bm_seg_key(key, pl->id, lo);
	return arrive(pl, rs_cursor_seek(&pl->c, key, sizeof(key)));
}

int bm_place_at_or_before(struct bm_place *pl, uint64_t member)
{
	uint8_t key[BM_KEY_SIZE];

	if (pl->res)
		return bm_result_at_or_before(pl, member);
	bm_seg_key(key, pl->id, member);
	return arrive(pl, rs_cursor_floor(&pl->c, key, sizeof(key)));
}

int bm_place_next(struct bm_place *pl)
{
	if (pl->res)
		return bm_result_next(pl);
	return arrive(pl, rs_cursor_next(&pl->c));
}

int bm_place_covering(struct bm_place *pl, uint64_t member)
{
	int err = bm_place_at_or_before(pl, member);

	return err == -ENOENT ? bm_place_at_or_after(pl, 0) : err;
}

int bm_place_weigh(struct bm_place *pl, uint64_t w, uint64_t *ret_within)
{
	uint64_t before;
	int err;

	if (pl->res)
		return bm_result_weigh(pl, w, ret_within);
	err = arrive(pl, rs_cursor_weigh(&pl->c, w, &before));
	if (!err)
		*ret_within = w - before;
	return err == -ENOENT ? -EUCLEAN : err;
}

int bm_place_load(struct bm_place *pl)
{
	if (pl->res)
		return bm_result_load(pl);
	return bm_record_load(pl->v, &pl->rec);
}

int bm_place_watch(struct bm_place *pl)
{
	const struct bm_record *rec = &pl->rec;
	const uint8_t *data;

	if (pl->res)
		bm_result_watch(pl);
	if (!rec->ptr.npages)
		return 0;
	return rs_payload_get(pl->v, &rec->ptr, rec->seg.len, &data);
}

static int weight_before(const struct rs_view *v, uint64_t id, uint64_t lo,
			 uint64_t *ret_weight)
{
	uint8_t key[BM_KEY_SIZE];
	struct rs_sum sum;
	int err;

	bm_seg_key(key, id, lo);
	err = rs_sum_before(v, key, sizeof(key), &sum);
	if (!err)
		*ret_weight = sum.weight;
	return err;
}

int bm_segs_base(const struct rs_view *v, uint64_t id, uint64_t *ret_weight)
{
	return weight_before(v, id, 0, ret_weight);
}

int bm_segs_rank(const struct rs_view *v, uint64_t id, uint64_t base,
		 uint64_t member, uint64_t *ret_rank)
{
	struct bm_place pl;
	uint64_t before;
	int err;

	bm_place_init(&pl, v, id);
	err = bm_place_at_or_before(&pl, member);
	if (err == -ENOENT) {
		*ret_rank = 0;
		err = 0;
	} else if (!err) {
		err = weight_before(v, id, pl.rec.seg.lo, &before);
		if (!err)
			err = bm_place_load(&pl);
		if (!err)
			*ret_rank = before - base +
				    bm_seg_rank(&pl.rec.seg, member);
	}
	bm_place_finish(&pl);
	return err;
}

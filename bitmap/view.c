/* SPDX-License-Identifier: Apache-2.0 */
/* view.c - one version of one set: look up by member and by rank.
 *
 * A set's segments lie in the one tree of the store, whose sums run over all
 * sets. The weight before the set's first segment is looked up once; from
 * there on a member's rank and a weight in the tree differ by that number.
 */

#include "bitmap/expr_result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int fill(struct bm_view *bv, const struct rs_object *obj)
{
	struct bm_set *set = &bv->set;
	int err = bm_set_decode(obj, set);

	if (!err)
		err = bm_object_info(obj, &bv->info);
	if (err)
		return err;
	if (set->id)
		return bm_segs_base(bv->rs, set->id, &bv->base);
	if (set->count == 0)
		return 0;
	memcpy(bv->body, set->seg.data, set->seg.len);
	set->seg.data = bv->body;
	return bm_seg_open(&set->seg);
}

int bm_view_open(struct rs_view *v, uint64_t ino, struct bm_view **ret_view)
{
	struct rs_object obj;
	int err = rs_object_get(v, ino, &obj);

	return err ? err : bm_view_of(v, &obj, ret_view);
}

int bm_view_of(struct rs_view *v, const struct rs_object *obj,
	       struct bm_view **ret_view)
{
	struct bm_view *bv = malloc(sizeof(*bv) + obj->body_len);
	int err;

	if (!bv)
		return -ENOMEM;
	*bv = (struct bm_view){ .rs = rs_view_ref(v) };
	err = fill(bv, obj);
	if (err) {
		bm_view_close(bv);
		return err;
	}
	*ret_view = bv;
	return 0;
}

void bm_view_close(struct bm_view *bv)
{
	if (!bv)
		return;
	bm_result_free(bv->res);
	rs_view_put(bv->rs);
	free(bv);
}

const struct bm_info *bm_view_info(const struct bm_view *bv)
{
	return &bv->info;
}

/* --- by member ------------------------------------------------------------ */

static int contains_in_segments(const struct bm_view *bv, uint64_t member,
				bool *ret_is)
{
	struct bm_place pl;
	int err;

	bm_place_of(&pl, bv);
	err = bm_place_at_or_before(&pl, member);
	if (!err)
		err = bm_place_load(&pl);
	if (!err)
		*ret_is = bm_seg_contains(&pl.rec.seg, member);
	bm_place_finish(&pl);
	if (err == -ENOENT) {
		*ret_is = false;
		err = 0;
	}
	return err ? err : rs_view_check(bv->rs);
}

int bm_contains(const struct bm_view *bv, uint64_t member, bool *ret_is)
{
	if (bv->res && !bv->res->whole)
		return bm_expr_contains(bv->res->e, member, ret_is);
	if (bv->set.id)
		return contains_in_segments(bv, member, ret_is);
	*ret_is = bv->set.count && bm_seg_contains(&bv->set.seg, member);
	return 0;
}

int bm_rank(const struct bm_view *bv, uint64_t member, uint64_t *ret_rank)
{
	int err;

	if (!bv->set.id) {
		*ret_rank =
			bv->set.count ? bm_seg_rank(&bv->set.seg, member) : 0;
		return 0;
	}
	err = bv->res ? bm_result_rank(bv, member, ret_rank)
		      : bm_segs_rank(bv->rs, bv->set.id, bv->base, member,
				     ret_rank);
	return err ? err : rs_view_check(bv->rs);
}

/* --- by rank -------------------------------------------------------------- */

static int select_in_segments(const struct bm_view *bv, uint64_t n,
			      uint64_t *ret_member)
{
	struct bm_place pl;
	uint64_t within;
	int err;

	bm_place_of(&pl, bv);
	err = bm_place_weigh(&pl, bv->base + n, &within);
	if (!err)
		err = bm_place_load(&pl);
	if (!err)
		err = bm_seg_select(&pl.rec.seg, within, ret_member);
	bm_place_finish(&pl);
	return err ? err : rs_view_check(bv->rs);
}

int bm_select(const struct bm_view *bv, uint64_t n, uint64_t *ret_member)
{
	if (n >= bv->set.count)
		return -ENOENT;
	if (bv->set.id)
		return select_in_segments(bv, n, ret_member);
	return bm_seg_select(&bv->set.seg, n, ret_member);
}

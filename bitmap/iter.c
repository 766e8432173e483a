/* SPDX-License-Identifier: Apache-2.0 */
/* iter.c - members in order, over all segments. */

#include "bitmap/view.h"

#include <errno.h>
#include <stdlib.h>

static const struct bm_seg *segment(const struct bm_iter *it)
{
	return it->bv->set.id ? &it->place.rec.seg : &it->bv->set.seg;
}

/* The place moved: read there, from the first member on. */
static int arrive(struct bm_iter *it, int err)
{
	if (!err)
		err = bm_place_load(&it->place);
	it->ended = err != 0;
	if (!err)
		bm_seg_iter_init(&it->at, segment(it));
	return err == -ENOENT ? 0 : err;
}

/* The set is one segment: begin it anew. */
static void arrive_inline(struct bm_iter *it)
{
	it->ended = it->bv->set.count == 0;
	if (!it->ended)
		bm_seg_iter_init(&it->at, segment(it));
}

void bm_iter_init(struct bm_iter *it, const struct bm_view *bv)
{
	*it = (struct bm_iter){ .bv = bv, .ended = true };
	bm_place_of(&it->place, bv);
}

void bm_iter_finish(struct bm_iter *it)
{
	bm_place_finish(&it->place);
}

int bm_iter_new(const struct bm_view *bv, struct bm_iter **ret_iter)
{
	struct bm_iter *it = malloc(sizeof(*it));
	int err;

	if (!it)
		return -ENOMEM;
	bm_iter_init(it, bv);
	err = bm_iter_nth(it, 0);
	if (err) {
		bm_iter_free(it);
		return err;
	}
	*ret_iter = it;
	return 0;
}

void bm_iter_free(struct bm_iter *it)
{
	if (!it)
		return;
	bm_iter_finish(it);
	free(it);
}

int bm_iter_seek(struct bm_iter *it, uint64_t member)
{
	int err = 0;

	if (it->bv->set.id)
		err = arrive(it, bm_place_covering(&it->place, member));
	else
		arrive_inline(it);
	if (!err && !it->ended)
		bm_seg_iter_seek(&it->at, member);
	return err;
}

int bm_iter_nth(struct bm_iter *it, uint64_t n)
{
	uint64_t within = n;
	int err = 0;

	if (n >= it->bv->set.count) {
		it->ended = true;
		return 0;
	}
	if (it->bv->set.id)
		err = arrive(it, bm_place_weigh(&it->place, it->bv->base + n,
						&within));
	else
		arrive_inline(it);
	if (err)
		return err;
	if (it->ended)
		return -EUCLEAN;
	bm_seg_iter_nth(&it->at, within);
	return 0;
}

/* The segment is read. */
static int next_segment(struct bm_iter *it)
{
	if (it->bv->set.id)
		return arrive(it, bm_place_next(&it->place));
	it->ended = true;
	return 0;
}

int bm_iter_take(struct bm_iter *it, uint64_t *buf, size_t cap,
		 size_t *ret_count)
{
	size_t n = 0;

	while (n < cap && !it->ended) {
		size_t got = bm_seg_iter_read(&it->at, buf + n, cap - n);
		int err;

		n += got;
		if (got)
			continue;
		err = next_segment(it);
		if (err)
			return err;
	}
	*ret_count = n;
	return 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int bm_iter_piece(struct bm_iter *it, size_t cap, union bm_piece_room *room,
		  struct bm_piece *ret_piece)
{
	struct bm_piece p = { 0 };

	while (cap && !it->ended) {
		int err;

		bm_seg_iter_lows(&it->at, room->lows,
				 smaller(cap, 4 * (size_t)BM_PIECE), &p.lows);
		if (p.lows.n)
			break;
		p.n_members = bm_seg_iter_read(&it->at, room->members,
					       smaller(cap, BM_PIECE));
		if (p.n_members)
			break;
		err = next_segment(it);
		if (err)
			return err;
	}
	*ret_piece = p;
	return 0;
}

int bm_iter_read(struct bm_iter *it, uint64_t *buf, size_t cap,
		 size_t *ret_count)
{
	size_t n;
	int err = 0;

	/* The segment was loaded by an earlier call, whose watch has ended. */
	if (!it->ended && it->bv->set.id)
		err = bm_place_watch(&it->place);
	if (!err)
		err = bm_iter_take(it, buf, cap, &n);
	if (!err)
		err = rs_view_check(it->bv->rs);
	if (!err)
		*ret_count = n;
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* segment.c - one question, asked of the kind of segment at hand. */
#include "bitmap/segment.h"

#include "bitmap/seg_kinds.h"

#include <errno.h>

static const struct bm_seg_ops *ops_of(const struct bm_seg *seg)
{
	switch (seg->kind) {
	case BM_SEG_U64:
		return &bm_seg_ops_u64;
	case BM_SEG_RUN64:
		return &bm_seg_ops_run;
	case BM_SEG_P32:
	case BM_SEG_BITSET:
		break;
	}
	return &bm_seg_ops_cont;
}

int bm_seg_validate(const struct bm_seg *seg)
{
	return ops_of(seg)->check(seg);
}

bool bm_seg_contains(const struct bm_seg *seg, uint64_t member)
{
	return ops_of(seg)->contains(seg, member);
}

uint64_t bm_seg_rank(const struct bm_seg *seg, uint64_t member)
{
	return ops_of(seg)->rank(seg, member);
}

uint64_t bm_seg_max(const struct bm_seg *seg)
{
	return ops_of(seg)->max(seg);
}

/* Of a segment without any member the bytes lied: lo is as good as another. */
uint64_t bm_seg_min(const struct bm_seg *seg)
{
	uint64_t min = seg->lo;
	struct bm_seg_iter it;

	bm_seg_iter_init(&it, seg);
	bm_seg_iter_read(&it, &min, 1);
	return min;
}

int bm_seg_select(const struct bm_seg *seg, uint64_t n, uint64_t *ret_member)
{
	struct bm_seg_iter it;

	bm_seg_iter_init(&it, seg);
	bm_seg_iter_nth(&it, n);
	return bm_seg_iter_read(&it, ret_member, 1) == 1 ? 0 : -EUCLEAN;
}

void bm_seg_iter_init(struct bm_seg_iter *it, const struct bm_seg *seg)
{
	*it = (struct bm_seg_iter){ .seg = seg, .left = seg->card };
}

/* How many are left is not counted, that would cost a rank. */
void bm_seg_iter_seek(struct bm_seg_iter *it, uint64_t member)
{
	bm_seg_iter_init(it, it->seg);
	ops_of(it->seg)->seek(it, member);
}

void bm_seg_iter_nth(struct bm_seg_iter *it, uint64_t n)
{
	bm_seg_iter_init(it, it->seg);
	it->left = n < it->left ? it->left - n : 0;
	if (it->left)
		ops_of(it->seg)->nth(it, n);
}

size_t bm_seg_iter_read(struct bm_seg_iter *it, uint64_t *buf, size_t cap)
{
	size_t got;

	if (cap > it->left)
		cap = (size_t)it->left;
	if (cap == 0)
		return 0;
	got = ops_of(it->seg)->read(it, buf, cap);
	it->left = got < cap ? 0 : it->left - got;
	return got;
}

void bm_seg_iter_lows(struct bm_seg_iter *it, uint16_t *room, size_t cap,
		      struct bm_lows *ret_lows)
{
	const struct bm_seg_ops *ops = ops_of(it->seg);

	ret_lows->n = 0;
	if (cap > it->left)
		cap = (size_t)it->left;
	if (cap && ops->lows)
		ops->lows(it, room, cap, ret_lows);
	it->left -= ret_lows->n;
}

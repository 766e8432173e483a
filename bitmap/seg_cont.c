/* SPDX-License-Identifier: Apache-2.0 */
/* seg_cont.c - questions to segments made of containers: P32 and BITSET.
 *
 * A container that does not lie inside the segment counts as empty.
 */
#include "bitmap/seg_kinds.h"

#include <errno.h>

/* The container that would hold member. */
static bool find(const struct bm_seg *seg, uint64_t member, unsigned *ret_i,
		 struct bm_cont *ret_cont)
{
	uint64_t key;

	*ret_i = bm_seg_cont_from(seg, member >> 16);
	return *ret_i < seg->n_cont &&
	       bm_seg_cont(seg, *ret_i, ret_cont, &key) == 0 &&
	       key == member >> 16;
}

static bool cont_contains(const struct bm_seg *seg, uint64_t member)
{
	struct bm_cont c;
	unsigned i;

	return find(seg, member, &i, &c) &&
	       bm_cont_contains(&c, (uint16_t)member);
}

static uint64_t cont_rank(const struct bm_seg *seg, uint64_t member)
{
	struct bm_cont c;
	unsigned i;
	uint64_t rank = 0;

	if (find(seg, member, &i, &c))
		rank = bm_cont_rank(&c, (uint16_t)member);
	for (unsigned k = 0; k < i; k++)
		rank += bm_seg_cont_card(seg, k);
	return rank;
}

/* Of the last container. */
static uint64_t cont_max(const struct bm_seg *seg)
{
	struct bm_cont c;
	uint64_t key;
	uint16_t low = 0;

	if (bm_seg_cont(seg, seg->n_cont - 1, &c, &key) == 0)
		bm_cont_select(&c, c.card - 1, &low);
	return key << 16 | low;
}

static void cont_seek(struct bm_seg_iter *it, uint64_t member)
{
	struct bm_cont c;

	it->pos = 0;
	if (find(it->seg, member, &it->cont, &c))
		it->pos = bm_cont_seek(&c, (uint16_t)member);
}

static void cont_nth(struct bm_seg_iter *it, uint64_t n)
{
	const struct bm_seg *seg = it->seg;
	struct bm_cont c;
	uint64_t key;
	unsigned i;

	it->pos = 0;
	for (i = 0; i < seg->n_cont; i++) {
		uint32_t card = bm_seg_cont_card(seg, i);

		if (n < card)
			break;
		n -= card;
	}
	it->cont = i;
	if (i < seg->n_cont && bm_seg_cont(seg, i, &c, &key) == 0)
		it->pos = bm_cont_nth(&c, (uint32_t)n);
}

static size_t cont_read(struct bm_seg_iter *it, uint64_t *buf, size_t cap)
{
	struct bm_cont c;
	uint64_t key;
	size_t got = 0;

	for (; it->cont < it->seg->n_cont; it->cont++, it->pos = 0) {
		if (bm_seg_cont(it->seg, it->cont, &c, &key))
			continue;
		got += bm_cont_read(&c, &it->pos, key << 16, buf + got,
				    cap - got);
		if (got == cap)
			break;
	}
	return got;
}

static void cont_lows(struct bm_seg_iter *it, uint16_t *room, size_t cap,
		      struct bm_lows *ret_lows)
{
	struct bm_cont c;
	uint64_t key;

	for (; it->cont < it->seg->n_cont; it->cont++, it->pos = 0) {
		if (bm_seg_cont(it->seg, it->cont, &c, &key))
			continue;
		if (c.card < BM_LOWS_MIN)
			return;
		ret_lows->n =
			bm_cont_lows(&c, &it->pos, room, cap, &ret_lows->at);
		ret_lows->base = key << 16;
		if (ret_lows->n)
			return;
	}
}

/* Containers fill the segment: nothing before, between or after them. */
static int p32_place_check(const struct bm_seg *seg, unsigned i,
			   const struct bm_cont *c, size_t *end)
{
	size_t head = c->form == BM_RUNS ? 2 : 0;
	size_t start;

	if (bm_seg_cont_start(seg, i, &start) || start != *end)
		return -EUCLEAN;
	*end += head + bm_cont_size(c);
	return 0;
}

static int cont_check(const struct bm_seg *seg)
{
	size_t table = (seg->offsets ? 8 : 4) * (size_t)seg->n_cont;
	size_t end = seg->kind == BM_SEG_BITSET
			     ? 0
			     : (size_t)(seg->heads - seg->data) + table;
	uint64_t card = 0;
	uint64_t key;
	struct bm_cont c;

	for (unsigned i = 0; i < seg->n_cont; i++) {
		if (bm_seg_cont(seg, i, &c, &key) || bm_cont_check(&c) ||
		    p32_place_check(seg, i, &c, &end))
			return -EUCLEAN;
		if (i ? key <= bm_seg_cont_key(seg, i - 1)
		      : key < seg->lo >> 16)
			return -EUCLEAN;
		card += c.card;
	}
	return card == seg->card && end == seg->len ? 0 : -EUCLEAN;
}

const struct bm_seg_ops bm_seg_ops_cont = {
	.contains = cont_contains,
	.rank = cont_rank,
	.max = cont_max,
	.seek = cont_seek,
	.nth = cont_nth,
	.read = cont_read,
	.lows = cont_lows,
	.check = cont_check,
};

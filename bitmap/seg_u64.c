/* SPDX-License-Identifier: Apache-2.0 */
/* seg_u64.c - questions to a plain list of members.
 *
 * An iterator's pos is the number of the member.
 */
#include "bitmap/seg_kinds.h"

#include "bitmap/bits.h"

#include <errno.h>

/* Members below member. */
static size_t below(const struct bm_seg *seg, uint64_t member)
{
	size_t at = 0;
	size_t len = seg->len / 8;

	while (len > 1) {
		size_t half = len / 2;

		at += bm_u64_at(seg->data, at + half - 1) < member ? half : 0;
		len -= half;
	}
	return at + (bm_u64_at(seg->data, at) < member);
}

static bool u64_contains(const struct bm_seg *seg, uint64_t member)
{
	size_t i = below(seg, member);

	return i < seg->len / 8 && bm_u64_at(seg->data, i) == member;
}

static uint64_t u64_rank(const struct bm_seg *seg, uint64_t member)
{
	return below(seg, member) + u64_contains(seg, member);
}

static uint64_t u64_max(const struct bm_seg *seg)
{
	return bm_u64_at(seg->data, seg->len / 8 - 1);
}

static void u64_seek(struct bm_seg_iter *it, uint64_t member)
{
	it->pos = below(it->seg, member);
}

static void u64_nth(struct bm_seg_iter *it, uint64_t n)
{
	it->pos = n;
}

static size_t u64_read(struct bm_seg_iter *it, uint64_t *buf, size_t cap)
{
	size_t all = it->seg->len / 8;
	size_t at = it->pos < all ? (size_t)it->pos : all;

	if (cap > all - at)
		cap = all - at;
	if (cap)
		memcpy(buf, it->seg->data + 8 * at, 8 * cap);
	it->pos = at + cap;
	return cap;
}

/* A container of more than BM_CONT_ARRAY_MAX members is smaller in any other
 * kind; that there is none spares the merge a case. */
static int u64_check(const struct bm_seg *seg)
{
	uint64_t before = 0;
	size_t same = 0;

	for (size_t i = 0; i < seg->len / 8; i++) {
		uint64_t member = bm_u64_at(seg->data, i);

		if (i ? member <= before : member < seg->lo)
			return -EUCLEAN;
		same = i && member >> 16 == before >> 16 ? same + 1 : 1;
		if (same > BM_CONT_ARRAY_MAX)
			return -EUCLEAN;
		before = member;
	}
	return 0;
}

const struct bm_seg_ops bm_seg_ops_u64 = {
	.contains = u64_contains,
	.rank = u64_rank,
	.max = u64_max,
	.seek = u64_seek,
	.nth = u64_nth,
	.read = u64_read,
	.check = u64_check,
};

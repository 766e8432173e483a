/* SPDX-License-Identifier: Apache-2.0 */
/* seg_run.c - questions to a list of long ranges.
 *
 * A range may have 2^60 members, so nothing here counts them one by one. An
 * iterator's cont is the pair, its pos how far into it.
 */
#include "bitmap/seg_kinds.h"

#include "bitmap/bits.h"
#include "regionstore/base/ck.h"

#include <errno.h>

size_t bm_seg_pairs(const struct bm_seg *seg)
{
	return seg->len / 16;
}

struct bm_pair bm_seg_pair(const struct bm_seg *seg, size_t i)
{
	uint64_t first = bm_u64_at(seg->data, 2 * i);

	return (struct bm_pair){
		.first = first,
		.last = first + bm_u64_at(seg->data, 2 * i + 1),
	};
}

size_t bm_seg_pairs_upto(const struct bm_seg *seg, uint64_t member)
{
	size_t at = 0;
	size_t len = bm_seg_pairs(seg);

	while (len) {
		size_t half = len / 2;

		if (bm_u64_at(seg->data, 2 * (at + half)) > member) {
			len = half;
		} else {
			at += half + 1;
			len -= half + 1;
		}
	}
	return at;
}

static bool run_contains(const struct bm_seg *seg, uint64_t member)
{
	size_t i = bm_seg_pairs_upto(seg, member);

	return i && bm_seg_pair(seg, i - 1).last >= member;
}

static uint64_t run_rank(const struct bm_seg *seg, uint64_t member)
{
	size_t upto = bm_seg_pairs_upto(seg, member);
	uint64_t rank = 0;

	for (size_t i = 0; i < upto; i++) {
		struct bm_pair p = bm_seg_pair(seg, i);

		rank += (p.last < member ? p.last : member) - p.first + 1;
	}
	return rank;
}

static uint64_t run_max(const struct bm_seg *seg)
{
	return bm_seg_pair(seg, bm_seg_pairs(seg) - 1).last;
}

static void run_seek(struct bm_seg_iter *it, uint64_t member)
{
	size_t i = bm_seg_pairs_upto(it->seg, member);
	struct bm_pair p;

	it->cont = (unsigned)i;
	it->pos = 0;
	if (i == 0)
		return;
	p = bm_seg_pair(it->seg, i - 1);
	if (p.last < member)
		return;
	it->cont--;
	it->pos = member - p.first;
}

static void run_nth(struct bm_seg_iter *it, uint64_t n)
{
	size_t pairs = bm_seg_pairs(it->seg);
	size_t i;

	for (i = 0; i < pairs; i++) {
		struct bm_pair p = bm_seg_pair(it->seg, i);

		/* len - 1, as len may be 2^64 */
		if (n <= p.last - p.first)
			break;
		n -= p.last - p.first + 1;
	}
	it->cont = (unsigned)i;
	it->pos = i < pairs ? n : 0;
}

static size_t run_read(struct bm_seg_iter *it, uint64_t *buf, size_t cap)
{
	size_t pairs = bm_seg_pairs(it->seg);
	size_t got = 0;

	while (it->cont < pairs && got < cap) {
		struct bm_pair p = bm_seg_pair(it->seg, it->cont);
		uint64_t first = p.first + it->pos;
		uint64_t after_first = p.last - p.first - it->pos;
		size_t take = cap - got;

		if (take > after_first)
			take = (size_t)after_first + 1;
		for (size_t k = 0; k < take; k++)
			buf[got + k] = first + k;
		got += take;
		it->pos += take;
		if (take == after_first + 1) {
			it->cont++;
			it->pos = 0;
		}
	}
	return got;
}

/* That no container is made of more than BM_CONT_RUNS_MAX pairs, which is
 * smaller in any other kind, spares the merge a case. */
static int run_check(const struct bm_seg *seg)
{
	uint64_t card = 0;
	uint64_t before = 0;
	size_t same = 0;

	for (size_t i = 0; i < bm_seg_pairs(seg); i++) {
		struct bm_pair p = bm_seg_pair(seg, i);

		if (p.last < p.first || p.first < seg->lo)
			return -EUCLEAN;
		/* pairs that touch must be one */
		if (i && (p.first <= before || p.first - before == 1))
			return -EUCLEAN;
		same = i && p.first >> 16 == before >> 16 ? same + 1 : 1;
		if (same > BM_CONT_RUNS_MAX - 1)
			return -EUCLEAN;
		if (!ck_add(card, p.last - p.first, &card) ||
		    !ck_add(card, 1, &card))
			return -EUCLEAN;
		before = p.last;
	}
	return card == seg->card ? 0 : -EUCLEAN;
}

const struct bm_seg_ops bm_seg_ops_run = {
	.contains = run_contains,
	.rank = run_rank,
	.max = run_max,
	.seek = run_seek,
	.nth = run_nth,
	.read = run_read,
	.check = run_check,
};

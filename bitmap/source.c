/* SPDX-License-Identifier: Apache-2.0 */
/* source.c - a segment of any kind as containers and spans of full ones.
 *
 * Containers of U64 and RUN64 do not exist as bytes: they are made in mem as
 * an array and as runs. Bytes that lie are noticed where they would do harm
 * here; keys that descend, by the packer.
 */
#include "bitmap/source.h"

#include <errno.h>

/* --- containers as they lie ----------------------------------------------- */

static int load_cont(struct bm_src *src)
{
	if (src->next == src->seg->n_cont) {
		src->key = BM_KEY_END;
		return 0;
	}
	if (bm_seg_cont(src->seg, (unsigned)src->next++, &src->cont, &src->key))
		return -EUCLEAN;
	src->span = 1;
	src->full = bm_cont_full(&src->cont);
	return 0;
}

/* --- members -------------------------------------------------------------- */

static int load_u64(struct bm_src *src)
{
	const uint8_t *data = src->seg->data;
	size_t all = src->seg->len / 8;
	uint32_t n = 0;

	if (src->next == all) {
		src->key = BM_KEY_END;
		return 0;
	}
	src->key = bm_u64_at(data, src->next) >> 16;
	while (src->next < all &&
	       bm_u64_at(data, src->next) >> 16 == src->key) {
		if (n == BM_CONT_ARRAY_MAX)
			return -EUCLEAN;
		src->mem->lows[n++] = (uint16_t)bm_u64_at(data, src->next++);
	}
	src->span = 1;
	src->full = false;
	src->cont = (struct bm_cont){ .form = BM_ARRAY,
				      .card = n,
				      .n = n,
				      .data = (const uint8_t *)src->mem->lows };
	return 0;
}

/* --- pairs ---------------------------------------------------------------- */

_Static_assert(sizeof(((struct bm_src_mem *)0)->lows) >= 4 * BM_CONT_RUNS_MAX,
	       "the runs of a container fit where its members do");

/* Go to pair i. */
static int to_pair(struct bm_src *src, size_t i)
{
	struct bm_pair p;

	src->next = i;
	if (i == bm_seg_pairs(src->seg))
		return 0;
	p = bm_seg_pair(src->seg, i);
	src->from = p.first;
	return p.first <= p.last ? 0 : -EUCLEAN;
}

/* The pair covers whole containers from src->from on: hand them out at once. */
static int load_span(struct bm_src *src, uint64_t last)
{
	uint64_t len_less_1 = last - src->from;
	uint64_t past;

	src->full = true;
	src->span = (len_less_1 >> 16) + ((len_less_1 & 0xffff) == 0xffff);
	past = src->from + (src->span << 16); /* may be 2^64, that is 0 */
	if (past - 1 == last)
		return to_pair(src, src->next + 1);
	src->from = past;
	return 0;
}

/* Collect the parts of pairs that lie in container src->key. */
static int load_parts(struct bm_src *src)
{
	uint64_t end = src->key << 16 | 0xffff;
	uint16_t *runs = src->mem->lows;
	uint32_t n = 0;
	uint32_t card = 0;

	while (src->next < bm_seg_pairs(src->seg) &&
	       src->from >> 16 == src->key) {
		uint64_t last = bm_seg_pair(src->seg, src->next).last;
		uint64_t upto = last < end ? last : end;
		uint32_t len_less_1 = (uint32_t)(upto - src->from);

		if (n == BM_CONT_RUNS_MAX)
			return -EUCLEAN;
		runs[2 * n] = (uint16_t)src->from;
		runs[2 * n + 1] = (uint16_t)len_less_1;
		n++;
		card += len_less_1 + 1;
		if (last > end) {
			src->from = end + 1;
			break;
		}
		if (to_pair(src, src->next + 1))
			return -EUCLEAN;
	}
	src->span = 1;
	src->full = false;
	src->cont = (struct bm_cont){ .form = BM_RUNS,
				      .card = card,
				      .n = n,
				      .data = (const uint8_t *)runs };
	return bm_cont_check(&src->cont);
}

static int load_run(struct bm_src *src)
{
	uint64_t last;

	if (src->next == bm_seg_pairs(src->seg)) {
		src->key = BM_KEY_END;
		return 0;
	}
	last = bm_seg_pair(src->seg, src->next).last;
	src->key = src->from >> 16;
	if ((src->from & 0xffff) == 0 && last - src->from >= 0xffff)
		return load_span(src, last);
	return load_parts(src);
}

/* --- any ------------------------------------------------------------------ */

static int load(struct bm_src *src)
{
	int err;

	switch (src->seg->kind) {
	case BM_SEG_U64:
		err = load_u64(src);
		break;
	case BM_SEG_RUN64:
		err = load_run(src);
		break;
	case BM_SEG_P32:
	case BM_SEG_BITSET:
	default:
		err = load_cont(src);
		break;
	}
	if (!err && src->key < src->seg->lo >> 16)
		err = -EUCLEAN;
	return err;
}

int bm_src_init(struct bm_src *src, const struct bm_seg *seg,
		struct bm_src_mem *mem)
{
	*src = (struct bm_src){ .seg = seg, .mem = mem, .key = BM_KEY_END };
	if (!seg)
		return 0;
	if (seg->kind == BM_SEG_RUN64 && to_pair(src, 0))
		return -EUCLEAN;
	return load(src);
}

int bm_src_skip(struct bm_src *src, uint64_t n)
{
	src->key += n;
	src->span -= n;
	return src->span ? 0 : load(src);
}

/* Containers and members are found by halving. */
static int jump(struct bm_src *src, uint64_t key)
{
	struct bm_seg_iter it;
	size_t found;

	if (src->seg->kind == BM_SEG_U64) {
		bm_seg_iter_init(&it, src->seg);
		bm_seg_iter_seek(&it, key << 16);
		found = (size_t)it.pos;
	} else {
		found = bm_seg_cont_from(src->seg, key);
	}
	if (found > src->next) /* else the order lies: go on, never back */
		src->next = found;
	return load(src);
}

/* Is it the next container that is sought? */
static bool is_next(const struct bm_src *src, uint64_t key)
{
	return src->seg->kind == BM_SEG_P32 && src->next < src->seg->n_cont &&
	       bm_seg_cont_key(src->seg, (unsigned)src->next) >= key;
}

int bm_src_seek(struct bm_src *src, uint64_t key)
{
	int err = 0;

	if (src->key >= key)
		return 0;
	if (key == BM_KEY_END) {
		src->key = BM_KEY_END;
		return 0;
	}
	if (is_next(src, key))
		return load(src);
	if (src->seg->kind != BM_SEG_RUN64)
		return jump(src, key);
	while (!err && src->key < key) {
		uint64_t n = key - src->key;

		err = bm_src_skip(src, n < src->span ? n : src->span);
	}
	return err;
}

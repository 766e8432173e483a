/* SPDX-License-Identifier: Apache-2.0 */
/* seg_open.c - believe as little as possible about bytes that came from disk.
 *
 * Opening is what every lookup begins with, so it must not read the table of
 * a P32 segment, which may have thousands of lines. It checks that the table
 * is there; each container is checked against the end when somebody asks for
 * it (bm_seg_cont), so a wrong offset costs an error and never a bad read.
 */
#include "bitmap/seg_kinds.h"

#include "bitmap/bits.h"
#include "regionstore/base/ck.h"

#include <errno.h>

/* Cut the parts of the table out of data. */
static int p32_open(struct bm_seg *seg)
{
	size_t at = 4;
	uint32_t cookie;

	if (seg->len < 8)
		return -EUCLEAN;
	cookie = bm_u32_at(seg->data, 0);
	seg->runs = NULL;
	if ((cookie & 0xffff) == BM_P32_COOKIE_RUNS) {
		seg->n_cont = (cookie >> 16) + 1;
		seg->runs = seg->data + at;
		at += (seg->n_cont + 7) / 8;
	} else if (cookie == BM_P32_COOKIE) {
		seg->n_cont = bm_u32_at(seg->data, 1);
		at += 4;
	} else {
		return -EUCLEAN;
	}
	if (seg->n_cont == 0 || seg->n_cont > seg->len / 4)
		return -EUCLEAN;
	seg->heads = seg->data + at;
	at += 4 * (size_t)seg->n_cont;
	seg->offsets = NULL;
	if (!seg->runs || seg->n_cont >= BM_P32_OFFSETS_FROM) {
		seg->offsets = seg->data + at;
		at += 4 * (size_t)seg->n_cont;
	}
	return at < seg->len ? 0 : -EUCLEAN;
}

int bm_seg_open(struct bm_seg *seg)
{
	bool ok = false;

	seg->n_cont = 0;
	if (seg->card == 0 || seg->len == 0 || seg->len > BM_SEG_HARD ||
	    seg->lo & 0xffff)
		return -EUCLEAN;
	switch (seg->kind) {
	case BM_SEG_P32:
		return p32_open(seg);
	case BM_SEG_U64:
		ok = seg->len % 8 == 0 && seg->card == seg->len / 8;
		break;
	case BM_SEG_BITSET:
		seg->n_cont = 1;
		ok = seg->len == BM_CONT_BITS_SIZE &&
		     seg->card >= BM_CONT_BITS_MIN &&
		     seg->card <= BM_CONT_MEMBERS;
		break;
	case BM_SEG_RUN64:
		ok = seg->len % 16 == 0;
		break;
	}
	return ok ? 0 : -EUCLEAN;
}

uint64_t bm_seg_cont_key(const struct bm_seg *seg, unsigned i)
{
	if (seg->kind == BM_SEG_BITSET)
		return seg->lo >> 16;
	return seg->lo >> 32 << 16 | bm_u16_at(seg->heads, 2 * (size_t)i);
}

uint32_t bm_seg_cont_card(const struct bm_seg *seg, unsigned i)
{
	if (seg->kind == BM_SEG_BITSET)
		return (uint32_t)seg->card;
	return bm_u16_at(seg->heads, 2 * (size_t)i + 1) + 1u;
}

unsigned bm_seg_cont_from(const struct bm_seg *seg, uint64_t key)
{
	unsigned at = 0;
	unsigned len = seg->n_cont;

	while (len) {
		unsigned half = len / 2;

		if (bm_seg_cont_key(seg, at + half) >= key) {
			len = half;
		} else {
			at += half + 1;
			len -= half + 1;
		}
	}
	return at;
}

static bool is_runs(const struct bm_seg *seg, unsigned i)
{
	return seg->runs && seg->runs[i / 8] >> (i % 8) & 1;
}

/* How many bytes container i has at start, or -EUCLEAN. */
static int cont_size(const struct bm_seg *seg, unsigned i, size_t start,
		     size_t *ret_size)
{
	uint32_t card = bm_seg_cont_card(seg, i);

	if (is_runs(seg, i)) {
		if (!ck_range(start, 2, seg->len))
			return -EUCLEAN;
		*ret_size = 2 + 4 * (size_t)bm_u16_at(seg->data + start, 0);
	} else {
		*ret_size = card <= BM_CONT_ARRAY_MAX ? 2 * (size_t)card
						      : BM_CONT_BITS_SIZE;
	}
	return ck_range(start, *ret_size, seg->len) ? 0 : -EUCLEAN;
}

/* Without offsets there are at most three containers to step over. */
int bm_seg_cont_start(const struct bm_seg *seg, unsigned i, size_t *ret_start)
{
	size_t start;
	size_t size = 0;

	if (seg->kind == BM_SEG_BITSET) {
		*ret_start = 0;
		return 0;
	}
	if (seg->offsets) {
		*ret_start = bm_u32_at(seg->offsets, i);
		return 0;
	}
	start = (size_t)(seg->heads - seg->data) + 4 * (size_t)seg->n_cont;
	for (unsigned k = 0; k < i; k++) {
		if (cont_size(seg, k, start, &size))
			return -EUCLEAN;
		start += size;
	}
	*ret_start = start;
	return 0;
}

int bm_seg_cont(const struct bm_seg *seg, unsigned i, struct bm_cont *ret_cont,
		uint64_t *ret_key)
{
	struct bm_cont c = { .card = bm_seg_cont_card(seg, i) };
	size_t start;
	size_t size;

	*ret_key = bm_seg_cont_key(seg, i);
	if (seg->kind == BM_SEG_BITSET) {
		c.form = BM_BITS;
		c.data = seg->data;
		*ret_cont = c;
		return 0;
	}
	if (bm_seg_cont_start(seg, i, &start) ||
	    cont_size(seg, i, start, &size))
		return -EUCLEAN;
	c.data = seg->data + start;
	if (is_runs(seg, i)) {
		c.form = BM_RUNS;
		c.n = bm_u16_at(c.data, 0);
		c.data += 2;
		if (c.n == 0 || c.n > BM_CONT_RUNS_MAX)
			return -EUCLEAN;
	} else if (c.card <= BM_CONT_ARRAY_MAX) {
		c.form = BM_ARRAY;
		c.n = c.card;
	} else {
		c.form = BM_BITS;
	}
	*ret_cont = c;
	return 0;
}

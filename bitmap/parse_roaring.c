/* SPDX-License-Identifier: Apache-2.0 */
/* parse_roaring.c - which part of a roaring file comes next.
 *
 *	count -> high -> cookie -> [number] -> [flags] -> heads -> [offsets]
 *	         ^                                                  |
 *	         +--- next bucket <-- container, container, ... <---+
 *
 * roaring32 begins and ends with one cookie and what belongs to it.
 */

#include "bitmap/parser.h"

#include "bitmap/bits.h"
#include "bitmap/seg_kinds.h"

#include <stdlib.h>

#define CONTS_MAX 65536u

static int on_heads(struct bm_parser *p);

/* --- from the heads back to the cookie ------------------------------------ */

/* A part that is needed later: buf becomes it. */
static void keep(struct bm_parser *p, uint8_t **part)
{
	free(*part);
	*part = p->buf;
	p->buf = NULL;
	p->cap = 0;
}

static int on_flags(struct bm_parser *p)
{
	keep(p, &p->flags);
	p->has_flags = true;
	return bm_part_expect(p, 4 * (size_t)p->n, on_heads);
}

static int on_number(struct bm_parser *p)
{
	p->n = bm_u32_at(p->buf, 0);
	if (p->n > CONTS_MAX)
		return bm_part_wrong(p, 0, "more than 65536 containers");
	if (p->n == 0)
		return bm_roaring_next(p);
	return bm_part_expect(p, 4 * (size_t)p->n, on_heads);
}

static int on_cookie(struct bm_parser *p)
{
	uint32_t cookie = bm_u32_at(p->buf, 0);

	p->cookie_off = p->part_off;
	p->has_flags = false;
	p->i = 0;
	if (cookie == BM_P32_COOKIE)
		return bm_part_expect(p, 4, on_number);
	if ((cookie & 0xffff) != BM_P32_COOKIE_RUNS)
		return bm_part_wrong(p, 0, "no cookie of a roaring bitmap");
	p->n = (cookie >> 16) + 1;
	return bm_part_expect(p, (p->n + 7) / 8, on_flags);
}

static int on_high(struct bm_parser *p)
{
	uint32_t high = bm_u32_at(p->buf, 0);

	if ((int64_t)high <= p->high)
		return bm_part_wrong(p, 0, "upper 32 bits do not ascend");
	p->high = high;
	return bm_part_expect(p, 4, on_cookie);
}

static int next_bucket(struct bm_parser *p)
{
	if (p->buckets == 0) {
		p->next = NULL;
		return 0;
	}
	p->buckets--;
	return bm_part_expect(p, 4, on_high);
}

static int on_count(struct bm_parser *p)
{
	p->buckets = bm_u64_at(p->buf, 0);
	if (p->buckets > UINT32_MAX)
		return bm_part_wrong(p, 0, "more buckets than there are");
	return next_bucket(p);
}

int bm_roaring_begin(struct bm_parser *p)
{
	p->high = -1;
	if (p->format == BM_FORMAT_ROARING)
		return bm_part_expect(p, 8, on_count);
	p->high = 0;
	return bm_part_expect(p, 4, on_cookie);
}

void bm_roaring_finish(struct bm_parser *p)
{
	free(p->flags);
	free(p->heads);
	free(p->offsets);
}

/* --- from the heads on ---------------------------------------------------- */

static int on_offsets(struct bm_parser *p)
{
	keep(p, &p->offsets);
	return bm_cont_begin(p);
}

static int on_heads(struct bm_parser *p)
{
	for (uint32_t i = 1; i < p->n; i++) {
		if (bm_u16_at(p->buf, 2 * (size_t)i) <=
		    bm_u16_at(p->buf, 2 * (size_t)i - 2))
			return bm_part_wrong(p, 4 * (size_t)i,
					     "keys do not ascend");
	}
	keep(p, &p->heads);
	free(p->offsets);
	p->offsets = NULL;
	if (p->has_flags && p->n < BM_P32_OFFSETS_FROM)
		return bm_cont_begin(p);
	return bm_part_expect(p, 4 * (size_t)p->n, on_offsets);
}

int bm_roaring_next(struct bm_parser *p)
{
	return p->i < p->n ? bm_cont_begin(p) : next_bucket(p);
}

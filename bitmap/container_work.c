/* SPDX-License-Identifier: Apache-2.0 */
/* container_work.c - change one container.
 *
 * Two ways. While the result surely fits an array, two sorted lists are
 * merged into a third (cont_array.c). Else all is done in bits (cont_bits.c).
 *
 * The form of the result: what is smaller, but a form is not left for a small
 * gain, as the next change may take it back (hysteresis):
 *
 *   RUNS    when they save 1/8 of the other form; kept while not larger
 *   ARRAY   up to 4,096 members; but bits stay bits down to 3,072
 *   BITS    else
 *
 * The base's bytes may lie. Arrays out of order give arrays out of order;
 * what is done in bits is counted again and so is true afterwards.
 */
#include "bitmap/cont_ways.h"

#include <string.h>

static const uint8_t no_bytes[1];
const struct bm_cont bm_cont_none = { .form = BM_ARRAY, .data = no_bytes };

uint32_t bm_cont_runs_most(const struct bm_cont *base, uint32_t other)
{
	uint32_t limit = other - (other + 7) / 8;
	uint32_t most;

	if (base && base->form == BM_RUNS)
		limit = other - 1;
	most = limit < 6 ? 0 : (limit - 2) / 4;
	return most < BM_CONT_RUNS_MAX ? most : BM_CONT_RUNS_MAX;
}

/* Members added at most. */
static uint64_t adds_most(const struct bm_part *part)
{
	uint64_t n = 0;

	if (part->lows)
		return part->op == BM_ADD ? part->n : 0;
	for (size_t i = 0; i < part->n; i++) {
		struct bm_span s = bm_part_span(part, i);

		if (part->ops[i].op == BM_ADD)
			n += s.hi - s.lo + 1;
	}
	return n;
}

void bm_cont_apply(const struct bm_cont *base, const struct bm_part *part,
		   struct bm_work *w, struct bm_cont *ret_cont,
		   bool *ret_changed)
{
	bool array = !base || base->form == BM_ARRAY;
	uint64_t most = adds_most(part) + (base ? base->n : 0);

	if (array && most <= BM_CONT_ARRAY_MAX)
		*ret_changed = bm_cont_apply_array(base, part, w, ret_cont);
	else
		*ret_changed = bm_cont_apply_bits(base, part, w, ret_cont);
}

void bm_cont_tidy(const struct bm_cont *c, struct bm_work *w,
		  struct bm_cont *ret_cont)
{
	if (c->form == BM_ARRAY && c->n <= BM_CONT_ARRAY_MAX) {
		memcpy(w->lows, c->data, 2 * (size_t)c->n);
		bm_cont_of_lows(NULL, w, w->lows, c->n, ret_cont);
		return;
	}
	bm_cont_to_bits(c, w->bits);
	bm_cont_of_bits(NULL, w, ret_cont);
}

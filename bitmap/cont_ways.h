/* SPDX-License-Identifier: Apache-2.0 */
/* cont_ways.h - the two ways to change a container, which container_work.c
 * chooses from. PRIVATE to them.
 */
#ifndef BM_CONT_WAYS_H
#define BM_CONT_WAYS_H

#include "bitmap/container_work.h"

struct bm_span {
	uint32_t lo, hi;
};

/* What of command i lies in the container. */
static inline struct bm_span bm_part_span(const struct bm_part *part, size_t i)
{
	const struct bm_command *op = &part->ops[i];
	struct bm_span s = { .lo = 0, .hi = BM_CONT_MEMBERS - 1 };

	if (op->lo >> 16 == part->key)
		s.lo = op->lo & 0xffff;
	if (op->hi >> 16 == part->key)
		s.hi = op->hi & 0xffff;
	return s;
}

extern const struct bm_cont bm_cont_none;

/* Runs that still are enough of a gain over so many other bytes. */
uint32_t bm_cont_runs_most(const struct bm_cont *base, uint32_t other);

/* base (NULL: empty) after part; false when nothing changes. The array way is
 * for what surely fits an array, base included. */
bool bm_cont_apply_array(const struct bm_cont *base, const struct bm_part *part,
			 struct bm_work *w, struct bm_cont *ret_cont);
bool bm_cont_apply_bits(const struct bm_cont *base, const struct bm_part *part,
			struct bm_work *w, struct bm_cont *ret_cont);

/* n lows, or the bits in w, in the form that suits them best after base. */
void bm_cont_of_lows(const struct bm_cont *base, struct bm_work *w,
		     const void *lows, uint32_t n, struct bm_cont *ret_cont);
void bm_cont_of_bits(const struct bm_cont *base, struct bm_work *w,
		     struct bm_cont *ret_cont);

#endif

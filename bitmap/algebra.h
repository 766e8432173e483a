/* SPDX-License-Identifier: Apache-2.0 */
/* algebra.h - two containers to one, or to a number. PRIVATE to bitmap/, pure.
 *
 * What comes out is an array of at most 4,096 members, or bits of any number of
 * them: whoever keeps it gives it the form that suits it. Its card is counted,
 * not believed.
 *
 * Bytes that lie (container.h) give members that lie, nothing worse.
 */
#ifndef BM_ALGEBRA_H
#define BM_ALGEBRA_H

#include "bitmap/bitmap.h"
#include "bitmap/bits.h"
#include "bitmap/container.h"

/* Room for a container that is made. */
union bm_cont_room {
	uint64_t bits[BM_BITS_WORDS];
	uint16_t lows[BM_CONT_ARRAY_MAX];
};

/* Members that both have. */
uint32_t bm_cont_and_count(const struct bm_cont *a, const struct bm_cont *b);
/* How many the result has; in lying bytes perhaps none. */
uint32_t bm_cont_pair_count(enum bm_algebra op, const struct bm_cont *a,
			    const struct bm_cont *b);
/* Its members become ones. */
void bm_cont_or_into(const struct bm_cont *c, uint64_t *words);
/* Neither may lie in room. *ret_cont may be one of them, or lie in it. */
void bm_cont_pair(enum bm_algebra op, const struct bm_cont *a,
		  const struct bm_cont *b, union bm_cont_room *room,
		  struct bm_cont *ret_cont);

#endif

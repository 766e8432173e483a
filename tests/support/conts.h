/* SPDX-License-Identifier: Apache-2.0 */
/* conts.h - containers drawn at random, and their bits. */

#ifndef TESTS_SUPPORT_CONTS_H
#define TESTS_SUPPORT_CONTS_H

#include "bitmap/bits.h"
#include "bitmap/container.h"
#include "tests/support/rng.h"

struct made_cont {
	struct bm_cont c;
	uint64_t bits[BM_BITS_WORDS];
	union {
		uint16_t lows[BM_CONT_ARRAY_MAX + 1];
		uint64_t bits[BM_BITS_WORDS + 1];
	} room;
};

/* Bits as a container of that form may have; a few narrow, a few everywhere. */
void made_cont_draw(struct made_cont *m, struct rng *r, enum bm_form form);
/* The container, at an odd address, as it may lie in a segment, of the bits;
 * those that are too many for an array or for runs are cleared. */
void made_cont_build(struct made_cont *m, enum bm_form form);

#endif

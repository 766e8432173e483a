/* SPDX-License-Identifier: Apache-2.0 */
/* bits.h - a set of pages of one group, as words of bits. PRIVATE.
 *
 * Ranges are [from, to) with to <= RS_GROUP_PAGES, which is a multiple of 64.
 */
#ifndef RS_BITS_H
#define RS_BITS_H

#include "regionstore/format.h"

#include <stdbool.h>
#include <stdint.h>

#define RS_BITS_WORDS (RS_GROUP_PAGES / 64u)
_Static_assert(RS_GROUP_PAGES % 64 == 0, "whole words");

struct rs_bits {
	uint64_t w[RS_BITS_WORDS];
};

void rs_bits_set(struct rs_bits *b, uint32_t from, uint32_t to);
void rs_bits_clear(struct rs_bits *b, uint32_t from, uint32_t to);
uint32_t rs_bits_count(const struct rs_bits *b, uint32_t from, uint32_t to);
/* The range the other way round. */
void rs_bits_flip(struct rs_bits *b, uint32_t from, uint32_t to);
/* What is set in one of them. */
void rs_bits_xor(struct rs_bits *dst, const struct rs_bits *a,
		 const struct rs_bits *b);
/* What is set in a and not in b. */
void rs_bits_minus(struct rs_bits *dst, const struct rs_bits *a,
		   const struct rs_bits *b);
/* How many are set in both. */
uint32_t rs_bits_count_both(const struct rs_bits *a, const struct rs_bits *b,
			    uint32_t from, uint32_t to);
/* The first bit in [from, to) that is set, or clear; to when none is. */
uint32_t rs_bits_next_set(const struct rs_bits *b, uint32_t from, uint32_t to);
uint32_t rs_bits_next_clear(const struct rs_bits *b, uint32_t from,
			    uint32_t to);
/* The longest run of clear bits. */
uint32_t rs_bits_longest_clear(const struct rs_bits *b, uint32_t from,
			       uint32_t to);

/* The first run of at least min clear bits that starts in [from, start_to):
 * [*ret_start, *ret_end), as long as it goes up to to. False if none. */
bool rs_bits_find_clear(const struct rs_bits *b, uint32_t from,
			uint32_t start_to, uint32_t to, uint32_t min,
			uint32_t *ret_start, uint32_t *ret_end);

void rs_bits_load(struct rs_bits *b, const uint8_t bytes[RS_GROUP_PAGES / 8]);
void rs_bits_store(const struct rs_bits *b, uint8_t bytes[RS_GROUP_PAGES / 8]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* bits.c - ranges and runs in words of bits. */
#include "regionstore/bits.h"

#include <assert.h>

/* The part of [from, to) that lies in word i. */
static uint64_t mask_in(uint32_t i, uint32_t from, uint32_t to)
{
	uint64_t mask = UINT64_MAX;

	if (from > i * 64)
		mask &= UINT64_MAX << (from - i * 64);
	if (to < (i + 1) * 64)
		mask &= (UINT64_C(1) << (to - i * 64)) - 1;
	return mask;
}

void rs_bits_set(struct rs_bits *b, uint32_t from, uint32_t to)
{
	assert(to <= RS_GROUP_PAGES);
	for (uint32_t i = from / 64; i * 64 < to; i++)
		b->w[i] |= mask_in(i, from, to);
}

void rs_bits_clear(struct rs_bits *b, uint32_t from, uint32_t to)
{
	assert(to <= RS_GROUP_PAGES);
	for (uint32_t i = from / 64; i * 64 < to; i++)
		b->w[i] &= ~mask_in(i, from, to);
}

void rs_bits_xor(struct rs_bits *dst, const struct rs_bits *a,
		 const struct rs_bits *b)
{
	for (unsigned i = 0; i < RS_BITS_WORDS; i++)
		dst->w[i] = a->w[i] ^ b->w[i];
}

void rs_bits_minus(struct rs_bits *dst, const struct rs_bits *a,
		   const struct rs_bits *b)
{
	for (unsigned i = 0; i < RS_BITS_WORDS; i++)
		dst->w[i] = a->w[i] & ~b->w[i];
}

void rs_bits_flip(struct rs_bits *b, uint32_t from, uint32_t to)
{
	assert(to <= RS_GROUP_PAGES);
	for (uint32_t i = from / 64; i * 64 < to; i++)
		b->w[i] ^= mask_in(i, from, to);
}

uint32_t rs_bits_count(const struct rs_bits *b, uint32_t from, uint32_t to)
{
	return rs_bits_count_both(b, b, from, to);
}

uint32_t rs_bits_count_both(const struct rs_bits *a, const struct rs_bits *b,
			    uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	assert(to <= RS_GROUP_PAGES);
	for (uint32_t i = from / 64; i * 64 < to; i++) {
		uint64_t w = a->w[i] & b->w[i];

		if (w) /* most are empty, or a call each */
			n += (uint32_t)__builtin_popcountll(
				w & mask_in(i, from, to));
	}
	return n;
}

/* flip is 0 to look for a set bit, all ones for a clear one. A commit looks
 * through whole groups. */
static uint32_t next(const struct rs_bits *b, uint32_t from, uint32_t to,
		     uint64_t flip)
{
	uint32_t i = from / 64, at;
	uint64_t w;

	assert(to <= RS_GROUP_PAGES);
	if (from >= to)
		return to;
	w = (b->w[i] ^ flip) & (UINT64_MAX << from % 64);
	while (!w && ++i * 64 < to)
		w = b->w[i] ^ flip;
	if (!w)
		return to;
	at = i * 64 + (uint32_t)__builtin_ctzll(w);
	return at < to ? at : to;
}

uint32_t rs_bits_next_set(const struct rs_bits *b, uint32_t from, uint32_t to)
{
	return next(b, from, to, 0);
}

uint32_t rs_bits_next_clear(const struct rs_bits *b, uint32_t from, uint32_t to)
{
	return next(b, from, to, UINT64_MAX);
}

uint32_t rs_bits_longest_clear(const struct rs_bits *b, uint32_t from,
			       uint32_t to)
{
	uint32_t longest = 0;

	while (from < to) {
		uint32_t start = rs_bits_next_clear(b, from, to);

		from = rs_bits_next_set(b, start, to);
		if (from - start > longest)
			longest = from - start;
	}
	return longest;
}

bool rs_bits_find_clear(const struct rs_bits *b, uint32_t from,
			uint32_t start_to, uint32_t to, uint32_t min,
			uint32_t *ret_start, uint32_t *ret_end)
{
	assert(min > 0 && start_to <= to);
	while (from < start_to) {
		uint32_t start = rs_bits_next_clear(b, from, start_to);
		uint32_t end;

		if (start == start_to)
			return false;
		end = rs_bits_next_set(b, start, to);
		if (end - start >= min) {
			*ret_start = start;
			*ret_end = end;
			return true;
		}
		from = end;
	}
	return false;
}

void rs_bits_load(struct rs_bits *b, const uint8_t bytes[RS_GROUP_PAGES / 8])
{
	for (uint32_t i = 0; i < RS_BITS_WORDS; i++) {
		struct le64 w;

		memcpy(&w, bytes + (size_t)i * 8, sizeof(w));
		b->w[i] = le64_get(w);
	}
}

void rs_bits_store(const struct rs_bits *b, uint8_t bytes[RS_GROUP_PAGES / 8])
{
	for (uint32_t i = 0; i < RS_BITS_WORDS; i++) {
		struct le64 w = le64_put(b->w[i]);

		memcpy(bytes + (size_t)i * 8, &w, sizeof(w));
	}
}

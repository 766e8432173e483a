/* SPDX-License-Identifier: Apache-2.0 */
/* cont_place.c - members from a place on, and the place of the n-th.
 *
 * A place is an index in an array, a bit's number, or a run and how far into
 * it. Members are read as wide numbers, each with a base, or as two bytes each,
 * which of an array is where they lie.
 */
#include "bitmap/cont_form.h"

/* --- the n-th ------------------------------------------------------------- */

/* Of the n-th one; 65,536 when there are not so many. Steps of 32 words first,
 * as counting many words at once is faster. */
static uint32_t bits_nth(const struct bm_cont *c, uint32_t n)
{
	uint32_t i = 0;
	uint64_t word;
	uint32_t ones;

	for (; i < BM_BITS_WORDS; i += 32) {
		ones = bm_bits_count(c->data + 8 * (size_t)i, 32);
		if (n < ones)
			break;
		n -= ones;
	}
	for (; i < BM_BITS_WORDS; i++) {
		word = bm_u64_at(c->data, i);
		ones = (uint32_t)__builtin_popcountll(word);
		if (n < ones)
			break;
		n -= ones;
	}
	if (i == BM_BITS_WORDS)
		return BM_CONT_MEMBERS;
	for (; n; n--)
		word &= word - 1;
	return i * 64 + (uint32_t)__builtin_ctzll(word);
}

static uint64_t runs_nth(const struct bm_cont *c, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < c->n; i++) {
		uint32_t len = bm_run_last(c, i) - bm_run_first(c, i) + 1;

		if (n < len)
			return bm_run_place(i, n);
		n -= len;
	}
	return bm_run_place(i, 0);
}

uint64_t bm_cont_nth(const struct bm_cont *c, uint32_t n)
{
	switch (c->form) {
	case BM_ARRAY:
		return n;
	case BM_BITS:
		return bits_nth(c, n);
	case BM_RUNS:
		return runs_nth(c, n);
	}
	return 0;
}

bool bm_cont_select(const struct bm_cont *c, uint32_t n, uint16_t *ret_low)
{
	uint64_t place = bm_cont_nth(c, n);
	uint64_t member;

	if (!bm_cont_read(c, &place, 0, &member, 1))
		return false;
	*ret_low = (uint16_t)member;
	return true;
}

/* --- reading, as wide numbers --------------------------------------------- */

static size_t array_read(const struct bm_cont *c, uint64_t *place,
			 uint64_t base, uint64_t *buf, size_t n)
{
	size_t at = *place < c->n ? (size_t)*place : c->n;

	if (n > c->n - at)
		n = c->n - at;
	for (size_t i = 0; i < n; i++)
		buf[i] = base + bm_u16_at(c->data, at + i);
	*place = at + n;
	return n;
}

static size_t bits_read(const struct bm_cont *c, uint64_t *place, uint64_t base,
			uint64_t *buf, size_t n)
{
	uint64_t at = *place;
	size_t got = 0;

	while (got < n && at < BM_CONT_MEMBERS) {
		uint64_t word = bm_u64_at(c->data, at / 64);
		uint64_t start = at - at % 64;

		word &= ~(uint64_t)0 << (at % 64);
		for (; word && got < n; word &= word - 1)
			buf[got++] =
				base + start + (uint64_t)__builtin_ctzll(word);
		at = start + (word ? (uint64_t)__builtin_ctzll(word) : 64);
	}
	*place = at;
	return got;
}

static size_t runs_read(const struct bm_cont *c, uint64_t *place, uint64_t base,
			uint64_t *buf, size_t n)
{
	uint32_t i = (uint32_t)(*place >> 32);
	uint32_t off = (uint32_t)*place;
	size_t got = 0;

	while (got < n && i < c->n) {
		uint64_t first = base + bm_run_first(c, i) + off;
		size_t there = bm_run_last(c, i) - bm_run_first(c, i) + 1 - off;
		size_t take = there < n - got ? there : n - got;

		for (size_t k = 0; k < take; k++)
			buf[got + k] = first + k;
		got += take;
		off += (uint32_t)take;
		if (take == there) {
			i++;
			off = 0;
		}
	}
	*place = bm_run_place(i, off);
	return got;
}

size_t bm_cont_read(const struct bm_cont *c, uint64_t *place, uint64_t base,
		    uint64_t *buf, size_t n)
{
	switch (c->form) {
	case BM_ARRAY:
		return array_read(c, place, base, buf, n);
	case BM_BITS:
		return bits_read(c, place, base, buf, n);
	case BM_RUNS:
		return runs_read(c, place, base, buf, n);
	}
	return 0;
}

/* --- reading, as two bytes each ------------------------------------------- */

static size_t bits_lows(const struct bm_cont *c, uint64_t *place,
			uint16_t *room, size_t n)
{
	uint32_t at = (uint32_t)*place;
	size_t got = 0;

	while (got < n && at < BM_CONT_MEMBERS) {
		uint64_t word = bm_u64_at(c->data, at / 64);
		uint32_t start = at - at % 64;

		word &= ~(uint64_t)0 << (at % 64);
		for (; word && got < n; word &= word - 1)
			room[got++] =
				(uint16_t)(start +
					   (uint32_t)__builtin_ctzll(word));
		at = start + (word ? (uint32_t)__builtin_ctzll(word) : 64);
	}
	*place = at;
	return got;
}

static size_t runs_lows(const struct bm_cont *c, uint64_t *place,
			uint16_t *room, size_t n)
{
	uint32_t i = (uint32_t)(*place >> 32);
	uint32_t off = (uint32_t)*place;
	size_t got = 0;

	while (got < n && i < c->n) {
		uint32_t first = bm_run_first(c, i) + off;
		size_t there = bm_run_last(c, i) - first + 1;
		size_t take = there < n - got ? there : n - got;

		for (size_t k = 0; k < take; k++)
			room[got + k] = (uint16_t)(first + k);
		got += take;
		off += (uint32_t)take;
		if (take == there) {
			i++;
			off = 0;
		}
	}
	*place = bm_run_place(i, off);
	return got;
}

size_t bm_cont_lows(const struct bm_cont *c, uint64_t *place, uint16_t *room,
		    size_t n, const uint8_t **ret_lows)
{
	size_t at;

	*ret_lows = (const uint8_t *)room;
	switch (c->form) {
	case BM_ARRAY:
		at = *place < c->n ? (size_t)*place : c->n;
		n = n < c->n - at ? n : c->n - at;
		*ret_lows = c->data + 2 * at;
		*place = at + n;
		return n;
	case BM_BITS:
		return bits_lows(c, place, room, n);
	case BM_RUNS:
		return runs_lows(c, place, room, n);
	}
	return 0;
}

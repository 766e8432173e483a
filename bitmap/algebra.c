/* SPDX-License-Identifier: Apache-2.0 */
/* algebra.c - two containers to one.
 *
 * Three ways. What an array has in common with anything, or not, is a part of
 * the array: its members are asked for one by one. Two arrays of few members
 * are merged. All else is done in bits.
 */
#include "bitmap/algebra.h"

#include "bitmap/cont_runs.h"

#include <stddef.h>

/* --- a part of an array --------------------------------------------------- */

/* So few members are looked up one by one; for more, b is made bits. */
#define FEW 16u

/* The members of array a that b has, or has not. */
static uint32_t filter_few(const struct bm_cont *a, const struct bm_cont *b,
			   bool has, uint16_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		uint16_t low = bm_u16_at(a->data, i);

		out[n] = low;
		n += bm_cont_contains(b, low) == has;
	}
	return n;
}

static uint32_t filter_by_bits(const struct bm_cont *a, const uint8_t *bits,
			       bool has, uint16_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		uint16_t low = bm_u16_at(a->data, i);

		out[n] = low;
		n += (bits[low / 8] >> (low % 8) & 1) == has;
	}
	return n;
}

static void filter(const struct bm_cont *a, const struct bm_cont *b, bool has,
		   union bm_cont_room *room, struct bm_cont *ret_cont)
{
	uint64_t words[BM_BITS_WORDS];
	uint32_t n;

	if (b->form == BM_BITS) {
		n = filter_by_bits(a, b->data, has, room->lows);
	} else if (a->n <= FEW) {
		n = filter_few(a, b, has, room->lows);
	} else {
		bm_cont_to_bits(b, words);
		n = filter_by_bits(a, (const uint8_t *)words, has, room->lows);
	}
	*ret_cont = (struct bm_cont){ .form = BM_ARRAY,
				      .card = n,
				      .n = n,
				      .data = (const uint8_t *)room->lows };
}

/* --- arrays that are merged ----------------------------------------------- */

/* Of more members bits are made faster, though they become an array again. */
#define MERGE_MAX 600u
_Static_assert(MERGE_MAX <= BM_CONT_ARRAY_MAX, "they fit a room");

/* What is in both is left out of xor. */
static void merge(const struct bm_cont *a, const struct bm_cont *b, bool xor,
		  union bm_cont_room *room, struct bm_cont *ret_cont)
{
	uint32_t i = 0;
	uint32_t k = 0;
	uint32_t n = 0;

	while (i < a->n && k < b->n) {
		uint16_t x = bm_u16_at(a->data, i);
		uint16_t y = bm_u16_at(b->data, k);

		room->lows[n] = x < y ? x : y;
		n += !(xor&&x == y);
		i += x <= y;
		k += y <= x;
	}
	memcpy(room->lows + n, a->data + 2 * (size_t)i, 2 * (size_t)(a->n - i));
	n += a->n - i;
	memcpy(room->lows + n, b->data + 2 * (size_t)k, 2 * (size_t)(b->n - k));
	n += b->n - k;
	*ret_cont = (struct bm_cont){ .form = BM_ARRAY,
				      .card = n,
				      .n = n,
				      .data = (const uint8_t *)room->lows };
}

/* --- bits ----------------------------------------------------------------- */

static void flip(uint64_t *words, uint32_t lo, uint32_t hi)
{
	for (uint32_t i = lo / 64; i <= hi / 64; i++) {
		uint64_t mask = ~(uint64_t)0;

		if (i == lo / 64)
			mask &= ~(uint64_t)0 << (lo % 64);
		if (i == hi / 64)
			mask &= ~(uint64_t)0 >> (63 - hi % 64);
		words[i] ^= mask;
	}
}

static void by_words(enum bm_algebra op, uint64_t *words, const uint8_t *b)
{
	for (uint32_t i = 0; i < BM_BITS_WORDS; i++) {
		uint64_t w = bm_u64_at(b, i);

		switch (op) {
		case BM_AND:
			words[i] &= w;
			break;
		case BM_OR:
			words[i] |= w;
			break;
		case BM_XOR:
			words[i] ^= w;
			break;
		case BM_MINUS:
			words[i] &= ~w;
			break;
		}
	}
}

/* All but AND. */
static void by_lows(enum bm_algebra op, uint64_t *words,
		    const struct bm_cont *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		uint16_t low = bm_u16_at(b->data, i);
		uint64_t bit = (uint64_t)1 << (low % 64);
		uint64_t *w = &words[low / 64];

		if (op == BM_OR)
			*w |= bit;
		else if (op == BM_XOR)
			*w ^= bit;
		else
			*w &= ~bit;
	}
}

static void by_runs(enum bm_algebra op, uint64_t *words,
		    const struct bm_cont *b)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		struct bm_cont_run r = bm_cont_run(b, i);

		if (op == BM_OR)
			bm_bits_set(words, r.first, r.last);
		else if (op == BM_XOR)
			flip(words, r.first, r.last);
		else if (op == BM_MINUS)
			bm_bits_clear(words, r.first, r.last);
		else if (from < r.first)
			bm_bits_clear(words, from, r.first - 1u);
		from = r.last + 1u;
	}
	if (op == BM_AND && from < BM_CONT_MEMBERS)
		bm_bits_clear(words, from, BM_CONT_MEMBERS - 1);
}

static void of_bits(union bm_cont_room *room, struct bm_cont *ret_cont)
{
	const uint8_t *bits = (const uint8_t *)room->bits;

	*ret_cont = (struct bm_cont){
		.form = BM_BITS,
		.card = bm_bits_count(bits, BM_BITS_WORDS),
		.data = bits,
	};
}

static void change(enum bm_algebra op, uint64_t *words, const struct bm_cont *b)
{
	switch (b->form) {
	case BM_ARRAY:
		by_lows(op, words, b);
		break;
	case BM_BITS:
		by_words(op, words, b->data);
		break;
	case BM_RUNS:
		by_runs(op, words, b);
		break;
	}
}

void bm_cont_or_into(const struct bm_cont *c, uint64_t *words)
{
	change(BM_OR, words, c);
}

static void in_bits(enum bm_algebra op, const struct bm_cont *a,
		    const struct bm_cont *b, union bm_cont_room *room,
		    struct bm_cont *ret_cont)
{
	bm_cont_to_bits(a, room->bits);
	change(op, room->bits, b);
	of_bits(room, ret_cont);
}

/* --- any ------------------------------------------------------------------ */

void bm_cont_pair(enum bm_algebra op, const struct bm_cont *a,
		  const struct bm_cont *b, union bm_cont_room *room,
		  struct bm_cont *ret_cont)
{
	if (a->form == BM_ARRAY && (op == BM_AND || op == BM_MINUS))
		filter(a, b, op == BM_AND, room, ret_cont);
	else if (b->form == BM_ARRAY && op == BM_AND)
		filter(b, a, true, room, ret_cont);
	else if (a->form == BM_ARRAY && b->form == BM_ARRAY &&
		 a->n + b->n <= MERGE_MAX)
		merge(a, b, op == BM_XOR, room, ret_cont);
	else
		in_bits(op, a, b, room, ret_cont);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* algebra_count.c - how many members two containers have in common.
 *
 * Everything else follows: what either has, or one alone, is a sum of this and
 * the cards. So nothing is written, and each two forms have a way of their own:
 *
 *   array x array   a far shorter one is searched for in the longer; else both
 *                   are walked over, with AVX2 16 by 16 (algebra_avx2.c)
 *   array x bits    each member is looked up
 *   bits x bits     words are counted
 *   runs x any      run by run, from left to right
 */
#include "bitmap/algebra_count.h"

#include <stddef.h>

/* --- array and array ------------------------------------------------------ */

/* A shorter array by that much is searched for. */
#define FAR 32u

/* The first of members at..end that is not below low; at is where the last
 * one was found, and the next is likely near: steps double. */
static uint32_t gallop(const struct bm_cont *c, uint32_t at, uint16_t low)
{
	uint32_t step = 1;
	uint32_t end = at;

	while (end < c->n && bm_u16_at(c->data, end) < low) {
		at = end + 1;
		end += step;
		step *= 2;
	}
	if (end > c->n)
		end = c->n;
	while (at < end) {
		uint32_t mid = at + (end - at) / 2;

		if (bm_u16_at(c->data, mid) < low)
			at = mid + 1;
		else
			end = mid;
	}
	return at;
}

static uint32_t count_by_search(const struct bm_cont *few,
				const struct bm_cont *many)
{
	uint32_t at = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < few->n; i++) {
		uint16_t low = bm_u16_at(few->data, i);

		at = gallop(many, at, low);
		if (at == many->n)
			break;
		n += bm_u16_at(many->data, at) == low;
	}
	return n;
}

uint32_t bm_lows_and_portable(const uint8_t *a, uint32_t na, const uint8_t *b,
			      uint32_t nb)
{
	uint32_t i = 0;
	uint32_t k = 0;
	uint32_t n = 0;

	while (i < na && k < nb) {
		uint16_t x = bm_u16_at(a, i);
		uint16_t y = bm_u16_at(b, k);

		n += x == y;
		i += x <= y;
		k += y <= x;
	}
	return n;
}

static uint32_t count_arrays(const struct bm_cont *a, const struct bm_cont *b)
{
	if (a->n > b->n)
		return count_arrays(b, a);
	if (a->n < b->n / FAR)
		return count_by_search(a, b);
#ifdef __x86_64__
	if (a->n >= BM_LOWS_BLOCK && __builtin_cpu_supports("avx2"))
		return bm_lows_and_avx2(a->data, a->n, b->data, b->n);
#endif
	return bm_lows_and_portable(a->data, a->n, b->data, b->n);
}

/* --- bits ----------------------------------------------------------------- */

static uint32_t count_in_bits(const struct bm_cont *a, const uint8_t *bits)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		uint16_t low = bm_u16_at(a->data, i);

		n += bits[low / 8] >> (low % 8) & 1u;
	}
	return n;
}

uint32_t bm_bits_and_portable(const uint8_t *a, const uint8_t *b)
{
	uint64_t both[64];
	uint32_t n = 0;

	for (uint32_t at = 0; at < BM_BITS_WORDS; at += 64) {
		for (uint32_t i = 0; i < 64; i++)
			both[i] = bm_u64_at(a, at + i) & bm_u64_at(b, at + i);
		n += bm_bits_count((const uint8_t *)both, 64);
	}
	return n;
}

static uint32_t count_bits(const uint8_t *a, const uint8_t *b)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return bm_bits_and_avx2(a, b);
#endif
	return bm_bits_and_portable(a, b);
}

/* Ones from first to last. */
static uint32_t count_stretch(const uint8_t *bits, struct bm_cont_run r)
{
	uint32_t i = r.first / 64u;
	uint32_t end = r.last / 64u;
	uint64_t from = ~(uint64_t)0 << (r.first % 64);
	uint64_t upto = ~(uint64_t)0 >> (63 - r.last % 64);
	uint64_t w = bm_u64_at(bits, i) & from;

	if (i == end)
		return (uint32_t)__builtin_popcountll(w & upto);
	return (uint32_t)__builtin_popcountll(w) +
	       bm_bits_count(bits + 8 * (size_t)(i + 1), end - i - 1) +
	       (uint32_t)__builtin_popcountll(bm_u64_at(bits, end) & upto);
}

/* --- runs ----------------------------------------------------------------- */

static uint32_t runs_in_bits(const struct bm_cont *a, const uint8_t *bits)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++)
		n += count_stretch(bits, bm_cont_run(a, i));
	return n;
}

static uint32_t runs_in_array(const struct bm_cont *a, const struct bm_cont *b)
{
	uint32_t at = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n && at < b->n; i++) {
		struct bm_cont_run r = bm_cont_run(a, i);
		uint32_t end;

		at = gallop(b, at, r.first);
		end = r.last == BM_CONT_MEMBERS - 1
			      ? b->n
			      : gallop(b, at, (uint16_t)(r.last + 1));
		n += end - at;
		at = end;
	}
	return n;
}

static uint32_t runs_in_runs(const struct bm_cont *a, const struct bm_cont *b)
{
	uint32_t i = 0;
	uint32_t k = 0;
	uint32_t n = 0;

	while (i < a->n && k < b->n) {
		struct bm_cont_run x = bm_cont_run(a, i);
		struct bm_cont_run y = bm_cont_run(b, k);
		uint16_t first = x.first > y.first ? x.first : y.first;
		uint16_t last = x.last < y.last ? x.last : y.last;

		if (first <= last)
			n += last - first + 1u;
		if (x.last <= y.last)
			i++;
		else
			k++;
	}
	return n;
}

static uint32_t count_runs(const struct bm_cont *a, const struct bm_cont *b)
{
	switch (b->form) {
	case BM_ARRAY:
		return runs_in_array(a, b);
	case BM_BITS:
		return runs_in_bits(a, b->data);
	case BM_RUNS:
		break;
	}
	return runs_in_runs(a, b);
}

/* --- any ------------------------------------------------------------------ */

uint32_t bm_cont_and_count(const struct bm_cont *a, const struct bm_cont *b)
{
	if (a->form == BM_RUNS)
		return count_runs(a, b);
	if (b->form == BM_RUNS)
		return count_runs(b, a);
	if (a->form == BM_ARRAY && b->form == BM_ARRAY)
		return count_arrays(a, b);
	if (a->form == BM_ARRAY)
		return count_in_bits(a, b->data);
	if (b->form == BM_ARRAY)
		return count_in_bits(b, a->data);
	return count_bits(a->data, b->data);
}

/* A card that lies must not make billions of it. */
static uint32_t less(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

uint32_t bm_cont_pair_count(enum bm_algebra op, const struct bm_cont *a,
			    const struct bm_cont *b)
{
	uint32_t both = bm_cont_and_count(a, b);

	switch (op) {
	case BM_AND:
		return both;
	case BM_OR:
		return less(a->card + b->card, both);
	case BM_XOR:
		return less(a->card + b->card, 2 * both);
	case BM_MINUS:
		break;
	}
	return less(a->card, both);
}

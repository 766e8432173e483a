/* SPDX-License-Identifier: Apache-2.0 */
/* bits.c - counting and filling the words of a dense container.
 *
 * Counting is what a dense container costs: rank, select and each merge do
 * it. The instruction for it is not in the x86-64 every distribution builds
 * for, so it is looked for at run time; without it, the sum in parallel
 * (Hacker's Delight, 5-1) takes its place, which gcc makes of
 * __builtin_popcountll by itself.
 */
#include "bitmap/bits.h"

static uint32_t count_anywhere(const uint8_t *p, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (uint64_t)__builtin_popcountll(bm_u64_at(p, i));
	return (uint32_t)sum;
}

#ifdef __x86_64__
/* Four sums, as one popcnt may wait for the last one's register. */
__attribute__((target("popcnt"))) static uint32_t count_popcnt(const uint8_t *p,
							       uint32_t n)
{
	uint64_t s[4] = { 0 };
	uint32_t i = 0;

	for (; i + 4 <= n; i += 4) {
		s[0] += (uint64_t)__builtin_popcountll(bm_u64_at(p, i));
		s[1] += (uint64_t)__builtin_popcountll(bm_u64_at(p, i + 1));
		s[2] += (uint64_t)__builtin_popcountll(bm_u64_at(p, i + 2));
		s[3] += (uint64_t)__builtin_popcountll(bm_u64_at(p, i + 3));
	}
	for (; i < n; i++)
		s[0] += (uint64_t)__builtin_popcountll(bm_u64_at(p, i));
	return (uint32_t)(s[0] + s[1] + s[2] + s[3]);
}
#endif

uint32_t bm_bits_count(const uint8_t *p, uint32_t n)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("popcnt"))
		return count_popcnt(p, n);
#endif
	return count_anywhere(p, n);
}

/* A run starts at each one that follows a zero. */
uint32_t bm_bits_runs(const uint8_t *p, uint32_t most)
{
	uint64_t starts[64];
	uint64_t before = 0;
	uint32_t runs = 0;

	for (uint32_t i = 0; i < BM_BITS_WORDS && runs <= most; i++) {
		uint64_t w = bm_u64_at(p, i);

		starts[i % 64] = w & ~(w << 1 | before);
		before = w >> 63;
		if (i % 64 == 63)
			runs += bm_bits_count((const uint8_t *)starts, 64);
	}
	return runs;
}

/* Eight at once; the gaps of eight places are counted by themselves, and
 * 4,096 members have no more of them than fit 16 bits. */
typedef uint16_t eight __attribute__((vector_size(16)));

uint32_t bm_u16_gaps(const uint8_t *p, uint32_t n)
{
	eight sums = { 0 };
	uint32_t gaps = 0;
	uint32_t i = 0;

	for (; i + 9 <= n; i += 8) {
		eight a;
		eight b;

		memcpy(&a, p + 2 * (size_t)i, sizeof(a));
		memcpy(&b, p + 2 * (size_t)i + 2, sizeof(b));
		sums -= (eight)(b - a != 1);
	}
	for (unsigned k = 0; k < 8; k++)
		gaps += sums[k];
	for (; i + 1 < n; i++)
		gaps += (uint16_t)(bm_u16_at(p, i + 1) - bm_u16_at(p, i)) != 1;
	return gaps;
}

/* The bits of word i that lie within lo..hi. */
static uint64_t mask_of(uint32_t i, uint32_t lo, uint32_t hi)
{
	uint64_t mask = ~(uint64_t)0;

	if (i == lo / 64)
		mask &= ~(uint64_t)0 << (lo % 64);
	if (i == hi / 64)
		mask &= ~(uint64_t)0 >> (63 - hi % 64);
	return mask;
}

uint32_t bm_bits_set(uint64_t *words, uint32_t lo, uint32_t hi)
{
	uint32_t changed = 0;

	for (uint32_t i = lo / 64; i <= hi / 64; i++) {
		uint64_t news = mask_of(i, lo, hi) & ~words[i];

		changed += (uint32_t)__builtin_popcountll(news);
		words[i] |= news;
	}
	return changed;
}

uint32_t bm_bits_clear(uint64_t *words, uint32_t lo, uint32_t hi)
{
	uint32_t changed = 0;

	for (uint32_t i = lo / 64; i <= hi / 64; i++) {
		uint64_t gone = mask_of(i, lo, hi) & words[i];

		changed += (uint32_t)__builtin_popcountll(gone);
		words[i] &= ~gone;
	}
	return changed;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* algebra_avx2.c - counting with the vectors of x86-64.
 *
 * Arrays: a block of 16 members of one is compared with a block of the other,
 * each with each, and then the block goes on whose last member is the smaller.
 * Nothing is guessed about which: at random that would be wrong half of the
 * time, and cost more than all comparisons. Two members of a are spread over
 * the vector by one load, to be compared with b as it lies and with b's
 * neighbours swapped:
 *
 *	a   | x y x y x y ... |      b   | 0 1 2 3 ... |   x = 0, y = 1, ...
 *	                             b'  | 1 0 3 2 ... |   x = 1, y = 0, ...
 *
 * The last block of an array begins before the place where it should, as there
 * are not 16 left. Members of a that come twice do no harm, because what was
 * found of b is counted when b goes on; those of b are masked.
 */
#ifdef __x86_64__

#include "bitmap/algebra_count.h"

#include <immintrin.h>

#define AVX2  __attribute__((target("avx2,popcnt")))
#define BLOCK BM_LOWS_BLOCK

AVX2 static inline __m256i load(const void *p)
{
	return _mm256_loadu_si256(p);
}

/* Places of b whose member is one of a. */
AVX2 static inline __m256i matches(const uint8_t *a, __m256i b)
{
	__m256i swapped = _mm256_or_si256(_mm256_slli_epi32(b, 16),
					  _mm256_srli_epi32(b, 16));
	__m256i straight = _mm256_setzero_si256();
	__m256i crossed = _mm256_setzero_si256();

	for (uint32_t i = 0; i < BLOCK / 2; i++) {
		__m256i two = _mm256_set1_epi32((int)bm_u32_at(a, i));

		straight =
			_mm256_or_si256(straight, _mm256_cmpeq_epi16(two, b));
		crossed = _mm256_or_si256(crossed,
					  _mm256_cmpeq_epi16(two, swapped));
	}
	/* Those that matched crossed belong to the neighbour's place. */
	return _mm256_or_si256(straight,
			       _mm256_or_si256(_mm256_slli_epi32(crossed, 16),
					       _mm256_srli_epi32(crossed, 16)));
}

/* All places from n on. */
AVX2 static inline __m256i places_from(uint32_t n)
{
	const __m256i count = _mm256_setr_epi16(1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
						11, 12, 13, 14, 15, 16);

	return _mm256_cmpgt_epi16(count, _mm256_set1_epi16((short)n));
}

/* Each of the 16 sums is below 2^16: a place matches 4,096 times at most. */
AVX2 static uint32_t sum_up(__m256i sums)
{
	const __m256i ones = _mm256_set1_epi16(1);
	__m256i s = _mm256_madd_epi16(sums, ones);
	uint32_t parts[8];
	uint32_t n = 0;

	memcpy(parts, &s, sizeof(parts));
	for (uint32_t i = 0; i < 8; i++)
		n += parts[i];
	return n;
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

AVX2 uint32_t bm_lows_and_avx2(const uint8_t *a, uint32_t na, const uint8_t *b,
			       uint32_t nb)
{
	__m256i sums = _mm256_setzero_si256();
	__m256i found = _mm256_setzero_si256(); /* in b's block */
	uint32_t i = 0;
	uint32_t k = 0;

	while (i < na && k < nb) {
		uint32_t at_a = least(i, na - BLOCK);
		uint32_t at_b = least(k, nb - BLOCK);
		uint16_t last_a = bm_u16_at(a, at_a + BLOCK - 1);
		uint16_t last_b = bm_u16_at(b, at_b + BLOCK - 1);
		bool b_goes_on = last_b <= last_a;
		__m256i m = matches(a + 2 * (size_t)at_a,
				    load(b + 2 * (size_t)at_b));
		__m256i done = _mm256_set1_epi16((short)-b_goes_on);

		m = _mm256_and_si256(m, places_from(k - at_b));
		found = _mm256_or_si256(found, m);
		sums = _mm256_sub_epi16(sums, _mm256_and_si256(found, done));
		found = _mm256_andnot_si256(done, found);
		i += last_a <= last_b ? BLOCK : 0;
		k += b_goes_on ? BLOCK : 0;
	}
	return sum_up(_mm256_sub_epi16(sums, found));
}

/* Ones in each byte: of each half a table has them. */
AVX2 static inline __m256i ones_of(__m256i v)
{
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2,
					       3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2,
					       2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i low = _mm256_set1_epi8(15);
	__m256i lo = _mm256_and_si256(v, low);
	__m256i hi = _mm256_and_si256(_mm256_srli_epi16(v, 4), low);

	return _mm256_add_epi8(_mm256_shuffle_epi8(table, lo),
			       _mm256_shuffle_epi8(table, hi));
}

AVX2 uint32_t bm_bits_and_avx2(const uint8_t *a, const uint8_t *b)
{
	__m256i sum = _mm256_setzero_si256();
	uint64_t parts[4];

	/* A byte has 8 ones at most: 16 of them fit one before it is full. */
	for (uint32_t at = 0; at < BM_CONT_BITS_SIZE; at += 512) {
		__m256i ones = _mm256_setzero_si256();

		for (uint32_t i = at; i < at + 512; i += 32)
			ones = _mm256_add_epi8(
				ones, ones_of(_mm256_and_si256(load(a + i),
							       load(b + i))));
		sum = _mm256_add_epi64(
			sum, _mm256_sad_epu8(ones, _mm256_setzero_si256()));
	}
	memcpy(parts, &sum, sizeof(parts));
	return (uint32_t)(parts[0] + parts[1] + parts[2] + parts[3]);
}

#else
typedef int algebra_avx2_is_empty;
#endif

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
 * are not 16 left. What comes twice then is not above the last member that was
 * done with, and of b only members above that one count.
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

/* Of each place, how often its member was found. */
struct found {
	__m256i straight, crossed;
};

/* Members of b's block that are in a's. */
AVX2 static inline struct found compare(const uint8_t *a, __m256i b)
{
	__m256i swapped = _mm256_or_si256(_mm256_slli_epi32(b, 16),
					  _mm256_srli_epi32(b, 16));
	struct found f = { _mm256_setzero_si256(), _mm256_setzero_si256() };

	for (uint32_t i = 0; i < BLOCK / 2; i++) {
		__m256i two = _mm256_set1_epi32((int)bm_u32_at(a, i));

		f.straight =
			_mm256_or_si256(f.straight, _mm256_cmpeq_epi16(two, b));
		f.crossed = _mm256_or_si256(f.crossed,
					    _mm256_cmpeq_epi16(two, swapped));
	}
	return f;
}

/* Members of b's block above low alone. What was found crossed is known of a
 * place by its neighbour, so swap the mask as well. */
AVX2 static inline struct found above(struct found f, __m256i b, uint16_t low)
{
	__m256i least = _mm256_set1_epi16((short)low);
	__m256i old = _mm256_cmpeq_epi16(_mm256_min_epu16(b, least), b);
	__m256i swapped = _mm256_or_si256(_mm256_slli_epi32(old, 16),
					  _mm256_srli_epi32(old, 16));

	f.straight = _mm256_andnot_si256(old, f.straight);
	f.crossed = _mm256_andnot_si256(swapped, f.crossed);
	return f;
}

AVX2 static inline __m256i count_up(__m256i sums, struct found f)
{
	return _mm256_sub_epi16(_mm256_sub_epi16(sums, f.straight), f.crossed);
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

/* The last member of an array that was done with, if its last block has it
 * once more. */
static inline uint16_t done_with(const uint8_t *p, uint32_t at, uint32_t from)
{
	return at < from ? bm_u16_at(p, from - 1) : 0;
}

/* From members i and k on, of which one has less than a block behind it. */
AVX2 static __m256i count_rest(const uint8_t *a, uint32_t na, uint32_t i,
			       const uint8_t *b, uint32_t nb, uint32_t k)
{
	__m256i sums = _mm256_setzero_si256();

	while (i < na && k < nb) {
		uint32_t at_a = least(i, na - BLOCK);
		uint32_t at_b = least(k, nb - BLOCK);
		uint16_t last_a = bm_u16_at(a, at_a + BLOCK - 1);
		uint16_t last_b = bm_u16_at(b, at_b + BLOCK - 1);
		uint16_t x = done_with(a, at_a, i);
		uint16_t y = done_with(b, at_b, k);
		__m256i block = load(b + 2 * (size_t)at_b);
		struct found f = compare(a + 2 * (size_t)at_a, block);

		if (at_a < i || at_b < k)
			f = above(f, block, x > y ? x : y);
		sums = count_up(sums, f);
		i += last_a <= last_b ? BLOCK : 0;
		k += last_b <= last_a ? BLOCK : 0;
	}
	return sums;
}

AVX2 uint32_t bm_lows_and_avx2(const uint8_t *a, uint32_t na, const uint8_t *b,
			       uint32_t nb)
{
	__m256i sums = _mm256_setzero_si256();
	uint32_t i = 0;
	uint32_t k = 0;

	while (i + BLOCK <= na && k + BLOCK <= nb) {
		uint16_t last_a = bm_u16_at(a, i + BLOCK - 1);
		uint16_t last_b = bm_u16_at(b, k + BLOCK - 1);

		sums = count_up(sums, compare(a + 2 * (size_t)i,
					      load(b + 2 * (size_t)k)));
		i += last_a <= last_b ? BLOCK : 0;
		k += last_b <= last_a ? BLOCK : 0;
	}
	return sum_up(_mm256_add_epi16(sums, count_rest(a, na, i, b, nb, k)));
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

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
 * The last block of an array is a copy, filled up with its last member. In a
 * that may match twice, which comparing by OR forgives; in b the places filled
 * up are masked.
 */
#ifdef __x86_64__

#include "bitmap/algebra_count.h"

#include <immintrin.h>

#define AVX2  __attribute__((target("avx2,popcnt")))
#define BLOCK 16u

/* A block of an array, from member at on. */
struct block {
	const uint8_t *all;
	uint32_t n, at;
	const uint8_t *p;
	uint16_t copy[BLOCK];
};

/* The last one, which is not full. */
static void pad(struct block *bl)
{
	uint32_t left = bl->n - bl->at;

	for (uint32_t i = 0; i < BLOCK; i++)
		bl->copy[i] =
			bm_u16_at(bl->all, i < left ? bl->at + i : bl->n - 1);
	bl->p = (const uint8_t *)bl->copy;
}

static inline void place(struct block *bl)
{
	bl->p = bl->all + 2 * (size_t)bl->at;
	if (bl->n - bl->at < BLOCK)
		pad(bl);
}

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

/* The first n places. */
AVX2 static inline __m256i places(uint32_t n)
{
	const __m256i count = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
						10, 11, 12, 13, 14, 15);

	return _mm256_cmpgt_epi16(_mm256_set1_epi16((short)n), count);
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

AVX2 uint32_t bm_lows_and_avx2(const uint8_t *a, uint32_t na, const uint8_t *b,
			       uint32_t nb)
{
	struct block x = { .all = a, .n = na };
	struct block y = { .all = b, .n = nb };
	__m256i sums = _mm256_setzero_si256();

	if (na == 0 || nb == 0)
		return 0;
	place(&x);
	place(&y);
	for (;;) {
		__m256i m = matches(x.p, load(y.p));
		uint16_t last_x = bm_u16_at(x.p, BLOCK - 1);
		uint16_t last_y = bm_u16_at(y.p, BLOCK - 1);

		if (y.n - y.at < BLOCK)
			m = _mm256_and_si256(m, places(y.n - y.at));
		sums = _mm256_sub_epi16(sums, m);
		x.at += last_x <= last_y ? BLOCK : 0;
		y.at += last_y <= last_x ? BLOCK : 0;
		if (x.at >= x.n || y.at >= y.n)
			return sum_up(sums);
		place(&x);
		place(&y);
	}
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

/* SPDX-License-Identifier: Apache-2.0 */
/* text_block_avx2.h - eight lines at a time, and what the files that make lines
 * with vectors share. PRIVATE to bitmap/; only where there is AVX2.
 */
#ifndef BM_TEXT_BLOCK_AVX2_H
#define BM_TEXT_BLOCK_AVX2_H

#include "bitmap/text_render.h"

#ifdef __x86_64__

#include <immintrin.h>

#define BM_AVX2 __attribute__((target("avx2")))

#define BM_LOW	  100000000u /* 10^8: below it is what eight digits say */
#define BM_BEYOND 16 /* bytes that may be written behind the last line */

/* As many eights of members at the begin as are in one block (the .c), and
 * there is room for at p, within r; *ret_stride is the length of their lines.
 */
size_t bm_eights_avx2(const struct bm_render *r, char *p,
		      const uint64_t *members, size_t n, size_t *ret_stride);

/* How many lines there is room for. */
static inline size_t bm_lines_room(const struct bm_render *r, const char *p,
				   size_t stride)
{
	size_t room = (size_t)(r->end - p);

	return room < BM_BEYOND ? 0 : (room - BM_BEYOND) / stride;
}

/* Never by way of memory: the load would wait for the four stores. */
BM_AVX2 static inline __m256i bm_four_of(const uint64_t x[4])
{
	return _mm256_set_epi64x((int64_t)x[3], (int64_t)x[2], (int64_t)x[1],
				 (int64_t)x[0]);
}

/* The eight digits of four numbers below 10^8, the first in the lowest
 * byte. */
BM_AVX2 static inline __m256i bm_eight(__m256i x)
{
	const __m256i myriad = _mm256_set1_epi32(10000);
	const __m256i hundred = _mm256_set1_epi16(100);
	const __m256i ten = _mm256_set1_epi8(10);
	__m256i q = _mm256_srli_epi64(
		_mm256_mul_epu32(x, _mm256_set1_epi32((int)0xd1b71759)), 45);

	x = _mm256_sub_epi64(x, _mm256_mul_epu32(q, myriad));
	x = _mm256_or_si256(q, _mm256_slli_epi64(x, 32));
	q = _mm256_srli_epi16(_mm256_mulhi_epu16(x, _mm256_set1_epi16(5243)),
			      3);
	x = _mm256_sub_epi16(x, _mm256_mullo_epi16(q, hundred));
	x = _mm256_or_si256(q, _mm256_slli_epi32(x, 16));
	q = _mm256_mulhi_epu16(x, _mm256_set1_epi16(6554));
	x = _mm256_sub_epi16(x,
			     _mm256_mullo_epi16(q, _mm256_srli_epi16(ten, 8)));
	x = _mm256_or_si256(q, _mm256_slli_epi16(x, 8));
	return _mm256_add_epi8(x, _mm256_set1_epi8('0'));
}

#endif

#endif

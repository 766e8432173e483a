/* SPDX-License-Identifier: Apache-2.0 */
/* algebra_count.h - the inner loops of counting, for any processor and for one
 * that has AVX2. PRIVATE to algebra_count.c, algebra_avx2.c and their test.
 */
#ifndef BM_ALGEBRA_COUNT_H
#define BM_ALGEBRA_COUNT_H

#include "bitmap/algebra.h"

/* Members that two arrays have in common; with AVX2, each of BM_LOWS_BLOCK
 * members at least. */
#define BM_LOWS_BLOCK 16u
typedef uint32_t bm_lows_and_fn(const uint8_t *a, uint32_t na, const uint8_t *b,
				uint32_t nb);
bm_lows_and_fn bm_lows_and_portable, bm_lows_and_avx2;

/* And two containers of bits. */
typedef uint32_t bm_bits_and_fn(const uint8_t *a, const uint8_t *b);
bm_bits_and_fn bm_bits_and_portable, bm_bits_and_avx2;

#endif

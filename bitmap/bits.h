/* SPDX-License-Identifier: Apache-2.0 */
/* bits.h - counting and filling the words of a dense container. PRIVATE to
 * bitmap/.
 *
 * The words are little-endian and at any address: they may lie in the mapping
 * of the store.
 */
#ifndef BM_BITS_H
#define BM_BITS_H

#include <stdint.h>
#include <string.h>

/* Bytes are exchanged with memcpy; mkfs and open refuse other hosts. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "format.md");

#define BM_BITS_WORDS 1024u

static inline uint16_t bm_u16_at(const uint8_t *p, size_t i)
{
	uint16_t v;

	memcpy(&v, p + 2 * i, sizeof(v));
	return v;
}

static inline uint32_t bm_u32_at(const uint8_t *p, size_t i)
{
	uint32_t v;

	memcpy(&v, p + 4 * i, sizeof(v));
	return v;
}

static inline uint64_t bm_u64_at(const uint8_t *p, size_t i)
{
	uint64_t v;

	memcpy(&v, p + 8 * i, sizeof(v));
	return v;
}

/* Ones in the first n words at p. */
uint32_t bm_bits_count(const uint8_t *p, uint32_t n);
/* Stretches of ones in all BM_BITS_WORDS words; when there are more than most,
 * some number above it. */
uint32_t bm_bits_runs(const uint8_t *p, uint32_t most);
/* Places where the next of n ascending 16-bit numbers is not one more; n at
 * most 4,096. */
uint32_t bm_u16_gaps(const uint8_t *p, uint32_t n);

/* Make ones or zeros of the bits lo..hi, both included; how many changed. */
uint32_t bm_bits_set(uint64_t *words, uint32_t lo, uint32_t hi);
uint32_t bm_bits_clear(uint64_t *words, uint32_t lo, uint32_t hi);

#endif

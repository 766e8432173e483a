/* SPDX-License-Identifier: Apache-2.0 */
/* ck.h - arithmetic on numbers that somebody else chose.
 *
 * A length from the disk, an offset from the kernel, a count from a user: the
 * sum of two of them may wrap around 2^64, and then every test after it lies.
 * Each function here says true when the result is right and is the only one
 * that writes *ret; on false *ret is untouched.
 */

#ifndef REGIONSTORE_BASE_CK_H
#define REGIONSTORE_BASE_CK_H

#include "regionstore/base/attr.h"

#include <stdbool.h>
#include <stdint.h>

MUST_CHECK static inline bool ck_add(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

MUST_CHECK static inline bool ck_sub(uint64_t a, uint64_t b, uint64_t *ret)
{
	if (b > a)
		return false;
	*ret = a - b;
	return true;
}

MUST_CHECK static inline bool ck_mul(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret = product;
	return true;
}

/* a rounded up to a multiple of align, which is a power of two. */
MUST_CHECK static inline bool ck_round_up(uint64_t a, uint64_t align,
					  uint64_t *ret)
{
	uint64_t sum;

	if (!ck_add(a, align - 1, &sum))
		return false;
	*ret = sum & ~(align - 1);
	return true;
}

/* True when [off, off + len) lies inside [0, limit). Cannot overflow. */
MUST_CHECK static inline bool ck_range(uint64_t off, uint64_t len,
				       uint64_t limit)
{
	return len <= limit && off <= limit - len;
}

#endif

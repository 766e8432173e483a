/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - XXH3, compiled in: nothing to link, and no other copy of it that
 * another library might bring.
 */

#include "regionstore/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash64(const void *data, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(data, len, seed);
}

struct hash128 hash128(const void *data, size_t len, uint64_t seed)
{
	XXH128_hash_t h = XXH3_128bits_withSeed(data, len, seed);

	return (struct hash128){ .lo = h.low64, .hi = h.high64 };
}

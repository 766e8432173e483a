/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - checksums and hashes: XXH3, the same on every machine.
 *
 * XXH3 is by Yann Collet (xxHash, specification in doc/xxhash_spec.md there).
 * It runs at the speed of memory and finds accidents; it does not withstand
 * somebody who wants two inputs to collide.
 */

#ifndef REGIONSTORE_BASE_HASH_H
#define REGIONSTORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash128 {
	uint64_t lo;
	uint64_t hi;
};

uint64_t hash64(const void *data, size_t len, uint64_t seed);
struct hash128 hash128(const void *data, size_t len, uint64_t seed);

#endif

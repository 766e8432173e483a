/* SPDX-License-Identifier: Apache-2.0 */
/* as_names.c - a bit for each name that was looked up. */

#include "fs/as_names.h"

#include <string.h>

#include "regionstore/base/hash.h"

static uint32_t bit_of(uint64_t dir, const char *name)
{
	return (uint32_t)hash64(name, strlen(name), dir) % FS_AS_NAMES_BITS;
}

bool fs_as_names_note(struct fs_as_names *n, uint64_t dir, const char *name)
{
	uint32_t bit = bit_of(dir, name);
	_Atomic uint64_t *word = &n->words[bit / 64];
	uint64_t mask = (uint64_t)1 << (bit % 64);

	/* Mostly it is set: do not take the cache line from others. */
	if (atomic_load(word) & mask)
		return true;
	return atomic_fetch_or(word, mask) & mask;
}

bool fs_as_names_has(const struct fs_as_names *n, uint64_t dir,
		     const char *name)
{
	uint32_t bit = bit_of(dir, name);

	return atomic_load(&n->words[bit / 64]) >> (bit % 64) & 1;
}

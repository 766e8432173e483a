/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - a word for each set whose attributes the kernel keeps.
 *
 *	63       time        25  24 set 0
 *	  until, in 2^20 ns    |
 *
 * The time is from the monotonic clock, so it never comes back. Two sets of one
 * number here are taken for each other, and told about once too often.
 */

#include "fs/kept.h"

#define SET_BITS  25u
#define TIME_UNIT 20u /* bits of a nanosecond clock that are left out */

static uint64_t set_of(uint64_t ino)
{
	return ino / FS_KEPT_SLOTS & (((uint64_t)1 << SET_BITS) - 1);
}

static bool is_of(uint64_t slot, uint64_t ino)
{
	return ((slot ^ set_of(ino)) & (((uint64_t)1 << SET_BITS) - 1)) == 0;
}

static bool is_over(uint64_t slot, uint64_t now)
{
	return slot >> SET_BITS << TIME_UNIT <= now;
}

bool fs_kept_note(struct fs_kept *k, uint64_t ino, uint64_t now)
{
	_Atomic uint64_t *at = &k->slots[ino % FS_KEPT_SLOTS];
	uint64_t until = ((now + FS_KEPT_NS) >> TIME_UNIT) + 1;
	uint64_t old = atomic_load(at);

	if (!is_of(old, ino) && !is_over(old, now))
		return false;
	return atomic_compare_exchange_strong(at, &old,
					      until << SET_BITS | set_of(ino));
}

bool fs_kept_has(const struct fs_kept *k, uint64_t ino, uint64_t now)
{
	uint64_t slot = atomic_load(&k->slots[ino % FS_KEPT_SLOTS]);

	return is_of(slot, ino) && !is_over(slot, now);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fresh.c - a word for each set whose attributes just went out.
 *
 *	63        time        25  22 face  0
 *	  until, in 2^20 ns  | set  |
 *
 * The time is from the monotonic clock, so it never comes back.
 */

#include "fs/fresh.h"

#include <time.h>

#include "regionstore/base/lock.h"

#define FACE_BITS 3u
#define SET_BITS  22u
#define TIME_AT	  (FACE_BITS + SET_BITS)
#define TIME_UNIT 20u /* bits of a nanosecond clock that are left out */

/* Which set, and which face. */
static uint64_t who(uint64_t ino, unsigned face)
{
	uint64_t set = ino / FS_FRESH_SLOTS & ((1u << SET_BITS) - 1);

	return set << FACE_BITS | face;
}

static uint64_t until_ns(uint64_t slot)
{
	return slot >> TIME_AT << TIME_UNIT;
}

static uint64_t who_of(uint64_t slot)
{
	return slot & (((uint64_t)1 << TIME_AT) - 1);
}

bool fs_fresh_note(struct fs_fresh *f, uint64_t ino, unsigned face)
{
	_Atomic uint64_t *at = &f->slots[ino % FS_FRESH_SLOTS];
	uint64_t now = cond_now_ns();
	uint64_t until = ((now + FS_FRESH_NS) >> TIME_UNIT) + 1;
	uint64_t old = atomic_load(at);

	if (until_ns(old) > now && who_of(old) != who(ino, face))
		return false;
	return atomic_compare_exchange_strong(
		at, &old, until << TIME_AT | who(ino, face));
}

bool fs_fresh_lasts(const struct fs_fresh *f, uint64_t ino, unsigned face)
{
	uint64_t slot = atomic_load(&f->slots[ino % FS_FRESH_SLOTS]);

	return who_of(slot) == who(ino, face) &&
	       until_ns(slot) > cond_now_ns() + FS_FRESH_LEFT_NS;
}

/* For how long yet, in ns. */
static uint64_t left(const struct fs_fresh *f, uint64_t ino, unsigned face)
{
	uint64_t slot = atomic_load(&f->slots[ino % FS_FRESH_SLOTS]);
	uint64_t now;

	if ((who_of(slot) ^ who(ino, face)) >> FACE_BITS ||
	    who_of(slot) == who(ino, face))
		return 0;
	now = cond_now_ns();
	return until_ns(slot) > now ? until_ns(slot) - now : 0;
}

bool fs_fresh_elsewhere(const struct fs_fresh *f, uint64_t ino, unsigned face)
{
	return left(f, ino, face) > 0;
}

void fs_fresh_wait(const struct fs_fresh *f, uint64_t ino, unsigned face)
{
	uint64_t ns;

	while ((ns = left(f, ino, face)) > 0)
		nanosleep(&(struct timespec){ .tv_nsec = (long)ns }, NULL);
}

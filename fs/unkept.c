/* SPDX-License-Identifier: Apache-2.0 */
/* unkept.c - two instants, which only move on. */

#include "fs/unkept.h"

#include "regionstore/base/lock.h"

static void move_on(_Atomic uint64_t *at, uint64_t to)
{
	uint64_t old = atomic_load(at);

	while (old < to && !atomic_compare_exchange_weak(at, &old, to))
		;
}

uint64_t fs_unkept_begin(struct fs_unkept *u, uint64_t now)
{
	uint64_t until = now + FS_UNKEPT_NS;

	move_on(&u->out_until, until + FS_UNKEPT_MORE_NS);
	return until;
}

void fs_unkept_forgotten(struct fs_unkept *u, uint64_t until)
{
	move_on(&u->told_until, until);
}

bool fs_unkept_out(const struct fs_unkept *u)
{
	uint64_t until = atomic_load(&u->out_until);

	/* Mostly it never came to that. */
	return until && cond_now_ns() < until;
}

bool fs_unkept_all(const struct fs_unkept *u, uint64_t now)
{
	return now < atomic_load(&u->told_until);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* members.c - the memory of the members of batches. */
#include "bitmap/members.h"

#include "bitmap/big.h"
#include "regionstore/base/lock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK	  ((size_t)2 << 20) /* its address is a multiple of it */
#define SHARE_MIN ((size_t)64 << 10)
#define SHARE_MAX (CHUNK / 4 * 3) /* a write of 1 MiB, as the kernel has */

struct chunk {
	size_t used; /* bytes, with this head */
	size_t live; /* batches */
};
#define HEAD ((size_t)64)
_Static_assert(sizeof(struct chunk) <= HEAD, "a cache line");

/* The chunk that is being filled, and all counters of chunks. */
static struct lock lock = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.rank = LOCK_MEMBERS,
};
static struct chunk *current GUARDED;

static bool is_shared(size_t n)
{
	return n >= SHARE_MIN / sizeof(uint64_t) &&
	       n <= SHARE_MAX / sizeof(uint64_t);
}

static size_t bytes_of(size_t n)
{
	return (n * sizeof(uint64_t) + HEAD - 1) / HEAD * HEAD;
}

static struct chunk *chunk_of(uint64_t *members)
{
	uint8_t *p = (uint8_t *)members;

	return (void *)(p - (uintptr_t)p % CHUNK);
}

static bool is_newest_locked(const struct chunk *c, uint64_t *members, size_t n)
	REQUIRES(lock)
{
	return members + bytes_of(n) / sizeof(*members) ==
	       (const uint64_t *)c + c->used / sizeof(*members);
}

static uint64_t *share_locked(size_t n) REQUIRES(lock)
{
	size_t bytes = bytes_of(n);
	struct chunk *c = current;

	if (!c || CHUNK - c->used < bytes) {
		c = bm_big_alloc(1, CHUNK);
		if (!c)
			return NULL;
		*c = (struct chunk){ .used = HEAD };
		current = c;
	}
	c->used += bytes;
	c->live++;
	return (void *)((uint8_t *)c + c->used - bytes);
}

/* The chunk, if nobody needs it any more. */
static struct chunk *leave_locked(uint64_t *members) REQUIRES(lock)
{
	struct chunk *c = chunk_of(members);

	if (--c->live)
		return NULL;
	c->used = HEAD;
	return c == current ? NULL : c;
}

uint64_t *bm_members_alloc(size_t n)
{
	uint64_t *members;

	if (!is_shared(n))
		return bm_big_alloc(n, sizeof(*members));
	lock_take(&lock);
	members = share_locked(n);
	lock_drop(&lock);
	return members;
}

void bm_members_free(uint64_t *members, size_t n)
{
	struct chunk *gone;

	if (!members || !is_shared(n)) {
		free(members);
		return;
	}
	lock_take(&lock);
	gone = leave_locked(members);
	lock_drop(&lock);
	free(gone);
}

/* In place, when it stays in its chunk. */
static void cut(uint64_t *members, size_t n, size_t want)
{
	struct chunk *c = chunk_of(members);

	lock_take(&lock);
	if (is_newest_locked(c, members, n))
		c->used -= bytes_of(n) - bytes_of(want);
	lock_drop(&lock);
}

static uint64_t *move(uint64_t *members, size_t n, size_t used, size_t want)
{
	uint64_t *to = bm_members_alloc(want);

	if (!to)
		return NULL;
	if (used)
		memcpy(to, members, used * sizeof(*to));
	bm_members_free(members, n);
	return to;
}

uint64_t *bm_members_resize(uint64_t *members, size_t n, size_t used,
			    size_t want)
{
	if (is_shared(n) && is_shared(want) && want <= n) {
		cut(members, n, want);
		return members;
	}
	if (is_shared(n) || is_shared(want))
		return move(members, n, used, want);
	return realloc(members, want * sizeof(*members));
}

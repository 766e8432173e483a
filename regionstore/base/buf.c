/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - a growable byte buffer.
 *
 *	mem                                     mem + cap
 *	 |  consumed  |     len bytes     |  room  |
 *	            start            start + len
 *
 * When the room is too small, the bytes first move to the front if that is
 * enough and at least half of the memory is consumed: then each byte moved was
 * paid for by one consumed. Otherwise the memory doubles.
 */

#include "regionstore/base/buf.h"

#include "regionstore/base/ck.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 64

static int grow(struct buf *b, size_t need);

void buf_finish(struct buf *b)
{
	free(b->mem);
	*b = (struct buf){ 0 };
}

int buf_reserve(struct buf *b, size_t n, uint8_t **ret_room)
{
	uint64_t need;

	if (!ck_add(b->len, n, &need))
		return -ENOMEM;
	if (!b->mem || n > b->cap - b->start - b->len) {
		int err = grow(b, need);

		if (err)
			return err;
	}
	*ret_room = b->mem + b->start + b->len;
	return 0;
}

void buf_added(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->start - b->len);
	b->len += n;
}

int buf_append(struct buf *b, const void *data, size_t n)
{
	uint8_t *room;
	int err;

	if (n == 0)
		return 0;
	err = buf_reserve(b, n, &room);
	if (err)
		return err;
	memcpy(room, data, n);
	buf_added(b, n);
	return 0;
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->start += n;
	b->len -= n;
	if (b->len == 0)
		b->start = 0;
}

void buf_clear(struct buf *b)
{
	buf_consume(b, b->len);
}

static void move_to_front(struct buf *b)
{
	memmove(b->mem, b->mem + b->start, b->len);
	b->start = 0;
}

/* Make room behind start for need bytes, those that are there among them. */
static int grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : CAP_MIN / 2;
	uint8_t *mem;

	if (b->mem && need <= b->cap && b->start >= b->cap / 2) {
		move_to_front(b);
		return 0;
	}
	do {
		if (__builtin_mul_overflow(cap, 2, &cap))
			return -ENOMEM;
	} while (cap < need);
	mem = malloc(cap);
	if (!mem)
		return -ENOMEM;
	if (b->mem)
		memcpy(mem, b->mem + b->start, b->len);
	free(b->mem);
	*b = (struct buf){ .mem = mem, .len = b->len, .cap = cap };
	return 0;
}

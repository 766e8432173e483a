/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - bytes that come in at the back and leave at the front.
 *
 * A zeroed struct buf is an empty one, without memory of its own. Appending
 * doubles the memory when it is full, so n bytes cost O(n) in all; consuming
 * is O(1). On -ENOMEM nothing has changed.
 *
 *	struct buf b = { 0 };
 *
 *	err = buf_append(&b, line, len);
 *	...
 *	buf_finish(&b);
 *
 * Threads: none; the owner of the struct sees to it.
 */

#ifndef REGIONSTORE_BASE_BUF_H
#define REGIONSTORE_BASE_BUF_H

#include "regionstore/base/attr.h"
#include "regionstore/base/auto.h"

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *mem;
	size_t start; /* of the bytes inside mem */
	size_t len;
	size_t cap; /* of mem */
};

#define AUTO_BUF AUTO(buf_finish)

/* Give the memory back; what is left is an empty buffer. */
void buf_finish(struct buf *b);

/* Make room for n more bytes after the last one and return its address in
 * *ret_room. What is written there counts after buf_added().
 */
MUST_CHECK int buf_reserve(struct buf *b, size_t n, uint8_t **ret_room);
void buf_added(struct buf *b, size_t n);

MUST_CHECK int buf_append(struct buf *b, const void *data, size_t n);

/* Drop the first n bytes, n <= len. */
void buf_consume(struct buf *b, size_t n);

/* Drop all, keep the memory. */
void buf_clear(struct buf *b);

/* The bytes: b->len of them, valid until the next call that adds. NULL when
 * there never were any.
 */
static inline const uint8_t *buf_data(const struct buf *b)
{
	return b->mem ? b->mem + b->start : NULL;
}

#endif

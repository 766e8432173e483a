/* SPDX-License-Identifier: Apache-2.0 */
/* queue_line.h - what waits for one set, and the table of those. PRIVATE to the
 * queue's own files.
 */
#ifndef BM_QUEUE_LINE_H
#define BM_QUEUE_LINE_H

#include "bitmap/queue.h"

#include <stdatomic.h>

struct bm_line {
	_Alignas(64) uint64_t ino;    /* a line is one of the cache, too */
	struct bm_node *first, *last; /* last is valid when first is */
	uint64_t settled_seq;	      /* up to here nothing waits */
	uint64_t bound;
	size_t waiting; /* members and commands in the nodes */
	uint32_t next;	/* in the slot, or of what is free: 1 + its number */
	bool used;
	bool unsure; /* bound lacks what the set has already */
	bool claimed;
	bool direct; /* a direct batch is in it, or claimed from it */
};

/* ino's line, or NULL. */
struct bm_line *bm_line_find_locked(const struct bm_queue *q, uint64_t ino)
	REQUIRES(q->lock);
/* The first line from place *at on, which moves behind it; or NULL. Between two
 * calls no line may leave. */
struct bm_line *bm_line_next_locked(const struct bm_queue *q, size_t *at)
	REQUIRES(q->lock);
/* The line; a new one has that bound. NULL for want of memory. */
struct bm_line *bm_line_make_locked(struct bm_queue *q, uint64_t ino,
				    uint64_t bound) REQUIRES(q->lock);
/* A line that nobody needs any more leaves the table. */
void bm_line_tidy_locked(struct bm_queue *q, struct bm_line *line)
	REQUIRES(q->lock);
/* Put node behind the others. */
void bm_line_add_locked(struct bm_queue *q, struct bm_line *line,
			struct bm_node *node) REQUIRES(q->lock);

/* The bytes of all batches become more by that, modulo 2^64. Who asks for them
 * need not take the lock. */
static inline void bm_queue_grow_locked(struct bm_queue *q, size_t by)
{
	size_t had = atomic_load_explicit(&q->bytes, memory_order_relaxed);

	atomic_store_explicit(&q->bytes, had + by, memory_order_relaxed);
}

#endif

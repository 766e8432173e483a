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
	uint32_t next;	/* of those that are free: 1 + its number */
	bool used;
	bool unsure; /* bound lacks what the set has already */
	bool claimed;
	bool direct; /* a direct batch is in it, or claimed from it */
};

/* What the table has of a line: all that a late batch asks for. Lines that come
 * and go move it. */
struct bm_slot {
	uint64_t ino;
	uint32_t ref;	    /* 1 + the number of the line; 0: nothing here */
	uint32_t late : 31; /* the newest late batch: 1 + its number, or 0 */
	uint32_t plain : 1; /* nothing direct, and far from too many members */
};

/* ino's slot or line, or NULL. */
struct bm_slot *bm_slot_find_locked(const struct bm_queue *q, uint64_t ino)
	REQUIRES(q->lock);
struct bm_line *bm_line_find_locked(const struct bm_queue *q, uint64_t ino)
	REQUIRES(q->lock);
struct bm_line *bm_line_of_locked(const struct bm_queue *q,
				  const struct bm_slot *slot) REQUIRES(q->lock);
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

/* Put what p has in a node at the end of the line: the node. NULL for want of
 * memory. */
struct bm_node *bm_line_enter_locked(struct bm_queue *q, struct bm_line *line,
				     const struct bm_push *p, bool journaled)
	REQUIRES(q->lock);

/* --- late batches (queue_late.c) ------------------------------------------ */

/* May this one, which has a code, wait outside of that line? */
bool bm_late_may(const struct bm_slot *slot, const struct bm_push *p);
/* Room for one more, or -ENOMEM; there it goes. */
int bm_late_reserve_locked(struct bm_queue *q) REQUIRES(q->lock);
void bm_late_add_locked(struct bm_queue *q, struct bm_slot *slot,
			const struct bm_push *p, uint64_t seq)
	REQUIRES(q->lock);
/* Put those of one line in nodes, or all of them. -ENOMEM leaves some late. */
int bm_late_enter_locked(struct bm_queue *q, struct bm_slot *slot)
	REQUIRES(q->lock);
int bm_late_enter_all_locked(struct bm_queue *q) REQUIRES(q->lock);
/* Drop those of a line. */
void bm_late_forget_locked(struct bm_queue *q, struct bm_slot *slot)
	REQUIRES(q->lock);

/* The bytes of all batches become more by that, modulo 2^64. Who asks for them
 * need not take the lock. */
static inline void bm_queue_grow_locked(struct bm_queue *q, size_t by)
{
	size_t had = atomic_load_explicit(&q->bytes, memory_order_relaxed);

	atomic_store_explicit(&q->bytes, had + by, memory_order_relaxed);
}

#endif

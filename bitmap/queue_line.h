/* SPDX-License-Identifier: Apache-2.0 */
/* queue_line.h - what waits for one set, and the table of those. PRIVATE to the
 * queue's own files.
 */
#ifndef BM_QUEUE_LINE_H
#define BM_QUEUE_LINE_H

#include "bitmap/queue.h"

struct bm_line {
	struct bm_line *next; /* in the bucket */
	uint64_t ino;
	struct bm_node *first, *last; /* last is valid when first is */
	uint64_t settled_seq;	      /* up to here nothing waits */
	uint64_t bound;
	bool unsure; /* bound lacks what the set has already */
	bool claimed;
	bool direct; /* a direct batch is in it, or claimed from it */
};

/* Where the pointer to ino's line is, or would be. */
struct bm_line **bm_line_find_locked(const struct bm_queue *q, uint64_t ino)
	REQUIRES(q->lock);
/* The line; a new one has that bound. NULL for want of memory. */
struct bm_line *bm_line_make_locked(struct bm_queue *q, uint64_t ino,
				    uint64_t bound) REQUIRES(q->lock);
/* A line that nobody needs any more leaves the table. */
void bm_line_tidy_locked(struct bm_queue *q, uint64_t ino) REQUIRES(q->lock);
/* Put node behind the others. */
void bm_line_add_locked(struct bm_queue *q, struct bm_line *line,
			struct bm_node *node) REQUIRES(q->lock);

#endif

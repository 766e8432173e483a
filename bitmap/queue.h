/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h - batches that wait to become part of their sets. PRIVATE to
 * bitmap/.
 *
 * A hash table holds, for each set with something to do, a LINE of batches in
 * the order they came. Whoever settles a set CLAIMS it: takes what waits and
 * keeps everybody else from settling the same set until he releases it, so
 * batches take effect in their order. Appending never waits for that.
 *
 *	push ──> [ b5 b4 ] line ──claim──> [ b3 b2 b1 ] being settled
 *
 * Each batch has a number, in the order of all pushes to all sets. A claim
 * takes the batches up to a number, so settling everything settles one instant
 * and not more: it ends, however much is appended meanwhile.
 *
 * Threads: any. One lock guards all of it and is held for a few pointers.
 */
#ifndef BM_QUEUE_H
#define BM_QUEUE_H

#include "bitmap/bitmap.h"
#include "regionstore/base/lock.h"

struct bm_node {
	struct bm_node *next;
	struct bm_batch batch;
	uint64_t seq;
	int64_t when_ns;
	size_t bytes;
};

struct bm_line; /* of one set */

struct bm_queue {
	struct lock lock;
	struct cond released;
	struct bm_line **buckets GUARDED;
	size_t n_buckets GUARDED, n_lines GUARDED;
	uint64_t seq GUARDED;
	size_t bytes GUARDED; /* of all batches not settled yet */
};

int bm_queue_init(struct bm_queue *q);
void bm_queue_finish(struct bm_queue *q); /* nothing may be claimed */

/* How many members set ino may have at most once all is settled, when that is
 * known, which it is while something waits. */
bool bm_queue_bound(struct bm_queue *q, uint64_t ino, uint64_t *ret_bound);
/* Put node, which is the queue's then, at the end of the line. bound is what
 * the set may have without what waits; added what the node may add. -EFBIG
 * when that may be more than BM_MEMBERS_MAX in all. */
int bm_queue_push(struct bm_queue *q, uint64_t ino, struct bm_node *node,
		  uint64_t bound, uint64_t added);
size_t bm_queue_bytes(struct bm_queue *q);

/* Wait until nobody claims ino, then take what waits up to number seq. False
 * when that is nothing: then there is nothing to release. */
struct bm_claim {
	uint64_t ino;
	struct bm_line *line;
	struct bm_node *first; /* NULL when nothing waited: force */
};
bool bm_queue_claim(struct bm_queue *q, uint64_t ino, uint64_t seq,
		    struct bm_claim *ret_claim);
/* Claim it even when nothing waits, to settle something else in its turn. */
int bm_queue_claim_turn(struct bm_queue *q, uint64_t ino,
			struct bm_claim *ret_claim);
/* The batches took effect, or are given up: free them. */
void bm_queue_done(struct bm_queue *q, struct bm_claim *c);
/* They did not, and go back to where they were. */
void bm_queue_again(struct bm_queue *q, struct bm_claim *c);

/* Drop what waits for ino; what is claimed is its owner's matter. */
void bm_queue_forget(struct bm_queue *q, uint64_t ino);

/* The sets with something to do now, ascending, and the newest number. The
 * caller frees the array. */
int bm_queue_list(struct bm_queue *q, uint64_t **ret_inos, size_t *ret_count,
		  uint64_t *ret_seq);

void bm_node_free(struct bm_node *node); /* and all behind it */

#endif

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
 * A batch that has a code (journal_code.h) also stands in the list of UNWRITTEN
 * batches until that code is in the journal; then it may wait on, in no danger.
 * Nor is it in danger once the code is in the store's log (regionstore.h), from
 * where a crash brings it back, but that is for the time up to the next commit.
 * A batch that has none is DIRECT: it must be settled before a commit. So must
 * those that follow it in its line, or a crash could leave them without it,
 * and all that come once the journal is FULL.
 *
 * Threads: any. One lock guards all of it and is held for a few pointers.
 */
#ifndef BM_QUEUE_H
#define BM_QUEUE_H

#include "bitmap/bitmap.h"
#include "regionstore/base/buf.h"
#include "regionstore/base/lock.h"

struct bm_node {
	struct bm_node *next;		/* in its line or claim */
	struct bm_node *next_unwritten; /* in the list of these */
	struct bm_batch batch;
	uint64_t ino, seq;
	int64_t when_ns;
	size_t bytes;
	/* set when it is pushed */
	bool journaled; /* it is or may be in the journal */
	bool replayed;	/* it comes from there */
	/* guarded by the queue's lock */
	bool unwritten; /* in the list: frees it when settled */
	bool settled;
	uint32_t code_len; /* 0: direct */
	uint8_t code[];	   /* then the members of a small batch */
};

/* When the next commit is to settle everything and clear the journal. What the
 * journal holds waits in memory, after a crash again. */
#define BM_JOURNAL_BYTES   (1u << 20)
#define BM_JOURNAL_BATCHES (1u << 16)

struct bm_line; /* of one set */

struct bm_queue {
	struct lock lock;
	struct cond released, let_in;
	bool held GUARDED; /* pushes wait */
	struct bm_line **buckets GUARDED;
	size_t n_buckets GUARDED, n_lines GUARDED;
	uint64_t seq GUARDED;
	size_t bytes GUARDED; /* of all batches not settled yet */
	/* the journal: written since it was cleared, and to be written */
	struct bm_node *unwritten GUARDED, *unwritten_last GUARDED;
	/* the log: of the unwritten ones those from here on are not in it */
	struct bm_node *unlogged GUARDED;
	uint64_t logged_seq GUARDED;  /* it has those up to this number */
	uint64_t logging_seq GUARDED; /* and may soon have these */
	size_t journal_bytes GUARDED, journal_batches GUARDED;
	size_t n_direct GUARDED; /* lines with direct batches */
	bool full GUARDED;
	uint64_t pushed_ns GUARDED; /* monotonic time of the last push */
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
/* The same for a node out of the journal, with its number, or when it has a
 * code, out of the log: what the set has is asked for later. -EUCLEAN when the
 * number is not above the last. */
int bm_queue_replay(struct bm_queue *q, struct bm_node *node, uint64_t added);
size_t bm_queue_bytes(struct bm_queue *q);
/* Let pushes wait from here on; the newest number. */
uint64_t bm_queue_hold(struct bm_queue *q);
void bm_queue_go_on(struct bm_queue *q);
uint64_t bm_queue_seq(struct bm_queue *q);

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

/* The sets with something to do now, or with direct batches only, ascending,
 * and the newest number. The caller frees the array. */
int bm_queue_list(struct bm_queue *q, bool direct, uint64_t **ret_inos,
		  size_t *ret_count, uint64_t *ret_seq);

/* --- the journal (queue_journal.c) ---------------------------------------- */

/* Is the journal full, or has nothing been pushed for idle_ns while something
 * waits or lies in it? */
bool bm_queue_is_due(struct bm_queue *q, uint64_t idle_ns);
/* Take the list of unwritten batches without those that were settled, in the
 * order of their numbers; only code, ino, seq and when_ns of them may be read.
 * To be given back, written or not. */
struct bm_node *bm_queue_unwritten(struct bm_queue *q);
void bm_queue_written(struct bm_queue *q, struct bm_node *list);
void bm_queue_not_written(struct bm_queue *q, struct bm_node *list);
/* The journal was cleared. */
void bm_queue_cleared(struct bm_queue *q);
/* The journal that was replayed has so many bytes, and numbers up to seq were
 * used by batches of an earlier run. */
void bm_queue_start(struct bm_queue *q, uint64_t seq, size_t bytes);

/* For queue.c: a node that is being pushed; nodes that left their line for
 * good, of which those are returned that may be freed; all of it ends. */
void bm_queue_admit_locked(struct bm_queue *q, struct bm_node *node,
			   bool direct) REQUIRES(q->lock);
struct bm_node *bm_queue_leave_locked(struct bm_queue *q, struct bm_node *nodes)
	REQUIRES(q->lock);
void bm_queue_end_locked(struct bm_queue *q) REQUIRES(q->lock);

/* --- the log (queue_log.c) ------------------------------------------------ */

/* Append the heads and codes of all that the log does not have to out. -EAGAIN
 * when there is something that it cannot have, or that is numbered below or
 * more, or when more than max bytes would be added. */
int bm_queue_log(struct bm_queue *q, struct buf *out, uint64_t below,
		 size_t max);
void bm_queue_logged(struct bm_queue *q); /* what was appended is durable */
/* Append those that the log has and the journal does not, of numbers above *at,
 * up to max bytes; *at becomes the number of the last. */
int bm_queue_kept(struct bm_queue *q, uint64_t *at, struct buf *out,
		  size_t max);
/* Would all that was claimed come back after a crash, from log or journal? */
bool bm_queue_is_safe(struct bm_queue *q, const struct bm_claim *c);
/* For a node that comes from the log: the journal does not have it. */
void bm_queue_relog_locked(struct bm_queue *q, struct bm_node *node)
	REQUIRES(q->lock);

/* --- nodes ---------------------------------------------------------------- */

/* A node for b, with a code when it is worth a place in the journal. -ENOMEM.
 * The members of a small one are copied; else the node has the memory of b, so
 * free it alone when it is not pushed. Ask before the push, and afterwards init
 * b if it shares, or else finish it. */
int bm_node_new(struct bm_batch *b, int64_t when_ns, struct bm_node **ret_node);
struct bm_node *bm_node_bare(const struct bm_batch *b); /* no code; or NULL */
bool bm_node_shares(const struct bm_node *node);
void bm_node_free(struct bm_node *node); /* and all behind it */

#endif

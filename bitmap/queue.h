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
 * Small batches of one set that do the same are put together as they come, in
 * one NODE: a set that gets a thousand members one by one has them in a row
 * when it is settled, and not in a thousand places of which none is in a cache.
 * A batch of one member is LATE at first: it waits in a row of all sets, and
 * gets its place in a node when somebody looks at that set, or at all.
 *
 * A batch that has a code (journal_code.h) also stands in the row of UNWRITTEN
 * codes until these are in the journal; then it may wait on, in no danger. Nor
 * is it in danger once the code is in the store's log (regionstore.h), from
 * where a crash brings it back, but that is for the time up to the next commit.
 * Both have all codes up to a number. A batch that has none is DIRECT: it must
 * be settled before a commit. So must those that follow it in its line, or a
 * crash could leave them without it, and all that come when the journal is
 * FULL.
 *
 * Threads: any. One lock guards all of it and is held for a few pointers, and
 * while unwritten codes are gathered for the journal or the log.
 */
#ifndef BM_QUEUE_H
#define BM_QUEUE_H

#include "bitmap/bitmap.h"
#include "regionstore/base/buf.h"
#include "regionstore/base/lock.h"

struct bm_node {
	struct bm_node *next;  /* in its line or claim */
	struct bm_batch batch; /* of all of them; members as they came */
	uint64_t seq;	       /* of the last of them */
	int64_t when_ns;       /* the newest */
	size_t bytes;
	bool journaled;	 /* they are or may be in the journal */
	bool replayed;	 /* from there; then it is one batch and not more */
	uint64_t room[]; /* the members, while they are few */
};

/* A batch on its way in. On success its members are the queue's: finish it. On
 * error it is as it was. */
struct bm_push {
	struct bm_batch *batch;
	uint64_t ino;
	int64_t when_ns;
	uint64_t adds; /* members it may add */
	const uint8_t *code;
	uint32_t code_len; /* 0: direct */
};

/* When the journal is full. What it holds waits in memory, after a crash again.
 * Of 1, 2, 3 and 4 MiB it was 2 for pairs over 10,000 sets: with 1 all sets are
 * settled six times in a million pairs, with 2 once, and a third less is
 * written; with more it costs as much to write anew what waits. */
#define BM_JOURNAL_BYTES   (2u << 20)
#define BM_JOURNAL_BATCHES (1u << 16)

/* So many members that wait are worth the way to their set. To keep one costs
 * its code each time the journal is written anew, some ten nanoseconds and five
 * bytes, and to settle a set microseconds and a page or two. Of 0, 8, 16, 32,
 * 64, 128 and 256 it was the fastest for pairs over 10,000 sets (set_bench DIR
 * pairs): 2.1 s where settling all took 2.8. */
#define BM_HOT 128u

struct bm_line; /* of one set */
struct bm_slot;

struct bm_queue {
	struct lock lock;
	struct cond released, let_in;
	bool held GUARDED;	       /* pushes wait */
	unsigned pauses GUARDED;       /* and while there are any */
	struct bm_slot *slots GUARDED; /* the table of lines (queue_line.c) */
	size_t n_slots GUARDED, n_lines GUARDED;
	struct bm_line **chunks GUARDED;
	size_t n_chunks GUARDED;
	uint32_t free GUARDED;
	struct bm_late *late GUARDED; /* queue_late.c */
	uint32_t n_late GUARDED, cap_late GUARDED;
	uint64_t seq GUARDED;
	_Atomic size_t bytes; /* of all batches not settled yet; the lock is
				 held by who changes it */
	uint64_t listed_seq GUARDED; /* whoever lists settles up to here */
	/* the journal: what is to be written; it has those up to a number, and
	 * may soon have these */
	struct buf unwritten GUARDED; /* of bm_unwritten (queue_journal.c) */
	uint64_t written_seq GUARDED, writing_seq GUARDED;
	bool stale GUARDED; /* some of the unwritten are settled */
	/* the same of the log; so many bytes of the unwritten are in it */
	size_t logged_bytes GUARDED;
	uint64_t logged_seq GUARDED, logging_seq GUARDED;
	/* written since it was cleared, and unwritten */
	size_t journal_bytes GUARDED, journal_batches GUARDED;
	/* when it is full, and how many members make a set hot; less in tests
	 */
	size_t max_bytes, max_batches, hot;
	size_t n_direct GUARDED; /* lines with direct batches */
	bool full GUARDED;
	uint64_t pushed_ns GUARDED; /* monotonic time of the last push */
};

int bm_queue_init(struct bm_queue *q);
void bm_queue_finish(struct bm_queue *q); /* nothing may be claimed */

/* Put a batch at the end of its line. bound is what the set has without what
 * waits for it, or NULL: -ENODATA when that must be known, which it is while
 * something waits. -EFBIG when the set might become too large. */
int bm_queue_push(struct bm_queue *q, const struct bm_push *p,
		  const uint64_t *bound);
/* The same for what a crash left in the journal or, when it has a code, in the
 * log, with its number; what the set has is asked for later. -EUCLEAN when the
 * number is not above the last. */
int bm_queue_replay(struct bm_queue *q, const struct bm_push *p, uint64_t seq);
size_t bm_queue_bytes(struct bm_queue *q);
/* Let pushes wait from here on; the newest number. */
uint64_t bm_queue_hold(struct bm_queue *q);
void bm_queue_go_on(struct bm_queue *q);
/* The same beside that, by any number of threads at once. */
void bm_queue_pause(struct bm_queue *q);
void bm_queue_resume(struct bm_queue *q);
uint64_t bm_queue_seq(struct bm_queue *q);

/* Wait until nobody claims ino, then take what waits up to number seq. -ENOENT
 * when that is nothing: then there is nothing to release. -ENOMEM. */
struct bm_claim {
	uint64_t ino;
	struct bm_line *line;
	struct bm_node *first; /* NULL when nothing waited: force */
};
int bm_queue_claim(struct bm_queue *q, uint64_t ino, uint64_t seq,
		   struct bm_claim *ret_claim);
/* The same for each of n sets, ascending, with the lock taken once: *ret_n
 * claims, with an error as well. Keep n low. */
int bm_queue_claim_each(struct bm_queue *q, const uint64_t *inos, size_t n,
			uint64_t seq, struct bm_claim *ret_claims,
			size_t *ret_n);
/* Claim it even when nothing waits, to settle something else in its turn. */
int bm_queue_claim_turn(struct bm_queue *q, uint64_t ino,
			struct bm_claim *ret_claim);
/* The batches took effect, or are given up: free them. */
void bm_queue_done(struct bm_queue *q, struct bm_claim *c);
/* They did not, and go back to where they were. */
void bm_queue_again(struct bm_queue *q, struct bm_claim *c);
void bm_queue_again_each(struct bm_queue *q, struct bm_claim *claims, size_t n);

/* Drop what waits for ino; what is claimed is its owner's matter. */
void bm_queue_forget(struct bm_queue *q, uint64_t ino);

/* The sets with something to do now, ascending, and the newest number. The
 * caller frees the array. */
enum bm_lines {
	BM_LINES_ALL,
	BM_LINES_DIRECT, /* with direct batches */
	BM_LINES_HOT,	 /* those too, and where many members wait */
};
int bm_queue_list(struct bm_queue *q, enum bm_lines which, uint64_t **ret_inos,
		  size_t *ret_count, uint64_t *ret_seq);

/* Would a record of all that waits for sets that are not hot take more than
 * half of a journal, as far as can be said without making it? */
bool bm_queue_is_rest_much(struct bm_queue *q);

/* --- the journal (queue_journal.c) ---------------------------------------- */

/* Has nothing been pushed for idle_ns while something waits or lies in the
 * journal? */
bool bm_queue_is_idle(struct bm_queue *q, uint64_t idle_ns);
/* Is the journal full, or about to be? */
bool bm_queue_is_filling(struct bm_queue *q);
/* Append the heads and codes of all that is unwritten to out, but for what was
 * settled; how many that are, and the number of the last. */
int bm_queue_gather(struct bm_queue *q, struct buf *out, uint32_t *ret_batches,
		    uint64_t *ret_seq);
void bm_queue_written(struct bm_queue *q); /* what was gathered is written */
/* The journal was cleared. */
void bm_queue_cleared(struct bm_queue *q);
/* It was written anew: of all batches up to number seq those that are not
 * settled are in it, in so many bytes and batches. */
void bm_queue_rewritten(struct bm_queue *q, uint64_t seq, size_t bytes,
			size_t batches);
/* The journal that was replayed has so many bytes, and numbers up to seq were
 * used by batches of an earlier run. */
void bm_queue_start(struct bm_queue *q, uint64_t seq, size_t bytes);

/* For queue.c: can a batch with a code go there; room for it, or -ENOMEM; there
 * it goes, with its number. */
bool bm_queue_has_room_locked(struct bm_queue *q, size_t code_len)
	REQUIRES(q->lock);
int bm_queue_reserve_locked(struct bm_queue *q, size_t code_len)
	REQUIRES(q->lock);
void bm_queue_admit_locked(struct bm_queue *q, const struct bm_push *p,
			   uint64_t seq) REQUIRES(q->lock);
/* The newest number was just given: now, or to what comes from the journal or
 * from the log, where there is room for its code. */
void bm_queue_pushed_locked(struct bm_queue *q) REQUIRES(q->lock);
void bm_queue_recalled_locked(struct bm_queue *q, const struct bm_push *p)
	REQUIRES(q->lock);
/* Nobody may come for a while: late batches need no memory, if there are none.
 */
void bm_late_tidy_locked(struct bm_queue *q) REQUIRES(q->lock);
/* For those: is the batch of that number settled, or its set gone? */
bool bm_queue_is_settled_locked(struct bm_queue *q, uint64_t ino, uint64_t seq)
	REQUIRES(q->lock);

/* Something that has a code, in the order of the numbers. */
struct bm_unwritten {
	uint64_t seq, ino;
	int64_t when_ns;
	uint64_t code_len; /* then the code, and zeros up to a multiple of 8 */
};
/* The one at *at, which moves behind it; false at the end. */
bool bm_queue_next_locked(const struct bm_queue *q, size_t *at,
			  struct bm_unwritten *ret_u, const uint8_t **ret_code)
	REQUIRES(q->lock);

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

/* --- nodes (queue_node.c) ------------------------------------------------- */

/* The code of a batch, if it is worth a place in the journal; else len is 0.
 * The members of such a one are sorted by this. -ENOMEM. */
#define BM_CODE_ON_STACK 512u
struct bm_code {
	const uint8_t *data;
	size_t len;
	uint8_t small[BM_CODE_ON_STACK];
	uint8_t *large;
};
int bm_code_make(struct bm_batch *b, struct bm_code *ret_code);
void bm_code_finish(struct bm_code *code);

/* So many members lie in the node itself: an allocation less. */
#define BM_NODE_ROOM 8u
/* A node of what b has: members that are few are copied, else the memory is
 * taken and b is empty. NULL. */
struct bm_node *bm_node_new(struct bm_batch *b);
/* Can b be put behind what is there, and there it goes. -ENOMEM. */
bool bm_node_takes(const struct bm_node *node, const struct bm_batch *b);
int bm_node_join(struct bm_node *node, const struct bm_batch *b);
/* Put nodes together where that is possible. -ENOMEM leaves some apart. */
int bm_node_join_all(struct bm_node *first);
/* Members and commands. */
size_t bm_node_count(const struct bm_node *node);
void bm_node_free(struct bm_node *node); /* and all behind it */

#endif

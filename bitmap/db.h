/* SPDX-License-Identifier: Apache-2.0 */
/* db.h - the database of live sets, for its own files. PRIVATE to bitmap/. */
#ifndef BM_DB_H
#define BM_DB_H

#include "bitmap/queue.h"

struct bm_db {
	struct rs_store *store;
	struct bm_hooks hooks; /* all zero when there are none */
	struct bm_queue queue;
	/* less in tests */
	uint64_t clear_slice; /* segments to free in one txn */
	size_t stage_mem;     /* bytes that wait in a stage */
	/* Members are put aside (stage_runs.c) when they are so many at least,
	 * and the stage has more than so many bytes for each. */
	uint64_t run_min, run_bytes;
	/* Batches below this number may be told of in the store. */
	_Atomic uint64_t numbers;
	/* Is in the queue what a crash left? (recall.c) */
	struct lock recall_lock;
	_Atomic bool recalled;
	size_t journal_bytes; /* that were found */
	/* touched only before a commit, and at open and close */
	bool has_journal;
	uint64_t settled_seq; /* no batch with a number above that was */
};

/* Claims that one thread settles together. */
#define BM_GROUP_MAX 128u

/* Settle what was claimed; each claim is released. The first error, of which
 * the others did not suffer. */
int bm_settle_claims(struct bm_db *db, struct bm_claim *claims, size_t n);

/* Settle all sets, or some of them. */
int bm_settle_lines(struct bm_db *db, enum bm_lines which);

/* Settle the claim, and then batch, which stays the caller's. -EFBIG when the
 * set would have more than BM_MEMBERS_MAX members: then batch had no effect.
 * The claim is released. */
int bm_settle_exactly(struct bm_db *db, struct bm_claim *claim,
		      struct bm_batch *batch, int64_t when_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - a content in the making, for its own files. PRIVATE to bitmap/. */
#ifndef BM_STAGE_H
#define BM_STAGE_H

#include "bitmap/queue.h"
#include "bitmap/stage_runs.h"
#include "bitmap/view.h"

#define BM_STAGE_MEM ((size_t)4 << 20) /* bytes of batches that wait */

struct bm_stage {
	struct bm_db *db;
	/* what is settled: a set as any other, in this object */
	struct rs_object obj;
	uint64_t ino;	  /* the object's number, once it is in the store */
	uint64_t old_ino; /* of what it took the place of, when that is large */
	/* what is not, in order */
	struct bm_node *first, *last;
	size_t bytes;
	uint64_t adds;
	struct bm_runs runs; /* and what is settled aside */
};

/* Members that are settled in the stage itself. */
uint64_t bm_stage_count(const struct bm_stage *st);
/* Apply delta to these, in a txn of its own. */
int bm_stage_apply_delta(struct bm_stage *st, const struct bm_delta *delta);

/* Is there nothing in it, settled or not? */
bool bm_stage_blank(const struct bm_stage *st);

/* Make obj, whose set has records in t, what is settled. The first time the
 * stage gets a number and an orphan record. To be undone by the caller when
 * the txn fails: *st is as it was then except for ino. */
int bm_stage_note(struct rs_txn *t, struct bm_stage *st,
		  const struct rs_object *obj);

#endif

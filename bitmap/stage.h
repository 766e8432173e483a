/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - a content in the making, for its own files. PRIVATE to bitmap/. */
#ifndef BM_STAGE_H
#define BM_STAGE_H

#include "bitmap/queue.h"
#include "bitmap/view.h"

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
};

/* Is there nothing in it, settled or not? */
bool bm_stage_blank(const struct bm_stage *st);

/* Make obj, whose set has records in t, what is settled. The first time the
 * stage gets a number and an orphan record. To be undone by the caller when
 * the txn fails: *st is as it was then except for ino. */
int bm_stage_note(struct rs_txn *t, struct bm_stage *st,
		  const struct rs_object *obj);

#endif

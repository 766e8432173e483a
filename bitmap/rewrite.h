/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite.h - the new segments of a set, collected before the tree changes.
 * PRIVATE to bitmap/.
 *
 * While the segments of a set are walked and merged, its records stay as they
 * are, so the cursor that walks them stays valid and what is borrowed from
 * them too. Payloads are written at once; of records only the old ones' keys
 * and the new ones' values are remembered, some 50 bytes for each 16 KiB. At
 * the end they change places.
 */
#ifndef BM_REWRITE_H
#define BM_REWRITE_H

#include "bitmap/set.h"
#include "regionstore/base/buf.h"

struct bm_gone {
	uint64_t lo, card, stored;
	struct rs_ptr ptr;
};
struct bm_fresh {
	uint64_t lo, card, stored;
	size_t val_off, val_len; /* in vals */
};

struct bm_rewrite {
	struct rs_txn *t;
	/* in ascending order of lo */
	struct bm_gone *gone;
	size_t n_gone, cap_gone;
	struct bm_fresh *fresh;
	size_t n_fresh, cap_fresh;
	struct buf vals;
};

void bm_rewrite_begin(struct bm_rewrite *rw, struct rs_txn *t); /* empties */
void bm_rewrite_finish(struct bm_rewrite *rw);
/* Is its memory worth keeping? */
bool bm_rewrite_is_small(const struct bm_rewrite *rw);

/* This record goes. */
int bm_rewrite_drop(struct bm_rewrite *rw, const struct bm_record *rec);
/* This segment comes: its payload is written now. */
int bm_rewrite_add(struct bm_rewrite *rw, const struct bm_seg *seg);
/* Make it so: records and payloads of set, whose id, segments and stored
 * change accordingly. A set of one small segment moves into set->seg, which
 * borrows from rw. */
int bm_rewrite_end(struct bm_rewrite *rw, struct bm_set *set);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - going back to an earlier state of a batch. PRIVATE to bitmap/.
 *
 * A parser appends to a batch as it reads and must leave it untouched when a
 * later line turns out to be wrong. A mark is taken before, and undoing to it
 * drops all that was added since. It cannot fail: the memory of the members
 * is kept when the batch turns them into commands.
 */
#ifndef BM_BATCH_H
#define BM_BATCH_H

#include "bitmap/bitmap.h"

struct bm_batch_mark {
	size_t n_members, n_ops;
	enum bm_op op;
	bool ascending;
};

struct bm_batch_mark bm_batch_mark(const struct bm_batch *b);
void bm_batch_undo(struct bm_batch *b, const struct bm_batch_mark *mark);

/* Members that b adds at most. Saturates. */
uint64_t bm_batch_adds(const struct bm_batch *b);

/* What all have in common has no order: make the members ascend, once each.
 * -ENOMEM changes nothing. Of other batches nothing is changed. */
int bm_batch_sort(struct bm_batch *b);
/* So many are sorted where they are, in whosever memory that is. */
#define BM_BATCH_FEW 16u

/* Give back memory that is not used, if it is worth the while. */
void bm_batch_trim(struct bm_batch *b);

#endif

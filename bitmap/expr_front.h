/* SPDX-License-Identifier: Apache-2.0 */
/* expr_front.h - which of many flows have what comes next. PRIVATE to bitmap/.
 *
 * A union of ten thousand sets must not look at each of them for each
 * container: they stand in a heap by their keys.
 */
#ifndef BM_EXPR_FRONT_H
#define BM_EXPR_FRONT_H

#include "bitmap/expr_flow.h"

struct bm_front {
	uint64_t key;  /* the least of all */
	uint64_t next; /* the least above it */
	size_t n_at;   /* how many stand at key, */
	uint32_t *at;  /* and which */
	bool began;    /* the heap is one */
	uint32_t heap[];
};
int bm_front_new(size_t n, struct bm_front **ret_front);
void bm_front_free(struct bm_front *fr); /* accepts NULL */

/* Move the operands of f to key, or to what they have after it. */
int bm_front_seek(struct bm_flow *f, uint64_t key);

#endif

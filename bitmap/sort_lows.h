/* SPDX-License-Identifier: Apache-2.0 */
/* sort_lows.h - many rows of numbers to crowds that ascend. PRIVATE to
 * bitmap/, pure. */
#ifndef BM_SORT_LOWS_H
#define BM_SORT_LOWS_H

#include "bitmap/segment.h"
#include "bitmap/sort_rows.h"

/* The n numbers of all rows, at most BM_RADIX_MAX, in ascending order and each
 * once. Not done: they are few, or lie too far apart for crowds. -ENOMEM. */
int bm_sort_lows(const struct bm_row *rows, size_t n_rows, size_t n,
		 struct bm_crowds *ret_crowds, bool *ret_done);
void bm_crowds_finish(struct bm_crowds *c);

#endif

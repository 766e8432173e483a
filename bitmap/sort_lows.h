/* SPDX-License-Identifier: Apache-2.0 */
/* sort_lows.h - many rows of numbers to crowds that ascend. PRIVATE to
 * bitmap/, pure. */
#ifndef BM_SORT_LOWS_H
#define BM_SORT_LOWS_H

#include "bitmap/segment.h"
#include "bitmap/sort_rows.h"

/* The n numbers of all rows in ascending order and each once, by a crew of so
 * many (crew.h), whose number does not matter to the result. Not done: they are
 * few, or lie too far apart for crowds. -ENOMEM. */
int bm_sort_lows(const struct bm_row *rows, size_t n_rows, size_t n,
		 unsigned crew, struct bm_crowds *ret_crowds, bool *ret_done);
void bm_crowds_finish(struct bm_crowds *c);

#endif

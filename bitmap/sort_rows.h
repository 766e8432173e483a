/* SPDX-License-Identifier: Apache-2.0 */
/* sort_rows.h - many rows of numbers to one that ascends. PRIVATE to
 * bitmap/, pure. */
#ifndef BM_SORT_ROWS_H
#define BM_SORT_ROWS_H

#include "bitmap/deal.h"

/* The keys of all rows, in ascending order and each once, to out, which has
 * room for all n of them, at most BM_RADIX_MAX. By a crew of so many (crew.h),
 * whose number does not matter to the result. -ENOMEM. */
int bm_sort_rows(const struct bm_row *rows, size_t n_rows, size_t n,
		 unsigned crew, uint64_t *out, size_t *ret_n);

#endif

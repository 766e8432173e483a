/* SPDX-License-Identifier: Apache-2.0 */
/* sort_rows.h - many rows of numbers to one that ascends. PRIVATE to
 * bitmap/, pure. */
#ifndef BM_SORT_ROWS_H
#define BM_SORT_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct bm_row {
	const uint64_t *keys;
	size_t n;
};

/* The keys of all rows, in ascending order and each once, to out, which has
 * room for all n of them, at most BM_RADIX_MAX. -ENOMEM. */
int bm_sort_rows(const struct bm_row *rows, size_t n_rows, size_t n,
		 uint64_t *out, size_t *ret_n);

#endif

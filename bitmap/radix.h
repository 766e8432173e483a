/* SPDX-License-Identifier: Apache-2.0 */
/* radix.h - sort numbers by their bytes. PRIVATE to bitmap/. */
#ifndef BM_RADIX_H
#define BM_RADIX_H

#include <stddef.h>
#include <stdint.h>

/* A number and what goes with it. */
struct bm_keyed {
	uint64_t key;
	uint64_t what;
};

#define BM_RADIX_MAX UINT32_MAX /* elements */

/* Sort n elements. tmp has room for as many; the result is in either, which
 * is returned. Elements with equal keys stay in their order. */
uint64_t *bm_radix_sort(uint64_t *keys, uint64_t *tmp, size_t n);
struct bm_keyed *bm_radix_sort_keyed(struct bm_keyed *elems,
				     struct bm_keyed *tmp, size_t n);

/* How many there are of each of n values becomes where the first of each goes.
 */
void bm_radix_places(uint32_t *of, size_t n);

/* For a few, or where none is far from its place. */
void bm_insertion_sort(uint64_t *keys, size_t n);

#endif

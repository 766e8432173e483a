/* SPDX-License-Identifier: Apache-2.0 */
/* region_write.h - a write between its two steps. PRIVATE to region_*.c.
 *
 *	block     |   first   |           |           |   last    |
 *	data          [ragged |   whole   |   whole   | ragged]
 *	pages         p          p+1         p+2      | q
 *	              apply      prepare     prepare    apply
 *
 * Pages are reserved for all blocks the data touches, in as few runs as the
 * allocator gives. Whole blocks are written and checksummed by prepare, at
 * any time; the ragged ones by apply, who knows what they held before.
 *
 * Without a whole block there is nothing to prepare, and pages are reserved
 * by apply: it knows where the blocks before lie, and whether the region is
 * inline and needs none.
 */
#ifndef RS_REGION_WRITE_H
#define RS_REGION_WRITE_H

#include "regionstore/region.h"

struct rs_write_run {
	uint64_t pgno;
	uint32_t npages;
};

struct rs_write {
	struct rs_store *store;
	uint64_t off;
	const uint8_t *data; /* the caller's */
	size_t len;
	uint64_t first;	 /* block of the first byte */
	size_t n_blocks; /* that the data touches */

	struct rs_write_run *runs; /* of all blocks, in order; owned */
	size_t n_runs, cap_runs;
	size_t n_claimed; /* runs that a txn has; the others are reserved */
	uint64_t csum[];  /* of each block */
};

/* Reserve pages for all blocks, the first run after page near if possible. */
int rs_write_reserve(struct rs_write *w, uint64_t near);

/* What prepare wrote may be lost (commit_anew.c): write it to other pages. */
int rs_write_renew(struct rs_write *w);

/* The page of the i-th block. */
uint64_t rs_write_pgno(const struct rs_write *w, size_t i);

/* The bytes of w in its i-th block: [*ret_from, *ret_to) of the block. True
 * when they are all of it. */
bool rs_write_span(const struct rs_write *w, size_t i, unsigned *ret_from,
		   unsigned *ret_to);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - what the files of regionstore/ know of a store. PRIVATE.
 *
 * The txn side that region.c and payload.c build on:
 * pages are RESERVED in memory (nobody else gets them), written, and then
 * either CLAIMED by a txn (part of its commit when the txn ends) or returned.
 * A txn FREES pages it no longer points at; they come back to the allocator
 * when neither a snapshot nor a view can see them (regionstore.h, I1).
 */
#ifndef RS_STORE_H
#define RS_STORE_H

#include "regionstore/regionstore.h"

enum rs_zone {
	RS_ZONE_META,
	RS_ZONE_DATA
};

/* Reserve a contiguous run of 1 to want pages: *ret_got says how many. near is
 * the page behind which it would be best to lie, or 0. -ENOSPC. */
int rs_reserve(struct rs_store *s, enum rs_zone zone, uint64_t near,
	       uint32_t want, uint64_t *ret_pgno, uint32_t *ret_got);
void rs_unreserve(struct rs_store *s, uint64_t pgno, uint32_t npages);

/* Write whole pages that are reserved and not claimed yet; from now on they
 * count as verified. */
int rs_write_pages(struct rs_store *s, uint64_t pgno, const void *data,
		   uint32_t npages);

/* The reserved pages belong to t. */
int rs_claim(struct rs_txn *t, uint64_t pgno, uint32_t npages);
/* Pages of an earlier or this commit leave the store with t. */
int rs_free(struct rs_txn *t, uint64_t pgno, uint32_t npages, uint64_t birth);

/* npages pages in the mapping, not checked; -EUCLEAN outside the file. */
int rs_map_pages(const struct rs_store *s, uint64_t pgno, uint64_t npages,
		 const uint8_t **ret_data);
/* As above, each page compared with csum[i] (XXH3-64, seed its page number)
 * unless it was verified before. -EBADMSG. */
int rs_map_verified(const struct rs_store *s, uint64_t pgno, uint64_t npages,
		    const uint64_t *csum, const uint8_t **ret_data);
/* So many pages of content were looked at: now and then the mapping gives back
 * what it holds, so that the process stays small whatever is read. */
void rs_pages_used(struct rs_store *s, uint64_t npages);
struct rs_store *rs_txn_store(const struct rs_txn *t);

/* Free some of what dropped snapshots held: one step, one commit. *ret_more
 * when there is more to do. */
int rs_leave_step(struct rs_store *s, bool *ret_more);
/* For tests: how many dead extents a step looks at. 0: it does not get on, and
 * nothing is done in the background. */
void rs_set_leave_step(struct rs_store *s, uint32_t extents);

/* The rest of this file belongs to the store itself: see store_state.h. */

#endif

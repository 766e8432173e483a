/* SPDX-License-Identifier: Apache-2.0 */
/* extent.h - growing lists of page runs with their story. PRIVATE.
 *
 * One struct serves all: the log of a txn (claims and frees, in order), the
 * quarantine (freed, not yet allocatable) and dead pages on their way to disk.
 * A list is zeroed to begin with and has one owner at a time.
 */
#ifndef RS_EXTENT_H
#define RS_EXTENT_H

#include <stddef.h>
#include <stdint.h>

enum rs_extent_kind {
	RS_EXTENT_CLAIM,    /* part of the store from now on */
	RS_EXTENT_FREE,	    /* no longer part of the live tree */
	RS_EXTENT_RETURNED, /* freed, and already allocatable again */
};

struct rs_extent {
	uint64_t pgno;
	uint64_t birth;	 /* commit that wrote the pages */
	uint64_t death;	 /* commit that freed them */
	uint64_t commit; /* they come back after the one that follows this */
	uint32_t npages;
	enum rs_extent_kind kind;
};

struct rs_extents {
	struct rs_extent *v;
	size_t n, cap;
};

void rs_extents_finish(struct rs_extents *x);
/* Room for more entries, so that adding them cannot fail. */
int rs_extents_reserve(struct rs_extents *x, size_t more);
/* An extent that continues the last one makes it longer. -ENOMEM. */
int rs_extents_add(struct rs_extents *x, const struct rs_extent *e);
/* Move all of src behind dst. -ENOMEM leaves both. */
int rs_extents_move(struct rs_extents *dst, struct rs_extents *src);
/* By page number, and joined where they touch and have the same story. */
void rs_extents_sort(struct rs_extents *x);
uint64_t rs_extents_pages(const struct rs_extents *x);

#endif

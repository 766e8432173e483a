/* SPDX-License-Identifier: Apache-2.0 */
/* delta_cut.h - a delta taken segment by segment. PRIVATE to bitmap/, pure.
 *
 * A delta is sorted; a segment covers the members from its lo to the next
 * segment's. The knife takes the part of the delta up to a bound, splitting a
 * range that goes on beyond it.
 */
#ifndef BM_DELTA_CUT_H
#define BM_DELTA_CUT_H

#include "bitmap/segment.h"

struct bm_knife {
	const struct bm_delta *delta;
	size_t next;		/* first item not taken, or not wholly */
	uint64_t clip;		/* members below it are taken already */
	struct bm_command *own; /* a part whose ends had to be changed */
	size_t cap_own;
};

void bm_knife_init(struct bm_knife *k, const struct bm_delta *delta);
void bm_knife_finish(struct bm_knife *k);
/* The smallest member that the rest of the delta touches; false at the end. */
bool bm_knife_peek(const struct bm_knife *k, uint64_t *ret_member);
/* Take what touches members up to last, which is not empty; valid until the
 * next call. */
int bm_knife_cut(struct bm_knife *k, uint64_t last, struct bm_delta *ret_part);

/* The smallest member that a delta touches; false when there is none. */
bool bm_delta_least(const struct bm_delta *delta, uint64_t *ret_member);
/* Members of so many crowds that follow each other. */
size_t bm_crowds_count(const struct bm_crowd *of, size_t n);
/* Members that a delta adds at most. Saturates. */
uint64_t bm_delta_adds(const struct bm_delta *delta);
bool bm_delta_only_adds(const struct bm_delta *delta);

#endif

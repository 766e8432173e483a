/* SPDX-License-Identifier: Apache-2.0 */
/* container_work.h - change one container. PRIVATE to bitmap/. */
#ifndef BM_CONTAINER_WORK_H
#define BM_CONTAINER_WORK_H

#include "bitmap/merge_mem.h"
#include "bitmap/segment.h"

/* The part of a delta that touches one container: members to add or to remove,
 * or commands, the first and last of which may reach beyond it. */
struct bm_part {
	uint64_t key;
	const uint8_t *lows; /* of members, two bytes each; NULL: ops */
	size_t step;	     /* bytes from one to the next */
	enum bm_op op;	     /* what is done with members */
	const struct bm_command *ops;
	size_t n;
};

static inline uint16_t bm_part_low(const struct bm_part *part, size_t i)
{
	return bm_u16_at(part->lows + i * part->step, 0);
}

/* The container base (NULL: empty) after part, in the form that suits it best;
 * *ret_cont has no members when none are left. Its bytes are in w, or those of
 * part. When *ret_changed is false, *ret_cont was not written. */
void bm_cont_apply(const struct bm_cont *base, const struct bm_part *part,
		   struct bm_work *w, struct bm_cont *ret_cont,
		   bool *ret_changed);

/* The same members in the form that they would have had from the beginning:
 * without what is kept of another because the next change may want it. */
void bm_cont_tidy(const struct bm_cont *c, struct bm_work *w,
		  struct bm_cont *ret_cont);

#endif

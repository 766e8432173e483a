/* SPDX-License-Identifier: Apache-2.0 */
/* view.h - one version of one set, for the files that read it. PRIVATE.
 *
 * Nothing in a view changes after it was opened, so any number of threads may
 * read it without a lock.
 */
#ifndef BM_VIEW_H
#define BM_VIEW_H

#include "bitmap/set.h"

struct bm_view {
	struct rs_view *rs; /* a reference; of a result perhaps NULL */
	struct bm_info info;
	struct bm_set set; /* an inline segment is opened, its data in body */
	uint64_t base;	   /* weight before the set's first segment */
	struct bm_result *res; /* owned; its id is BM_RESULT_ID */
	uint8_t body[];
};

/* No set has it; for what has segments, but not in the store. */
#define BM_RESULT_ID UINT64_MAX

/* The segments of a view, which is not one segment inline. */
void bm_place_of(struct bm_place *pl, const struct bm_view *bv);

struct bm_iter {
	const struct bm_view *bv;
	struct bm_place place; /* when the set has segments */
	struct bm_seg_iter at; /* in the set's, or place's, segment */
	bool ended;
};

/* The set whose object is obj, with its segments in v. References v. */
int bm_view_of(struct rs_view *v, const struct rs_object *obj,
	       struct bm_view **ret_view);

/* On the caller's memory; it stands nowhere yet. */
void bm_iter_init(struct bm_iter *it, const struct bm_view *bv);
void bm_iter_finish(struct bm_iter *it);
/* Stand before the n-th member. */
int bm_iter_nth(struct bm_iter *it, uint64_t n);
/* bm_iter_read() without the rs_view_check() at its end. */
int bm_iter_take(struct bm_iter *it, uint64_t *buf, size_t cap,
		 size_t *ret_count);

/* The next members in whatever form is the least work: not more than cap, and
 * not more than fit; none: the end. */
#define BM_PIECE 512u
union bm_piece_room {
	uint64_t members[BM_PIECE]; /* 4 KiB of stack, in the first cache */
	uint16_t lows[4 * BM_PIECE];
};
struct bm_piece {
	size_t n_members; /* in the room, or else: */
	struct bm_lows lows;
};
int bm_iter_piece(struct bm_iter *it, size_t cap, union bm_piece_room *room,
		  struct bm_piece *ret_piece);

#endif

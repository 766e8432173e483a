/* SPDX-License-Identifier: Apache-2.0 */
/* expr_result.h - a result as segments that nobody stored. PRIVATE to bitmap/.
 *
 * In one pass over an expression its result is packed as a set would be, and of
 * each segment a MARK is kept: where it begins and how much lies before. The
 * bytes are thrown away, unless all of them together are few, or there is
 * no expression to make them of again (a literal). When a segment is read, a
 * MAKER evaluates the expression between two marks; the same containers make
 * the same bytes, as sets in a view do not change.
 *
 * To struct bm_place it is all one where a segment comes from.
 *
 *   expr_open.c    the pass: an expression, or a batch, to a result
 *   expr_result.c  finding segments, making them again
 */
#ifndef BM_EXPR_RESULT_H
#define BM_EXPR_RESULT_H

#include "bitmap/expr.h"
#include "regionstore/base/buf.h"
#include "regionstore/base/lock.h"

struct bm_result_mark {
	uint64_t lo;
	uint64_t before; /* members in segments before it */
	uint64_t off;	 /* in kept, when that is whole */
	uint16_t len_1;	 /* bytes, less one */
	uint8_t kind;
};

struct bm_result {
	struct bm_expr *e; /* owned; NULL: a literal */
	struct bm_result_mark *marks;
	size_t n, cap;
	uint64_t count;
	struct buf kept;
	bool whole; /* the bytes of all segments are in kept */
	/* Makers that nobody uses at the moment. */
	struct lock lock;
	struct bm_maker *idle GUARDED;
};
void bm_result_free(struct bm_result *r); /* accepts NULL */

/* --- its segments, for segs.c; as there ----------------------------------- */

int bm_result_at_or_after(struct bm_place *pl, uint64_t lo);
int bm_result_at_or_before(struct bm_place *pl, uint64_t member);
int bm_result_next(struct bm_place *pl);
int bm_result_weigh(struct bm_place *pl, uint64_t w, uint64_t *ret_within);
int bm_result_load(struct bm_place *pl);
void bm_result_watch(struct bm_place *pl);
void bm_result_finish(struct bm_place *pl);

/* Members not above member. */
int bm_result_rank(const struct bm_view *bv, uint64_t member,
		   uint64_t *ret_rank);

#endif

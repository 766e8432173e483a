/* SPDX-License-Identifier: Apache-2.0 */
/* expr_twin.h - set algebra on sorted intervals: slow, and obviously right.
 *
 * Where a result begins or ends, some operand does. So the ends of all of them
 * cut the numbers into stretches of which all or nothing is a member, and one
 * number of each is asked for.
 */
#ifndef TESTS_SUPPORT_EXPR_TWIN_H
#define TESTS_SUPPORT_EXPR_TWIN_H

#include "bitmap/bitmap.h"

struct expr_span {
	uint64_t lo, hi; /* both included */
};

/* Ascending, with gaps between them. */
struct expr_twin {
	struct expr_span *spans;
	size_t n, cap;
};
void expr_twin_finish(struct expr_twin *t);
/* One command more. */
void expr_twin_apply(struct expr_twin *t, uint64_t lo, uint64_t hi,
		     enum bm_op op);
bool expr_twin_contains(const struct expr_twin *t, uint64_t member);
uint64_t expr_twin_count(const struct expr_twin *t);
/* Members not above member; the n-th of them. */
uint64_t expr_twin_rank(const struct expr_twin *t, uint64_t member);
uint64_t expr_twin_select(const struct expr_twin *t, uint64_t n);
struct expr_twin expr_twin_copy(const struct expr_twin *t);

/* Members that are in k of n at least; as bm_expr_pair(); from lo to hi. */
struct expr_twin expr_twin_atleast(uint64_t k, const struct expr_twin *of,
				   size_t n);
struct expr_twin expr_twin_pair(enum bm_algebra op, const struct expr_twin *a,
				const struct expr_twin *b);
struct expr_twin expr_twin_range(const struct expr_twin *t, uint64_t lo,
				 uint64_t hi);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* set_twin.h - a set as a sorted array: slow, and obviously right. */

#ifndef TESTS_SUPPORT_SET_TWIN_H
#define TESTS_SUPPORT_SET_TWIN_H

#include "bitmap/bitmap.h"
#include "tests/support/rng.h"

struct set_twin {
	uint64_t *members; /* ascending */
	size_t n, cap;
};

void set_twin_finish(struct set_twin *t); /* leaves an empty one */
struct set_twin set_twin_copy(const struct set_twin *t);
void set_twin_apply(struct set_twin *t, uint64_t lo, uint64_t hi,
		    enum bm_op op);
void set_twin_unite(struct set_twin *t, const struct set_twin *more);

/* The view holds what the twin holds: all of it, and some places of its text
 * and some members and ranks drawn with r. */
void set_twin_compare(const struct set_twin *t, const struct bm_view *view,
		      struct rng *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* shapes.h - random sets of the shapes that sets have.
 *
 * Dense, sparse, clustered, in runs, ascending, on both sides of a multiple of
 * 2^32, up to 2^64-1: each is a different way through segments and packer.
 */
#ifndef TESTS_SUPPORT_SHAPES_H
#define TESTS_SUPPORT_SHAPES_H

#include "tests/support/rng.h"

#include <stddef.h>
#include <stdint.h>

/* A shape: where its members are, and how they are drawn. */
struct shape {
	uint64_t base;	/* no member is smaller */
	uint64_t width; /* nor larger than base + width */
	unsigned kind;
	uint64_t next; /* for those that ascend */
};
void shape_draw(struct shape *s, struct rng *r);

/* A member, or a range of the shape's length. */
uint64_t shape_member(struct shape *s, struct rng *r);
void shape_range(struct shape *s, struct rng *r, uint64_t *ret_lo,
		 uint64_t *ret_hi);

#endif

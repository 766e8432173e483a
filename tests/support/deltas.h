/* SPDX-License-Identifier: Apache-2.0 */
/* deltas.h - a delta in its other form, and in parts, the naive way. */
#ifndef TESTS_SUPPORT_DELTAS_H
#define TESTS_SUPPORT_DELTAS_H

#include "bitmap/segment.h"

/* The array of members of d as crowds, or crowds as an array; d without either
 * is left as it is. */
void delta_turn(struct bm_delta_buf *d);

/* What of d lies within lo..hi, which begins and ends where containers do when
 * d has crowds. room is for d->n_ops commands. */
struct bm_delta delta_slice(const struct bm_delta *d, uint64_t lo, uint64_t hi,
			    struct bm_command *room);

/* In order, each once, commands as few as can be: else the test ends. */
void delta_check(const struct bm_delta *d);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* delta_sweep.h - the last word on each member. PRIVATE to bitmap/. */
#ifndef BM_DELTA_SWEEP_H
#define BM_DELTA_SWEEP_H

#include "bitmap/bitmap.h"

/* Reduce n commands, in the order they were given, to as few as possible that
 * have the same effect: sorted, disjoint, of two that touch one if they do the
 * same. *ret_ops is from malloc (NULL when n is 0). -ENOMEM. */
int bm_delta_sweep(const struct bm_command *cmds, size_t n,
		   struct bm_command **ret_ops, size_t *ret_n);

#endif

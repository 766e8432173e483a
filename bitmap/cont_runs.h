/* SPDX-License-Identifier: Apache-2.0 */
/* cont_runs.h - the stretches of members of one container, in order, whatever
 * its form. PRIVATE to bitmap/, pure.
 *
 *	struct bm_run_iter it = { .c = &cont };
 *
 *	while (bm_run_next(&it, &run))
 *		...
 *
 * Bytes that lie give stretches that lie; it stays inside them and ends.
 */
#ifndef BM_CONT_RUNS_H
#define BM_CONT_RUNS_H

#include "bitmap/container.h"

struct bm_run_iter {
	const struct bm_cont *c;
	uint32_t at; /* member of an array, bit, or pair */
};
bool bm_run_next(struct bm_run_iter *it, struct bm_cont_run *ret_run);

/* How many there are. */
uint32_t bm_cont_count_runs(const struct bm_cont *c);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* merge_mem.h - the memory of a merge, part of each packer so that merging
 * allocates nothing. PRIVATE to bitmap/.
 */
#ifndef BM_MERGE_MEM_H
#define BM_MERGE_MEM_H

#include "bitmap/bits.h"
#include "bitmap/container.h"

/* Containers that a source makes of members or of pairs. */
struct bm_src_mem {
	uint16_t lows[BM_CONT_ARRAY_MAX];
};

/* A container being changed: in bits or in lows; runs are made of either. */
struct bm_work {
	uint64_t bits[BM_BITS_WORDS];
	uint16_t lows[BM_CONT_ARRAY_MAX];
	uint16_t runs[2 * BM_CONT_RUNS_MAX];
};

struct bm_merge_mem {
	struct bm_work work;
	struct bm_src_mem base, again;
};

#endif

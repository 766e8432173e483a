/* SPDX-License-Identifier: Apache-2.0 */
/* compact.h - segments of a set are packed anew. PRIVATE to bitmap/. */
#ifndef BM_COMPACT_H
#define BM_COMPACT_H

#include "bitmap/rewrite.h"

struct bm_compact {
	struct rs_store *s;
	uint64_t since; /* what was born until then a snapshot holds */
	struct bm_packer *packer;
	size_t seg_max; /* of the packer */
	struct bm_rewrite rw;
	bool dry;	  /* what is packed is weighed and thrown away */
	uint64_t weighed; /* bytes that it would take */

	uint64_t written; /* bytes, since others could read c */
	uint64_t saved;
	uint64_t looked; /* segments looked at */
};

/* Segments of set ino from *lo on, in view v, until there are none (*lo is
 * then UINT64_MAX) or most bytes have been written. */
int bm_compact_set(struct bm_compact *c, const struct rs_view *v, uint64_t ino,
		   const struct bm_set *set, uint64_t most, uint64_t *lo);
void bm_compact_finish(struct bm_compact *c);

#endif

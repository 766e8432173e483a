/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - what a merge reads, piece by piece. PRIVATE to bitmap/.
 *
 * A segment of any kind and a delta both are pieces in ascending order of
 * key. A piece is one container in part, or a span of whole ones, so that a
 * range of 10^12 members is a single step.
 */
#ifndef BM_SOURCE_H
#define BM_SOURCE_H

#include "bitmap/container_work.h"
#include "bitmap/seg_kinds.h"

/* No container has this key; larger than all. */
#define BM_KEY_END (BM_KEY_MAX + 1)

/* A segment. */
struct bm_src {
	const struct bm_seg *seg;
	struct bm_src_mem *mem;
	size_t next;   /* container, member or pair after the piece */
	uint64_t from; /* RUN64: first member of that pair still to come */
	/* the piece at hand */
	uint64_t key; /* BM_KEY_END: there is none */
	uint64_t span;
	bool full;	     /* span whole containers; else one: */
	struct bm_cont cont; /* valid until the next piece */
};
/* Begin at the first piece of seg (NULL: there are none). -EUCLEAN. */
int bm_src_init(struct bm_src *src, const struct bm_seg *seg,
		struct bm_src_mem *mem);
/* Drop n containers of the piece at hand, at most its span. */
int bm_src_skip(struct bm_src *src, uint64_t n);
/* Drop all containers before key. */
int bm_src_seek(struct bm_src *src, uint64_t key);

/* A delta. Its order is ours to guarantee: it cannot fail. */
struct bm_dsrc {
	const struct bm_delta *delta;
	size_t next;   /* member, crowd or op after the piece */
	uint64_t from; /* first member of that op still to come */
	/* the piece at hand */
	uint64_t key;
	uint64_t span;
	bool full; /* op for each member of span containers; else */
	enum bm_op op;
	struct bm_part part; /* what happens to one */
};
void bm_dsrc_init(struct bm_dsrc *ds, const struct bm_delta *delta);
void bm_dsrc_skip(struct bm_dsrc *ds, uint64_t n);

#endif

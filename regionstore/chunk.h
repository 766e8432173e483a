/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.h - where 256 KiB of a region lie. PRIVATE to regionstore; pure.
 *
 * A region is cut into chunks of 64 blocks of 4 KiB. On disk a chunk is one
 * record: runs of consecutive pages, and one checksum for each block
 * (docs/format.md, Regions). In memory it is flat: for each block its page,
 * the commit that wrote it and its checksum. So replacing, dropping and
 * finding blocks are plain loops over an array, nothing is ever split or
 * joined, and runs exist again only when they are asked for:
 *
 *	block   0   1   2   3   4   5 ...
 *	pgno   90  91   -   -  70  71        "-" is a hole, pgno 0
 *	run    [first 0 len 2] [first 4 len 2]
 *
 * Two blocks are of one run when both their blocks and their pages follow
 * each other and one commit wrote both: what is freed together is one call.
 *
 * A page number stands for a whole block; checksums are XXH3-64 of the 4,096
 * bytes, seeded with the page number, so that a page cannot be mistaken for
 * another.
 */
#ifndef RS_CHUNK_H
#define RS_CHUNK_H

#include "regionstore/regionstore.h"

#define RS_BLOCK_SIZE	 RS_PAGE_SIZE
#define RS_CHUNK_BLOCKS	 64u
#define RS_CHUNK_VAL_MAX 1540u /* 64 runs of one block */

struct rs_chunk {
	uint64_t pgno[RS_CHUNK_BLOCKS]; /* 0: a hole */
	uint64_t birth[RS_CHUNK_BLOCKS];
	uint64_t csum[RS_CHUNK_BLOCKS];
};

struct rs_run {
	unsigned first; /* block within the chunk */
	unsigned len;	/* blocks, at least 1 */
	uint64_t pgno;
	uint64_t birth;
};

/* Bytes from the disk. Afterwards each page is one that can hold a payload
 * (below RS_MAX_PAGES, not a slot of a bitmap). -EUCLEAN. */
int rs_chunk_decode(const void *val, size_t len, struct rs_chunk *ret_chunk);

/* The record's value; its length, or 0 for a chunk that is one hole, which
 * has no record. */
size_t rs_chunk_encode(const struct rs_chunk *c, uint8_t out[RS_CHUNK_VAL_MAX]);

/* Blocks [run.first, run.first + run.len) now lie there. */
void rs_chunk_set(struct rs_chunk *c, const struct rs_run *run,
		  const uint64_t *csum);

/* Blocks [a, b) become a hole. */
void rs_chunk_drop(struct rs_chunk *c, unsigned a, unsigned b);

/* The first block at or after a that is a hole (or is none);
 * RS_CHUNK_BLOCKS when there is none such. */
unsigned rs_chunk_find(const struct rs_chunk *c, unsigned a, bool hole);

/* The first run in [a, b), cut off at both ends; false when all is a hole.
 * All of them:  for (; rs_chunk_run(c, a, b, &run); a = run.first + run.len)
 */
bool rs_chunk_run(const struct rs_chunk *c, unsigned a, unsigned b,
		  struct rs_run *ret_run);

/* Blocks with a page. */
unsigned rs_chunk_count(const struct rs_chunk *c);

#endif

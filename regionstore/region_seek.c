/* SPDX-License-Identifier: Apache-2.0 */
/* region_seek.c - where data begins and where it ends: SEEK_DATA, SEEK_HOLE.
 *
 * A hole is what has no page, so the answer comes from the records of chunks
 * alone. Every region ends with a hole that starts at its size.
 */

#include "regionstore/region.h"

#define CHUNKS_MAX (RS_REGION_MAX / RS_CHUNK_SIZE)

/* The first chunk at or after index that has a record; CHUNKS_MAX when there
 * is none. */
static int next_chunk(const struct rs_view *v, uint64_t ino, uint64_t index,
		      uint64_t *ret_index, struct rs_chunk *ret_chunk)
{
	int err = rs_chunk_seek(v, ino, index, ret_index, ret_chunk);

	if (err != -ENOENT)
		return err;
	*ret_index = CHUNKS_MAX;
	return 0;
}

/* The first block at or after block that is a hole, or that is none; a block
 * at the limit of all regions when there is none such. */
static int seek_block(const struct rs_view *v, uint64_t ino, uint64_t block,
		      bool hole, uint64_t *ret_block)
{
	for (;;) {
		uint64_t index = block / RS_CHUNK_BLOCKS, found;
		unsigned b = (unsigned)(block % RS_CHUNK_BLOCKS);
		struct rs_chunk c;
		int err = next_chunk(v, ino, index, &found, &c);

		if (err)
			return err;
		if (found > index && hole)
			break; /* all of chunk index is one */
		if (found > index)
			b = 0;
		if (found < CHUNKS_MAX)
			b = rs_chunk_find(&c, b, hole);
		block = found * RS_CHUNK_BLOCKS + b;
		if (b < RS_CHUNK_BLOCKS || found == CHUNKS_MAX)
			break;
	}
	*ret_block = block;
	return 0;
}

/* (R1): the bytes that are there, then a hole. */
static uint64_t seek_inline(const struct rs_region *r, uint64_t off, bool hole)
{
	if (off < r->inline_len)
		return hole ? r->inline_len : off;
	return hole ? off : r->size;
}

int rs_region_seek(const struct rs_view *v, uint64_t ino, uint64_t off,
		   bool hole, uint64_t *ret_off)
{
	struct rs_object obj;
	struct rs_region r;
	uint64_t block, at;
	int err = rs_object_get(v, ino, &obj);

	if (!err)
		err = rs_region_decode(&obj, &r);
	if (err)
		return err;
	if (off >= r.size)
		return -ENXIO;
	if (r.is_inline) {
		at = seek_inline(&r, off, hole);
	} else {
		err = seek_block(v, ino, off / RS_BLOCK_SIZE, hole, &block);
		if (err)
			return err;
		at = block * RS_BLOCK_SIZE;
	}
	if (at < off) /* in the middle of a block */
		at = off;
	if (at >= r.size && !hole)
		return -ENXIO;
	*ret_off = at < r.size ? at : r.size;
	return 0;
}

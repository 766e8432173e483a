/* SPDX-License-Identifier: Apache-2.0 */
/* region_seek.c - where data begins and where it ends: SEEK_DATA, SEEK_HOLE.
 *
 * A hole is what has no page, so the answer comes from the records of chunks
 * alone. Every region ends with a hole that starts at its size.
 */

#include "regionstore/region.h"

/* The first block at or after block that is a hole, or that is none;
 * RS_REGION_MAX / RS_BLOCK_SIZE when there is none such. */
static int seek_block(const struct rs_view *v, uint64_t ino, uint64_t block,
		      bool hole, uint64_t *ret_block)
{
	for (;;) {
		uint64_t index = block / RS_CHUNK_BLOCKS, found;
		unsigned b = (unsigned)(block % RS_CHUNK_BLOCKS);
		struct rs_chunk c;
		int err = rs_chunk_seek(v, ino, index, &found, &c);

		if (err == -ENOENT)
			found = RS_REGION_MAX / RS_CHUNK_SIZE;
		else if (err)
			return err;
		if (found != index) {
			/* All from here to chunk found is a hole. */
			if (hole || err) {
				*ret_block =
					hole ? block : found * RS_CHUNK_BLOCKS;
				return 0;
			}
			b = 0;
		}
		b = rs_chunk_find(&c, b, hole);
		block = found * RS_CHUNK_BLOCKS + b;
		if (b < RS_CHUNK_BLOCKS) {
			*ret_block = block;
			return 0;
		}
	}
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

/* SPDX-License-Identifier: Apache-2.0 */
/* region.h - what the files region_*.c share. PRIVATE to regionstore.
 *
 * A region is a body in its object, and records of chunks:
 *
 *	body     size, stored, and either the bytes themselves (inline) ...
 *	chunks   ... or where they lie, 256 KiB a record (chunk.h)
 *
 * (R1) Inline: at most RS_INLINE_MAX bytes and at most size; the region's
 *      other bytes are zeros, and it has no chunk.
 * (R2) Not inline: bytes in no chunk, or in a hole of one, are zeros. No block
 *      lies wholly at or beyond size, and in the block that size cuts all
 *      bytes beyond it are zeros. So growing costs nothing.
 * (R3) stored is 4,096 times the number of blocks in all chunks.
 * (R4) A page is never written twice. A block that changes in part is read,
 *      merged and written to a fresh page.
 *
 * A region leaves inline with the first write that ends above RS_INLINE_MAX,
 * and is inline again when its size becomes 0.
 *
 * A change works on a decoded struct rs_region and encodes it into the
 * caller's object when all went well. When it fails the caller aborts the txn
 * and forgets its copy of the object.
 */
#ifndef RS_REGION_H
#define RS_REGION_H

#include "regionstore/chunk.h"
#include "regionstore/format.h"

#define RS_CHUNK_KEY_SIZE 17u

struct rs_region {
	uint64_t size;
	uint64_t stored; /* bytes on pages */
	bool is_inline;
	size_t inline_len; /* bytes at rs_region_inline() */
};

/* The body of an object, checked: -EUCLEAN when it is no region's. */
int rs_region_decode(const struct rs_object *obj, struct rs_region *ret_r);
/* Back into the body; inline bytes are there already. -EUCLEAN when R1 or R3
 * cannot hold: the chunks on disk were not what stored said. */
int rs_region_encode(const struct rs_region *r, struct rs_object *obj);
/* Where inline bytes are in an object: RS_INLINE_MAX of them fit. */
uint8_t *rs_region_inline(struct rs_object *obj);

void rs_chunk_key(uint64_t ino, uint64_t index,
		  uint8_t ret_key[RS_CHUNK_KEY_SIZE]);
/* False for a key of something else. */
bool rs_chunk_key_parse(const uint8_t *key, size_t len, uint64_t *ret_ino,
			uint64_t *ret_index);

/* A chunk without a record is one hole. */
int rs_chunk_load(const struct rs_view *v, uint64_t ino, uint64_t index,
		  struct rs_chunk *ret_chunk);
/* The first chunk at or after index that has a record; -ENOENT. */
int rs_chunk_seek(const struct rs_view *v, uint64_t ino, uint64_t index,
		  uint64_t *ret_index, struct rs_chunk *ret_chunk);
int rs_chunk_store(struct rs_txn *t, uint64_t ino, uint64_t index,
		   const struct rs_chunk *c);

/* Blocks [a, b) of c become a hole, their pages leave the store with t. */
int rs_region_release(struct rs_txn *t, struct rs_region *r, struct rs_chunk *c,
		      unsigned a, unsigned b);
/* Blocks [a, b) of the whole region, which is not inline, become a hole. */
int rs_region_drop(struct rs_txn *t, uint64_t ino, struct rs_region *r,
		   uint64_t a, uint64_t b);

/* The bytes of n blocks of c from b, one run of pages, verified; borrowed as
 * rs_payload_get() says. */
int rs_region_blocks(const struct rs_view *v, const struct rs_chunk *c,
		     unsigned b, unsigned n, const uint8_t **ret_data);

/* Put these bytes on a fresh page and make them block (of the whole region),
 * in place of what was there. */
int rs_region_put_block(struct rs_txn *t, uint64_t ino, struct rs_region *r,
			uint64_t block, const uint8_t data[RS_BLOCK_SIZE]);
/* Bytes [from, to) of block become zeros; a hole stays one. */
int rs_region_zero(struct rs_txn *t, uint64_t ino, struct rs_region *r,
		   uint64_t block, unsigned from, unsigned to);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* region_block.c - blocks of a region come and go.
 *
 * The small steps of which truncating, punching and the ragged ends of a
 * write are made. Each keeps R3 (region.h): a block that leaves takes 4,096
 * off stored, a block that comes adds them.
 */

#include "regionstore/region.h"

#include "regionstore/base/ck.h"
#include "regionstore/base/hash.h"
#include "regionstore/broken.h"
#include "regionstore/store.h"

#include <assert.h>
#include <string.h>

int rs_region_release(struct rs_txn *t, struct rs_region *r, struct rs_chunk *c,
		      unsigned a, unsigned b)
{
	struct rs_run run;
	int err;

	for (unsigned at = a; rs_chunk_run(c, at, b, &run);
	     at = run.first + run.len) {
		if (!ck_sub(r->stored, run.len * RS_BLOCK_SIZE, &r->stored))
			return -EUCLEAN;
		err = rs_free(t, run.pgno, run.len, run.birth);
		if (err)
			return err;
	}
	rs_chunk_drop(c, a, b);
	return 0;
}

/* The part of chunk index that blocks [a, b) of the region cover. */
static unsigned clip(uint64_t block, uint64_t index)
{
	uint64_t first = index * RS_CHUNK_BLOCKS;

	if (block <= first)
		return 0;
	return block - first < RS_CHUNK_BLOCKS ? (unsigned)(block - first)
					       : RS_CHUNK_BLOCKS;
}

int rs_region_drop(struct rs_txn *t, uint64_t ino, struct rs_region *r,
		   uint64_t a, uint64_t b)
{
	uint64_t index = a / RS_CHUNK_BLOCKS;
	struct rs_chunk c;
	int err;

	assert(!r->is_inline);
	assert(a <= b && b <= RS_REGION_MAX / RS_BLOCK_SIZE);
	/* Chunks that are one hole have no record: they cost nothing here. */
	for (; index * RS_CHUNK_BLOCKS < b; index++) {
		err = rs_chunk_seek(rs_txn_view(t), ino, index, &index, &c);
		if (err == -ENOENT)
			return 0;
		if (err)
			return err;
		if (index * RS_CHUNK_BLOCKS >= b)
			return 0;
		err = rs_region_release(t, r, &c, clip(a, index),
					clip(b, index));
		if (!err)
			err = rs_chunk_store(t, ino, index, &c);
		if (err)
			return err;
	}
	return 0;
}

int rs_region_blocks(const struct rs_view *v, const struct rs_chunk *c,
		     unsigned b, unsigned n, const uint8_t **ret_data)
{
	struct rs_store *s = rs_view_store(v);

	rs_pages_used(s, n);
	if (RS_BROKEN(RS_BREAK_BLOCK))
		return rs_map_pages(s, c->pgno[b], n, ret_data);
	return rs_map_verified(s, c->pgno[b], n, &c->csum[b], ret_data);
}

/* One fresh page with these bytes; it belongs to t afterwards. */
static int write_page(struct rs_txn *t, uint64_t near, const uint8_t *data,
		      uint64_t *ret_pgno)
{
	struct rs_store *s = rs_txn_store(t);
	uint64_t pgno;
	uint32_t got;
	int err = rs_reserve(s, RS_ZONE_DATA, near, 1, &pgno, &got);

	if (err)
		return err;
	err = rs_write_pages(s, pgno, data, 1);
	if (!err)
		err = rs_claim(t, pgno, 1);
	if (err) {
		rs_unreserve(s, pgno, 1);
		return err;
	}
	*ret_pgno = pgno;
	return 0;
}

int rs_region_put_block(struct rs_txn *t, uint64_t ino, struct rs_region *r,
			uint64_t block, const uint8_t data[RS_BLOCK_SIZE])
{
	uint64_t index = block / RS_CHUNK_BLOCKS;
	unsigned b = (unsigned)(block % RS_CHUNK_BLOCKS);
	struct rs_run run = { .first = b, .len = 1, .birth = rs_txn_id(t) };
	struct rs_chunk c;
	uint64_t csum;
	int err = rs_chunk_load(rs_txn_view(t), ino, index, &c);

	if (!err)
		err = write_page(t, c.pgno[b], data, &run.pgno);
	if (!err)
		err = rs_region_release(t, r, &c, b, b + 1);
	if (err)
		return err;
	csum = hash64(data, RS_BLOCK_SIZE, run.pgno);
	rs_chunk_set(&c, &run, &csum);
	r->stored += RS_BLOCK_SIZE;
	return rs_chunk_store(t, ino, index, &c);
}

int rs_region_zero(struct rs_txn *t, uint64_t ino, struct rs_region *r,
		   uint64_t block, unsigned from, unsigned to)
{
	const struct rs_view *v = rs_txn_view(t);
	unsigned b = (unsigned)(block % RS_CHUNK_BLOCKS);
	uint8_t merged[RS_BLOCK_SIZE];
	const uint8_t *old;
	struct rs_chunk c;
	int err = rs_chunk_load(v, ino, block / RS_CHUNK_BLOCKS, &c);

	assert(from <= to && to <= RS_BLOCK_SIZE);
	if (err || from == to || !c.pgno[b])
		return err;
	err = rs_region_blocks(v, &c, b, 1, &old);
	if (err)
		return err;
	memcpy(merged, old, sizeof(merged));
	memset(merged + from, 0, to - from);
	err = rs_view_check(v);
	return err ? err : rs_region_put_block(t, ino, r, block, merged);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* region_mend.c - a region's header after its chunks have suffered.
 *
 * What chunks are there is the truth: the header is made to agree. What they
 * lost reads as zeros, as holes do.
 */
#include "regionstore/region.h"

/* One past the last block of a chunk that has a page. */
static uint64_t end_of(uint64_t index, const struct rs_chunk *c)
{
	unsigned b = RS_CHUNK_BLOCKS;

	while (b > 0 && !c->pgno[b - 1])
		b--;
	return (index * RS_CHUNK_BLOCKS + b) * RS_BLOCK_SIZE;
}

int rs_region_chunk_len(const struct rs_view *v, uint64_t ino, uint64_t off,
			size_t *ret_len)
{
	struct rs_chunk c;
	int err = rs_chunk_load(v, ino, off / RS_CHUNK_SIZE, &c);

	if (!err)
		*ret_len = end_of(0, &c);
	return err;
}

static int drop_record(struct rs_txn *t, uint64_t ino, uint64_t index)
{
	uint8_t key[RS_CHUNK_KEY_SIZE];

	rs_chunk_key(ino, index, key);
	return rs_del(t, key, sizeof(key));
}

/* Blocks with a page in all chunks, and where the last ends. A record that
 * makes no sense owns nothing and goes. */
static int sum_chunks(struct rs_txn *t, uint64_t ino, uint64_t *ret_stored,
		      uint64_t *ret_end)
{
	uint64_t index = 0, stored = 0, end = 0;
	struct rs_chunk c;
	int err;

	for (;; index++) {
		err = rs_chunk_seek(rs_txn_view(t), ino, index, &index, &c);
		if (err == -EUCLEAN) {
			err = drop_record(t, ino, index);
			if (err == -ENOENT)
				err = -EUCLEAN;
			if (err)
				return err;
			continue;
		}
		if (err)
			break;
		stored += (uint64_t)rs_chunk_count(&c) * RS_BLOCK_SIZE;
		end = end_of(index, &c);
	}
	if (err != -ENOENT)
		return err;
	*ret_stored = stored;
	*ret_end = end;
	return 0;
}

int rs_region_mend(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		   uint64_t *ret_lost)
{
	uint64_t stored, end;
	struct rs_region r;
	int err = rs_region_decode(obj, &r);

	if (!err)
		err = sum_chunks(t, ino, &stored, &end);
	if (err)
		return err;
	*ret_lost = stored < r.stored ? r.stored - stored : 0;
	if (end > 0 && r.is_inline) {
		r.is_inline = false;
		r.inline_len = 0;
	}
	r.stored = stored;
	if (end > 0 && r.size + RS_BLOCK_SIZE <= end)
		r.size = end;
	return rs_region_encode(&r, obj);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* region_apply.c - the second step of a write: pages become part of a region.
 *
 * In the txn, so as little as possible is done here: an aligned write of 128
 * KiB claims one run and puts one or two records of chunks. A write with
 * ragged ends reads up to two old blocks and writes two.
 *
 * A write that fits inline ends at most at RS_INLINE_MAX, so it has no whole
 * block and the first step reserved nothing for it.
 */

#include "regionstore/region_write.h"

#include "regionstore/base/hash.h"
#include "regionstore/store.h"

#include <assert.h>
#include <string.h>

/* The write ends at most at RS_INLINE_MAX. */
static void apply_inline(const struct rs_write *w, struct rs_region *r,
			 uint8_t *bytes)
{
	size_t off = (size_t)w->off, end = off + w->len;

	if (off > r->inline_len)
		memset(bytes + r->inline_len, 0, off - r->inline_len);
	memcpy(bytes + off, w->data, w->len);
	if (end > r->inline_len)
		r->inline_len = end;
}

/* The inline bytes move to a page, unless the write replaces them: one that
 * starts at 0 does, as it ends above RS_INLINE_MAX. */
static int spill(struct rs_txn *t, uint64_t ino, struct rs_region *r,
		 const uint8_t *bytes, const struct rs_write *w)
{
	uint8_t block[RS_BLOCK_SIZE] = { 0 };
	size_t len = r->inline_len;

	r->is_inline = false;
	r->inline_len = 0;
	if (len == 0 || w->off == 0)
		return 0;
	memcpy(block, bytes, len);
	return rs_region_put_block(t, ino, r, 0, block);
}

/* A page that the region's first touched block would best lie behind: that of
 * the block before, so that what is appended lies in one run. */
static int find_near(const struct rs_view *v, uint64_t ino,
		     const struct rs_write *w, uint64_t *ret_near)
{
	uint64_t before = w->first ? w->first - 1 : 0;
	struct rs_chunk c;
	int err = rs_chunk_load(v, ino, before / RS_CHUNK_BLOCKS, &c);

	if (!err)
		*ret_near = c.pgno[before % RS_CHUNK_BLOCKS];
	return err;
}

/* What block held before the write, as far as it is kept: bytes in front of
 * from, and bytes from to on up to the old size. Nothing is read when nothing
 * is kept. Fills what is not from the write. */
static int merge_old(const struct rs_view *v, uint64_t ino,
		     const struct rs_region *r, uint64_t block, unsigned from,
		     unsigned to, uint8_t merged[RS_BLOCK_SIZE])
{
	unsigned b = (unsigned)(block % RS_CHUNK_BLOCKS);
	uint64_t start = block * RS_BLOCK_SIZE;
	const uint8_t *old;
	struct rs_chunk c;
	int err;

	memset(merged, 0, RS_BLOCK_SIZE);
	if (start >= r->size || (from == 0 && start + to >= r->size))
		return 0;
	err = rs_chunk_load(v, ino, block / RS_CHUNK_BLOCKS, &c);
	if (err || !c.pgno[b])
		return err;
	err = rs_region_blocks(v, &c, b, 1, &old);
	if (err)
		return err;
	memcpy(merged, old, RS_BLOCK_SIZE);
	return rs_view_check(v);
}

/* Write the i-th block of w, if it is ragged: prepare did not. */
static int write_ragged(struct rs_txn *t, uint64_t ino,
			const struct rs_region *r, struct rs_write *w, size_t i)
{
	uint64_t block = w->first + i, pgno = rs_write_pgno(w, i);
	uint8_t merged[RS_BLOCK_SIZE];
	const uint8_t *data;
	unsigned from, to;
	int err;

	if (rs_write_span(w, i, &from, &to))
		return 0;
	err = merge_old(rs_txn_view(t), ino, r, block, from, to, merged);
	if (err)
		return err;
	data = w->data + (block * RS_BLOCK_SIZE + from - w->off);
	memcpy(merged + from, data, to - from);
	w->csum[i] = hash64(merged, sizeof(merged), pgno);
	return rs_write_pages(w->store, pgno, merged, 1);
}

static int write_ends(struct rs_txn *t, uint64_t ino, const struct rs_region *r,
		      struct rs_write *w)
{
	int err = write_ragged(t, ino, r, w, 0);

	if (!err && w->n_blocks > 1)
		err = write_ragged(t, ino, r, w, w->n_blocks - 1);
	return err;
}

static int claim(struct rs_txn *t, struct rs_write *w)
{
	for (; w->n_claimed < w->n_runs; w->n_claimed++) {
		const struct rs_write_run *run = &w->runs[w->n_claimed];
		int err = rs_claim(t, run->pgno, run->npages);

		if (err)
			return err;
	}
	return 0;
}

/* Where the next block of a write lies while its chunks are filled. */
struct place {
	size_t i; /* block of the write */
	size_t run;
	uint32_t in_run;
};

/* Blocks of w from block b of c on now lie where w put them, up to the end of
 * the chunk or of the write. */
static void fill_chunk(struct rs_chunk *c, unsigned b, unsigned end,
		       uint64_t birth, const struct rs_write *w,
		       struct place *at)
{
	while (b < end) {
		const struct rs_write_run *from = &w->runs[at->run];
		uint32_t left = from->npages - at->in_run;
		struct rs_run run = { .first = b,
				      .len = left < end - b ? left : end - b,
				      .pgno = from->pgno + at->in_run,
				      .birth = birth };

		rs_chunk_set(c, &run, w->csum + at->i);
		b += run.len;
		at->i += run.len;
		at->in_run += run.len;
		if (at->in_run == from->npages) {
			at->run++;
			at->in_run = 0;
		}
	}
}

/* Point the chunks at the pages of w. */
static int apply_chunks(struct rs_txn *t, uint64_t ino, struct rs_region *r,
			const struct rs_write *w)
{
	struct place at = { 0 };

	while (at.i < w->n_blocks) {
		uint64_t index = (w->first + at.i) / RS_CHUNK_BLOCKS;
		unsigned b = (unsigned)((w->first + at.i) % RS_CHUNK_BLOCKS);
		unsigned end = RS_CHUNK_BLOCKS;
		struct rs_chunk c;
		int err;

		if (end - b > w->n_blocks - at.i)
			end = b + (unsigned)(w->n_blocks - at.i);
		err = rs_chunk_load(rs_txn_view(t), ino, index, &c);
		if (!err)
			err = rs_region_release(t, r, &c, b, end);
		if (err)
			return err;
		fill_chunk(&c, b, end, rs_txn_id(t), w, &at);
		r->stored += (uint64_t)(end - b) * RS_BLOCK_SIZE;
		err = rs_chunk_store(t, ino, index, &c);
		if (err)
			return err;
	}
	return 0;
}

static int apply_paged(struct rs_txn *t, uint64_t ino, struct rs_region *r,
		       struct rs_write *w)
{
	uint64_t near;
	int err = 0;

	if (w->n_runs > 0) {
		err = rs_write_renew(w);
	} else {
		err = find_near(rs_txn_view(t), ino, w, &near);
		if (!err)
			err = rs_write_reserve(w, near);
	}
	if (!err)
		err = write_ends(t, ino, r, w);
	if (!err)
		err = claim(t, w);
	return err ? err : apply_chunks(t, ino, r, w);
}

int rs_write_apply(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		   struct rs_write *w)
{
	uint64_t end = w->off + w->len;
	struct rs_region r;
	int err = rs_region_decode(obj, &r);

	assert(w->n_claimed == 0);
	if (err || w->len == 0)
		return err;
	if (r.is_inline && end <= RS_INLINE_MAX) {
		apply_inline(w, &r, rs_region_inline(obj));
	} else {
		if (r.is_inline)
			err = spill(t, ino, &r, rs_region_inline(obj), w);
		if (!err)
			err = apply_paged(t, ino, &r, w);
		if (err)
			return err;
	}
	if (end > r.size)
		r.size = end;
	return rs_region_encode(&r, obj);
}

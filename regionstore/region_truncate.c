/* SPDX-License-Identifier: Apache-2.0 */
/* region_truncate.c - a region ends elsewhere, or has a hole.
 *
 * Whole blocks leave the store. Of a block that is cut only the bytes are
 * zeroed, on a fresh page (R4); at the end of the region they must be zeros,
 * for the region may grow again (R2).
 */

#include "regionstore/region.h"

#include "regionstore/base/ck.h"

#include <assert.h>
#include <string.h>

static uint64_t blocks(uint64_t bytes)
{
	return (bytes + RS_BLOCK_SIZE - 1) / RS_BLOCK_SIZE;
}

static int shrink(struct rs_txn *t, uint64_t ino, struct rs_region *r,
		  uint64_t size)
{
	uint64_t end = blocks(r->size);
	unsigned cut = (unsigned)(size % RS_BLOCK_SIZE);
	int err = rs_region_drop(t, ino, r, blocks(size), end);

	if (!err && cut)
		err = rs_region_zero(t, ino, r, size / RS_BLOCK_SIZE, cut,
				     RS_BLOCK_SIZE);
	return err;
}

int rs_region_truncate(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		       uint64_t size)
{
	struct rs_region r;
	int err = rs_region_decode(obj, &r);

	if (err)
		return err;
	if (size > RS_REGION_MAX)
		return -EFBIG;
	if (r.is_inline) {
		if (r.inline_len > size)
			r.inline_len = (size_t)size;
	} else if (size < r.size) {
		err = shrink(t, ino, &r, size);
		if (err)
			return err;
	}
	if (size == 0)
		r.is_inline = true;
	r.size = size;
	return rs_region_encode(&r, obj);
}

static void punch_inline(struct rs_region *r, uint8_t *bytes, uint64_t off,
			 uint64_t end)
{
	assert(r->inline_len <= RS_INLINE_MAX); /* R1 */
	if (off >= r->inline_len)
		return;
	if (end >= r->inline_len)
		r->inline_len = (size_t)off;
	else
		memset(bytes + off, 0, (size_t)(end - off));
}

/* off < end, both inside the region. */
static int punch_blocks(struct rs_txn *t, uint64_t ino, struct rs_region *r,
			uint64_t off, uint64_t end)
{
	uint64_t first = off / RS_BLOCK_SIZE, last = end / RS_BLOCK_SIZE;
	unsigned from = (unsigned)(off % RS_BLOCK_SIZE);
	unsigned to = (unsigned)(end % RS_BLOCK_SIZE);
	int err = 0;

	if (first == last)
		return rs_region_zero(t, ino, r, first, from, to);
	if (from)
		err = rs_region_zero(t, ino, r, first++, from, RS_BLOCK_SIZE);
	if (!err && to)
		err = rs_region_zero(t, ino, r, last, 0, to);
	return err ? err : rs_region_drop(t, ino, r, first, last);
}

int rs_region_punch(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		    uint64_t off, uint64_t len)
{
	struct rs_region r;
	uint64_t end;
	int err = rs_region_decode(obj, &r);

	if (err)
		return err;
	if (!ck_add(off, len, &end) || end > RS_REGION_MAX)
		return -EFBIG;
	if (end > r.size)
		end = r.size;
	if (off >= end)
		return 0;
	if (r.is_inline) {
		punch_inline(&r, rs_region_inline(obj), off, end);
	} else {
		/* Behind the end are zeros: the last block can go whole. */
		if (end == r.size)
			end = blocks(end) * RS_BLOCK_SIZE;
		err = punch_blocks(t, ino, &r, off, end);
		if (err)
			return err;
	}
	return rs_region_encode(&r, obj);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* region_read.c - bytes of a region, from its object or from the mapping. */

#include "regionstore/region.h"

#include "regionstore/damage.h"
#include "regionstore/store.h"

#include <inttypes.h>
#include <string.h>

/* Inline bytes, and zeros behind them. */
static void read_inline(const struct rs_region *r, const uint8_t *bytes,
			uint64_t off, uint8_t *buf, size_t len)
{
	size_t n = off < r->inline_len ? r->inline_len - (size_t)off : 0;

	if (n > len)
		n = len;
	memcpy(buf, bytes + (n ? off : 0), n);
	memset(buf + n, 0, len - n);
}

/* A read has failed: of the block whose page it was, or of the whole chunk. */
static void note_bytes(uint64_t index, const struct rs_chunk *c)
{
	uint64_t from = index * RS_CHUNK_SIZE, len = RS_CHUNK_SIZE;
	uint64_t page = rs_damage_pgno();

	for (unsigned b = 0; page && c && b < RS_CHUNK_BLOCKS; b++) {
		if (c->pgno[b] != page)
			continue;
		from += (uint64_t)b * RS_BLOCK_SIZE;
		len = RS_BLOCK_SIZE;
		break;
	}
	rs_damage_add("bytes %" PRIu64 " to %" PRIu64 " of the file", from,
		      from + len - 1);
}

/* Bytes [off, off + len) of a chunk, run by run: a run is one piece of the
 * mapping and one call to verify it. */
static int read_chunk(const struct rs_view *v, const struct rs_chunk *c,
		      unsigned off, uint8_t *buf, unsigned len)
{
	unsigned end = off + len;
	struct rs_run run;

	while (off < end) {
		unsigned b = off / RS_BLOCK_SIZE,
			 in_block = off % RS_BLOCK_SIZE;
		unsigned last = (end + RS_BLOCK_SIZE - 1) / RS_BLOCK_SIZE;
		const uint8_t *data;
		unsigned n;
		int err;

		if (!rs_chunk_run(c, b, last, &run)) {
			memset(buf, 0, end - off);
			return 0;
		}
		if (run.first > b) {
			n = run.first * RS_BLOCK_SIZE - off;
			memset(buf, 0, n);
		} else {
			n = run.len * RS_BLOCK_SIZE - in_block;
			if (n > end - off)
				n = end - off;
			err = rs_region_blocks(v, c, b, run.len, &data);
			if (err)
				return err;
			memcpy(buf, data + in_block, n);
		}
		buf += n;
		off += n;
	}
	return 0;
}

int rs_region_read_chunks(const struct rs_view *v, uint64_t ino, uint64_t off,
			  void *buf, size_t len)
{
	uint8_t *to = buf;

	rs_view_begin(v);
	while (len) {
		unsigned in_chunk = (unsigned)(off % RS_CHUNK_SIZE);
		unsigned n = RS_CHUNK_SIZE - in_chunk;
		struct rs_chunk c;
		int err;

		if (n > len)
			n = (unsigned)len;
		err = rs_chunk_load(v, ino, off / RS_CHUNK_SIZE, &c);
		if (err) {
			note_bytes(off / RS_CHUNK_SIZE, NULL);
			return err;
		}
		err = read_chunk(v, &c, in_chunk, to, n);
		if (err) {
			note_bytes(off / RS_CHUNK_SIZE, &c);
			return err;
		}
		off += n;
		to += n;
		len -= n;
	}
	return rs_view_check(v);
}

int rs_region_read(const struct rs_view *v, uint64_t ino, uint64_t off,
		   void *buf, size_t len, size_t *ret_len)
{
	struct rs_object obj;
	struct rs_region r;
	int err;

	rs_view_begin(v);
	err = rs_object_get(v, ino, &obj);
	if (!err)
		err = rs_region_decode(&obj, &r);
	if (err)
		return err;
	if (off >= r.size)
		len = 0;
	else if (len > r.size - off)
		len = (size_t)(r.size - off);
	if (r.is_inline)
		read_inline(&r, rs_region_inline(&obj), off, buf, len);
	else
		err = rs_region_read_chunks(v, ino, off, buf, len);
	if (err)
		return err;
	*ret_len = len;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* seg_record.c - the record of one segment.
 *
 * The record says kind and length; how many members it has is the record's
 * weight, which the tree sums anyway, and is kept nowhere else.
 */

#include "bitmap/set.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

_Static_assert(sizeof(struct bm_disk_record) == 8, "docs/format.md");
_Static_assert(BM_RECORD_MAX <= RS_VAL_MAX, "a record fits");
_Static_assert(RS_PTR_SIZE <= BM_INLINE_MAX, "so does a pointer");

static const uint64_t lo_mask = ~(uint64_t)0xffff;

void bm_seg_key(uint8_t key[BM_KEY_SIZE], uint64_t id, uint64_t lo)
{
	key[0] = RS_KEY_SEGMENT;
	be64_put(key + 1, id);
	be64_put(key + 9, lo);
}

uint64_t bm_key_set(const uint8_t key[BM_KEY_SIZE])
{
	return be64_get(key + 1);
}

static uint32_t pages_of(size_t len)
{
	return (uint32_t)((len + RS_PAGE_SIZE - 1) / RS_PAGE_SIZE);
}

static int decode_value(const uint8_t *val, size_t len, struct bm_record *rec)
{
	struct bm_disk_record d;
	uint32_t seg_len;

	if (len < sizeof(d))
		return -EUCLEAN;
	memcpy(&d, val, sizeof(d));
	val += sizeof(d);
	len -= sizeof(d);
	seg_len = le32_get(d.len);
	if (d.kind < BM_SEG_P32 || d.kind > BM_SEG_RUN64 || d.is_inline > 1 ||
	    le16_get(d.reserved) || seg_len == 0)
		return -EUCLEAN;
	rec->seg.kind = (enum bm_seg_kind)d.kind;
	rec->seg.len = seg_len;
	if (d.is_inline) {
		rec->seg.data = val;
		return seg_len == len && len <= BM_INLINE_MAX ? 0 : -EUCLEAN;
	}
	if (len != RS_PTR_SIZE || seg_len > BM_SEG_HARD)
		return -EUCLEAN;
	rs_ptr_decode(val, &rec->ptr);
	return rec->ptr.npages == pages_of(seg_len) ? 0 : -EUCLEAN;
}

int bm_record_decode(const struct rs_cursor *c, struct bm_record *ret_rec)
{
	struct bm_record rec = { 0 };
	int err;

	if (c->key_len != BM_KEY_SIZE)
		return -EUCLEAN;
	rec.seg.lo = be64_get(c->key + 9);
	rec.seg.card = c->weight;
	if (rec.seg.lo & ~lo_mask || c->weight == 0 ||
	    c->weight > BM_MEMBERS_MAX)
		return -EUCLEAN;
	err = decode_value(c->val, c->val_len, &rec);
	if (!err)
		*ret_rec = rec;
	return err;
}

size_t bm_record_encode(const struct bm_record *rec, uint8_t buf[BM_RECORD_MAX])
{
	const struct bm_disk_record d = {
		.kind = (uint8_t)rec->seg.kind,
		.is_inline = rec->ptr.npages == 0,
		.len = le32_put((uint32_t)rec->seg.len),
	};

	memcpy(buf, &d, sizeof(d));
	if (rec->ptr.npages) {
		rs_ptr_encode(&rec->ptr, buf + sizeof(d));
		return sizeof(d) + RS_PTR_SIZE;
	}
	assert(rec->seg.len <= BM_INLINE_MAX);
	memcpy(buf + sizeof(d), rec->seg.data, rec->seg.len);
	return sizeof(d) + rec->seg.len;
}

int bm_record_load(const struct rs_view *v, struct bm_record *rec)
{
	int err = 0;

	if (rec->ptr.npages)
		err = rs_payload_get(v, &rec->ptr, rec->seg.len,
				     &rec->seg.data);
	if (!err)
		err = bm_seg_open(&rec->seg);
	if (err)
		rs_damage_add("%" PRIu64 " members from %" PRIu64 " on",
			      rec->seg.card, rec->seg.lo);
	return err;
}

uint64_t bm_record_stored(const struct bm_record *rec)
{
	if (rec->ptr.npages)
		return (uint64_t)rec->ptr.npages * RS_PAGE_SIZE;
	return rec->seg.len;
}

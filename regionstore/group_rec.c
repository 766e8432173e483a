/* SPDX-License-Identifier: Apache-2.0 */
/* group_rec.c - the record of a group, and the ranges that flip. */
#include "regionstore/group_rec.h"

#include "regionstore/layout.h"

#include <assert.h>
#include <errno.h>

_Static_assert(RS_GROUP_PAGES <= UINT16_MAX, "a flip's pages");
_Static_assert(RS_GROUP_VAL_MAX <= RS_VAL_MAX, "a value");

bool rs_group_rec_diff(struct rs_group_rec *rec, const struct rs_bits *from,
		       const struct rs_bits *to)
{
	struct rs_bits x;
	uint32_t at = 0, end;

	rs_bits_xor(&x, from, to);
	rec->n_flips = 0;
	for (;; at = end) {
		at = rs_bits_next_set(&x, at, RS_GROUP_PAGES);
		if (at == RS_GROUP_PAGES)
			return true;
		if (rec->n_flips == RS_FLIPS_MAX)
			return false;
		end = rs_bits_next_clear(&x, at, RS_GROUP_PAGES);
		rec->flips[rec->n_flips++] =
			(struct rs_flip){ .first = (uint16_t)at,
					  .len = (uint16_t)(end - at) };
	}
}

void rs_group_rec_flip(const struct rs_group_rec *rec, struct rs_bits *bits)
{
	for (uint32_t i = 0; i < rec->n_flips; i++) {
		uint32_t from = rec->flips[i].first;

		rs_bits_flip(bits, from, from + rec->flips[i].len);
	}
}

void rs_group_rec_encode(const struct rs_group_rec *rec, unsigned room,
			 uint8_t *out)
{
	const struct rs_disk_group d = {
		.slot = rec->slot,
		.free = le32_put(rec->free),
		.largest_run = le32_put(rec->largest_run),
		.txid = le64_put(rec->txid),
		.csum = le64_put(rec->csum),
	};

	assert(rec->n_flips <= room);
	memset(out, 0, RS_GROUP_VAL(room));
	memcpy(out, &d, sizeof(d));
	for (uint32_t i = 0; i < rec->n_flips; i++) {
		const struct rs_disk_flip f = {
			.first = le16_put(rec->flips[i].first),
			.len = le16_put(rec->flips[i].len),
		};

		memcpy(out + RS_GROUP_VAL(i), &f, sizeof(f));
	}
}

/* One way to say it: in order, with at least a page between two, and none of
 * a slot. */
static bool is_good_flip(const struct rs_group_rec *rec, struct rs_flip f)
{
	uint32_t from = RS_GROUP_SLOTS;

	if (rec->n_flips > 0) {
		const struct rs_flip *last = &rec->flips[rec->n_flips - 1];

		from = (uint32_t)last->first + last->len + 1;
	}
	return f.first >= from && ck_range(f.first, f.len, RS_GROUP_PAGES);
}

static int decode_flips(const uint8_t *val, unsigned room,
			struct rs_group_rec *rec)
{
	unsigned i;

	for (i = 0; i < room; i++) {
		struct rs_disk_flip d;
		struct rs_flip f;

		memcpy(&d, val + RS_GROUP_VAL(i), sizeof(d));
		f.first = le16_get(d.first);
		f.len = le16_get(d.len);
		if (f.len == 0)
			break;
		if (!is_good_flip(rec, f))
			return -EUCLEAN;
		rec->flips[rec->n_flips++] = f;
	}
	for (; i < room; i++) {
		static const struct rs_disk_flip none;

		if (memcmp(val + RS_GROUP_VAL(i), &none, sizeof(none)) != 0)
			return -EUCLEAN;
	}
	return 0;
}

int rs_group_rec_decode(const void *val, size_t len,
			struct rs_group_rec *ret_rec)
{
	struct rs_group_rec rec = { 0 };
	struct rs_disk_group d;
	int err;

	if (len < RS_GROUP_VAL(0) || len > RS_GROUP_VAL_MAX ||
	    (len - RS_GROUP_VAL(0)) % sizeof(struct rs_disk_flip) != 0)
		return -EUCLEAN;
	memcpy(&d, val, sizeof(d));
	rec.slot = d.slot;
	rec.free = le32_get(d.free);
	rec.largest_run = le32_get(d.largest_run);
	rec.txid = le64_get(d.txid);
	rec.csum = le64_get(d.csum);
	if (rec.slot >= RS_GROUP_SLOTS)
		return -EUCLEAN;
	err = decode_flips(val,
			   (unsigned)((len - RS_GROUP_VAL(0)) /
				      sizeof(struct rs_disk_flip)),
			   &rec);
	if (err)
		return err;
	*ret_rec = rec;
	return 0;
}

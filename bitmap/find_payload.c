/* SPDX-License-Identifier: Apache-2.0 */
/* find_payload.c - where the records of this layer point. */
#include <errno.h>
#include <string.h>

#include "bitmap/journal.h"
#include "bitmap/set.h"

static int find_segment(const struct rs_cursor *c, struct rs_where *ret_where)
{
	struct bm_record rec;

	if (bm_record_decode(c, &rec) || !rec.ptr.npages)
		return -ENOENT;
	*ret_where = (struct rs_where){ .off = sizeof(struct bm_disk_record),
					.len = rec.seg.len };
	return 0;
}

static int find_batches(const struct rs_cursor *c, struct rs_where *ret_where)
{
	struct bm_disk_journal d;

	if (c->val_len != sizeof(d) + RS_PTR_SIZE)
		return -ENOENT;
	memcpy(&d, c->val, sizeof(d));
	if (d.is_inline || le32_get(d.len) == 0)
		return -ENOENT;
	*ret_where =
		(struct rs_where){ .off = sizeof(d), .len = le32_get(d.len) };
	return 0;
}

int bm_find_payload(const struct rs_cursor *c, struct rs_where *ret_where)
{
	if (c->key[0] == RS_KEY_SEGMENT)
		return find_segment(c, ret_where);
	if (c->key[0] == RS_KEY_JOURNAL)
		return find_batches(c, ret_where);
	return -ENOENT;
}

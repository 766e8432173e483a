/* SPDX-License-Identifier: Apache-2.0 */
/* carry.c - a record of a set, or of the journal, goes to another store.
 *
 * Its bytes are either in the record or on pages that the end of the record
 * points at; in that case they are put on pages of the other store.
 */

#include "bitmap/journal.h"
#include "bitmap/set.h"

#include <errno.h>
#include <string.h>

/* The bytes on pages, validated; NULL when all is in the record. */
static int load(const struct rs_cursor *c, const uint8_t **ret_data,
		size_t *ret_len)
{
	struct bm_journal_record jr = { 0 };
	struct bm_record rec = { 0 };
	int err;

	*ret_data = NULL;
	if (c->key[0] == RS_KEY_JOURNAL) {
		if (bm_journal_is_numbers(c))
			return 0;
		err = bm_journal_decode(c, &jr);
		if (!err)
			err = bm_journal_load(c->view, &jr);
		if (!err && jr.ptr.npages) {
			*ret_data = jr.data;
			*ret_len = jr.len;
		}
		return err;
	}
	err = bm_record_decode(c, &rec);
	if (!err)
		err = bm_record_load(c->view, &rec);
	if (!err)
		err = bm_seg_validate(&rec.seg);
	if (!err && rec.ptr.npages) {
		*ret_data = rec.seg.data;
		*ret_len = rec.seg.len;
	}
	return err;
}

int bm_carry(struct rs_txn *t, const struct rs_cursor *c)
{
	uint8_t val[RS_VAL_MAX];
	const uint8_t *data;
	struct rs_ptr ptr;
	size_t len = 0;
	int err = load(c, &data, &len);

	if (err || c->val_len > sizeof(val))
		return err ? err : -EUCLEAN;
	memcpy(val, c->val, c->val_len);
	if (data) {
		err = rs_payload_put(t, data, len, &ptr);
		if (err)
			return err;
		rs_ptr_encode(&ptr, val + c->val_len - RS_PTR_SIZE);
		err = rs_view_check(c->view);
	}
	return err ? err
		   : rs_put(t, c->key, c->key_len, val, c->val_len, c->weight);
}

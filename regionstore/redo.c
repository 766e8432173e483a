/* SPDX-License-Identifier: Apache-2.0 */
/* redo.c - coding what txns do, and collecting it. */
#include "regionstore/redo.h"

#include "regionstore/base/ck.h"
#include "regionstore/log_record.h"

#include <errno.h>
#include <string.h>

/* --- coding --------------------------------------------------------------- */

static int code_record(struct buf *out, const struct rs_redo_op *op)
{
	const struct rs_disk_redo_record d = {
		.op = (uint8_t)op->kind,
		.key_len = le16_put((uint16_t)op->key_len),
		.val_len = le16_put((uint16_t)op->val_len),
		.weight = le64_put(op->weight),
	};
	uint8_t *room;
	int err =
		buf_reserve(out, sizeof(d) + op->key_len + op->val_len, &room);

	if (err)
		return err;
	memcpy(room, &d, sizeof(d));
	memcpy(room + sizeof(d), op->key, op->key_len);
	if (op->val_len)
		memcpy(room + sizeof(d) + op->key_len, op->val, op->val_len);
	buf_added(out, sizeof(d) + op->key_len + op->val_len);
	return 0;
}

static int code_pages(struct buf *out, const struct rs_redo_op *op)
{
	const struct rs_disk_redo_pages d = {
		.op = (uint8_t)op->kind,
		.npages = le16_put((uint16_t)op->npages),
		.pgno = le64_put(op->pgno),
		.birth = le64_put(op->birth),
	};

	return buf_append(out, &d, sizeof(d));
}

int rs_redo_code(struct buf *out, const struct rs_redo_op *op)
{
	switch (op->kind) {
	case RS_REDO_PUT:
	case RS_REDO_DEL:
		return code_record(out, op);
	case RS_REDO_CLAIM:
	case RS_REDO_FREE:
		return code_pages(out, op);
	}
	return -EINVAL;
}

static int read_record(const uint8_t *p, size_t left, struct rs_redo_op *op)
{
	struct rs_disk_redo_record d;

	if (left < sizeof(d))
		return -EUCLEAN;
	memcpy(&d, p, sizeof(d));
	op->key_len = le16_get(d.key_len);
	op->val_len = le16_get(d.val_len);
	op->weight = le64_get(d.weight);
	op->key = p + sizeof(d);
	op->val = op->key + op->key_len;
	if (op->key_len == 0 || op->key_len > RS_KEY_MAX ||
	    op->val_len > RS_VAL_MAX ||
	    !ck_range(op->key_len, op->val_len, left - sizeof(d)) ||
	    (op->kind == RS_REDO_DEL && (op->val_len || op->weight)))
		return -EUCLEAN;
	return 0;
}

static int read_pages(const uint8_t *p, size_t left, struct rs_redo_op *op)
{
	struct rs_disk_redo_pages d;

	if (left < sizeof(d))
		return -EUCLEAN;
	memcpy(&d, p, sizeof(d));
	op->pgno = le64_get(d.pgno);
	op->npages = le16_get(d.npages);
	op->birth = le64_get(d.birth);
	return op->npages ? 0 : -EUCLEAN;
}

int rs_redo_next(const uint8_t *bytes, size_t len, size_t *at,
		 struct rs_redo_op *ret_op)
{
	struct rs_redo_op op = { 0 };
	const uint8_t *p = bytes + *at;
	size_t left = len - *at, size;
	int err;

	if (left == 0)
		return -ENOENT;
	switch (p[0]) {
	case RS_REDO_PUT:
	case RS_REDO_DEL:
		op.kind = (enum rs_redo_kind)p[0];
		err = read_record(p, left, &op);
		size = sizeof(struct rs_disk_redo_record) + op.key_len +
		       op.val_len;
		break;
	case RS_REDO_CLAIM:
	case RS_REDO_FREE:
		op.kind = (enum rs_redo_kind)p[0];
		err = read_pages(p, left, &op);
		size = sizeof(struct rs_disk_redo_pages);
		break;
	default:
		return -EUCLEAN;
	}
	if (err)
		return err;
	*at += size;
	*ret_op = op;
	return 0;
}

/* --- collecting ----------------------------------------------------------- */

void rs_redo_finish(struct rs_redo *r)
{
	buf_finish(&r->bytes);
}

void rs_redo_reset(struct rs_redo *r)
{
	buf_clear(&r->bytes);
	r->pages = 0;
	r->broken = false;
	r->sealed = false;
}

static void cut(struct rs_redo *r)
{
	r->bytes.len = r->mark;
	r->pages = r->mark_pages;
}

void rs_redo_begin(struct rs_redo *r)
{
	r->mark = r->bytes.len;
	r->mark_pages = r->pages;
	r->lost = r->broken || r->sealed ||
		  rs_log_entry_begin(&r->bytes, RS_ENTRY_TXN) != 0;
}

void rs_redo_add(struct rs_redo *r, const struct rs_redo_op *op)
{
	if (r->lost)
		return;
	if (op->kind == RS_REDO_CLAIM)
		r->pages += op->npages;
	r->lost = r->pages > RS_REDO_PAGES_MAX || r->bytes.len > RS_REDO_MAX ||
		  rs_redo_code(&r->bytes, op);
	if (r->lost)
		cut(r);
}

void rs_redo_end(struct rs_redo *r, bool derived)
{
	/* What is derived is not worth the content of its pages. */
	if (derived && r->pages > r->mark_pages)
		r->lost = true;
	if (!r->lost && r->bytes.len <= RS_REDO_MAX) {
		if (!rs_log_entry_end(&r->bytes, r->mark))
			cut(r);
		return;
	}
	cut(r);
	if (derived) {
		r->sealed = true;
		return;
	}
	r->broken = true;
	buf_finish(&r->bytes);
}

void rs_redo_abort(struct rs_redo *r)
{
	if (!r->broken)
		cut(r);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_log.c - records of the log, their entries and the txns in these.
 *
 * What decodes lies inside, and encodes to what decodes the same. Any bytes are
 * a record when they are sealed, and none when one of them is turned then.
 */
#include "regionstore/log_record.h"
#include "regionstore/redo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEED 77u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is)
{
	if (!is)
		abort();
}

static bool is_inside(const uint8_t *p, size_t len, const uint8_t *data,
		      size_t size)
{
	return p >= data && len <= size && (size_t)(p - data) <= size - len;
}

/* --- txns ----------------------------------------------------------------- */

static void must_be_same(const struct rs_redo_op *a, const struct rs_redo_op *b)
{
	must(a->kind == b->kind && a->key_len == b->key_len &&
	     a->val_len == b->val_len && a->weight == b->weight);
	must(a->pgno == b->pgno && a->birth == b->birth &&
	     a->npages == b->npages);
	must(a->key_len == 0 || memcmp(a->key, b->key, a->key_len) == 0);
	must(a->val_len == 0 || memcmp(a->val, b->val, a->val_len) == 0);
}

static void try_op(const struct rs_redo_op *op)
{
	struct rs_redo_op same;
	struct buf out = { 0 };
	size_t at = 0;

	must(rs_redo_code(&out, op) == 0);
	must(rs_redo_next(buf_data(&out), out.len, &at, &same) == 0);
	must_be_same(op, &same);
	must(at == out.len);
	must(rs_redo_next(buf_data(&out), out.len, &at, &same) == -ENOENT);
	buf_finish(&out);
}

static void try_txn(const uint8_t *data, size_t size)
{
	struct rs_redo_op op;
	size_t at = 0, was = 0;

	while (rs_redo_next(data, size, &at, &op) == 0) {
		must(at > was && at <= size);
		was = at;
		must(op.key_len <= RS_KEY_MAX && op.val_len <= RS_VAL_MAX);
		must(!op.key_len || is_inside(op.key, op.key_len, data, size));
		must(!op.val_len || is_inside(op.val, op.val_len, data, size));
		try_op(&op);
	}
}

/* --- entries -------------------------------------------------------------- */

static void try_entry(const struct rs_log_entry *en)
{
	struct rs_log_entry same;
	struct buf out = { 0 };
	size_t at = 0;

	must(rs_log_entry_begin(&out, en->kind) == 0);
	must(en->len == 0 || buf_append(&out, en->data, en->len) == 0);
	must(rs_log_entry_end(&out, 0) == (en->len > 0));
	must(rs_log_entry_next(buf_data(&out), out.len, &at, &same) == 0);
	must(same.kind == en->kind && same.len == en->len && at == out.len);
	must(en->len == 0 || memcmp(same.data, en->data, en->len) == 0);
	buf_finish(&out);
}

static void try_entries(const uint8_t *data, size_t size)
{
	struct rs_log_entry en;
	size_t at = 0;

	while (rs_log_entry_next(data, size, &at, &en) == 0) {
		must(at <= size && is_inside(en.data, en.len, data, size));
		try_entry(&en);
		if (en.kind == RS_ENTRY_TXN)
			try_txn(en.data, en.len);
	}
}

/* --- records -------------------------------------------------------------- */

/* As it lies on the disk. */
static bool try_open(const uint8_t *data, size_t size)
{
	uint32_t room = (uint32_t)(size / RS_PAGE_SIZE);
	struct rs_disk_log d;
	struct rs_log_head h;

	if (room == 0)
		return false;
	memcpy(&d, data, sizeof(d));
	if (!rs_log_open(data, room, SEED, le64_get(d.epoch), le32_get(d.page),
			 &h))
		return false;
	must(rs_log_pages(h.len) <= room);
	try_entries(rs_log_entries(data), h.len);
	return true;
}

static void try_seal(const uint8_t *data, size_t size)
{
	const struct rs_log_head h = { .epoch = size,
				       .txid = size + 1,
				       .next_id = size + 2,
				       .page = 3,
				       .len = (uint32_t)size };
	uint32_t pages = rs_log_pages(size);
	uint8_t *record = malloc((size_t)pages * RS_PAGE_SIZE);
	struct rs_log_head is;

	must(record);
	rs_log_seal(&h, data, SEED, record);
	must(rs_log_open(record, pages, SEED, h.epoch, 3, &is));
	must(is.epoch == h.epoch && is.txid == h.txid && is.page == h.page &&
	     is.next_id == h.next_id && is.len == h.len);
	must(memcmp(rs_log_entries(record), data, size) == 0);
	must(try_open(record, (size_t)pages * RS_PAGE_SIZE));
	must(!rs_log_open(record, pages - 1, SEED, h.epoch, 3, &is));
	must(!rs_log_open(record, pages, SEED + 1, h.epoch, 3, &is));
	must(!rs_log_open(record, pages, SEED, h.epoch + 2, 3, &is));
	must(!rs_log_open(record, pages, SEED, h.epoch, 4, &is));
	record[(size * 31 + data[0]) % ((size_t)pages * RS_PAGE_SIZE)] ^= 1;
	must(!rs_log_open(record, pages, SEED, h.epoch, 3, &is));
	free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_open(data, size);
	try_entries(data, size);
	try_txn(data, size);
	if (size > 0 && size <= RS_LOG_RECORD_MAX)
		try_seal(data, size);
	return 0;
}

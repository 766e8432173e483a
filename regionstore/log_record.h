/* SPDX-License-Identifier: Apache-2.0 */
/* log_record.h - a record of the log as bytes. PRIVATE.
 *
 *	record   head entry entry ... zeros     whole pages, one write
 *	entry    kind, length, bytes
 *
 * A record says which commit it follows and on which page of its half it
 * begins, and all of it is under one checksum. So a record is there, whole, or
 * it is not; what lies behind it from an older epoch cannot be taken for the
 * next one; and nobody who does not know the seed can make one by writing a
 * file whose content looks like a record.
 *
 * Pure.
 */
#ifndef RS_LOG_RECORD_H
#define RS_LOG_RECORD_H

#include "regionstore/base/buf.h"
#include "regionstore/format.h"

#include <stdbool.h>

enum rs_log_kind {
	RS_ENTRY_TXN = 1,   /* redo.h */
	RS_ENTRY_PAGES = 2, /* the content of pages that a txn claimed */
	RS_ENTRY_LAYER = 3, /* what the layer above has (regionstore.h) */
};

#define RS_LOG_RECORD_PAGES 16u /* at most */
#define RS_LOG_RECORD_MAX \
	(RS_LOG_RECORD_PAGES * RS_PAGE_SIZE - sizeof(struct rs_disk_log))

struct rs_log_head {
	uint64_t epoch, txid, next_id;
	uint32_t page;
	uint32_t len; /* bytes of entries */
};

/* --- entries -------------------------------------------------------------- */

/* Between these two the bytes of the entry are appended. *ret: it has any. */
int rs_log_entry_begin(struct buf *out, enum rs_log_kind kind);
bool rs_log_entry_end(struct buf *out, size_t mark);

struct rs_log_entry {
	enum rs_log_kind kind;
	const uint8_t *data; /* borrowed */
	size_t len;
};
/* As rs_redo_next(). */
int rs_log_entry_next(const uint8_t *bytes, size_t len, size_t *at,
		      struct rs_log_entry *ret_entry);

/* --- records -------------------------------------------------------------- */

/* Pages that a record with len bytes of entries takes. */
static inline uint32_t rs_log_pages(size_t len)
{
	return (uint32_t)((sizeof(struct rs_disk_log) + len + RS_PAGE_SIZE -
			   1) /
			  RS_PAGE_SIZE);
}

/* Make a record in out, which has rs_log_pages(h->len) pages. */
void rs_log_seal(const struct rs_log_head *h, const void *entries,
		 uint64_t seed, uint8_t *out);
/* The record of that epoch that begins on that page, in at most room pages at
 * p. False when there is none. */
bool rs_log_open(const uint8_t *p, uint32_t room, uint64_t seed, uint64_t epoch,
		 uint32_t page, struct rs_log_head *ret_head);

static inline const uint8_t *rs_log_entries(const uint8_t *record)
{
	return record + sizeof(struct rs_disk_log);
}

#endif

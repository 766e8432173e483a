/* SPDX-License-Identifier: Apache-2.0 */
/* log_record.c - records of the log, to and from bytes. */
#include "regionstore/log_record.h"

#include "regionstore/base/ck.h"
#include "regionstore/base/hash.h"
#include "regionstore/broken.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(struct rs_disk_log) == 48, "docs/format.md");
_Static_assert(sizeof(struct rs_disk_log_entry) == 8, "docs/format.md");

/* --- entries -------------------------------------------------------------- */

int rs_log_entry_begin(struct buf *out, enum rs_log_kind kind)
{
	const struct rs_disk_log_entry d = { .kind = (uint8_t)kind };

	return buf_append(out, &d, sizeof(d));
}

bool rs_log_entry_end(struct buf *out, size_t mark)
{
	struct rs_disk_log_entry d;
	size_t len = out->len - mark - sizeof(d);
	uint8_t *at = out->mem + out->start + mark;

	memcpy(&d, at, sizeof(d));
	d.len = le32_put((uint32_t)len);
	memcpy(at, &d, sizeof(d));
	return len > 0;
}

int rs_log_entry_next(const uint8_t *bytes, size_t len, size_t *at,
		      struct rs_log_entry *ret_entry)
{
	struct rs_disk_log_entry d;
	size_t left = len - *at;

	if (left == 0)
		return -ENOENT;
	if (left < sizeof(d))
		return -EUCLEAN;
	memcpy(&d, bytes + *at, sizeof(d));
	if (le32_get(d.len) > left - sizeof(d) || d.kind < RS_ENTRY_TXN ||
	    d.kind > RS_ENTRY_LAYER)
		return -EUCLEAN;
	*ret_entry = (struct rs_log_entry){
		.kind = (enum rs_log_kind)d.kind,
		.data = bytes + *at + sizeof(d),
		.len = le32_get(d.len),
	};
	*at += sizeof(d) + ret_entry->len;
	return 0;
}

/* --- records -------------------------------------------------------------- */

/* Of a record of so many pages, whose head is d and not what stands there. */
static uint64_t sum_of(struct rs_disk_log d, const uint8_t *record,
		       uint32_t pages, uint64_t seed)
{
	d.csum = le64_put(0);
	return hash64(record + sizeof(d),
		      (size_t)pages * RS_PAGE_SIZE - sizeof(d),
		      hash64(&d, sizeof(d), seed));
}

void rs_log_seal(const struct rs_log_head *h, const void *entries,
		 uint64_t seed, uint8_t *out)
{
	uint32_t pages = rs_log_pages(h->len);
	struct rs_disk_log d = {
		.magic = RS_MAGIC_LOG,
		.epoch = le64_put(h->epoch),
		.txid = le64_put(h->txid),
		.next_id = le64_put(h->next_id),
		.page = le32_put(h->page),
		.len = le32_put(h->len),
	};
	size_t used = sizeof(d) + h->len;

	assert(h->len <= RS_LOG_RECORD_MAX);
	memcpy(out + sizeof(d), entries, h->len);
	memset(out + used, 0, (size_t)pages * RS_PAGE_SIZE - used);
	d.csum = le64_put(sum_of(d, out, pages, seed));
	memcpy(out, &d, sizeof(d));
}

bool rs_log_open(const uint8_t *p, uint32_t room, uint64_t seed, uint64_t epoch,
		 uint32_t page, struct rs_log_head *ret_head)
{
	struct rs_disk_log d;
	uint32_t len, pages;

	if (room == 0)
		return false;
	memcpy(&d, p, sizeof(d));
	len = le32_get(d.len);
	if (memcmp(d.magic, RS_MAGIC_LOG, sizeof(d.magic)) != 0 ||
	    le64_get(d.epoch) != epoch || le32_get(d.page) != page ||
	    len == 0 || len > RS_LOG_RECORD_MAX)
		return false;
	pages = rs_log_pages(len);
	if (pages > room || (sum_of(d, p, pages, seed) != le64_get(d.csum) &&
			     !RS_BROKEN(RS_BREAK_LOG)))
		return false;
	*ret_head = (struct rs_log_head){
		.epoch = epoch,
		.txid = le64_get(d.txid),
		.next_id = le64_get(d.next_id),
		.page = page,
		.len = len,
	};
	return true;
}

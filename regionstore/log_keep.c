/* SPDX-License-Identifier: Apache-2.0 */
/* log_keep.c - what the log holds and a commit does not.
 *
 * A commit ends an epoch: what is in the log counts no more. Txns that were
 * logged are part of the commit. What the layer above logged is so, too, if it
 * was settled. When that failed, for want of space, or when nobody opened that
 * layer since a crash, it is still durable in the log alone; so it is written
 * again, as the first records of the next epoch, before the superblock that
 * begins it.
 *
 * A commit that fails there, or that a power cut ends, leaves such records, and
 * its number is used again. They must not be taken for those of the next commit
 * of that number, which knows better what is still to be kept, and may write
 * fewer. So that one has another seed.
 */
#include "regionstore/log.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"
#include "regionstore/store_state.h"

#include <stdlib.h>

static int keep_found(void *arg, const void *data, size_t len)
{
	struct buf *out = arg;
	size_t mark = out->len;
	int err = rs_log_entry_begin(out, RS_ENTRY_LAYER);

	if (!err)
		err = buf_append(out, data, len);
	if (!err)
		rs_log_entry_end(out, mark);
	return err;
}

static int keep_buffered(struct rs_store *s, struct buf *out)
{
	uint64_t at = 0;
	bool any = true;
	int err = 0;

	while (!err && any) {
		size_t mark = out->len;

		err = rs_log_entry_begin(out, RS_ENTRY_LAYER);
		if (!err)
			err = s->hooks.kept(s->hooks.arg, &at, out);
		any = !err && rs_log_entry_end(out, mark);
		if (!any)
			out->len = mark;
	}
	return err;
}

int rs_log_keep(struct rs_store *s)
{
	struct buf *out = &s->log.kept;

	buf_clear(out);
	return s->hooks.kept ? keep_buffered(s, out)
			     : rs_log_each(s, keep_found, out);
}

/* On a page of the log: a record by that seed, of a commit to come. */
static bool is_later(const struct rs_store *s, uint64_t seed, uint32_t half,
		     uint32_t page)
{
	uint64_t pgno = RS_LOG_FIRST + half * RS_LOG_HALF + page;
	const uint8_t *at = s->map.base + rs_bytes(pgno);
	struct rs_log_head head;
	struct rs_disk_log d;
	uint64_t epoch;

	memcpy(&d, at, sizeof(d));
	epoch = le64_get(d.epoch);
	return epoch > s->super.log_epoch &&
	       rs_log_open(at, RS_LOG_HALF - page, seed, epoch, page, &head);
}

static bool has_later(const struct rs_store *s, uint64_t seed)
{
	for (uint32_t page = 0; page < RS_LOG_HALF; page++)
		if (is_later(s, seed, 0, page) || is_later(s, seed, 1, page))
			return true;
	return false;
}

/* A process uses no number twice, but one before it, which did not get that
 * far, may have tried several. */
void rs_log_choose_seed(const struct rs_store *s, struct rs_super *su)
{
	if (atomic_load(&s->counters.commits))
		return;
	while (has_later(s, su->log_seed))
		su->log_seed = hash64(&su->log_seed, sizeof(su->log_seed),
				      su->log_epoch);
}

/* As many entries as fit one record. */
static size_t cut_record(const struct buf *kept, size_t from)
{
	struct rs_log_entry en;
	size_t at = from, end = from;

	while (rs_log_entry_next(buf_data(kept), kept->len, &at, &en) == 0 &&
	       at - from <= RS_LOG_RECORD_MAX)
		end = at;
	return end;
}

int rs_log_write_kept(struct rs_store *s, const struct rs_super *su)
{
	const struct buf *kept = &s->log.kept;
	AUTO_FREE uint8_t *mem = NULL;
	size_t at = 0;
	int err = 0;

	s->log.kept_pages = 0;
	if (kept->len)
		mem = malloc(RS_LOG_RECORD_PAGES * RS_PAGE_SIZE);
	if (kept->len && !mem)
		err = -ENOMEM;
	while (!err && at < kept->len) {
		size_t end = cut_record(kept, at);
		const struct rs_log_head h = { .epoch = su->log_epoch,
					       .txid = su->txid,
					       .next_id = su->next_id,
					       .page = s->log.kept_pages,
					       .len = (uint32_t)(end - at) };
		uint32_t pages = rs_log_pages(end - at);

		if (end == at || pages > RS_LOG_HALF - h.page)
			return -ENOSPC;
		rs_log_seal(&h, buf_data(kept) + at, su->log_seed, mem);
		err = s->io->ops->write(s->io,
					rs_bytes(rs_log_page(h.epoch, h.page)),
					mem, rs_bytes(pages));
		s->log.kept_pages += pages;
		at = end;
	}
	return err;
}

void rs_log_restart(struct rs_store *s)
{
	struct rs_log *l = &s->log;

	l->next = l->kept_pages;
	l->kept_pages = 0;
	buf_clear(&l->kept);
	if (s->hooks.kept) /* that layer has it */
		buf_finish(&l->found);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - writing the log.
 *
 * A host gives blocks to a page that is written for the first time, and notes
 * that in a journal of its own, which costs more than the write. So before the
 * log is used all of it is written once, together with a commit; not by the
 * first sync, for who syncs once has no use for a log.
 */
#include "regionstore/log.h"

#include "regionstore/base/auto.h"
#include "regionstore/store_state.h"

#include <stdlib.h>
#include <time.h>

#define WANTED_ONCE 1u
#define QUICK_NS    2000000u

/* --- is there anything to be written, and may it be? ---------------------- */

/* Take what the txns did. From here on it must become durable, or nothing that
 * follows can. Until content_read() a page that they claimed is not given to
 * anybody else, whoever frees it. */
static int take_redo(struct rs_store *s, struct buf *out)
{
	struct rs_redo *r = &s->redo;
	int err = 0;

	lock_take(&s->txn_lock);
	if (r->broken || s->frozen.any)
		err = -EAGAIN;
	if (!err && r->bytes.len)
		err = buf_append(out, buf_data(&r->bytes), r->bytes.len);
	if (!err) {
		buf_clear(&r->bytes);
		r->pages = 0;
		atomic_store(&s->choosing, true);
	}
	lock_drop(&s->txn_lock);
	return err ? -EAGAIN : 0;
}

static void content_read(struct rs_store *s)
{
	atomic_store(&s->choosing, false);
}

/* What was taken goes with the commit. */
static void give_up(struct rs_store *s)
{
	lock_take(&s->txn_lock);
	s->redo.broken = true;
	lock_drop(&s->txn_lock);
}

/* The content of pages that an entry claims. */
static int add_pages(struct rs_store *s, struct buf *out, uint64_t pgno,
		     uint32_t npages)
{
	const struct rs_disk_log_pages d = { .pgno = le64_put(pgno),
					     .npages = le32_put(npages) };
	size_t len = rs_bytes(npages), mark = out->len;
	uint8_t *room;
	int err = rs_log_entry_begin(out, RS_ENTRY_PAGES);

	if (!err)
		err = buf_append(out, &d, sizeof(d));
	if (!err)
		err = buf_reserve(out, len, &room);
	if (!err)
		err = s->io->ops->read(s->io, rs_bytes(pgno), room, len);
	if (err)
		return err;
	buf_added(out, len);
	rs_log_entry_end(out, mark);
	return 0;
}

static int add_claimed(struct rs_store *s, struct buf *out,
		       const struct rs_log_entry *txn)
{
	AUTO_FREE uint8_t *ops = malloc(txn->len); /* out moves */
	struct rs_redo_op op;
	size_t at = 0;
	int err;

	if (!ops)
		return -ENOMEM;
	memcpy(ops, txn->data, txn->len);
	while ((err = rs_redo_next(ops, txn->len, &at, &op)) == 0) {
		if (op.kind == RS_REDO_CLAIM)
			err = add_pages(s, out, op.pgno, op.npages);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}

/* For all txns in it. */
static int add_contents(struct rs_store *s, struct buf *out)
{
	size_t at = 0, end = out->len;
	struct rs_log_entry en;
	int err = 0;

	while (!err && at < end) {
		err = rs_log_entry_next(buf_data(out), end, &at, &en);
		if (!err)
			err = add_claimed(s, out, &en);
	}
	return err;
}

static int add_layer(struct rs_store *s, struct buf *out)
{
	int err;

	if (!s->hooks.log)
		return 0;
	err = rs_log_entry_begin(out, RS_ENTRY_LAYER);
	if (!err)
		err = s->hooks.log(s->hooks.arg, out);
	if (!err && !rs_log_entry_end(out, 0))
		buf_clear(out);
	return err;
}

/* All of an instant. The layer above comes first: what it does not have any
 * more is in a txn that ended. */
static int take_instant(struct rs_store *s, struct buf *txns, struct buf *layer)
{
	int err;

	(void)rs_hold(s);
	err = add_layer(s, layer);
	if (!err)
		err = take_redo(s, txns);
	rs_go_on(s);
	return err;
}

static int gather_all(struct rs_store *s, struct buf *out)
{
	struct buf *layer = &s->log.layer;
	int err;

	buf_clear(out);
	buf_clear(layer);
	err = take_instant(s, out, layer);
	if (err)
		return err;
	err = add_contents(s, out);
	content_read(s);
	if (!err && layer->len)
		err = buf_append(out, buf_data(layer), layer->len);
	return !err && out->len > RS_LOG_RECORD_MAX ? -EAGAIN : err;
}

static int gather(struct rs_store *s, struct buf *out)
{
	if (gather_all(s, out) == 0)
		return 0;
	give_up(s);
	return -EAGAIN;
}

/* --- writing -------------------------------------------------------------- */

static uint8_t *record_memory(struct rs_log *l)
{
	if (!l->record)
		l->record = aligned_alloc(RS_PAGE_SIZE,
					  RS_LOG_RECORD_PAGES * RS_PAGE_SIZE);
	return l->record;
}

/* Nobody may find a record that was not said to be durable and that the host
 * perhaps has in memory alone. What it holds goes with a commit, which syncs
 * this as well; and as the host may have made the one write by syncing all
 * pages, that commit trusts none of those before it. */
static int take_back(struct rs_store *s, uint64_t pgno, int why)
{
	static const uint8_t nothing[RS_PAGE_SIZE];
	int err = rs_anew_suspect(s, why, "log: cannot be written");

	(void)!s->io->ops->write(s->io, rs_bytes(pgno), nothing,
				 sizeof(nothing));
	give_up(s);
	return rs_may_change(s) ? err : -EAGAIN;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int write_timed(struct rs_store *s, uint64_t pgno, uint32_t pages)
{
	uint64_t begin = now_ns();
	int err = s->io->ops->write_through(s->io, rs_bytes(pgno),
					    s->log.record, rs_bytes(pages));

	s->log.took_ns = now_ns() - begin;
	return err;
}

static int write_record(struct rs_store *s, const struct buf *body)
{
	struct rs_log *l = &s->log;
	uint32_t pages = rs_log_pages(body->len);
	struct rs_log_head h = { .epoch = s->super.log_epoch,
				 .page = l->next,
				 .len = (uint32_t)body->len };
	uint64_t pgno = rs_log_page(h.epoch, h.page);
	int err;

	lock_take(&s->txn_lock);
	h.next_id = s->next_id;
	lock_take(&s->root_lock);
	h.txid = s->open_txid;
	lock_drop(&s->root_lock);
	lock_drop(&s->txn_lock);
	rs_log_seal(&h, buf_data(body), s->super.log_seed, l->record);
	err = write_timed(s, pgno, pages);
	if (err)
		return take_back(s, pgno, err);
	l->next += pages;
	atomic_fetch_add(&s->counters.log_writes, 1);
	atomic_fetch_add(&s->counters.writes, 1);
	atomic_fetch_add(&s->counters.write_bytes, rs_bytes(pages));
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

/* Whoever syncs for the second time is likely to do it again. What is zeroed is
 * on the disk after the commit that follows. */
static bool is_ready(struct rs_store *s)
{
	struct rs_log *l = &s->log;
	struct rs_io *io = s->io;

	if (l->ready)
		return true;
	if (!io->ops->warm)
		return l->ready = record_memory(l) != NULL;
	if (l->wanted++ >= WANTED_ONCE && l->next == 0 && record_memory(l))
		l->ready = io->ops->warm(io, rs_bytes(RS_LOG_FIRST),
					 rs_bytes(2 * RS_LOG_HALF)) == 0;
	return false;
}

int rs_log_write(struct rs_store *s)
{
	struct rs_log *l = &s->log;
	int err;

	if (!l->pages || s->two_flush || s->anew.due ||
	    atomic_load(&s->alloc.unsettled) || !is_ready(s))
		return -EAGAIN;
	err = gather(s, &l->body);
	if (err)
		return err;
	if (l->body.len == 0)
		return 0;
	if (rs_log_pages(l->body.len) > l->pages - l->next) {
		give_up(s);
		return -EAGAIN;
	}
	err = write_record(s, &l->body);
	if (!err && s->hooks.logged)
		s->hooks.logged(s->hooks.arg);
	return err;
}

bool rs_log_is_quick(const struct rs_store *s)
{
	return s->log.ready && s->log.took_ns < QUICK_NS;
}

void rs_log_punch(struct rs_store *s)
{
	if (s->log.ready || s->log.n_found)
		(void)!s->io->ops->punch(s->io, rs_bytes(RS_LOG_FIRST),
					 rs_bytes(2 * RS_LOG_HALF));
}

void rs_log_finish(struct rs_store *s)
{
	free(s->log.record);
	buf_finish(&s->log.body);
	buf_finish(&s->log.layer);
	buf_finish(&s->log.found);
	buf_finish(&s->log.kept);
}

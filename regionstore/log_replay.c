/* SPDX-License-Identifier: Apache-2.0 */
/* log_replay.c - what the log holds is done again.
 *
 * Records are those of the epoch of the commit that was found, page after page
 * until one is missing. Their txns are applied in memory, to the same pages as
 * the first time; the records stay where they are, so a crash finds them again,
 * and new ones follow. Nothing of this depends on the size of the store.
 *
 * A claim names pages that are free in the bitmaps of that commit: whoever
 * freed them did so before. The file may have been longer than it is found.
 */
#include "regionstore/log.h"

#include "regionstore/base/auto.h"
#include "regionstore/store_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* --- reading -------------------------------------------------------------- */

/* A half, in the mapping. */
struct half {
	const uint8_t *base;
	uint32_t from, to; /* where records may begin: else there is a hole */
};

static void find_half(const struct rs_store *s, uint64_t pgno,
		      struct half *ret_half)
{
	uint64_t off = 0, len = rs_bytes(RS_LOG_HALF);
	int err = s->io->ops->probe(s->io, rs_bytes(pgno), len, &off, &len);

	*ret_half = (struct half){ .base = s->map.base + rs_bytes(pgno),
				   .to = RS_LOG_HALF };
	if (err == -ENXIO) /* as in every store that was closed */
		ret_half->to = 0;
	if (err)
		return;
	ret_half->from = (uint32_t)(off / RS_PAGE_SIZE - pgno);
	ret_half->to = ret_half->from + (uint32_t)(len / RS_PAGE_SIZE);
}

static bool open_at(const struct rs_super *su, const struct half *h,
		    uint32_t page, struct rs_log_head *ret_head)
{
	return page >= h->from && page < h->to &&
	       rs_log_open(h->base + rs_bytes(page), RS_LOG_HALF - page,
			   su->log_seed, su->log_epoch, page, ret_head);
}

/* Behind one that is missing: is there one that is not? */
static bool is_followed(const struct rs_super *su, const struct half *h,
			uint32_t page)
{
	struct rs_log_head head;

	for (page = page > h->from ? page : h->from; page < h->to; page++)
		if (open_at(su, h, page, &head))
			return true;
	return false;
}

static int keep(struct rs_store *s, const struct rs_log_head *h,
		const uint8_t *record)
{
	struct rs_log *l = &s->log;
	int err = buf_append(&l->found, rs_log_entries(record), h->len);

	if (err)
		return err;
	l->n_found++;
	l->next = h->page + rs_log_pages(h->len);
	if (h->next_id > s->next_id)
		s->next_id = h->next_id;
	if (h->txid > s->open_txid)
		s->open_txid = h->txid;
	return 0;
}

int rs_log_load(struct rs_store *s, struct err *e)
{
	uint64_t pgno = rs_log_page(s->super.log_epoch, 0);
	struct rs_log *l = &s->log;
	struct rs_log_head head;
	struct half h;
	int err = 0;

	find_half(s, pgno, &h);
	while (!err && open_at(&s->super, &h, l->next, &head))
		err = keep(s, &head, h.base + rs_bytes(head.page));
	/* What the host cannot read looks like zeros. */
	if (!err && rs_map_is_bad(&s->map, pgno, RS_LOG_HALF))
		err = -EIO;
	if (err)
		return err_set(e, err, "the log cannot be read: %s",
			       err_text(err));
	if (!is_followed(&s->super, &h, l->next))
		return 0;
	return err_set(e, -EBADMSG,
		       "a record of the log is damaged, on page %" PRIu64,
		       pgno + l->next);
}

/* --- doing it again ------------------------------------------------------- */

static int claim_again(struct rs_txn *t, const struct rs_redo_op *op)
{
	struct rs_store *s = t->store;
	int err = rs_alloc_take_exact(&s->alloc, op->pgno, op->npages);

	if (err)
		return err;
	err = rs_claim(t, op->pgno, op->npages);
	if (err)
		rs_unreserve(s, op->pgno, op->npages);
	return err;
}

static int apply_op(struct rs_txn *t, const struct rs_redo_op *op)
{
	const struct rs_store *s = t->store;
	int err;

	switch (op->kind) {
	case RS_REDO_PUT:
		return rs_put(t, op->key, op->key_len, op->val, op->val_len,
			      op->weight);
	case RS_REDO_DEL:
		err = rs_del(t, op->key, op->key_len);
		return err == -ENOENT ? -EUCLEAN : err;
	case RS_REDO_CLAIM:
		return claim_again(t, op);
	case RS_REDO_FREE:
		/* Born by the log, so just now. The number of the open commit
		 * is another one when an older commit was gone back to. */
		return rs_free(t, op->pgno, op->npages,
			       op->birth > s->super.log_epoch ? t->txid
							      : op->birth);
	}
	return -EUCLEAN;
}

static int apply_txn(struct rs_store *s, const struct rs_log_entry *en)
{
	struct rs_redo_op op;
	struct rs_txn *t;
	size_t at = 0;
	int err = rs_txn_begin(s, &t);

	if (err)
		return err;
	while (!err) {
		err = rs_redo_next(en->data, en->len, &at, &op);
		if (!err)
			err = apply_op(t, &op);
	}
	if (err == -ENOENT)
		return rs_txn_end(t);
	rs_txn_abort(t);
	return err;
}

/* Only to pages that a txn claimed and none has freed since. It may have freed
 * some of a claim. */
static int write_held(struct rs_store *s, uint64_t pgno, const uint8_t *pages,
		      uint32_t npages)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < npages; i++)
		if (rs_alloc_holds(&s->alloc, pgno + i, 1, true) == 0)
			err = rs_write_pages(s, pgno + i, pages + rs_bytes(i),
					     1);
	return err;
}

static int apply_pages(struct rs_store *s, const struct rs_log_entry *en)
{
	struct rs_disk_log_pages d;
	uint32_t npages;
	uint64_t pgno;

	if (en->len < sizeof(d))
		return -EUCLEAN;
	memcpy(&d, en->data, sizeof(d));
	pgno = le64_get(d.pgno);
	npages = le32_get(d.npages);
	if (npages == 0 || npages > RS_LOG_RECORD_PAGES ||
	    en->len - sizeof(d) != rs_bytes(npages))
		return -EUCLEAN;
	return write_held(s, pgno, en->data + sizeof(d), npages);
}

/* Each entry that was found. *ret_done: those before are done. */
static int for_each(struct rs_store *s,
		    int (*fn)(void *arg, const struct rs_log_entry *en),
		    void *arg, size_t *ret_done)
{
	const struct buf *found = &s->log.found;
	struct rs_log_entry en;
	size_t at = 0;
	int err;

	*ret_done = 0;
	while ((err = rs_log_entry_next(buf_data(found), found->len, &at,
					&en)) == 0) {
		err = fn(arg, &en);
		if (err)
			return err;
		*ret_done = at;
	}
	return err == -ENOENT ? 0 : err;
}

static int apply(void *arg, const struct rs_log_entry *en)
{
	if (en->kind == RS_ENTRY_TXN)
		return apply_txn(arg, en);
	return en->kind == RS_ENTRY_PAGES ? apply_pages(arg, en) : 0;
}

/* The content of pages follows all txns of a record. */
static void apply_pages_behind(struct rs_store *s, size_t at)
{
	const struct buf *found = &s->log.found;
	struct rs_log_entry en;
	bool pages = false;

	while (rs_log_entry_next(buf_data(found), found->len, &at, &en) == 0 &&
	       (en.kind == RS_ENTRY_PAGES ||
		(en.kind == RS_ENTRY_TXN && !pages))) {
		pages = en.kind == RS_ENTRY_PAGES;
		if (pages)
			(void)!apply_pages(s, &en);
	}
}

static int replay(struct rs_store *s, size_t *ret_done, struct err *e)
{
	int err;

	if (s->log.found.len == 0)
		return 0;
	s->log.replaying = true;
	err = for_each(s, apply, s, ret_done);
	s->log.replaying = false;
	return err ? err_set(e, err,
			     "what the log holds cannot be done again: %s",
			     err_text(err))
		   : 0;
}

int rs_log_replay(struct rs_store *s, struct err *e)
{
	size_t done;

	return replay(s, &done, e);
}

int rs_log_replay_most(struct rs_store *s, struct err *e)
{
	size_t done;
	int err = replay(s, &done, e);

	if (err) {
		apply_pages_behind(s, done);
		s->log.found.len = done;
	}
	return err;
}

/* --- for the layer above -------------------------------------------------- */

struct layer {
	rs_log_fn *fn;
	void *arg;
};

static int hand_up(void *arg, const struct rs_log_entry *en)
{
	const struct layer *l = arg;

	return en->kind == RS_ENTRY_LAYER ? l->fn(l->arg, en->data, en->len)
					  : 0;
}

int rs_log_each(struct rs_store *s, rs_log_fn *fn, void *arg)
{
	struct layer l = { .fn = fn, .arg = arg };
	size_t done;

	return for_each(s, hand_up, &l, &done);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* salvage_log.c - what the log of a ruined store still knows.
 *
 * Where nothing says which commit is the newest one, nothing says either which
 * records follow it. But a record says which commit it follows, E, and what it
 * holds became part of the next commit: so it is younger than each leaf born up
 * to E and older than all others, and among the leaves it has its place. Its
 * puts and removals name whole records and need no base: done again in that
 * place they are as good as a leaf. In each half only the newest epoch counts.
 *
 * Pages that it claimed were on the disk before the next commit was. If there
 * was none they may be in the log alone: then they are put where they belong,
 * in memory. If there are younger leaves somebody else may have these pages by
 * now, and they are left as they are; whoever points at them has a checksum.
 *
 * Whether a record is one its checksum says, whose seed is in each superblock,
 * and for most stores in the header. A record that is not verified is not used:
 * half a record is not what anybody wrote. All four pages are asked for the
 * seed, whatever their own checksums say, for one that is wrong opens nothing.
 *
 * What the layer above has in there goes to it (rs_log_each()).
 */
#include "regionstore/salvage.h"

#include "regionstore/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SEEDS 4u

/* --- looking -------------------------------------------------------------- */

static void read_seeds(const struct rs_store *s, uint64_t seeds[SEEDS])
{
	struct rs_disk_header h;
	struct rs_disk_super su;

	memcpy(&h, s->map.base + rs_bytes(RS_SLOT_HEADER), sizeof(h));
	seeds[0] = le64_get(h.hash_seed);
	for (unsigned i = 1; i < SEEDS; i++) {
		memcpy(&su, s->map.base + rs_bytes(RS_SLOT_SUPER + i - 1),
		       sizeof(su));
		seeds[i] = le64_get(su.log_seed);
	}
}

/* What begins on that page of a half and looks like a record, or nothing. */
static bool look_at(const uint8_t *half, uint32_t page, unsigned parity,
		    const uint64_t seeds[SEEDS], struct rs_logged *ret_x)
{
	const uint8_t *p = half + rs_bytes(page);
	struct rs_disk_log d;
	struct rs_log_head head;

	memcpy(&d, p, sizeof(d));
	if (memcmp(d.magic, RS_MAGIC_LOG, sizeof(d.magic)) != 0 ||
	    le32_get(d.page) != page || (le64_get(d.epoch) & 1) != parity)
		return false;
	*ret_x = (struct rs_logged){ .epoch = le64_get(d.epoch), .page = page };
	for (unsigned i = 0; i < SEEDS && !ret_x->data; i++) {
		if (!rs_log_open(p, RS_LOG_HALF - page, seeds[i], ret_x->epoch,
				 page, &head))
			continue;
		ret_x->data = rs_log_entries(p);
		ret_x->len = head.len;
	}
	return true;
}

static int scan_half(struct rs_salvage_log *l, unsigned parity,
		     const uint64_t seeds[SEEDS])
{
	const uint8_t *half = l->s->map.base + rs_bytes(rs_log_page(parity, 0));
	uint32_t page = 0;
	int err = 0;

	while (!err && page < RS_LOG_HALF) {
		struct rs_logged x;

		if (!look_at(half, page, parity, seeds, &x)) {
			page++;
			continue;
		}
		err = buf_append(&l->mem, &x, sizeof(x));
		page += x.data ? rs_log_pages(x.len) : 1;
	}
	return err;
}

/* Of the records from there on, which are those of a half, the newest epoch
 * that can be read; without any of these, the newest there seems to be. */
static void keep_newest(struct rs_salvage_log *l, size_t from)
{
	uint64_t newest = 0;
	bool any = false;
	size_t kept = from;

	for (size_t i = from; i < l->n; i++) {
		bool reads = l->v[i].data;

		if (reads < any || (reads == any && l->v[i].epoch < newest))
			continue;
		newest = l->v[i].epoch;
		any = reads;
	}
	for (size_t i = from; i < l->n; i++)
		if (l->v[i].epoch == newest)
			l->v[kept++] = l->v[i];
	l->n = kept;
	l->has_seed |= any;
}

static int oldest_first(const void *a, const void *b)
{
	const struct rs_logged *x = a, *y = b;

	if (x->epoch != y->epoch)
		return x->epoch < y->epoch ? -1 : 1;
	return x->page < y->page ? -1 : x->page > y->page;
}

int rs_salvage_log_scan(struct rs_salvage_log *l, struct rs_store *s)
{
	uint64_t seeds[SEEDS];
	int err = 0;

	l->s = s;
	read_seeds(s, seeds);
	for (unsigned parity = 0; !err && parity < 2; parity++) {
		size_t from = l->n;

		err = scan_half(l, parity, seeds);
		if (l->mem.len)
			l->v = (void *)(l->mem.mem + l->mem.start);
		l->n = l->mem.len / sizeof(*l->v);
		keep_newest(l, from);
		l->mem.len = l->n * sizeof(*l->v);
	}
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), oldest_first);
	return err;
}

void rs_salvage_log_finish(struct rs_salvage_log *l)
{
	buf_finish(&l->mem);
}

/* --- doing it again ------------------------------------------------------- */

static int apply_op(struct rs_edit *ed, const struct rs_redo_op *op)
{
	int err;

	switch (op->kind) {
	case RS_REDO_PUT:
		err = rs_tree_put(ed, op->key, op->key_len, op->val,
				  op->val_len, op->weight);
		return err == -E2BIG || err == -EFBIG ? 0 : err;
	case RS_REDO_DEL:
		err = rs_tree_del(ed, op->key, op->key_len);
		return err == -ENOENT ? 0 : err;
	case RS_REDO_CLAIM:
	case RS_REDO_FREE:
		break; /* nothing is in use here */
	}
	return 0;
}

static int apply_txn(struct rs_salvage_log *l, struct rs_edit *ed,
		     const struct rs_log_entry *en)
{
	struct rs_redo_op op;
	size_t at = 0;
	int err;

	while ((err = rs_redo_next(en->data, en->len, &at, &op)) == 0) {
		err = apply_op(ed, &op);
		if (err)
			return err;
	}
	l->changes++;
	return err == -ENOENT ? 0 : err;
}

static int put_pages(struct rs_salvage_log *l, const struct rs_log_entry *en)
{
	struct rs_store *s = l->s;
	struct rs_disk_log_pages d;
	uint64_t pgno, npages;

	if (en->len < sizeof(d))
		return -EUCLEAN;
	memcpy(&d, en->data, sizeof(d));
	pgno = le64_get(d.pgno);
	npages = le32_get(d.npages);
	if (en->len - sizeof(d) != rs_bytes(npages))
		return -EUCLEAN;
	if (!l->is_newest)
		l->left += npages;
	else if (!rs_is_payload(pgno, npages, rs_file_pages(s)) ||
		 s->io->ops->write(s->io, rs_bytes(pgno), en->data + sizeof(d),
				   rs_bytes(npages)))
		l->lost += npages;
	else
		l->pages += npages;
	return 0;
}

static int hand_up(struct rs_store *s, const struct rs_log_entry *en)
{
	struct buf *found = &s->log.found;
	size_t mark = found->len;
	int err = rs_log_entry_begin(found, RS_ENTRY_LAYER);

	if (!err)
		err = buf_append(found, en->data, en->len);
	if (!err)
		rs_log_entry_end(found, mark);
	return err;
}

static int apply(struct rs_salvage_log *l, struct rs_edit *ed,
		 const struct rs_logged *x)
{
	struct rs_log_entry en;
	size_t at = 0;
	int err;

	while ((err = rs_log_entry_next(x->data, x->len, &at, &en)) == 0) {
		if (en.kind == RS_ENTRY_TXN)
			err = apply_txn(l, ed, &en);
		else if (en.kind == RS_ENTRY_PAGES)
			err = put_pages(l, &en);
		else
			err = hand_up(l->s, &en);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}

/* What makes no sense under a right checksum was never written by us. */
static int take(struct rs_salvage_log *l, struct rs_edit *ed,
		const struct rs_logged *x)
{
	int err = x->data ? apply(l, ed, x) : -EUCLEAN;

	if (!err)
		l->records++;
	if (err != -EUCLEAN)
		return err;
	l->damaged++;
	return 0;
}

int rs_salvage_log_until(struct rs_salvage_log *l, struct rs_edit *ed,
			 uint64_t txid)
{
	int err = 0;

	while (!err && l->next < l->n && l->v[l->next].epoch < txid)
		err = take(l, ed, &l->v[l->next++]);
	return err;
}

/* --- telling -------------------------------------------------------------- */

static void say_line(rs_report_fn *say, void *arg, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void say_line(rs_report_fn *say, void *arg, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(arg, text);
}

void rs_salvage_log_tell(const struct rs_salvage_log *l, rs_report_fn *say,
			 void *arg)
{
	if (l->n == 0)
		return;
	say_line(say, arg,
		 "%zu records of the log found, of which %" PRIu64 " are used: "
		 "%" PRIu64 " changes, the content of %" PRIu64 " pages",
		 l->n, l->records, l->changes, l->pages);
	if (l->left)
		say_line(say, arg,
			 "the content of %" PRIu64 " pages in the log is not "
			 "used: a later commit was begun since",
			 l->left);
	if (l->lost)
		say_line(say, arg,
			 "the content of %" PRIu64 " pages in the log has no "
			 "place in the file",
			 l->lost);
	if (l->damaged)
		say_line(say, arg,
			 "%" PRIu64 " records of the log cannot be read%s",
			 l->damaged,
			 l->has_seed ? ""
				     : ": what their checksums begin with was "
				       "in the header and the superblocks");
}

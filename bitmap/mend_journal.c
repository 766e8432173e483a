/* SPDX-License-Identifier: Apache-2.0 */
/* mend_journal.c - a journal that has suffered.
 *
 * A record that cannot be read goes, and its batches with it: lines that were
 * written to sets and are in them nowhere else. The others are played back
 * when the store is next opened for sets. The numbers that may be given to
 * batches begin above all that any record or set has.
 */

#include "bitmap/journal.h"
#include "bitmap/journal_code.h"
#include "bitmap/set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 160

struct look {
	uint64_t most;	/* number of a batch seen */
	uint64_t below; /* the numbers; 0: no record */
	uint64_t bad;	/* key of the first damaged record; 0: none */
	uint32_t batches;
	struct rs_ptr ptr; /* its pages */
};

static int read_batches(const struct rs_view *v, struct bm_journal_record *rec)
{
	struct bm_code_reader r;
	struct bm_head head;
	struct bm_batch b;
	int err = bm_journal_load(v, rec);

	if (err)
		return err;
	bm_code_reader_init(&r, rec->data, rec->len);
	bm_batch_init(&b);
	while ((err = bm_code_next(&r, &head, &b)) == 0)
		bm_batch_finish(&b);
	return err == -ENOENT ? rs_view_check(v) : err;
}

static int look_at(struct look *lk, const struct rs_cursor *c)
{
	struct bm_journal_record rec = { 0 };
	int err;

	if (bm_journal_is_numbers(c)) {
		if (bm_numbers_decode(c->val, c->val_len, &lk->below))
			lk->below = 0;
		return 0;
	}
	err = bm_journal_decode(c, &rec);
	if (!err)
		err = read_batches(c->view, &rec);
	if (err == -ENOMEM)
		return err;
	if (err && c->key_len >= BM_JOURNAL_KEY_SIZE) {
		lk->bad = be64_get(c->key + 1);
		lk->batches = rec.batches;
		lk->ptr = rec.ptr;
	}
	if (!err && rec.seq > lk->most)
		lk->most = rec.seq;
	return 0;
}

static void note_set(struct look *lk, const struct rs_cursor *c)
{
	struct rs_object obj;
	struct bm_set set;

	if (c->key_len == 9 &&
	    rs_object_get(c->view, be64_get(c->key + 1), &obj) == 0 &&
	    bm_set_decode(&obj, &set) == 0 && set.folded > lk->most)
		lk->most = set.folded;
}

/* All sets, and the journal up to its first damaged record. */
static int look_around(const struct rs_view *v, struct look *lk)
{
	struct rs_cursor c;
	int err;

	*lk = (struct look){ 0 };
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, "", 0);
	while (!err && !lk->bad) {
		if (c.key_len && c.key[0] == RS_KEY_OBJECT)
			note_set(lk, &c);
		if (c.key_len && c.key[0] == RS_KEY_JOURNAL)
			err = look_at(lk, &c);
		if (!err)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

static int put_numbers(struct rs_txn *t, uint64_t below)
{
	const struct bm_disk_numbers d = { .below = le64_put(below) };
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };

	return rs_put(t, key, sizeof(key), &d, sizeof(d), 0);
}

static int drop(struct rs_txn *t, const struct look *lk, rs_report_fn *lost,
		void *arg)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	char text[TEXT_MAX];
	int err = lk->ptr.npages ? rs_payload_free(t, &lk->ptr) : 0;

	if (err)
		return err;
	be64_put(key + 1, lk->bad);
	snprintf(text, sizeof(text),
		 "%" PRIu32 " of the newest writes to sets are gone: record "
		 "%" PRIu64 " of the journal",
		 lk->batches, lk->bad);
	lost(arg, text);
	return rs_del(t, key, sizeof(key));
}

int bm_mend_journal(struct rs_txn *t, rs_report_fn *lost, void *arg)
{
	struct look lk;
	int err;

	while (!(err = look_around(rs_txn_view(t), &lk)) && lk.bad) {
		err = drop(t, &lk, lost, arg);
		if (err)
			return err;
	}
	if (!err && lk.most >= lk.below && lk.most > 0)
		err = put_numbers(t, lk.most + 1);
	return err;
}

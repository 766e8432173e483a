/* SPDX-License-Identifier: Apache-2.0 */
/* carry_log.c - batches that the log has go to the journal of another store.
 *
 * A batch has a number and names its set, and the set says up to which number
 * it has its batches (I9). So it does not matter which commit a batch in the
 * log follows, nor whether the set that was found is as new: what the set has,
 * or a record of the journal, is left out, the rest becomes a record each, and
 * is put in place when that store is opened.
 *
 * Numbers ascend within the journal. One that would have to go into the middle
 * of a record was settled before that was written, and the set it was put into
 * is lost: it would come too late there, after batches that it came before.
 */

#include "bitmap/journal.h"
#include "bitmap/journal_code.h"
#include "bitmap/set.h"

#include <errno.h>
#include <stdlib.h>

/* A batch of the journal: its number, and the first one of its record. */
struct place {
	uint64_t seq, first;
};

struct carry_log {
	struct rs_store *to;
	struct rs_txn *t;
	struct place *v; /* ascending */
	size_t n, cap;
	struct bm_carried *done;
};

/* --- what the journal has ------------------------------------------------- */

static int add_place(struct carry_log *cl, const struct place *p)
{
	size_t at = cl->n;

	if (cl->n == cl->cap) {
		size_t cap = cl->cap ? 2 * cl->cap : 64;
		struct place *v = realloc(cl->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		cl->v = v;
		cl->cap = cap;
	}
	for (; at && cl->v[at - 1].seq > p->seq; at--)
		cl->v[at] = cl->v[at - 1];
	cl->v[at] = *p;
	cl->n++;
	return 0;
}

static int note_record(struct carry_log *cl, const struct rs_cursor *c)
{
	struct bm_journal_record rec;
	struct bm_code_reader r;
	struct place p = { 0 };
	struct bm_head head;
	struct bm_batch b;
	int err = bm_journal_decode(c, &rec);

	if (!err)
		err = bm_journal_load(c->view, &rec);
	if (err)
		return err;
	bm_code_reader_init(&r, rec.data, rec.len);
	bm_batch_init(&b);
	while ((err = bm_code_next(&r, &head, &b)) == 0) {
		bm_batch_finish(&b);
		p.seq = head.seq;
		p.first = p.first ? p.first : head.seq;
		err = cl->n && head.seq <= cl->v[cl->n - 1].seq
			      ? -EUCLEAN
			      : add_place(cl, &p);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}

/* Those that cannot be read have no place: they are going to be dropped. */
static int note_journal(struct carry_log *cl)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct rs_cursor c;
	struct rs_view *v;
	int err = rs_view_live(cl->to, &v);

	if (err)
		return err;
	be64_put(key + 1, 1);
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, key, sizeof(key));
	while (!err && c.key[0] == RS_KEY_JOURNAL) {
		err = note_record(cl, &c);
		if (!err || err == -EUCLEAN || err == -EBADMSG)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	rs_view_put(v);
	return err == -ENOENT ? 0 : err;
}

/* --- one batch ------------------------------------------------------------ */

/* The first place behind all numbers that are smaller. */
static const struct place *find(const struct carry_log *cl, uint64_t seq)
{
	size_t lo = 0, hi = cl->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cl->v[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < cl->n ? &cl->v[lo] : NULL;
}

static int put_batch(struct carry_log *cl, const struct bm_head *head,
		     const uint8_t *code, size_t len)
{
	const struct place p = { .seq = head->seq, .first = head->seq };
	struct bm_head none = { 0 };
	struct buf bytes = { 0 };
	int err = bm_code_append(&bytes, &none, head, code, len);

	if (!err)
		err = bm_journal_put(cl->t, head->seq, 1, &bytes);
	buf_finish(&bytes);
	return err ? err : add_place(cl, &p);
}

static int carry_batch(struct carry_log *cl, const struct bm_head *head,
		       const uint8_t *code, size_t len)
{
	const struct place *next = find(cl, head->seq);
	struct rs_object obj;
	struct bm_set set;
	int err = rs_object_get(rs_txn_view(cl->t), head->ino, &obj);

	if (!err)
		err = bm_set_decode(&obj, &set);
	if (err == -ENOMEM)
		return err;
	if (err)
		cl->done->lost++;
	else if (head->seq <= set.folded || (next && next->seq == head->seq))
		cl->done->had++;
	else if (next && next->first < head->seq)
		cl->done->late++;
	else {
		cl->done->used++;
		return put_batch(cl, head, code, len);
	}
	return 0;
}

/* --- all of them ---------------------------------------------------------- */

static int carry_each(struct carry_log *cl, const void *data, size_t len)
{
	struct bm_code_reader r;
	struct bm_head head;
	struct bm_batch b;
	int err;

	bm_code_reader_init(&r, data, len);
	bm_batch_init(&b);
	while ((err = bm_code_next(&r, &head, &b)) == 0) {
		bm_batch_finish(&b);
		err = carry_batch(cl, &head, r.code, (size_t)(r.p - r.code));
		if (err)
			return err;
	}
	if (err != -EUCLEAN)
		return err == -ENOENT ? 0 : err;
	cl->done->damaged++;
	return 0;
}

static int carry_entry(void *arg, const void *data, size_t len)
{
	struct carry_log *cl = arg;
	int err = rs_txn_begin(cl->to, &cl->t);

	if (err)
		return err;
	err = carry_each(cl, data, len);
	return rs_txn_end_or_abort(cl->t, err);
}

int bm_carry_log(struct rs_store *from, struct rs_store *to,
		 struct bm_carried *ret_done)
{
	struct carry_log cl = { .to = to, .done = ret_done };
	int err;

	*ret_done = (struct bm_carried){ 0 };
	err = note_journal(&cl);
	if (!err)
		err = rs_log_each(from, carry_entry, &cl);
	free(cl.v);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* journal_replay.c - what the journal holds is queued again.
 *
 * Nothing is looked up and nothing is settled here: which of its batches a set
 * has already is asked when it is settled (settle.c), so that opening costs
 * what the journal's bytes cost. What is damaged stops it: to leave a batch out
 * would show a set that never was.
 */

#include "bitmap/batch.h"
#include "bitmap/journal.h"
#include "bitmap/journal_code.h"
#include "bitmap/set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* --- records -------------------------------------------------------------- */

static uint64_t pages_of(uint64_t len)
{
	return (len + RS_PAGE_SIZE - 1) / RS_PAGE_SIZE;
}

bool bm_journal_is_numbers(const struct rs_cursor *c)
{
	return c->key_len == BM_JOURNAL_KEY_SIZE && be64_get(c->key + 1) == 0;
}

int bm_journal_decode(const struct rs_cursor *c,
		      struct bm_journal_record *ret_rec)
{
	struct bm_journal_record rec = { 0 };
	struct bm_disk_journal d;
	const uint8_t *val = c->val;
	size_t len = c->val_len;

	if (c->key_len != BM_JOURNAL_KEY_SIZE || len < sizeof(d) ||
	    bm_journal_is_numbers(c))
		return -EUCLEAN;
	memcpy(&d, val, sizeof(d));
	val += sizeof(d);
	len -= sizeof(d);
	rec.seq = be64_get(c->key + 1);
	rec.len = le32_get(d.len);
	rec.batches = le32_get(d.batches);
	if (d.is_inline > 1 || rec.len == 0 || rec.batches == 0)
		return -EUCLEAN;
	if (d.is_inline) {
		rec.data = val;
		if (rec.len != len || len > BM_INLINE_MAX)
			return -EUCLEAN;
	} else {
		if (len != RS_PTR_SIZE)
			return -EUCLEAN;
		rs_ptr_decode(val, &rec.ptr);
		if (rec.ptr.npages != pages_of(rec.len))
			return -EUCLEAN;
	}
	*ret_rec = rec;
	return 0;
}

int bm_journal_load(const struct rs_view *v, struct bm_journal_record *rec)
{
	if (!rec->ptr.npages)
		return 0;
	return rs_payload_get(v, &rec->ptr, rec->len, &rec->data);
}

int bm_waiting(const struct rs_view *v, uint64_t *ret_batches)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct bm_journal_record rec;
	uint64_t batches = 0;
	struct rs_cursor c;
	int err;

	be64_put(key + 1, 1);
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, key, sizeof(key));
	while (!err && c.key[0] == RS_KEY_JOURNAL) {
		err = bm_journal_decode(&c, &rec);
		if (!err) {
			batches += rec.batches;
			err = rs_cursor_next(&c);
		}
	}
	rs_cursor_finish(&c);
	if (err && err != -ENOENT)
		return err;
	*ret_batches = batches;
	return 0;
}

/* --- queueing ------------------------------------------------------------- */

static int bare_node(const struct bm_batch *b, struct bm_node **ret_node)
{
	*ret_node = bm_node_bare(b);
	return *ret_node ? 0 : -ENOMEM;
}

/* What comes from the log is to be written to the journal, or settled, by the
 * next commit, so it needs its code again. */
static int queue_one(struct bm_db *db, const struct bm_head *head,
		     struct bm_batch *b, bool logged)
{
	uint64_t added = bm_batch_adds(b);
	struct bm_node *node;
	bool shares;
	int err = logged ? bm_node_new(b, head->when_ns, &node)
			 : bare_node(b, &node);

	if (err)
		return err;
	shares = bm_node_shares(node);
	node->ino = head->ino;
	node->seq = head->seq;
	node->when_ns = head->when_ns;
	err = bm_queue_replay(&db->queue, node, added);
	if (err)
		free(node); /* the batch is still the caller's */
	else if (shares)
		bm_batch_init(b);
	return err;
}

/* All batches of a record; their number, and the head of the last. */
static int queue_all(struct bm_db *db, const void *data, size_t len,
		     bool logged, struct bm_head *ret_last, uint32_t *ret_n)
{
	struct bm_code_reader r;
	struct bm_head head = { 0 };
	struct bm_batch b;
	uint32_t n = 0;
	int err;

	bm_code_reader_init(&r, data, len);
	while ((err = bm_code_next(&r, &head, &b)) == 0) {
		err = queue_one(db, &head, &b, logged);
		bm_batch_finish(&b); /* if it is still ours */
		if (err)
			return err;
		n++;
	}
	*ret_last = head;
	*ret_n = n;
	return err == -ENOENT ? 0 : err;
}

static int queue_record(struct bm_db *db, const struct bm_journal_record *rec)
{
	struct bm_head last;
	uint32_t n;
	int err = queue_all(db, rec->data, rec->len, false, &last, &n);

	if (err)
		return err;
	return n == rec->batches && last.seq == rec->seq ? 0 : -EUCLEAN;
}

/* What syncs wrote since the last commit. */
static int queue_logged(void *arg, const void *data, size_t len)
{
	struct bm_head last;
	uint32_t n;

	return queue_all(arg, data, len, true, &last, &n);
}

/* --- all of it ------------------------------------------------------------ */

struct replay {
	struct bm_db *db;
	uint64_t numbers; /* 0: there is no such record */
	uint64_t last;	  /* number of the last batch */
	size_t records, bytes;
};

static int replay_record(struct replay *rp, const struct rs_cursor *c)
{
	struct bm_journal_record rec;
	int err;

	if (bm_journal_is_numbers(c))
		return bm_numbers_decode(c->val, c->val_len, &rp->numbers);
	err = bm_journal_decode(c, &rec);
	if (!err && rec.seq >= rp->numbers)
		err = -EUCLEAN;
	if (!err)
		err = bm_journal_load(c->view, &rec);
	if (!err)
		err = queue_record(rp->db, &rec);
	if (!err)
		err = rs_view_check(c->view);
	if (err)
		return err;
	rp->records++;
	rp->bytes += rec.len;
	rp->last = rec.seq;
	return 0;
}

static int replay_all(struct replay *rp, const struct rs_view *v, struct err *e)
{
	const uint8_t first[] = { RS_KEY_JOURNAL };
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, first, sizeof(first));
	while (!err && c.key[0] == RS_KEY_JOURNAL) {
		err = replay_record(rp, &c);
		if (!err)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	if (!err || err == -ENOENT)
		return 0;
	return err_set(e, err,
		       "the journal of its sets is damaged behind batch "
		       "%" PRIu64 " (%s): roarfs repair says what is lost",
		       rp->last, err_text(err));
}

int bm_journal_replay(struct bm_db *db, struct err *e)
{
	struct replay rp = { .db = db };
	struct rs_stats st;
	struct rs_view *v;
	int err = rs_view_live(db->store, &v);

	if (err)
		return err;
	err = replay_all(&rp, v, e);
	rs_view_put(v);
	if (err)
		return err;
	rs_stats(db->store, &st);
	if ((rp.records || st.log_found) && rs_may_change(db->store) == -EROFS)
		return err_set(e, -EROFS,
			       "was not closed cleanly and has changes that "
			       "are not in place yet: mount it once "
			       "read-write");
	err = rs_log_each(db->store, queue_logged, db);
	if (err)
		return err_set(e, err,
			       "the log has changes to sets that make no sense "
			       "(%s): roarfs repair says what is lost",
			       err_text(err));
	if (rp.numbers)
		bm_queue_start(&db->queue, rp.numbers - 1, rp.bytes);
	atomic_store(&db->numbers, rp.numbers);
	db->has_journal = rp.records > 0;
	return 0;
}

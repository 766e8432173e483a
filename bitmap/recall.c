/* SPDX-License-Identifier: Apache-2.0 */
/* recall.c - what a crash left in journal and log is queued again.
 *
 * Not when the store is opened: a batch takes a third of a microsecond until it
 * has its place, there may be sixty thousand, and who wants to see a region
 * need not wait. It is done before anything is asked of the queue, and before a
 * commit; in a daemon at once, by a thread that has nothing else to do.
 *
 * Nothing is looked up and nothing is settled here: which of its batches a set
 * has already is asked when it is settled (settle.c).
 *
 * It ends in the middle when memory is short, and goes on from there the next
 * time. Until it is done nobody can push, so the queue's own number says how
 * far it came.
 */

#include "bitmap/batch.h"
#include "bitmap/journal.h"
#include "bitmap/journal_code.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct recall {
	struct bm_db *db;
	uint64_t done; /* batches up to this number are in the queue */
};

/* What comes from the log is to be written to the journal, or settled, by the
 * next commit, so it needs its code. */
static int queue_one(struct bm_db *db, const struct bm_head *head,
		     struct bm_batch *b, const struct bm_code_reader *code)
{
	struct bm_push p = { .batch = b,
			     .ino = head->ino,
			     .when_ns = head->when_ns,
			     .adds = bm_batch_adds(b) };

	if (code) {
		p.code = code->code;
		p.code_len = (uint32_t)(code->p - code->code);
	}
	return bm_queue_replay(&db->queue, &p, head->seq);
}

static int queue_all(struct recall *rc, const void *data, size_t len,
		     bool logged)
{
	struct bm_code_reader r;
	struct bm_head head;
	struct bm_batch b;
	int err;

	bm_batch_init(&b);
	bm_code_reader_init(&r, data, len);
	while ((err = bm_code_next(&r, &head, &b)) == 0) {
		if (head.seq > rc->done)
			err = queue_one(rc->db, &head, &b, logged ? &r : NULL);
		if (err)
			break;
	}
	bm_batch_finish(&b);
	return err == -ENOENT ? 0 : err;
}

static int queue_record(void *arg, const struct bm_journal_record *rec)
{
	return queue_all(arg, rec->data, rec->len, false);
}

static int queue_logged(void *arg, const void *data, size_t len)
{
	return queue_all(arg, data, len, true);
}

static int recall(struct bm_db *db)
{
	struct recall rc = { .db = db, .done = bm_queue_seq(&db->queue) };
	uint64_t numbers = atomic_load(&db->numbers);
	struct rs_view *v;
	int err = rs_view_live(db->store, &v);

	if (err)
		return err;
	err = bm_journal_each(v, queue_record, &rc);
	rs_view_put(v);
	/* The txns that the log has are not made again there either. */
	if (!err && rs_may_change(db->store) != -EROFS)
		err = rs_log_each(db->store, queue_logged, &rc);
	if (err)
		return err;
	if (numbers)
		bm_queue_start(&db->queue, numbers - 1, db->journal_bytes);
	return 0;
}

int bm_recall(struct bm_db *db)
{
	int err = 0;

	if (atomic_load(&db->recalled))
		return 0;
	lock_take(&db->recall_lock);
	if (!atomic_load(&db->recalled))
		err = recall(db);
	if (!err)
		atomic_store(&db->recalled, true);
	lock_drop(&db->recall_lock);
	return err;
}

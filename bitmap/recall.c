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
			err = queue_one(rc->db, &head, &b, logged);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* db.c - the database of live sets: append and settle. */

#include "bitmap/db.h"
#include "bitmap/batch.h"
#include "bitmap/journal.h"
#include "bitmap/stage.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/ck.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

static int before_commit(void *arg, bool whole)
{
	return bm_before_commit(arg, whole);
}

/* A batch that waits here is of a writer who was told of nothing yet. */
static bool hold_batches(void *arg)
{
	struct bm_db *db = arg;

	return bm_queue_hold(&db->queue) != db->settled_seq;
}

static void let_batches_in(void *arg)
{
	struct bm_db *db = arg;

	bm_queue_go_on(&db->queue);
}

static int log_batches(void *arg, struct buf *out)
{
	struct bm_db *db = arg;
	int err = bm_recall(db);

	if (err)
		return err;
	return bm_queue_log(&db->queue, out, atomic_load(&db->numbers),
			    RS_LOG_LAYER_MAX);
}

static int batches_kept(void *arg, uint64_t *at, struct buf *out)
{
	struct bm_db *db = arg;
	int err = bm_recall(db);

	if (err)
		return err;
	return bm_queue_kept(&db->queue, at, out, RS_LOG_LAYER_MAX);
}

static void batches_logged(void *arg)
{
	struct bm_db *db = arg;

	bm_queue_logged(&db->queue);
}

static void set_hooks(struct bm_db *db)
{
	const struct rs_hooks hooks = { .settle = before_commit,
					.hold = hold_batches,
					.go_on = let_batches_in,
					.log = log_batches,
					.logged = batches_logged,
					.kept = batches_kept,
					.arg = db };

	rs_set_hooks(db->store, &hooks);
}

static void finish(struct bm_db *db)
{
	bm_queue_finish(&db->queue);
	lock_finish(&db->recall_lock);
	free(db);
}

int bm_open(struct rs_store *s, const struct bm_hooks *hooks,
	    struct bm_db **ret_db, struct err *e)
{
	struct bm_db *db = calloc(1, sizeof(*db));
	int err;

	if (!db)
		return -ENOMEM;
	db->store = s;
	db->clear_slice = BM_CLEAR_SLICE;
	db->stage_mem = BM_STAGE_MEM;
	db->run_min = BM_RUN_MIN;
	db->run_bytes = BM_RUN_BYTES;
	if (hooks)
		db->hooks = *hooks;
	err = bm_queue_init(&db->queue);
	if (err) {
		free(db);
		return err;
	}
	lock_init(&db->recall_lock, LOCK_RECALL);
	err = bm_journal_open(db, e);
	if (err) {
		finish(db);
		return err;
	}
	set_hooks(db);
	*ret_db = db;
	return 0;
}

/* What could neither be settled nor kept in the journal is lost in the end, and
 * its owner is told. */
static void report_rest(struct bm_db *db, enum bm_lines which)
{
	AUTO_FREE uint64_t *inos = NULL;
	uint64_t seq;
	size_t n;

	if (!db->hooks.failed ||
	    bm_queue_list(&db->queue, which, &inos, &n, &seq))
		return;
	for (size_t i = 0; i < n; i++)
		db->hooks.failed(db->hooks.arg, inos[i], -EIO);
}

void bm_close(struct bm_db *db)
{
	if (!db)
		return;
	rs_set_hooks(db->store, NULL);
	/* What cannot be recalled stays where it is. */
	if (!bm_recall(db) && bm_fold(db))
		report_rest(db, bm_journal_write(db) ? BM_LINES_ALL
						     : BM_LINES_DIRECT);
	finish(db);
}

/* --- append --------------------------------------------------------------- */

/* Members of the set in the live tree. */
static int settled_count(struct bm_db *db, uint64_t ino, uint64_t *ret_count)
{
	struct rs_view *v;
	struct rs_object obj;
	struct bm_info info;
	int err = rs_view_live(db->store, &v);

	if (err)
		return err;
	err = rs_object_get(v, ino, &obj);
	if (!err)
		err = bm_object_info(&obj, &info);
	if (!err)
		*ret_count = info.count;
	rs_view_put(v);
	return err;
}

static int push(struct bm_db *db, const struct bm_push *p)
{
	int err = bm_queue_push(&db->queue, p, NULL);
	uint64_t bound;

	if (err != -ENODATA)
		return err;
	err = settled_count(db, p->ino, &bound);
	return err ? err : bm_queue_push(&db->queue, p, &bound);
}

static int push_batch(struct bm_db *db, uint64_t ino, struct bm_batch *b,
		      int64_t when_ns, uint64_t adds)
{
	struct bm_push p = {
		.batch = b, .ino = ino, .when_ns = when_ns, .adds = adds
	};
	struct bm_code code;
	int err;

	bm_batch_trim(b);
	err = bm_code_make(b, &code);
	if (err)
		return err;
	p.code = code.data;
	p.code_len = (uint32_t)code.len;
	err = push(db, &p);
	bm_code_finish(&code);
	if (!err)
		bm_batch_finish(b);
	return err;
}

/* The bounds say the set may become too large; now see whether it does. */
static int append_exactly(struct bm_db *db, uint64_t ino, struct bm_batch *b,
			  int64_t when_ns)
{
	struct bm_claim claim;
	int err = bm_queue_claim_turn(&db->queue, ino, &claim);

	if (!err)
		err = bm_settle_exactly(db, &claim, b, when_ns);
	if (!err)
		bm_batch_finish(b);
	return err;
}

/* Writers that are faster than settling settle themselves. */
static int make_room(struct bm_db *db, size_t bytes)
{
	int err;

	if (bm_queue_bytes(&db->queue) + bytes <= BM_QUEUE_MAX)
		return 0;
	err = bm_settle_all(db);
	if (bm_queue_bytes(&db->queue) + bytes <= BM_QUEUE_MAX)
		return 0;
	return err;
}

int bm_append(struct bm_db *db, uint64_t ino, struct bm_batch *b,
	      int64_t when_ns)
{
	uint64_t added = bm_batch_adds(b);
	int err;

	if (bm_batch_empty(b))
		return 0;
	if (added > BM_MEMBERS_MAX)
		return -EFBIG;
	err = rs_may_change(db->store);
	if (!err)
		err = bm_recall(db);
	if (err)
		return err;
	err = make_room(db, bm_batch_bytes(b));
	if (!err)
		err = push_batch(db, ino, b, when_ns, added);
	if (err == -EFBIG)
		err = append_exactly(db, ino, b, when_ns);
	return err;
}

/* --- settle --------------------------------------------------------------- */

int bm_settle(struct bm_db *db, uint64_t ino)
{
	struct bm_claim claim;
	int err = bm_recall(db);

	if (!err)
		err = bm_queue_claim(&db->queue, ino, UINT64_MAX, &claim);
	if (err)
		return err == -ENOENT ? 0 : err;
	return bm_settle_claims(db, &claim, 1);
}

static int settle_each(struct bm_db *db, const uint64_t *inos, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		err = bm_settle(db, inos[i]);
	return err;
}

int bm_settle_together(struct bm_db *db, const uint64_t *inos, size_t n,
		       struct rs_view **ret_view)
{
	int err = settle_each(db, inos, n); /* so that little is left */

	if (err)
		return err;
	bm_queue_pause(&db->queue);
	err = settle_each(db, inos, n);
	if (!err)
		err = rs_view_live(db->store, ret_view);
	bm_queue_resume(&db->queue);
	return err;
}

int bm_settle_lines(struct bm_db *db, enum bm_lines which)
{
	AUTO_FREE uint64_t *inos = NULL;
	struct bm_claim claims[BM_GROUP_MAX];
	uint64_t seq = 0;
	size_t n_inos = 0;
	size_t n = 0;
	int first_err = bm_recall(db);

	if (!first_err)
		first_err =
			bm_queue_list(&db->queue, which, &inos, &n_inos, &seq);

	/* Claimed in ascending order, so that two who do this cannot wait for
	 * each other. */
	for (size_t i = 0; i < n_inos; i++) {
		int err = bm_queue_claim(&db->queue, inos[i], seq, &claims[n]);

		if (!err)
			n++;
		if (err == -ENOENT)
			err = 0;
		if (!first_err)
			first_err = err;
		if (n == BM_GROUP_MAX || (n && i + 1 == n_inos)) {
			err = bm_settle_claims(db, claims, n);
			n = 0;
		}
		if (!first_err)
			first_err = err;
	}
	return first_err;
}

int bm_settle_all(struct bm_db *db)
{
	return bm_settle_lines(db, BM_LINES_ALL);
}

void bm_forget(struct bm_db *db, uint64_t ino)
{
	/* What cannot be recalled now is left out when it is: -ENOENT. */
	if (!bm_recall(db))
		bm_queue_forget(&db->queue, ino);
}

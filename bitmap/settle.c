/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c - queued batches become part of their sets.
 *
 * The batches of a set are sorted and reduced to one delta, in the settling
 * thread and with nothing locked; then a txn applies it. Many sets share one
 * txn: each txn copies the path to what it changes, and neighbours in the tree
 * share most of their path. When that txn fails, each set gets one of its own,
 * so that a damaged set cannot stand in the way of the others.
 *
 * What becomes of batches that could not be settled:
 *
 *	no space, no memory	they wait for the next try
 *	the set is gone		so are they
 *	I/O error		they wait, unless the store is in its ERROR
 *				state, in which it will not change any more
 *	anything else		the set is damaged: lost, and said so
 */

#include "bitmap/db.h"
#include "bitmap/set.h"
#include "regionstore/base/auto.h"

#include <errno.h>
#include <stdlib.h>

/* One claim at work. */
struct job {
	struct bm_claim *claim;
	struct bm_delta_buf delta;
	int64_t when_ns;
	int err;
};

/* --- from batches to a delta ---------------------------------------------- */

static int build(struct bm_node *first, struct bm_delta_buf *delta,
		 int64_t *ret_when_ns)
{
	AUTO_FREE struct bm_batch **batches = NULL;
	size_t n = 0;

	for (struct bm_node *node = first; node; node = node->next)
		n++;
	batches = malloc((n ? n : 1) * sizeof(struct bm_batch *));
	if (!batches)
		return -ENOMEM;
	n = 0;
	*ret_when_ns = INT64_MIN;
	for (struct bm_node *node = first; node; node = node->next) {
		batches[n++] = &node->batch;
		if (node->when_ns > *ret_when_ns)
			*ret_when_ns = node->when_ns;
	}
	return bm_delta_build(batches, n, delta);
}

/* --- in a txn ------------------------------------------------------------- */

static int apply_to_object(struct bm_db *db, struct bm_writer *w,
			   struct rs_txn *t, uint64_t ino,
			   const struct bm_delta *delta, int64_t when_ns)
{
	struct rs_object obj;
	bool changed;
	int err = rs_object_get(rs_txn_view(t), ino, &obj);

	if (!err)
		err = bm_set_apply(w, t, &obj, delta, &changed);
	if (err || !changed)
		return err;
	if (db->hooks.changed)
		db->hooks.changed(db->hooks.arg, obj.attr, obj.attr_len,
				  when_ns);
	return rs_object_put(t, ino, &obj);
}

/* All of them, but for sets that are gone: theirs is not the txn's failure. */
static int apply_each(struct bm_db *db, struct bm_writer *w, struct rs_txn *t,
		      struct job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct job *j = &jobs[i];
		int err;

		if (j->err)
			continue;
		err = apply_to_object(db, w, t, j->claim->ino, &j->delta.delta,
				      j->when_ns);
		if (err == -ENOENT)
			j->err = err;
		else if (err)
			return err;
	}
	return 0;
}

/* One txn for n jobs: all that did not fail before, or none. */
static int apply_jobs(struct bm_db *db, struct job *jobs, size_t n)
{
	struct bm_writer *w;
	struct rs_txn *t;
	int err = bm_writer_new(&w);

	if (err)
		return err;
	err = rs_txn_begin(db->store, &t);
	if (err) {
		bm_writer_free(w);
		return err;
	}
	err = apply_each(db, w, t, jobs, n);
	if (err)
		rs_txn_abort(t);
	else
		err = rs_txn_end(t);
	bm_writer_free(w);
	return err;
}

/* --- afterwards ----------------------------------------------------------- */

static bool worth_another_try(struct bm_db *db, int err)
{
	if (err == -ENOSPC || err == -ENOMEM || err == -EDQUOT)
		return true;
	return err == -EIO && !rs_may_change(db->store);
}

/* Release the claim as its fate demands; the error left to report. */
static int conclude(struct bm_db *db, struct bm_claim *claim, int err)
{
	uint64_t ino = claim->ino;

	if (err && worth_another_try(db, err)) {
		bm_queue_again(&db->queue, claim);
		return err;
	}
	if (err == -ENOENT)
		err = 0;
	if (err && db->hooks.failed)
		db->hooks.failed(db->hooks.arg, ino, err);
	bm_queue_done(&db->queue, claim);
	return err;
}

int bm_settle_claims(struct bm_db *db, struct bm_claim *claims, size_t n)
{
	struct job jobs[BM_GROUP_MAX];
	int first_err = 0;
	int err;

	for (size_t i = 0; i < n; i++) {
		jobs[i] = (struct job){ .claim = &claims[i] };
		jobs[i].err = build(claims[i].first, &jobs[i].delta,
				    &jobs[i].when_ns);
	}
	err = apply_jobs(db, jobs, n);
	for (size_t i = 0; i < n; i++) {
		struct job *j = &jobs[i];

		if (!j->err && err)
			j->err = n > 1 ? apply_jobs(db, j, 1) : err;
		bm_delta_finish(&j->delta);
		j->err = conclude(db, j->claim, j->err);
		if (!first_err)
			first_err = j->err;
	}
	return first_err;
}

/* The batch by itself, with the result known when it returns. */
static int apply_batch(struct bm_db *db, struct bm_claim *claim,
		       struct bm_batch *batch, int64_t when_ns)
{
	struct job job = { .claim = claim, .when_ns = when_ns };
	int err = bm_delta_build(&batch, 1, &job.delta);

	if (!err)
		err = apply_jobs(db, &job, 1);
	bm_delta_finish(&job.delta);
	return err;
}

int bm_settle_exactly(struct bm_db *db, struct bm_claim *claim,
		      struct bm_batch *batch, int64_t when_ns)
{
	struct job job = { .claim = claim };
	int err = 0;

	if (claim->first) {
		err = build(claim->first, &job.delta, &job.when_ns);
		if (!err)
			err = apply_jobs(db, &job, 1);
		bm_delta_finish(&job.delta);
	}
	if (err) {
		err = conclude(db, claim, err);
		return err ? err : -ENOENT;
	}
	err = apply_batch(db, claim, batch, when_ns);
	bm_queue_done(&db->queue, claim);
	return err;
}

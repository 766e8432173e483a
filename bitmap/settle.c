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
 *
 * A set notes, in the txn that gives it its batches, up to which number it has
 * them (folded). Only so can the journal be played back after a crash: each
 * batch that left the queue is below that number, or its set is gone.
 */

#include "bitmap/deal.h"
#include "bitmap/journal.h"
#include "bitmap/set.h"
#include "regionstore/base/auto.h"

#include <errno.h>
#include <stdlib.h>

#define MORE_MAX 3u /* deltas after the first */

/* One claim at work. */
struct job {
	struct bm_claim *claim;
	struct bm_delta_buf delta;
	struct bm_delta_buf *more; /* to be applied after it; or NULL */
	size_t n_more;
	int64_t when_ns;
	uint64_t seq; /* of the last batch that may be in the journal, or 0 */
	unsigned shards;
	int err;
};

/* --- from batches to a delta ---------------------------------------------- */

/* Up to which number has the set its batches, and what settles them? */
static int ask_set(struct bm_db *db, uint64_t ino, uint64_t *ret_folded,
		   unsigned *ret_shards)
{
	struct rs_object obj;
	struct bm_set set;
	struct rs_view *v;
	int err = rs_view_live(db->store, &v);

	if (err)
		return err;
	err = rs_object_get(v, ino, &obj);
	if (!err)
		err = bm_set_decode(&obj, &set);
	if (!err) {
		*ret_folded = set.folded;
		*ret_shards = set.shards;
	}
	rs_view_put(v);
	return err;
}

/* What was replayed may be in the set already. Whoever has the claim may ask:
 * nobody else changes that number. */
static int drop_folded(struct bm_db *db, const struct bm_claim *claim)
{
	uint64_t folded;
	unsigned shards;
	int err;

	if (!claim->first || !claim->first->replayed)
		return 0;
	err = ask_set(db, claim->ino, &folded, &shards);
	for (struct bm_node *node = claim->first; !err && node;
	     node = node->next)
		if (node->seq <= folded)
			bm_batch_finish(&node->batch);
	return err;
}

/* What is left of the batches once the first delta is made. */
static int build_more(struct job *j, struct bm_batch *const *batches, size_t n)
{
	int err = 0;

	j->more = calloc(MORE_MAX, sizeof(*j->more));
	if (!j->more)
		return -ENOMEM;
	while (!err && n) {
		size_t take = n;

		if (j->n_more + 1 < MORE_MAX)
			take = bm_delta_first(batches, n);
		err = bm_delta_build(batches, take, j->shards,
				     &j->more[j->n_more]);
		if (!err)
			j->n_more++;
		batches += take;
		n -= take;
	}
	return err;
}

static int build_from(struct job *j, struct bm_batch *const *batches, size_t n)
{
	size_t take = bm_delta_first(batches, n);
	int err = bm_delta_build(batches, take, j->shards, &j->delta);

	if (err || take == n)
		return err;
	return build_more(j, batches + take, n - take);
}

static void finish_deltas(struct job *j)
{
	bm_delta_finish(&j->delta);
	while (j->n_more)
		bm_delta_finish(&j->more[--j->n_more]);
	free(j->more);
	j->more = NULL;
}

/* Of few members nobody asks. A set that is gone has none to sort. */
static void ask_shards(struct bm_db *db, struct job *j, uint64_t members)
{
	uint64_t folded;

	j->shards = 1;
	if (members >= 2 * BM_SHARD_MIN)
		(void)ask_set(db, j->claim->ino, &folded, &j->shards);
}

static int build_deltas(struct bm_db *db, struct job *j)
{
	AUTO_FREE struct bm_batch **batches = NULL;
	uint64_t members = 0;
	size_t n = 0;

	for (struct bm_node *node = j->claim->first; node; node = node->next)
		n++;
	batches = malloc((n ? n : 1) * sizeof(struct bm_batch *));
	if (!batches)
		return -ENOMEM;
	n = 0;
	j->when_ns = INT64_MIN;
	for (struct bm_node *node = j->claim->first; node; node = node->next) {
		batches[n++] = &node->batch;
		members += node->batch.n_members;
		if (node->when_ns > j->when_ns)
			j->when_ns = node->when_ns;
		if (node->journaled)
			j->seq = node->seq;
	}
	ask_shards(db, j, members);
	return build_from(j, batches, n);
}

static void prepare(struct bm_db *db, struct bm_claim *claim, struct job *j)
{
	*j = (struct job){ .claim = claim };
	j->err = drop_folded(db, claim);
	if (!j->err)
		j->err = build_deltas(db, j);
}

/* --- in a txn ------------------------------------------------------------- */

static int apply_deltas(struct bm_writer *w, struct rs_txn *t,
			struct rs_object *obj, const struct job *j,
			bool *ret_changed)
{
	bool changed = false;
	int err = bm_set_apply(w, t, obj, &j->delta.delta, &changed);

	for (size_t i = 0; !err && i < j->n_more; i++) {
		bool again = false;

		err = bm_set_apply(w, t, obj, &j->more[i].delta, &again);
		changed |= again;
	}
	*ret_changed = changed;
	return err;
}

static int apply_to_object(struct bm_db *db, struct bm_writer *w,
			   struct rs_txn *t, const struct job *j)
{
	uint64_t ino = j->claim->ino;
	struct rs_object obj;
	bool changed;
	int err = rs_object_get(rs_txn_view(t), ino, &obj);

	if (!err)
		err = apply_deltas(w, t, &obj, j, &changed);
	if (err)
		return err;
	if (changed && db->hooks.changed)
		db->hooks.changed(db->hooks.arg, obj.attr, obj.attr_len,
				  j->when_ns);
	changed |= bm_set_fold(&obj, j->seq);
	return changed ? rs_object_put(t, ino, &obj) : 0;
}

/* All of them, but for sets that are gone: theirs is not the txn's failure. */
static int apply_each(struct bm_db *db, struct bm_writer *w, struct rs_txn *t,
		      struct job *jobs, size_t n)
{
	uint64_t seq = 0;
	int err;

	for (size_t i = 0; i < n; i++)
		seq = jobs[i].seq > seq ? jobs[i].seq : seq;
	err = bm_journal_number(db, t, seq);
	for (size_t i = 0; !err && i < n; i++) {
		struct job *j = &jobs[i];

		if (j->err)
			continue;
		err = apply_to_object(db, w, t, j);
		if (err == -ENOENT) {
			j->err = err;
			err = 0;
		}
	}
	return err;
}

/* Would a crash bring all of it back to be settled again? What is safe once
 * stays so until it is settled. */
static bool are_safe(struct bm_db *db, const struct job *jobs, size_t n)
{
	bool safe = true;

	for (size_t i = 0; safe && i < n; i++)
		safe = bm_queue_is_safe(&db->queue, jobs[i].claim);
	return safe;
}

/* One txn for n jobs: all that did not fail before, or none. */
static int apply_jobs(struct bm_db *db, struct job *jobs, size_t n)
{
	bool safe = are_safe(db, jobs, n);
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
	if (safe)
		rs_txn_derived(t);
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

/* What is lost must not come back from the journal, to a content that took the
 * place of the damaged one. Where that cannot be written, it may. */
static void fold_lost(struct bm_db *db, const struct bm_claim *claim)
{
	struct rs_object obj;
	struct bm_set set;
	struct rs_txn *t;
	uint64_t seq = 0;
	int err;

	for (const struct bm_node *n = claim->first; n; n = n->next)
		if (n->journaled)
			seq = n->seq;
	if (!seq || rs_txn_begin(db->store, &t))
		return;
	err = bm_journal_number(db, t, seq);
	if (!err)
		err = rs_object_get(rs_txn_view(t), claim->ino, &obj);
	if (!err)
		err = bm_set_decode(&obj, &set);
	if (!err && bm_set_fold(&obj, seq))
		err = rs_object_put(t, claim->ino, &obj);
	if (err)
		rs_txn_abort(t);
	else
		err = rs_txn_end(t);
	(void)err;
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
	if (err)
		fold_lost(db, claim);
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

	for (size_t i = 0; i < n; i++)
		prepare(db, &claims[i], &jobs[i]);
	err = apply_jobs(db, jobs, n);
	for (size_t i = 0; i < n; i++) {
		struct job *j = &jobs[i];

		if (!j->err && err)
			j->err = n > 1 ? apply_jobs(db, j, 1) : err;
		finish_deltas(j);
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
	int err = build_from(&job, &batch, 1);

	if (!err)
		err = apply_jobs(db, &job, 1);
	finish_deltas(&job);
	return err;
}

int bm_settle_exactly(struct bm_db *db, struct bm_claim *claim,
		      struct bm_batch *batch, int64_t when_ns)
{
	struct job job;
	int err = 0;

	if (claim->first) {
		prepare(db, claim, &job);
		err = job.err ? job.err : apply_jobs(db, &job, 1);
		finish_deltas(&job);
	}
	if (err) {
		err = conclude(db, claim, err);
		return err ? err : -ENOENT;
	}
	err = apply_batch(db, claim, batch, when_ns);
	bm_queue_done(&db->queue, claim);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c - a new content for a set, made aside and swapped in.
 *
 * Batches are collected in memory. When they are BM_STAGE_MEM, and at the end,
 * they are settled into a set that has an object of its own, which no name
 * leads to, but an ORPHAN RECORD does (or, where that would be much work each
 * time, into another one, see stage_runs.c):
 *
 *	batches ──settle──> object 77 { set id 78 } ──> segments 78/...
 *	                    orphan 77
 *
 * To apply the stage its body, and with it the set id, goes to the object of
 * the set that is replaced; object and orphan 77 are removed in the same txn.
 * A crash before that leaves the orphan, which is reaped at the next open.
 * A content that fits inside an object never gets one of its own.
 *
 * A large content that is replaced is not freed in that txn, for which all
 * wait: it takes the place of the stage's content in object 77, and goes slice
 * by slice when the stage is freed, or at the next open.
 *
 * Whether the txn of an apply went through is not remembered here but asked of
 * the store: if object 77 is still there when the stage is freed, it is the
 * stage's to remove.
 */

#include "bitmap/stage.h"
#include "bitmap/batch.h"
#include "bitmap/db.h"
#include "bitmap/delta_cut.h"
#include "bitmap/orphan.h"
#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int bm_stage_new(struct bm_db *db, struct bm_stage **ret_stage)
{
	struct bm_stage *st = calloc(1, sizeof(*st));

	if (!st)
		return -ENOMEM;
	st->db = db;
	bm_object_init(&st->obj);
	*ret_stage = st;
	return 0;
}

static int reap_slice(struct bm_db *db, uint64_t ino, bool *ret_done)
{
	struct rs_txn *t;
	int err = rs_txn_begin(db->store, &t);

	if (err)
		return err;
	err = bm_reap(t, ino, db->clear_slice, ret_done);
	return rs_txn_end_or_abort(t, err);
}

/* Remove an object if it is still there. What fails the next open does. */
static void drop_orphan(struct bm_stage *st, uint64_t ino)
{
	bool done = ino == 0;

	while (!done && !reap_slice(st->db, ino, &done))
		;
}

void bm_stage_free(struct bm_stage *st)
{
	if (!st)
		return;
	drop_orphan(st, st->ino);
	if (st->old_ino != st->ino)
		drop_orphan(st, st->old_ino);
	bm_runs_free(st);
	bm_node_free(st->first);
	free(st);
}

uint64_t bm_stage_count(const struct bm_stage *st)
{
	struct bm_info info = { 0 };
	int err = bm_object_info(&st->obj, &info);

	assert(!err); /* it was encoded here */
	(void)err;
	return info.count;
}

bool bm_stage_blank(const struct bm_stage *st)
{
	return !st->first && !st->runs.n && bm_stage_count(st) == 0;
}

/* --- settling ------------------------------------------------------------- */

int bm_stage_note(struct rs_txn *t, struct bm_stage *st,
		  const struct rs_object *obj)
{
	uint64_t ino = st->ino;
	int err = 0;

	if (!ino) {
		ino = rs_txn_new_id(t);
		err = bm_orphan_put(t, ino);
	}
	if (!err)
		err = rs_object_put(t, ino, obj);
	if (!err)
		st->ino = ino;
	return err;
}

int bm_stage_set_segment_bytes(struct bm_stage *st, uint32_t bytes)
{
	return bm_object_set_segment_bytes(&st->obj, bytes);
}

int bm_stage_set_shards(struct bm_stage *st, uint32_t shards)
{
	return bm_object_set_shards(&st->obj, shards);
}

/* Apply delta to *obj, which is the stage's own. */
static int apply(struct bm_stage *st, struct rs_object *obj,
		 const struct bm_delta *delta)
{
	struct bm_writer *w;
	struct bm_info info;
	struct rs_txn *t;
	bool changed;
	int err = bm_writer_new(&w);

	if (err)
		return err;
	err = rs_txn_begin(st->db->store, &t);
	if (err) {
		bm_writer_free(w);
		return err;
	}
	err = bm_set_apply(w, t, obj, delta, &changed);
	if (!err)
		err = bm_object_info(obj, &info);
	if (!err && changed && (info.segments || st->ino))
		err = bm_stage_note(t, st, obj);
	err = rs_txn_end_or_abort(t, err);
	bm_writer_free(w);
	return err;
}

int bm_stage_apply_delta(struct bm_stage *st, const struct bm_delta *delta)
{
	struct rs_object obj = st->obj;
	uint64_t ino = st->ino;
	int err = apply(st, &obj, delta);

	if (err)
		st->ino = ino;
	else
		st->obj = obj;
	return err;
}

/* What removes members comes after all that was added before it. */
static int settle_delta(struct bm_stage *st, const struct bm_delta *delta)
{
	int err = 0;

	if (bm_runs_want(st, delta))
		return bm_runs_add(st, delta);
	if (!bm_delta_only_adds(delta))
		err = bm_runs_merge(st);
	return err ? err : bm_stage_apply_delta(st, delta);
}

typedef int settle_fn(struct bm_stage *st, const struct bm_delta *delta);

static int settle_batches(struct bm_stage *st, struct bm_batch *const *batches,
			  size_t n, settle_fn *settle)
{
	struct bm_delta_buf delta = { 0 };
	struct bm_info info;
	int err = bm_object_info(&st->obj, &info);

	if (!err)
		err = bm_delta_build(batches, n, info.shards, &delta);
	if (!err)
		err = settle(st, &delta.delta);
	bm_delta_finish(&delta);
	return err;
}

static int settle_nodes(struct bm_stage *st)
{
	AUTO_FREE struct bm_batch **batches = NULL;
	size_t n = 0;
	int err;

	if (!st->first)
		return 0;
	for (struct bm_node *node = st->first; node; node = node->next)
		n++;
	batches = malloc(n * sizeof(struct bm_batch *));
	if (!batches)
		return -ENOMEM;
	n = 0;
	for (struct bm_node *node = st->first; node; node = node->next)
		batches[n++] = &node->batch;
	err = settle_batches(st, batches, n, settle_delta);
	if (err)
		return err;
	bm_node_free(st->first);
	st->first = NULL;
	st->last = NULL;
	st->bytes = 0;
	st->adds = 0;
	return 0;
}

int bm_stage_settle(struct bm_stage *st)
{
	int err = settle_nodes(st);

	return err ? err : bm_runs_merge(st);
}

/* --- collecting ----------------------------------------------------------- */

static int keep(struct bm_stage *st, struct bm_batch *b, uint64_t adds)
{
	struct bm_node *node = calloc(1, sizeof(*node));

	if (!node)
		return -ENOMEM;
	bm_batch_trim(b);
	node->batch = *b;
	bm_batch_init(b); /* its memory is the node's now */
	if (st->first)
		st->last->next = node;
	else
		st->first = node;
	st->last = node;
	st->bytes += sizeof(*node) + bm_batch_bytes(&node->batch);
	st->adds += adds;
	return 0;
}

/* May the stage come to more than BM_MEMBERS_MAX with adds more? */
static bool may_overflow(const struct bm_stage *st, uint64_t adds)
{
	uint64_t settled = bm_stage_count(st) + bm_runs_count(st);

	return adds > BM_MEMBERS_MAX - st->adds ||
	       settled > BM_MEMBERS_MAX - st->adds - adds;
}

int bm_stage_append(struct bm_stage *st, struct bm_batch *b)
{
	uint64_t adds = bm_batch_adds(b);
	int err = 0;

	if (bm_batch_empty(b))
		return 0;
	if (adds > BM_MEMBERS_MAX)
		return -EFBIG;
	if (may_overflow(st, adds))
		err = bm_stage_settle(st);
	else if (st->bytes + bm_batch_bytes(b) > st->db->stage_mem)
		err = settle_nodes(st);
	if (err || !may_overflow(st, adds))
		return err ? err : keep(st, b, adds);
	/* The bound does not tell: see what it comes to. */
	err = settle_batches(st, &b, 1, bm_stage_apply_delta);
	if (!err)
		bm_batch_finish(b);
	return err;
}

/* --- taking its place ----------------------------------------------------- */

/* The old content gets an object without a name, where it is when it is not
 * there yet: the stage's own, or a new one. */
static int put_aside(struct rs_txn *t, struct bm_stage *st,
		     const struct bm_set *old)
{
	struct rs_object obj = { 0 };
	uint64_t ino = st->ino;
	int err = 0;

	bm_set_encode(old, &obj);
	if (!ino) {
		ino = rs_txn_new_id(t);
		err = bm_orphan_put(t, ino);
	}
	if (!err)
		err = rs_object_put(t, ino, &obj);
	if (!err)
		st->old_ino = ino;
	return err;
}

static int clear(struct rs_txn *t, struct bm_stage *st, struct rs_object *obj)
{
	bool done;
	int err = bm_object_clear(t, obj, UINT64_MAX, &done);

	if (!err && st->ino)
		err = bm_orphan_del(t, st->ino);
	return err;
}

int bm_stage_apply(struct rs_txn *t, struct bm_stage *st, struct rs_object *obj)
{
	struct bm_set set, old;
	int err = bm_set_decode(&st->obj, &set);

	assert(!st->first && !st->runs.n); /* bm_stage_settle() came before */
	if (!err)
		err = bm_set_decode(obj, &old);
	if (!err && old.segments > st->db->clear_slice)
		err = put_aside(t, st, &old);
	else if (!err)
		err = clear(t, st, obj);
	if (err)
		return err;
	/* I9: what came before the swap must not come back after a crash. */
	set.folded = old.folded;
	set.pages = old.pages;
	set.shards = old.shards;
	bm_set_encode(&set, obj);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* txn.c - one change at a time, whole or not at all.
 *
 * A txn is an edit of the live root and a log of the pages it claimed and
 * freed. The root lock is taken twice, for a few instructions: to copy the
 * root at the beginning, and to put the new one in its place at the end. That
 * exchange is the publication; before it nobody sees anything of the txn, and
 * an abort throws edit and log away and returns the claimed pages.
 *
 * The log of an ended txn goes behind that of the open commit. A page that
 * was claimed and freed within the same open commit was never part of one on
 * disk. It is allocatable again at once, unless a view was taken in between
 * and may see it: then the commit puts it into quarantine like any other. So
 * it does with what is freed while the commit before is looking for pages:
 * that one could take them, and would have them on the disk when the log of
 * this one says that they were claimed.
 */
#include "regionstore/store_state.h"

#include <assert.h>
#include <stdlib.h>

static void begin_locked(struct rs_store *s) REQUIRES(s->txn_lock)
{
	struct rs_txn *t = &s->txn;
	struct rs_root root;

	lock_take(&s->root_lock);
	rs_root_ref(&root, &s->live);
	t->txid = s->open_txid;
	lock_drop(&s->root_lock);
	t->store = s;
	t->failed = 0;
	rs_edit_init(&t->edit, &s->data_env, &root, t->txid, ++s->next_edit);
	rs_root_put(&root);
	t->view.store = s;
	t->view.root = &t->edit.root;
	t->derived = false;
	if (!s->log.replaying)
		rs_redo_begin(&s->redo);
}

void rs_txn_derived(struct rs_txn *t)
{
	t->derived = true;
}

/* For the log. */
static void note_op(struct rs_txn *t, const struct rs_redo_op *op)
{
	if (!t->store->log.replaying)
		rs_redo_add(&t->store->redo, op);
}

NO_LOCK_ANALYSIS /* the lock is held until the txn ends */
	int
	rs_txn_begin(struct rs_store *s, struct rs_txn **ret_txn)
{
	int err = rs_may_change(s);

	if (err)
		return err;
	lock_take(&s->txn_lock);
	begin_locked(s);
	*ret_txn = &s->txn;
	return 0;
}

static void finish_locked(struct rs_txn *t) REQUIRES(t->store->txn_lock)
{
	rs_edit_finish(&t->edit);
	t->log.n = 0;
	t->view.root = NULL;
}

static void abort_locked(struct rs_txn *t) REQUIRES(t->store->txn_lock)
{
	for (size_t i = 0; i < t->log.n; i++) {
		const struct rs_extent *x = &t->log.v[i];

		if (x->kind == RS_EXTENT_CLAIM)
			rs_alloc_give(&t->store->alloc, x->pgno, x->npages);
	}
	if (!t->store->log.replaying)
		rs_redo_abort(&t->store->redo);
	finish_locked(t);
}

NO_LOCK_ANALYSIS
void rs_txn_abort(struct rs_txn *t)
{
	struct rs_store *s;

	if (!t)
		return;
	s = t->store;
	abort_locked(t);
	lock_drop(&s->txn_lock);
}

static void publish_locked(struct rs_txn *t) REQUIRES(t->store->txn_lock)
{
	struct rs_store *s = t->store;
	struct rs_root old;

	lock_take(&s->root_lock);
	old = s->live;
	s->live = t->edit.root;
	t->edit.root = (struct rs_root){ 0 };
	lock_drop(&s->root_lock);
	rs_root_put(&old);
}

/* After the publication, so that a view that is taken from now on does not
 * see the pages. */
static void return_unseen_locked(struct rs_txn *t) REQUIRES(t->store->txn_lock)
{
	struct rs_store *s = t->store;

	if (atomic_load(&s->choosing))
		return;
	for (size_t i = 0; i < t->log.n; i++) {
		struct rs_extent *x = &t->log.v[i];

		if (x->kind != RS_EXTENT_FREE || x->birth != t->txid ||
		    rs_pins_any(&s->pins, t->txid, t->txid))
			continue;
		/* A damaged record can name a page twice: commit will say. */
		if (rs_alloc_holds(&s->alloc, x->pgno, x->npages, true))
			continue;
		x->kind = RS_EXTENT_RETURNED;
		rs_alloc_give(&s->alloc, x->pgno, x->npages);
	}
}

static uint64_t pages_of(const struct rs_extents *log, enum rs_extent_kind kind)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < log->n; i++)
		if (log->v[i].kind == kind)
			pages += log->v[i].npages;
	return pages;
}

static int end_locked(struct rs_txn *t) REQUIRES(t->store->txn_lock)
{
	struct rs_store *s = t->store;
	uint64_t dirty, freed;
	int err = t->failed;

	if (!err && atomic_load(&s->error))
		err = -EIO;
	if (!err)
		err = rs_extents_reserve(&s->open.log, t->log.n);
	if (!err)
		err = rs_drops_move(&s->open.drops, &t->edit.drops);
	if (err) {
		abort_locked(t);
		return err;
	}
	publish_locked(t);
	return_unseen_locked(t);
	if (!s->log.replaying)
		rs_redo_end(&s->redo, t->derived);
	s->open.any = true;
	dirty = atomic_fetch_add(&s->dirty_pages,
				 pages_of(&t->log, RS_EXTENT_CLAIM));
	freed = pages_of(&t->log, RS_EXTENT_FREE);
	if (t->log.n > 0)
		(void)!rs_extents_move(&s->open.log, &t->log); /* has room */
	finish_locked(t);
	if (dirty >= RS_DIRTY_PAGES_MAX)
		rs_timer_hurry(s);
	else if (freed >= RS_FREED_PAGES_SOON)
		rs_timer_soon(s);
	return 0;
}

NO_LOCK_ANALYSIS
int rs_txn_end(struct rs_txn *t)
{
	struct rs_store *s = t->store;
	int err = end_locked(t);

	lock_drop(&s->txn_lock);
	return err;
}

int rs_txn_end_or_abort(struct rs_txn *t, int err)
{
	if (!err)
		return rs_txn_end(t);
	rs_txn_abort(t);
	return err;
}

const struct rs_view *rs_txn_view(struct rs_txn *t)
{
	return &t->view;
}

uint64_t rs_txn_id(const struct rs_txn *t)
{
	return t->txid;
}

struct rs_store *rs_txn_store(const struct rs_txn *t)
{
	return t->store;
}

uint64_t rs_txn_new_id(struct rs_txn *t)
{
	return t->store->next_id++;
}

void rs_txn_raise_ids(struct rs_txn *t, uint64_t id)
{
	if (id >= t->store->next_id && id < UINT64_MAX)
		t->store->next_id = id + 1;
}

/* The edit of a txn is unusable after a failure that may be half done. */
static int note(struct rs_txn *t, int err)
{
	if (err && !t->failed)
		t->failed = err;
	return err;
}

int rs_put(struct rs_txn *t, const void *key, size_t key_len, const void *val,
	   size_t val_len, uint64_t weight)
{
	if (key_len == 0 || key_len > RS_KEY_MAX || val_len > RS_VAL_MAX)
		return -E2BIG;
	if (t->failed)
		return t->failed;
	note_op(t, &(struct rs_redo_op){ .kind = RS_REDO_PUT,
					 .key = key,
					 .key_len = key_len,
					 .val = val,
					 .val_len = val_len,
					 .weight = weight });
	return note(t,
		    rs_tree_put(&t->edit, key, key_len, val, val_len, weight));
}

int rs_del(struct rs_txn *t, const void *key, size_t key_len)
{
	int err;

	if (key_len == 0 || key_len > RS_KEY_MAX)
		return -ENOENT;
	if (t->failed)
		return t->failed;
	err = rs_tree_del(&t->edit, key, key_len);
	if (!err)
		note_op(t, &(struct rs_redo_op){ .kind = RS_REDO_DEL,
						 .key = key,
						 .key_len = key_len });
	return err == -ENOENT ? err : note(t, err);
}

/* --- pages --------------------------------------------------------------- */

int rs_claim(struct rs_txn *t, uint64_t pgno, uint32_t npages)
{
	const struct rs_extent x = { .pgno = pgno,
				     .npages = npages,
				     .birth = t->txid,
				     .kind = RS_EXTENT_CLAIM };

	assert(rs_is_payload(pgno, npages, rs_file_pages(t->store)));
	note_op(t, &(struct rs_redo_op){ .kind = RS_REDO_CLAIM,
					 .pgno = pgno,
					 .npages = npages,
					 .birth = t->txid });
	return rs_extents_add(&t->log, &x);
}

int rs_free(struct rs_txn *t, uint64_t pgno, uint32_t npages, uint64_t birth)
{
	const struct rs_extent x = { .pgno = pgno,
				     .npages = npages,
				     .birth = birth,
				     .kind = RS_EXTENT_FREE };
	int err;

	if (birth > t->txid)
		return -EUCLEAN;
	err = rs_alloc_holds(&t->store->alloc, pgno, npages, birth == t->txid);
	if (err)
		return err;
	note_op(t, &(struct rs_redo_op){ .kind = RS_REDO_FREE,
					 .pgno = pgno,
					 .npages = npages,
					 .birth = birth });
	return rs_extents_add(&t->log, &x);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* commit.c - the ended txns become durable.
 *
 *   settle    the layer above turns what it buffered into txns; then, while it
 *             buffers nothing, what came meanwhile: the commit is one instant
 *   freeze    take root and log of the open commit N; N + 1 is open. Below the
 *             txn lock and without I/O; all go on
 *   prepare   what the log means for bitmaps and dead records; room for the
 *             nodes. Everything that can fail for want of memory or space
 *             happens here and can be undone: the log stays frozen, and the
 *             next commit tries again with whatever came after
 *   images    nodes get their pages
 *   write     nodes, bitmaps, superblock with a manifest, sync; or, when the
 *             commit is too large for one, a sync before the superblock. When
 *             that fails all of it is done once more, elsewhere, and then it is
 *             the ERROR state (commit_anew.c)
 *   publish   allocator, snapshots, waiters; the live root lets go of nodes
 *             that have pages
 *
 * Whoever asks for one comes through commit_turn.c.
 */
#include "regionstore/commit.h"

#include <stdlib.h>

/* --- one commit ----------------------------------------------------------- */

static void start(struct rs_commit *c, struct rs_store *s)
{
	*c = (struct rs_commit){ .s = s,
				 .durable = s->super.txid,
				 .super = s->super };
	c->super.commit_pages = 0;
}

static void finish(struct rs_commit *c)
{
	for (size_t i = 0; i < c->n_groups; i++) {
		free(c->groups[i].g->next);
		c->groups[i].g->next = NULL;
	}
	free(c->groups);
	free(c->nodes);
	free(c->bitmaps);
	free(c->manifest);
	rs_extents_finish(&c->dead);
	rs_extents_finish(&c->leave);
	rs_extents_finish(&c->runs);
	rs_root_put(&c->data);
	rs_edit_finish(&c->sys);
}

/* --- prepare ------------------------------------------------------------- */

static int reserve_quarantine(struct rs_commit *c)
{
	struct rs_alloc *a = &c->s->alloc;
	int err;

	lock_take(&a->lock);
	err = rs_extents_reserve(&a->quarantine, c->leave.n);
	lock_drop(&a->lock);
	return err;
}

static int prepare(struct rs_commit *c, struct rs_sysop *op)
{
	int err = op && op->prepare ? op->prepare(op, c) : 0;

	if (!err)
		err = rs_commit_frees(c);
	if (!err)
		err = rs_dead_write(c);
	if (!err)
		err = rs_commit_space(c);
	if (!err)
		err = rs_commit_trim(c);
	if (!err)
		err = rs_anew_check(c);
	if (!err)
		err = reserve_quarantine(c);
	return err ? err : rs_commit_buffers(c);
}

/* Return what prepare took. */
static void undo(struct rs_commit *c)
{
	for (size_t i = 0; i < c->runs.n; i++)
		rs_alloc_give(&c->s->alloc, c->runs.v[i].pgno,
			      c->runs.v[i].npages);
}

/* --- write --------------------------------------------------------------- */

static int write_all(struct rs_commit *c, struct rs_sysop *op)
{
	struct rs_store *s = c->s;
	int err = rs_commit_images(c, op);

	if (err)
		return rs_store_fail(s, err, "commit: cannot be finished");
	rs_commit_fill_super(c);
	err = rs_commit_write(c);
	if (!err)
		err = rs_log_write_kept(s, &c->super);
	if (!err)
		err = rs_commit_list(c);
	if (!err && !c->one_flush)
		err = rs_commit_sync(s);
	if (err)
		return rs_anew_after(c, err, "commit: cannot be written");
	c->super.flags = c->manifest ? RS_SUPER_ONE_FLUSH : 0;
	c->super_begun = true;
	err = rs_commit_write_super(c);
	if (!err)
		err = rs_commit_sync(s);
	if (!err)
		return 0;
	return rs_anew_after(c, err, "commit: superblock cannot be written");
}

/* --- all of it ----------------------------------------------------------- */

/* Want of memory or space passes. Anything else says that what we believe of
 * the free space is wrong, or that it cannot be read. */
static bool may_retry(int err)
{
	return err == -ENOMEM || err == -ENOSPC || err == -EDQUOT;
}

static int run_locked(struct rs_store *s, struct rs_sysop *op)
	REQUIRES(s->commit_lock)
{
	struct rs_commit c;
	int err;

	if (!op && !rs_commit_has_work(s))
		return 0;
	err = rs_anew_move(s);
	if (err)
		return err;
	start(&c, s);
	err = rs_commit_freeze(&c);
	if (err)
		return err;
	rs_edit_init(&c.sys, &s->sys_env, &s->sys, c.txid, c.txid);
	err = prepare(&c, op);
	atomic_store(&s->choosing, false);
	if (err) {
		undo(&c);
		err = may_retry(err)
			      ? err
			      : rs_store_fail(s, err, "commit: free space");
	} else {
		err = write_all(&c, op);
	}
	if (!err)
		rs_commit_publish(&c, op);
	finish(&c);
	return err;
}

static int settle_and_run_locked(struct rs_store *s, struct rs_sysop *op,
				 int *ret_settled) REQUIRES(s->commit_lock)
{
	bool whole = op && op->needs_settled;
	int settled = rs_settle(s, whole);
	int err = rs_log_keep(s);

	if (settled && whole)
		err = settled;
	if (!err)
		err = run_locked(s, op);
	rs_go_on(s);
	*ret_settled = settled;
	return err;
}

int rs_commit_run_locked(struct rs_store *s, struct rs_sysop *op,
			 int *ret_settled)
{
	int err = settle_and_run_locked(s, op, ret_settled);

	return err == -EAGAIN ? settle_and_run_locked(s, op, ret_settled) : err;
}

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
 * The superblock of commit N goes to the slot that the durable commit does not
 * use. When a commit was undone its number is lost, so the next one takes the
 * next number of the same parity.
 */
#include "regionstore/commit.h"

#include "regionstore/broken.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* --- freeze -------------------------------------------------------------- */

static int move_changes(struct rs_changes *dst, struct rs_changes *src)
{
	int err = rs_extents_move(&dst->log, &src->log);

	if (!err)
		err = rs_drops_move(&dst->drops, &src->drops);
	if (err)
		return err;
	dst->any |= src->any;
	src->any = false;
	return 0;
}

static void freeze_root_locked(struct rs_store *s, struct rs_commit *c)
	REQUIRES(s->root_lock)
{
	rs_root_ref(&c->data, &s->live);
	c->txid = s->open_txid;
	if ((c->txid - c->durable) % 2 == 0)
		c->txid++;
	s->open_txid = c->txid + 1;
	c->newest_snap = s->snaps.n ? s->snaps.v[s->snaps.n - 1].snap.txid : 0;
}

static int freeze(struct rs_commit *c)
{
	struct rs_store *s = c->s;
	int err;

	lock_take(&s->txn_lock);
	err = move_changes(&s->frozen, &s->open);
	if (!err) {
		lock_take(&s->root_lock);
		freeze_root_locked(s, c);
		lock_drop(&s->root_lock);
		c->super.next_id = s->next_id;
		if (s->log.pages)
			rs_redo_reset(&s->redo);
		atomic_store(&s->choosing, true);
		atomic_store(&s->dirty_pages, 0);
	}
	lock_drop(&s->txn_lock);
	rs_go_on(s);
	return err;
}

static bool has_work(struct rs_store *s)
{
	bool any;

	lock_take(&s->txn_lock);
	any = s->open.any || s->frozen.any;
	lock_drop(&s->txn_lock);
	return any;
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

/* --- write --------------------------------------------------------------- */

static int sync_io(struct rs_store *s)
{
	int err = s->io->ops->sync(s->io);

	atomic_fetch_add(&s->counters.syncs, 1);
	return err && RS_BROKEN(RS_BREAK_ANEW) ? s->io->ops->sync(s->io) : err;
}

static int write_slot(struct rs_store *s, uint64_t slot,
		      const uint8_t page[RS_PAGE_SIZE])
{
	atomic_fetch_add(&s->counters.writes, 1);
	atomic_fetch_add(&s->counters.write_bytes, RS_PAGE_SIZE);
	return s->io->ops->write(s->io, rs_bytes(slot), page, RS_PAGE_SIZE);
}

/* One that is written when all else is on the disk goes to the steady slot as
 * well, whose commit is believed without a manifest. */
static int write_super(struct rs_commit *c)
{
	struct rs_store *s = c->s;
	uint8_t page[RS_PAGE_SIZE];
	int err;

	rs_super_encode(&c->super, &s->header, c->manifest, page);
	err = write_slot(s, rs_super_slot(c->txid), page);
	if (!err && !c->one_flush)
		err = write_slot(s, RS_SLOT_STEADY, page);
	return err;
}

static void fill_super(struct rs_commit *c)
{
	const struct rs_store *s = c->s;

	c->super.txid = c->txid;
	c->super.data_root = c->data_ptr;
	c->super.data_sum = c->data.sum;
	c->super.sys_root = c->sys_ptr;
	c->super.sys_sum = c->sys.root.sum;
	c->super.file_pages = rs_file_pages(s);
	c->super.wall_ns = wall_ns();
	c->super.log_epoch = c->txid;
	rs_log_choose_seed(s, &c->super);
}

static int write_all(struct rs_commit *c, struct rs_sysop *op)
{
	struct rs_store *s = c->s;
	int err = rs_commit_images(c, op);

	if (err)
		return rs_store_fail(s, err, "commit: cannot be finished");
	fill_super(c);
	err = rs_commit_write(c);
	if (!err)
		err = rs_log_write_kept(s, &c->super);
	if (!err)
		err = rs_commit_list(c);
	if (!err && !c->one_flush)
		err = sync_io(s);
	if (err)
		return rs_anew_after(c, err, "commit: cannot be written");
	c->super.flags = c->manifest ? RS_SUPER_ONE_FLUSH : 0;
	c->super_begun = true;
	err = write_super(c);
	if (!err)
		err = sync_io(s);
	if (!err)
		return 0;
	return rs_anew_after(c, err, "commit: superblock cannot be written");
}

/* --- publish ------------------------------------------------------------- */

static void publish_groups_locked(struct rs_store *s, struct rs_commit *c)
	REQUIRES(s->alloc.lock)
{
	for (size_t i = 0; i < c->n_groups; i++) {
		struct rs_group *g = c->groups[i].g;

		g->disk = *g->next;
		g->rec = c->groups[i].rec;
		g->recorded = true;
	}
	s->sys = (struct rs_root){ .ptr = c->sys_ptr, .sum = c->sys.root.sum };
	s->alloc.used_pages = c->super.used_pages;
	s->alloc.pinned_pages = c->super.pinned_pages;
	(void)!rs_extents_move(&s->alloc.quarantine, &c->leave); /* has room */
}

static void count(struct rs_store *s, const struct rs_commit *c)
{
	atomic_fetch_add(&s->counters.commits, 1);
	if (!c->one_flush)
		return;
	atomic_fetch_add(&s->counters.one_flush, 1);
	atomic_fetch_add(&s->counters.runs,
			 1 + (c->manifest ? c->manifest->n : 0));
}

/* Snapshots leave the list before their pages enter the quarantine, so that
 * whoever can still take a view of one has pinned it by then. */
static void publish(struct rs_commit *c, struct rs_sysop *op)
{
	struct rs_store *s = c->s;

	if (op && op->publish) {
		lock_take(&s->root_lock);
		op->publish(op, s);
		lock_drop(&s->root_lock);
	}
	lock_take(&s->alloc.lock);
	publish_groups_locked(s, c);
	lock_drop(&s->alloc.lock);
	s->super = c->super;
	rs_log_restart(s);
	atomic_store(&s->durable, c->txid);
	count(s, c);
	rs_changes_finish(&s->frozen);
	rs_anew_done(s);
}

/* With nobody inside the trees: no txn, no descent, no view being taken. */
static void clean_live(struct rs_store *s)
{
	lock_take(&s->txn_lock);
	lock_take(&s->root_lock);
	rwlock_write(&s->sweep);
	rs_tree_clean(&s->live);
	rwlock_drop(&s->sweep);
	lock_drop(&s->root_lock);
	lock_drop(&s->txn_lock);
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

	if (!op && !has_work(s))
		return 0;
	err = rs_anew_move(s);
	if (err)
		return err;
	start(&c, s);
	err = freeze(&c);
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
		publish(&c, op);
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

/* The second time, commit_anew.c, is another instant, with what came until
 * then. */
static int run_or_rerun_locked(struct rs_store *s, struct rs_sysop *op,
			       int *ret_settled) REQUIRES(s->commit_lock)
{
	int err = settle_and_run_locked(s, op, ret_settled);

	return err == -EAGAIN ? settle_and_run_locked(s, op, ret_settled) : err;
}

static uint64_t begin(struct rs_store *s)
{
	uint64_t number;

	lock_take(&s->sync.lock);
	number = ++s->sync.begun;
	lock_drop(&s->sync.lock);
	return number;
}

static void wake(struct rs_store *s, uint64_t number, int result)
{
	lock_take(&s->sync.lock);
	s->sync.done = number;
	s->sync.result = result;
	cond_wake_all(&s->sync.changed);
	lock_drop(&s->sync.lock);
}

static int commit_locked(struct rs_store *s, struct rs_sysop *op)
	REQUIRES(s->commit_lock)
{
	uint64_t before = s->super.txid;
	uint64_t number;
	int settled, err;

	rs_store_check_size(s);
	err = rs_may_change(s);
	if (!err && op && op->check)
		err = op->check(op, s);
	if (err)
		return err;
	number = begin(s);
	err = run_or_rerun_locked(s, op, &settled);
	wake(s, number, err ? err : settled);
	if (!err && !op)
		err = settled;
	if (s->super.txid != before) {
		clean_live(s);
		rs_alloc_reclaim(&s->alloc, &s->pins, s->super.txid);
		rs_alloc_fill_spare(&s->alloc);
	}
	return err;
}

static int commit_once(struct rs_store *s, struct rs_sysop *op)
{
	int err;

	atomic_fetch_add(&s->waiting, 1);
	lock_take(&s->commit_lock);
	atomic_fetch_sub(&s->waiting, 1);
	err = commit_locked(s, op);
	lock_drop(&s->commit_lock);
	return err;
}

/* One record of the log, which those share who wait for it, as they would a
 * commit. */
static int log_locked(struct rs_store *s) REQUIRES(s->commit_lock)
{
	uint64_t number;
	int err;

	rs_store_check_size(s);
	err = rs_may_change(s);
	if (err)
		return err;
	number = begin(s);
	err = rs_log_write(s);
	if (err != -EAGAIN)
		wake(s, number, err);
	return err;
}

int rs_try_log(struct rs_store *s)
{
	int err;

	if (!lock_try(&s->commit_lock))
		return -EAGAIN;
	err = rs_log_is_quick(s) ? log_locked(s) : -EAGAIN;
	lock_drop(&s->commit_lock);
	return err;
}

int rs_commit_or_log(struct rs_store *s)
{
	int err;

	atomic_fetch_add(&s->waiting, 1);
	lock_take(&s->commit_lock);
	atomic_fetch_sub(&s->waiting, 1);
	err = log_locked(s);
	lock_drop(&s->commit_lock);
	return err == -EAGAIN ? rs_commit(s, NULL) : err;
}

int rs_commit(struct rs_store *s, struct rs_sysop *op)
{
	int err = commit_once(s, op);

	/* What this commit freed may be the room that somebody wanted: what
	 * could not be settled, for one. */
	if ((!err || err == -ENOSPC) && !(op && op->is_drain) &&
	    rs_make_room(s) && err && !op)
		err = commit_once(s, op);
	rs_give_back(s);
	return err;
}

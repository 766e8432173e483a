/* SPDX-License-Identifier: Apache-2.0 */
/* commit_turn.c - one commit at a time, or one record of the log: whose turn
 * it is, and who else is served by it.
 *
 * Each has a number, given before it takes anything: whoever waits in sync.c
 * for something that was done before then may go when the number is done.
 */
#include "regionstore/commit.h"

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
	err = rs_commit_run_locked(s, op, &settled);
	wake(s, number, err ? err : settled);
	if (!err && !op)
		err = settled;
	if (s->super.txid != before) {
		rs_commit_clean(s);
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

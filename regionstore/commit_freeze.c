/* SPDX-License-Identifier: Apache-2.0 */
/* commit_freeze.c - take what belongs to a commit, in one instant.
 *
 * Root and log of the open commit N; N + 1 is open from then on. Below the txn
 * lock and without I/O, so all go on. What a commit that was undone had taken
 * is still there, and comes first.
 */
#include "regionstore/commit.h"

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
	/* For the other slot than the durable one's: commit_super.c. */
	if ((c->txid - c->durable) % 2 == 0)
		c->txid++;
	s->open_txid = c->txid + 1;
	c->newest_snap = s->snaps.n ? s->snaps.v[s->snaps.n - 1].snap.txid : 0;
}

int rs_commit_freeze(struct rs_commit *c)
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

bool rs_commit_has_work(struct rs_store *s)
{
	bool any;

	lock_take(&s->txn_lock);
	any = s->open.any || s->frozen.any;
	lock_drop(&s->txn_lock);
	return any;
}

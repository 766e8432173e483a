/* SPDX-License-Identifier: Apache-2.0 */
/* commit_publish.c - a commit is durable: the store in memory becomes what is
 * on the disk.
 */
#include "regionstore/commit.h"

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
void rs_commit_publish(struct rs_commit *c, struct rs_sysop *op)
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
void rs_commit_clean(struct rs_store *s)
{
	lock_take(&s->txn_lock);
	lock_take(&s->root_lock);
	rwlock_write(&s->sweep);
	rs_tree_clean(&s->live);
	rwlock_drop(&s->sweep);
	lock_drop(&s->root_lock);
	lock_drop(&s->txn_lock);
}

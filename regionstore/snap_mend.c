/* SPDX-License-Identifier: Apache-2.0 */
/* snap_mend.c - what a snapshot shows is changed, by a repair alone.
 *
 * Its tree becomes the live one for a while. So whoever knows what records say
 * mends it as the live one, in txns and views, and need not know which of them
 * it is. What the txns log is forgotten then: pages that left the tree stay in
 * the dead records in which they are, if the live tree has not got them, for
 * the snapshot is GREEDY from now on (dead.c). Txns that claim pages are
 * refused.
 *
 * Nothing is committed meanwhile, and one commit in the end has the new nodes
 * and the new record. A crash before it leaves the snapshot as it was.
 */
#include "regionstore/commit.h"

#include <assert.h>
#include <stdlib.h>

struct rs_mending {
	struct rs_store *s;
	struct rs_snap_entry entry;
	struct rs_root live; /* the true one */
};

/* --- from one tree to the other ------------------------------------------- */

static struct rs_snap_entry *find_locked(struct rs_store *s, uint64_t id)
	REQUIRES(s->root_lock)
{
	for (size_t i = 0; i < s->snaps.n; i++)
		if (s->snaps.v[i].snap.id == id)
			return &s->snaps.v[i];
	return NULL;
}

static int swap_in_locked(struct rs_store *s, uint64_t id, struct rs_mending *m)
	REQUIRES(s->root_lock)
{
	const struct rs_snap_entry *en = find_locked(s, id);

	if (!en)
		return -ENOENT;
	m->entry = *en;
	m->live = s->live;
	rs_root_ref(&s->live, &en->root);
	return 0;
}

int rs_mend_begin(struct rs_store *s, uint64_t id, struct rs_mending **ret_m)
{
	struct rs_mending *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->s = s;
	err = rs_commit(s, NULL); /* so that nothing is open */
	if (!err) {
		lock_take(&s->root_lock);
		err = swap_in_locked(s, id, m);
		lock_drop(&s->root_lock);
	}
	if (err) {
		free(m);
		return err;
	}
	*ret_m = m;
	return 0;
}

static bool has_claims(const struct rs_extents *log)
{
	for (size_t i = 0; i < log->n; i++)
		if (log->v[i].kind == RS_EXTENT_CLAIM)
			return true;
	return false;
}

/* The tree as it was mended goes to entry.root. */
static int swap_out(struct rs_mending *m)
{
	struct rs_store *s = m->s;
	bool claims;

	lock_take(&s->txn_lock);
	claims = has_claims(&s->open.log);
	rs_changes_finish(&s->open);
	lock_take(&s->root_lock);
	m->entry.root = s->live;
	s->live = m->live;
	lock_drop(&s->root_lock);
	lock_drop(&s->txn_lock);
	return claims ? -EUCLEAN : 0;
}

/* --- the commit ----------------------------------------------------------- */

struct mend_op {
	struct rs_sysop op;
	struct rs_mending *m;
	struct rs_extents pages;
};

static struct mend_op *mend_op(struct rs_sysop *op)
{
	return (struct mend_op *)op;
}

static int prepare(struct rs_sysop *op, struct rs_commit *c)
{
	const struct rs_extents *pages = &mend_op(op)->pages;
	int err = rs_dead_add(c, pages);

	for (size_t i = 0; !err && i < pages->n; i++)
		err = rs_commit_mark(c, pages->v[i].pgno, pages->v[i].npages);
	return err ? err : rs_snap_put(c, &mend_op(op)->m->entry);
}

static void publish(struct rs_sysop *op, struct rs_store *s)
	REQUIRES(s->root_lock)
{
	const struct rs_snap_entry *new = &mend_op(op)->m->entry;
	struct rs_snap_entry *en = find_locked(s, new->snap.id);

	assert(en);
	*en = *new;
}

static int keep(struct rs_mending *m)
{
	struct mend_op op = { .op = { .prepare = prepare, .publish = publish },
			      .m = m };
	struct rs_snap_entry *en = &m->entry;
	int err;

	if (!en->root.mem && en->root.sum.count)
		return 0; /* nothing was changed */
	if (en->root.sum.count == 0)
		return -EUCLEAN;
	en->snap.greedy = true;
	en->snap.members = en->root.sum.weight;
	err = rs_snap_write(m->s, &en->root, en->snap.txid, &op.pages);
	if (!err) {
		err = rs_commit(m->s, &op.op);
		if (err)
			rs_snap_unwrite(m->s, &op.pages);
	}
	rs_extents_finish(&op.pages);
	return err;
}

int rs_mend_end(struct rs_mending *m)
{
	int err;

	if (!m)
		return 0;
	err = swap_out(m);
	if (!err)
		err = keep(m);
	rs_root_put(&m->entry.root);
	free(m);
	return err;
}

void rs_mend_abort(struct rs_mending *m)
{
	if (!m)
		return;
	(void)!swap_out(m);
	rs_root_put(&m->entry.root);
	free(m);
}

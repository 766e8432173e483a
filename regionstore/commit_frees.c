/* SPDX-License-Identifier: Apache-2.0 */
/* commit_frees.c - what the log of the txns means for the bitmaps.
 *
 * The log is read in order, because a page may be claimed, freed and claimed
 * again within one commit. For a page that is freed:
 *
 *   born after the last durable commit   it never was on disk. Its bit goes;
 *                                        unless the txn returned it at once
 *                                        it is kept back for views (I1)
 *   the newest snapshot is older         its bit goes; quarantine
 *   the newest snapshot may see it       its bit stays; a dead record tells
 *                                        whoever drops that snapshot
 *
 * One comparison decides, and nothing is counted per page.
 */
#include "regionstore/commit.h"

int rs_commit_leave(struct rs_commit *c, const struct rs_extent *x)
{
	int err = rs_commit_unmark(c, x->pgno, x->npages);

	return err ? err : rs_extents_add(&c->leave, x);
}

static int free_one(struct rs_commit *c, struct rs_extent x)
{
	x.death = c->txid;
	x.commit = c->txid;
	if (x.birth > c->durable) {
		x.commit = 0; /* in no superblock: views alone hold it up */
		c->super.commit_pages -= x.npages;
		return rs_commit_leave(c, &x);
	}
	if (c->newest_snap < x.birth)
		return rs_commit_leave(c, &x);
	c->super.pinned_pages += x.npages;
	return rs_extents_add(&c->dead, &x);
}

static int apply(struct rs_commit *c, const struct rs_extent *x)
{
	switch (x->kind) {
	case RS_EXTENT_CLAIM:
		return rs_commit_mark(c, x->pgno, x->npages);
	case RS_EXTENT_RETURNED:
		c->super.commit_pages -= x->npages;
		return rs_commit_unmark(c, x->pgno, x->npages);
	case RS_EXTENT_FREE:
		return free_one(c, *x);
	}
	return -EUCLEAN;
}

static int free_node(struct rs_commit *c, const struct rs_ptr *p)
{
	const struct rs_extent x = { .pgno = p->pgno,
				     .npages = p->npages,
				     .birth = p->birth,
				     .kind = RS_EXTENT_FREE };

	return free_one(c, x);
}

int rs_commit_frees(struct rs_commit *c)
{
	const struct rs_extents *log = &c->s->frozen.log;
	struct rs_drops *drops = &c->s->frozen.drops;
	int err = 0;

	for (size_t i = 0; !err && i < log->n; i++)
		err = apply(c, &log->v[i]);
	if (!err)
		err = rs_drops_resolve(drops);
	for (size_t i = 0; !err && i < drops->n_ptrs; i++)
		err = free_node(c, &drops->ptrs[i]);
	return err;
}

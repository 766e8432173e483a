/* SPDX-License-Identifier: Apache-2.0 */
/* commit_anew.c - a write or a sync failed: once more, elsewhere.
 *
 * A sync that failed is never tried again on the same pages. The host has
 * marked them clean, may drop them, and says of the next sync that it succeeded
 * although they never reached the disk ("fsyncgate"). What can be relied on is
 * the durable commit D, what is in our own memory, and bytes that are written
 * to pages that have no such past. So when commit N fails
 *
 *   suspect   whatever was handed out and is not part of D is given to nobody
 *             any more (suspect.c), and does not count as verified
 *   take back the superblock of N, if it may be anywhere, and make that
 *             durable: nothing of the next commit is written while N could be
 *             found. If that fails the ERROR state is all that is left
 *   unplace   the nodes of N are in memory; they have no page again, and D's
 *             pages that N would have freed were never freed
 *   move      in txns of their own, records of the live tree that point at
 *             pages born since D get copies of them. These are read back from
 *             the host and compared with their checksums. What is not what it
 *             was is lost: ERROR state
 *   commit    again, N + 2: of the same parity, so that its superblock goes to
 *             the slot that N used and not over D. Frees, dead records and
 *             snapshots follow from the log of the txns, as they did for N
 *
 * If that fails, too, it is the ERROR state. A commit that becomes durable ends
 * the episode. Who waited for N waits for N + 2 and sees no error.
 *
 * Bitmap slots and superblocks have fixed places, so they are the one thing
 * that is written where it was before; but from memory, whole, so that the host
 * has them to write again. Each commit that changes a group may write its other
 * slot, whatever became of that page before.
 *
 * A page that is suspect and still part of the store when a commit is prepared,
 * because nobody told us what its record looks like, ends in the ERROR state:
 * that is asked each time and not deduced (rs_anew_check()).
 *
 * When something else fails, a record of the log for one, nothing of it need
 * come to the disk, as a commit does it as well. Then only the first and the
 * last two steps are done, by that commit, which may still fail once itself.
 */
#include "regionstore/commit.h"
#include "regionstore/compact_move.h"

#define BATCH_PAGES 1024u /* moved in one txn */

/* --- suspect -------------------------------------------------------------- */

static void forget(void *arg, uint64_t pgno, uint64_t npages)
{
	struct rs_store *s = arg;

	rs_map_forget(&s->map, pgno, npages);
}

static void note(struct rs_store *s, int err, const char *what)
{
	if (!s->anew.why.code)
		err_set(&s->anew.why, err, "%s: %s", what, err_text(err));
}

static int suspect(struct rs_store *s, int err, const char *what)
{
	note(s, err, what);
	s->anew.due = true;
	return rs_alloc_suspect(&s->alloc, forget, s);
}

int rs_anew_suspect(struct rs_store *s, int err, const char *what)
{
	if (s->anew.never || suspect(s, err, what))
		return rs_store_fail(s, err, what);
	return -EIO;
}

/* --- take back ------------------------------------------------------------ */

/* Nobody knows whether the superblock is on the disk, but the host may go on
 * showing it: after a failed sync it believes its memory to be clean. One
 * without a manifest went to the steady slot as well. */
static int take_back_super(struct rs_commit *c)
{
	static const uint8_t nothing[RS_PAGE_SIZE];
	struct rs_store *s = c->s;
	struct rs_io *io = s->io;
	int err;

	if (!c->super_begun)
		return 0;
	err = io->ops->write(io, rs_bytes(rs_super_slot(c->txid)), nothing,
			     sizeof(nothing));
	if (!err && !c->one_flush)
		err = rs_write_steady(s);
	else if (!err)
		err = io->ops->sync(io);
	return err;
}

/* --- unplace -------------------------------------------------------------- */

/* With nobody inside the trees, as in clean_live(). */
static void unplace(struct rs_commit *c)
{
	struct rs_store *s = c->s;

	lock_take(&s->txn_lock);
	lock_take(&s->root_lock);
	rwlock_write(&s->sweep);
	rs_tree_unplace(&c->data, c->txid);
	rwlock_drop(&s->sweep);
	lock_drop(&s->root_lock);
	rs_drops_forget(&s->open.drops, c->durable);
	lock_drop(&s->txn_lock);
	rs_drops_forget(&s->frozen.drops, c->durable);
}

int rs_anew_after(struct rs_commit *c, int err, const char *what)
{
	struct rs_store *s = c->s;
	bool again =
		!s->anew.tried && !s->anew.never && suspect(s, err, what) == 0;

	s->anew.tried = true;
	if (take_back_super(c) || !again)
		return rs_store_fail(s, err, what);
	unplace(c);
	return -EAGAIN;
}

/* --- move ----------------------------------------------------------------- */

struct pass {
	struct rs_store *s;
	struct rs_compact_ops ops;
	struct rs_root root;
	struct rs_view view; /* what find() may look at */
	struct rs_moves moves;
	int damage;
};

/* What has a page was committed, and points at nothing younger. */
static int on_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	(void)arg;
	(void)ptr;
	(void)level;
	return -EALREADY;
}

static int on_record(void *arg, const struct rs_cursor *c)
{
	struct pass *p = arg;
	struct rs_cursor at = *c;
	int err;

	at.view = &p->view;
	err = rs_moves_add(&p->moves, &p->ops, &at, false);
	if (!err && rs_moves_due(&p->moves) >= BATCH_PAGES)
		err = rs_moves_do(p->s, &p->moves, &p->ops);
	return err;
}

static void on_finding(void *arg, const char *text)
{
	struct pass *p = arg;

	(void)text;
	p->damage = -EUCLEAN;
}

/* Whoever was in a txn when pages became suspect is in it no more: what it
 * pointed at them is in this root, and nobody will do so after it. */
static void begin_pass(struct pass *p)
{
	struct rs_store *s = p->s;

	lock_take(&s->txn_lock);
	lock_take(&s->root_lock);
	rs_root_ref(&p->root, &s->live);
	lock_drop(&s->root_lock);
	lock_drop(&s->txn_lock);
	p->view.store = s;
	p->view.root = &p->root;
	p->moves.limit.since = s->super.txid;
}

static int move_all(struct rs_store *s)
{
	static const struct rs_tree_walk fns = { .page = on_page,
						 .record = on_record,
						 .finding = on_finding };
	struct pass p = { .s = s,
			  .ops = { .find = s->anew.rescue.find,
				   .arg = s->anew.rescue.arg } };
	struct rs_tree_walk walk = fns;
	int err = 0;

	walk.arg = &p;
	begin_pass(&p);
	if (p.root.mem)
		err = rs_tree_walk(&s->data_env, &p.root, &walk);
	if (!err)
		err = p.damage;
	if (!err)
		err = rs_moves_do(s, &p.moves, &p.ops);
	rs_moves_finish(&p.moves);
	rs_root_put(&p.root);
	return err;
}

int rs_anew_move(struct rs_store *s)
{
	int err = s->anew.due ? move_all(s) : 0;

	if (!err || err == -ENOMEM || err == -ENOSPC || err == -EDQUOT)
		return err;
	return rs_store_fail(s, err,
			     "what a failed commit wrote cannot be put "
			     "elsewhere");
}

int rs_anew_check(const struct rs_commit *c)
{
	for (size_t i = 0; i < c->n_groups; i++) {
		const struct rs_group *g = c->groups[i].g;

		if (g->suspect &&
		    rs_bits_count_both(g->suspect, g->next, RS_GROUP_SLOTS,
				       RS_GROUP_PAGES))
			return rs_store_fail(
				c->s, -EIO,
				"what a failed commit wrote cannot be moved");
	}
	return 0;
}

/* --- done ----------------------------------------------------------------- */

void rs_anew_done(struct rs_store *s)
{
	struct rs_anew *an = &s->anew;
	struct err why = an->why;

	if (!why.code)
		return;
	an->why = (struct err){ 0 };
	an->due = an->tried = false;
	atomic_fetch_add(&s->counters.anew, 1);
	lock_take(&s->sync.lock);
	an->last = why;
	lock_drop(&s->sync.lock);
	if (an->rescue.told)
		an->rescue.told(an->rescue.arg, why.msg);
}

void rs_set_rescue(struct rs_store *s, const struct rs_rescue *rescue)
{
	lock_take(&s->commit_lock);
	s->anew.rescue = rescue ? *rescue : (struct rs_rescue){ 0 };
	lock_drop(&s->commit_lock);
}

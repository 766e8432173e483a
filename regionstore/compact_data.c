/* SPDX-License-Identifier: Apache-2.0 */
/* compact_data.c - what of the data tree reaches the fence moves.
 *
 * The tree is walked as the last commit left it, pinned; records are noted on
 * the way and moved a batch in a txn (compact_move.c). A node moves when any
 * record in it is put as it is.
 */
#include "regionstore/compact_parts.h"

#define BATCH_PAGES 1024u /* moved in one txn */

static int on_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	struct rs_pass *p = arg;

	(void)level;
	p->touch |= rs_moves_wants(&p->moves.limit, ptr);
	return 0;
}

static int flush(struct rs_pass *p)
{
	int err = rs_moves_run(p->s, &p->moves, p->ops);

	p->result->moved_bytes = rs_bytes(p->moves.moved);
	if (!err && rs_alloc_fence(&p->s->alloc) != p->moves.limit.fence)
		err = -EAGAIN;
	if (!err && p->ops->go_on)
		err = p->ops->go_on(p->ops->arg, p->result);
	return err;
}

static int on_record(void *arg, const struct rs_cursor *c)
{
	struct rs_pass *p = arg;
	struct rs_cursor at = *c;
	int err;

	at.view = &p->view;
	err = rs_moves_add(&p->moves, p->ops, &at, p->touch);
	p->touch = false;
	p->result->records_done++;
	if (!err && rs_moves_due(&p->moves) >= BATCH_PAGES)
		err = flush(p);
	return err;
}

static void on_finding(void *arg, const char *text)
{
	struct rs_pass *p = arg;

	(void)text;
	p->damage = -EUCLEAN;
}

/* The tree as the last commit left it, pinned. */
static int begin_pass(struct rs_pass *p, struct rs_root *ret_root,
		      struct rs_pin **ret_pin)
{
	struct rs_store *s = p->s;
	int err;

	lock_take(&s->commit_lock);
	err = rs_pin_take(&s->pins, s->super.txid, ret_pin);
	if (!err)
		*ret_root = (struct rs_root){ .ptr = s->super.data_root,
					      .sum = s->super.data_sum };
	p->moves.limit.since = 0;
	if (s->snaps.n)
		p->moves.limit.since = s->snaps.v[s->snaps.n - 1].snap.txid;
	lock_drop(&s->commit_lock);
	return err;
}

int rs_compact_data(struct rs_pass *p)
{
	const struct rs_tree_walk walk = { .arg = p,
					   .page = on_page,
					   .record = on_record,
					   .finding = on_finding };
	struct rs_root root;
	struct rs_pin *pin;
	int err = begin_pass(p, &root, &pin);

	if (err)
		return err;
	p->view.store = p->s;
	p->view.root = &root;
	p->result->records = root.sum.count;
	p->result->records_done = 0;
	err = rs_tree_walk(&p->s->data_env, &root, &walk);
	if (!err)
		err = p->damage;
	if (!err)
		err = flush(p);
	rs_pin_drop(&p->s->pins, pin);
	return err;
}

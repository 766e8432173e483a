/* SPDX-License-Identifier: Apache-2.0 */
/* compact_sys.c - nodes of the system tree that reach the fence move.
 *
 * A commit alone writes that tree. So each of these commits carries some of
 * its records, put as they are, until none is left to put.
 */
#include "regionstore/compact_parts.h"

#define PUTS 256u /* records put in one commit */

struct sys_op {
	struct rs_sysop op;
	struct rs_commit *c;
	struct rs_move_limit limit;
	bool touch;
	unsigned puts;
	int damage;
};

static int on_sys_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	struct sys_op *o = arg;

	(void)level;
	o->touch |= rs_moves_wants(&o->limit, ptr);
	return 0;
}

/* The walk goes on in the tree as it was. */
static int on_sys_record(void *arg, const struct rs_cursor *c)
{
	struct sys_op *o = arg;

	if (!o->touch)
		return 0;
	if (o->puts == PUTS)
		return -EINTR;
	o->touch = false;
	o->puts++;
	return rs_tree_put(&o->c->sys, c->key, c->key_len, c->val, c->val_len,
			   c->weight);
}

static void on_sys_finding(void *arg, const char *text)
{
	(void)text;
	((struct sys_op *)arg)->damage = -EUCLEAN;
}

static int prepare_sys(struct rs_sysop *op, struct rs_commit *c)
{
	struct sys_op *o = (struct sys_op *)op;
	const struct rs_tree_walk walk = { .arg = o,
					   .page = on_sys_page,
					   .record = on_sys_record,
					   .finding = on_sys_finding };
	const struct rs_root root = { .ptr = c->super.sys_root,
				      .sum = c->super.sys_sum };
	int err;

	o->c = c;
	err = rs_tree_walk(c->sys.env, &root, &walk);
	if (err == -EINTR)
		err = 0;
	return err ? err : o->damage;
}

int rs_compact_sys(struct rs_store *s, uint64_t fence)
{
	struct sys_op o = { .puts = 1 };
	int err = 0;

	while (!err && o.puts > 0 && rs_alloc_fence(&s->alloc) == fence) {
		o = (struct sys_op){ .op = { .prepare = prepare_sys },
				     .limit.fence = fence };
		rs_yield(s);
		err = rs_commit(s, &o.op);
	}
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* repair_tree.c - is a tree whole, and what is left of one that is not.
 *
 * The walk of the checker goes on where it can, so it finds every record whose
 * leaf and all branches above can be read. A tree that is not whole is built
 * anew of these; payloads stay where they are. What was below a node that
 * cannot be read is looked for by the keys around it (repair_gaps.c).
 */
#include "regionstore/repair.h"

/* --- judging -------------------------------------------------------------- */

static void count_finding(void *arg, const char *text)
{
	uint64_t *n = arg;

	(void)text;
	(*n)++;
}

int rs_repair_judge(struct rs_repair *r, const struct rs_root *root,
		    uint64_t *ret_findings)
{
	uint64_t n = 0;
	const struct rs_tree_walk walk = { .arg = &n,
					   .finding = count_finding };
	int err = rs_tree_walk(&r->s->data_env, root, &walk);

	if (!err)
		*ret_findings = n;
	return err;
}

/* --- rebuilding ----------------------------------------------------------- */

struct rebuild {
	struct rs_repair *r;
	struct rs_edit edit;
	struct rs_gaps gaps;
	uint64_t lost;
	bool failed; /* for want of memory */
};

static int keep(void *arg, const struct rs_cursor *c)
{
	struct rebuild *rb = arg;
	int err = rs_tree_put(&rb->edit, c->key, c->key_len, c->val, c->val_len,
			      c->weight);

	if (err != -E2BIG && err != -EFBIG)
		return err;
	rb->lost++; /* over the limits it is no record */
	return 0;
}

static void finding(void *arg, const char *text)
{
	struct rebuild *rb = arg;

	rs_repair_say(rb->r, "%s", text);
}

/* The walk goes on: what it finds is what there is. */
static void lost(void *arg, const struct rs_tree_lost *l)
{
	struct rebuild *rb = arg;

	if (rs_gaps_add(&rb->gaps, l))
		rb->failed = true;
}

int rs_repair_rebuild(struct rs_repair *r, const struct rs_root *root,
		      uint64_t txid, struct rs_root *ret_root,
		      uint64_t *ret_lost)
{
	const struct rs_root none = { .mem = NULL };
	struct rebuild rb = { .r = r };
	const struct rs_tree_walk walk = {
		.arg = &rb, .record = keep, .lost = lost, .finding = finding
	};
	int err;

	rs_edit_init(&rb.edit, &r->s->data_env, &none, r->newest + 1,
		     ++r->s->next_edit);
	err = rs_tree_walk(&r->s->data_env, root, &walk);
	if (!err && rb.failed)
		err = -ENOMEM;
	if (!err)
		err = rs_gaps_fill(&rb.gaps, r, &rb.edit, txid, ret_lost);
	if (!err) {
		*ret_lost += rb.lost;
		rs_root_ref(ret_root, &rb.edit.root);
	}
	rs_edit_finish(&rb.edit);
	rs_gaps_finish(&rb.gaps);
	return err;
}

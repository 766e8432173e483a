/* SPDX-License-Identifier: Apache-2.0 */
/* query_open.c - all sets of an expression at one instant.
 *
 * Lines that wait for a set have to be put in place before it is read. Doing
 * that for one set after the other would show the second of two writes without
 * the first, when both come in between. So: look at the names in a view, settle
 * their sets, and look whether the tree is still the same. If it is, or if at
 * least none of these sets changed, the view has all that was written before,
 * and of none of the sets anything that was written later.
 *
 * Else once more with the newer view. Where somebody writes all the time, to
 * these sets, that would not end: then appends have to wait a moment.
 */

#include "fs/query_plan.h"

#include <stdlib.h>

#include "regionstore/base/auto.h"

#define TRIES 2u

/* Take a newer plan, which says whether it shows the same. */
static int replace(struct fs_plan *plan, struct rs_view *now, bool *ret_same)
{
	struct fs_plan newer = { 0 };
	int err = fs_plan_make(plan->ask, now, &newer, plan->error);

	if (err)
		return err;
	*ret_same = fs_plan_same(&newer, plan);
	fs_plan_finish(plan);
	*plan = newer;
	return 0;
}

static int settle(const struct fs_plan *p)
{
	int err = 0;

	for (size_t i = 0; !err && i < p->n_sets; i++) {
		if (!p->sets[i].snap)
			err = bm_settle(p->ask->fs->db, p->sets[i].ino);
	}
	return err;
}

/* One more look; *ret_done when it says the same. */
static int look_again(struct fs_plan *plan, struct rs_view **view,
		      bool *ret_done)
{
	struct rs_view *now;
	int err = rs_view_live(plan->ask->fs->store, &now);

	if (err)
		return err;
	*ret_done = rs_view_same(now, *view);
	if (!*ret_done)
		err = replace(plan, now, ret_done);
	rs_view_put(*view);
	*view = now;
	return err;
}

static int look_together(struct fs_plan *plan)
{
	struct bm_db *db = plan->ask->fs->db;
	AUTO_FREE uint64_t *inos = calloc(plan->n_sets + 1, sizeof(*inos));
	struct rs_view *now;
	size_t n = 0;
	bool same;
	int err;

	if (!inos)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_sets; i++) {
		if (!plan->sets[i].snap)
			inos[n++] = plan->sets[i].ino;
	}
	err = bm_settle_together(db, inos, n, &now);
	if (err)
		return err;
	err = replace(plan, now, &same);
	rs_view_put(now);
	return err;
}

static int plan_at_once(const struct fs_query_ask *ask, struct fs_plan *p,
			struct fs_query_error *e)
{
	struct rs_view *view;
	bool done = false;
	int err = rs_view_live(ask->fs->store, &view);

	if (err)
		return err;
	err = fs_plan_make(ask, view, p, e);
	for (unsigned i = 0; !err && !done && i < TRIES; i++) {
		err = settle(p);
		if (!err)
			err = look_again(p, &view, &done);
	}
	if (!err && !done)
		err = look_together(p);
	rs_view_put(view);
	return err;
}

static int open_plan(const struct fs_plan *p, struct fs_query_value *ret_value)
{
	struct fs_query_value v = { .version = fs_plan_version(p),
				    .sets = p->n_sets,
				    .segments = p->segments,
				    .mtime_ns = p->mtime_ns };
	int err;

	if (p->ask->quick && p->segments > FS_QUERY_QUICK)
		return -EAGAIN;
	err = fs_plan_build(p, &v.expr);
	if (err == -E2BIG)
		return fs_query_fail(p->error, err, 0, p->ask->text,
				     "too many operations inside each other: "
				     "put a part of it into a set of its own");
	if (!err)
		*ret_value = v;
	return err;
}

int fs_query_open(const struct fs_query_ask *ask,
		  struct fs_query_value *ret_value, struct fs_query_error *e)
{
	struct fs_plan p = { 0 };
	int err;

	*e = (struct fs_query_error){ 0 };
	err = plan_at_once(ask, &p, e);
	if (!err)
		err = open_plan(&p, ret_value);
	fs_plan_finish(&p);
	return err;
}

void fs_query_close(struct fs_query_value *v)
{
	bm_expr_free(v->expr);
	v->expr = NULL;
}

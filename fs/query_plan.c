/* SPDX-License-Identifier: Apache-2.0 */
/* query_plan.c - the names of an expression are looked up. */

#include "fs/query_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/view.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"

static const char too_many[] =
	"too many sets for one expression: put a part of them into a set of "
	"its own";

int fs_query_fail(struct fs_query_error *e, int err, size_t at,
		  const char *text, const char *reason)
{
	snprintf(e->text, sizeof(e->text), "%s", text);
	if (at)
		snprintf(e->reason, sizeof(e->reason), "at byte %zu: %s", at,
			 reason);
	else
		snprintf(e->reason, sizeof(e->reason), "%s", reason);
	return err;
}

static int fail(struct fs_plan *p, const struct fs_expr_step *s, int err,
		const char *text, const char *reason)
{
	return reason ? fs_query_fail(p->error, err, s->at, text, reason) : err;
}

/* --- trees ---------------------------------------------------------------- */

static int add_tree(struct fs_plan *p, uint64_t snap, size_t *ret_tree)
{
	uint64_t root = fs_node_stored(snap, FS_INO_ROOT);
	struct fs_walk w = { .fs = p->ask->fs,
			     .who = p->ask->who,
			     .snap = snap };
	struct fs_walk *more;
	int err = 0;

	for (*ret_tree = 0; *ret_tree < p->n_trees; ++*ret_tree)
		if (p->trees[*ret_tree].snap == snap)
			return 0;
	more = realloc(p->trees, (p->n_trees + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	p->trees = more;
	if (snap)
		err = fs_node_view_at(w.fs, root, &w.view, &w.now_ns);
	if (!snap) {
		w.view = rs_view_ref(p->live);
		w.now_ns = fs_clock(w.fs);
	}
	if (!err)
		p->trees[p->n_trees++] = w;
	return err;
}

static int find_snapshot(struct fs_plan *p, const struct fs_expr_step *s,
			 size_t *ret_tree)
{
	char latest[FS_NAME_MAX + 1];
	const char *name = s->snap;
	struct rs_snap snap;
	int err = 0;

	if (strcmp(name, "latest") == 0) {
		err = fs_snapshots_latest(p->ask->fs, latest);
		name = latest;
	}
	if (!err)
		err = strlen(name) > FS_NAME_MAX
			      ? -ENOENT
			      : rs_snap_find(p->ask->fs->store, name, &snap);
	if (!err)
		err = add_tree(p, snap.id, ret_tree);
	if (err == -ENOENT)
		return fail(p, s, err, s->snap, "no such snapshot");
	return err;
}

/* --- sets ----------------------------------------------------------------- */

struct finding {
	struct fs_plan *p;
	size_t tree;
};

static int add_set(void *arg, const struct fs_inode *in)
{
	const struct finding *f = arg;
	struct fs_plan *p = f->p;
	struct bm_info info;
	int err = bm_object_info(&in->obj, &info);

	if (err)
		return err;
	if (p->n_sets == FS_QUERY_SETS_MAX)
		return -E2BIG;
	if (p->n_sets == p->cap_sets) {
		size_t cap = p->cap_sets ? p->cap_sets * 2 : 4;
		void *v = realloc(p->sets, cap * sizeof(*p->sets));

		if (!v)
			return -ENOMEM;
		p->sets = v;
		p->cap_sets = cap;
	}
	p->sets[p->n_sets++] =
		(struct fs_plan_set){ p->trees[f->tree].snap, in->ino,
				      in->attr.ctime_ns, f->tree };
	p->segments += info.segments;
	if (in->attr.mtime_ns > p->mtime_ns)
		p->mtime_ns = in->attr.mtime_ns;
	return 0;
}

static int plan_part(struct fs_plan *p, struct fs_plan_part *part,
		     const char *text);

/* What a link stands for. */
static int add_part(struct fs_plan *p, const struct fs_expr_step *s,
		    size_t tree, const struct fs_walked *to,
		    struct fs_plan_leaf *leaf)
{
	int err;

	if (p->depth == FS_QUERY_DEPTH_MAX)
		return fail(p, s, -ENOENT, s->text,
			    "links to expressions lead to each other too "
			    "often");
	leaf->part = calloc(1, sizeof(*leaf->part));
	if (!leaf->part)
		return -ENOMEM;
	leaf->part->tree = tree;
	leaf->part->dir = to->in.ino;
	p->texts = hash64(to->expr, strlen(to->expr), p->texts);
	p->depth++;
	err = plan_part(p, leaf->part, to->expr);
	p->depth--;
	return err;
}

static const char *no_set(const struct fs_inode *in)
{
	return in->obj.kind == RS_KIND_DIR
		       ? "a directory is no set; any(NAME:*) is all that is in "
			 "its sets"
		       : "a file that is no set";
}

static int take_name(struct fs_plan *p, const struct fs_expr_step *s,
		     struct finding *f, const struct fs_walked *to,
		     struct fs_plan_leaf *leaf)
{
	if (to->expr)
		return add_part(p, s, f->tree, to, leaf);
	if (to->in.obj.kind != RS_KIND_SET)
		return fail(p, s, -ENOENT, s->text, no_set(&to->in));
	if (!fs_caller_may(p->ask->who, &to->in.attr, FS_MAY_READ))
		return fail(p, s, -EACCES, s->text,
			    "may not be read by who asks");
	return add_set(f, &to->in);
}

static int find_name(struct fs_plan *p, const struct fs_plan_part *part,
		     const struct fs_expr_step *s, struct finding *f,
		     struct fs_plan_leaf *leaf)
{
	const char *why = "this directory is not there";
	struct fs_walked to;
	int err;

	err = fs_walk_path(&p->trees[f->tree], part->dir, s->text, &to, &why);
	if (!err)
		err = take_name(p, s, f, &to, leaf);
	else if (err == -ENOENT || err == -EACCES)
		fail(p, s, err, s->text, why);
	free(to.expr);
	return err;
}

static int find_glob(struct fs_plan *p, const struct fs_plan_part *part,
		     const struct fs_expr_step *s, struct finding *f)
{
	const char *why = NULL;
	size_t before = p->n_sets;
	int err;

	if (p->ask->quick)
		return -EAGAIN;
	err = fs_walk_glob(&p->trees[f->tree], part->dir, s->text, add_set, f,
			   &why);
	if (err == -E2BIG && !why)
		why = too_many;
	if (err && why)
		return fail(p, s, err, s->text, why);
	if (!err && s->k == FS_EXPR_ALL && p->n_sets == before)
		return fail(p, s, -ENOENT, s->text,
			    "no set has such a name, and in all of none is "
			    "every number");
	return err;
}

static int plan_step(struct fs_plan *p, const struct fs_plan_part *part,
		     const struct fs_expr_step *s, struct fs_plan_leaf *leaf)
{
	struct finding f = { p, part->tree };
	int err = 0;

	leaf->first = p->n_sets;
	if (s->kind != FS_EXPR_NAME && s->kind != FS_EXPR_GLOB)
		return 0;
	if (s->snap)
		err = find_snapshot(p, s, &f.tree);
	if (!err && s->kind == FS_EXPR_NAME)
		err = find_name(p, part, s, &f, leaf);
	else if (!err)
		err = find_glob(p, part, s, &f);
	if (err == -E2BIG && p->n_sets == FS_QUERY_SETS_MAX)
		fail(p, s, err, s->text, too_many);
	leaf->n = p->n_sets - leaf->first;
	return err;
}

static int plan_part(struct fs_plan *p, struct fs_plan_part *part,
		     const char *text)
{
	struct fs_expr_error why;
	int err = fs_expr_parse(text, strlen(text), &part->expr, &why);

	if (err && why.reason)
		return fs_query_fail(p->error, -ENOENT, why.at, why.text,
				     why.reason);
	if (err)
		return err;
	part->leaves = calloc(part->expr.n_steps, sizeof(*part->leaves));
	if (!part->leaves)
		return -ENOMEM;
	for (size_t i = 0; !err && i < part->expr.n_steps; i++)
		err = plan_step(p, part, &part->expr.steps[i],
				&part->leaves[i]);
	return err;
}

int fs_plan_make(const struct fs_query_ask *ask, struct rs_view *live,
		 struct fs_plan *ret_plan, struct fs_query_error *e)
{
	struct fs_node dir = fs_node_decode(ask->dir);
	struct fs_plan p = { .ask = ask, .error = e, .live = live };
	int err = add_tree(&p, dir.snap, &p.top.tree);

	p.top.dir = dir.ino;
	if (!err)
		err = plan_part(&p, &p.top, ask->text);
	if (err)
		fs_plan_finish(&p);
	else
		*ret_plan = p;
	return err;
}

/* --- afterwards ----------------------------------------------------------- */

static void finish_part(struct fs_plan_part *part)
{
	for (size_t i = 0; part->leaves && i < part->expr.n_steps; i++) {
		struct fs_plan_part *below = part->leaves[i].part;

		if (below)
			finish_part(below);
		free(below);
	}
	free(part->leaves);
	fs_expr_finish(&part->expr);
}

void fs_plan_finish(struct fs_plan *p)
{
	for (size_t i = 0; i < p->n_trees; i++)
		rs_view_put(p->trees[i].view);
	free(p->trees);
	free(p->sets);
	finish_part(&p->top);
	*p = (struct fs_plan){ 0 };
}

bool fs_plan_same(const struct fs_plan *a, const struct fs_plan *b)
{
	return a->n_sets == b->n_sets && a->texts == b->texts &&
	       (!a->n_sets ||
		memcmp(a->sets, b->sets, a->n_sets * sizeof(*a->sets)) == 0);
}

uint64_t fs_plan_version(const struct fs_plan *p)
{
	return hash64(p->sets, p->n_sets * sizeof(*p->sets), p->texts);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* query_plan.h - which sets an expression is about. PRIVATE to query_*.c.
 *
 * A plan is made from names in one view of the live tree, and in snapshots.
 * It knows of each set which version that view shows, so two plans tell
 * whether anything changed between their views.
 */
#ifndef FS_QUERY_PLAN_H
#define FS_QUERY_PLAN_H

#include "fs/query.h"

struct fs_plan_set {
	uint64_t snap, ino;
	int64_t ctime_ns; /* grows with each change */
	size_t tree;
};

struct fs_plan_part;

/* Of a step: the sets that its word found, or what a link stands for. */
struct fs_plan_leaf {
	size_t first, n;
	struct fs_plan_part *part; /* owned, or NULL */
};

/* One text: the expression asked for, or one that a link leads to. */
struct fs_plan_part {
	size_t tree; /* in which it is */
	uint64_t dir;
	struct fs_expr expr;
	struct fs_plan_leaf *leaves; /* one for each step; owned */
};

struct fs_plan {
	const struct fs_query_ask *ask;
	struct fs_query_error *error;
	struct rs_view *live;  /* borrowed */
	struct fs_walk *trees; /* owned, with their views */
	size_t n_trees;
	struct fs_plan_set *sets; /* owned */
	size_t n_sets, cap_sets;
	uint64_t texts; /* a hash of all that links lead to */
	uint64_t segments;
	int64_t mtime_ns;
	unsigned depth;
	struct fs_plan_part top;
};

/* As fs_query_open(), with -EAGAIN when it is to be quick and lists. */
int fs_plan_make(const struct fs_query_ask *ask, struct rs_view *live,
		 struct fs_plan *ret_plan, struct fs_query_error *e);
void fs_plan_finish(struct fs_plan *p); /* accepts a zeroed one */
bool fs_plan_same(const struct fs_plan *a, const struct fs_plan *b);
uint64_t fs_plan_version(const struct fs_plan *p);
/* Takes references on the views. */
int fs_plan_build(const struct fs_plan *p, struct bm_expr **ret_expr);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* query_glob.c - the sets that a pattern finds.
 *
 * As in a shell: each component is matched against the names of one directory,
 * and a wildcard does not match a dot in front. A link to a set counts as one;
 * what is no set is passed over, and so is a link to an expression, which
 * could hold itself. A set that the caller may not read is an error, as leaving
 * it out would be a wrong answer.
 */

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "fs/query.h"
#include "regionstore/base/auto.h"

#define PARTS_MAX 32u

struct glob {
	const struct fs_walk *w;
	fs_glob_fn *found;
	void *arg;
	const char **why;
};

static int expand(struct glob *g, uint64_t dir, const char *pattern,
		  unsigned depth);

static int found_set(struct glob *g, const struct fs_inode *in)
{
	if (!fs_caller_may(g->w->who, &in->attr, FS_MAY_READ)) {
		*g->why = "a set that it finds may not be read by who asks";
		return -EACCES;
	}
	return g->found(g->arg, in);
}

/* What a name leads to: the next directory, or a set at the end. */
static int go_on(struct glob *g, const struct fs_inode *in, const char *rest,
		 unsigned depth)
{
	if (*rest)
		return in->obj.kind == RS_KIND_DIR
			       ? expand(g, in->ino, rest, depth + 1)
			       : 0;
	return in->obj.kind == RS_KIND_SET ? found_set(g, in) : 0;
}

static int through_path(struct glob *g, uint64_t dir, const char *name,
			const char *rest, unsigned depth)
{
	AUTO_FREE struct fs_walked *to = malloc(sizeof(*to));
	int err;

	if (!to)
		return -ENOMEM;
	err = fs_walk_path(g->w, dir, name, to, g->why);
	if (err == -ENOENT)
		return 0;
	if (!err && !to->expr)
		err = go_on(g, &to->in, rest, depth);
	free(to->expr);
	return err;
}

static int matched(struct glob *g, uint64_t dir, const struct fs_entry *e,
		   const char *rest, unsigned depth)
{
	AUTO_FREE struct fs_inode *in = NULL;
	int err;

	if (e->kind == RS_KIND_SYMLINK)
		return through_path(g, dir, e->name, rest, depth);
	if (e->kind != (*rest ? RS_KIND_DIR : RS_KIND_SET))
		return 0;
	in = malloc(sizeof(*in));
	if (!in)
		return -ENOMEM;
	err = fs_inode_get(g->w->view, e->ino, in);
	return err ? err : go_on(g, in, rest, depth);
}

static int each_match(struct glob *g, uint64_t dir, const char *part,
		      const char *rest, unsigned depth)
{
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	int err = fs_dir_open(g->w->view, dir, &d);

	while (!err) {
		err = fs_dir_read(d, g->w->now_ns, e.next, &e);
		if (!err && fnmatch(part, e.name, FNM_PERIOD) == 0)
			err = matched(g, dir, &e, rest, depth);
		else if (err == -ENOENT)
			break;
	}
	fs_dir_close(d);
	return err == -ENOENT ? 0 : err;
}

static int may_list(struct glob *g, uint64_t dir)
{
	AUTO_FREE struct fs_inode *in = malloc(sizeof(*in));
	int err = in ? fs_inode_get(g->w->view, dir, in) : -ENOMEM;

	if (!err &&
	    !fs_caller_may(g->w->who, &in->attr, FS_MAY_READ | FS_MAY_SEARCH)) {
		*g->why = "a directory may not be listed by who asks";
		err = -EACCES;
	}
	return err;
}

static int expand(struct glob *g, uint64_t dir, const char *pattern,
		  unsigned depth)
{
	size_t len = strcspn(pattern, "/");
	const char *rest = pattern + len;
	AUTO_FREE char *part = strndup(pattern, len);
	int err;

	if (!part)
		return -ENOMEM;
	rest += strspn(rest, "/");
	if (depth == PARTS_MAX) {
		*g->why = "the pattern has too many directories in it";
		return -E2BIG;
	}
	if (!strpbrk(part, "*?[\\"))
		return through_path(g, dir, part, rest, depth);
	err = may_list(g, dir);
	return err ? err : each_match(g, dir, part, rest, depth);
}

int fs_walk_glob(const struct fs_walk *w, uint64_t dir, const char *pattern,
		 fs_glob_fn *found, void *arg, const char **ret_why)
{
	struct glob g = { w, found, arg, ret_why };

	return expand(&g, dir, pattern, 0);
}

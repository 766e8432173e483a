/* SPDX-License-Identifier: Apache-2.0 */
/* query_walk.c - following a path for somebody else.
 *
 * What the kernel does for a process that opens a file is done here, as names
 * in an expression never reach it: each directory must let the caller search
 * it, links are followed, and "..", which only links should need.
 */

#include <stdlib.h>
#include <string.h>

#include "fs/query.h"

#define LINKS_MAX 40u /* as the kernel */
#define PATH_ROOM (2u * FS_SYMLINK_MAX)

struct path {
	const struct fs_walk *w;
	struct fs_inode *in; /* where it has led so far */
	const char **why;
	unsigned links;
	size_t at;	      /* of what is left */
	char left[PATH_ROOM]; /* with a NUL */
};

static int say(struct path *p, int err, const char *why)
{
	*p->why = why;
	return err;
}

static int enter(struct path *p, uint64_t ino)
{
	return fs_inode_get(p->w->view, ino, p->in);
}

/* The next component, which what is left begins behind; false at the end. */
static bool take_name(struct path *p, char name[FS_NAME_MAX + 2])
{
	const char *s = p->left + p->at;
	size_t len, kept;

	p->at += strspn(s, "/");
	s = p->left + p->at;
	len = strcspn(s, "/");
	kept = len > FS_NAME_MAX ? FS_NAME_MAX + 1 : len;
	memcpy(name, s, kept);
	name[kept] = '\0';
	p->at += len;
	return len > 0;
}

/* A link says where the mount is, if it is a path from the root. */
static const char *below_mount(const struct fs_walk *w, const char *target)
{
	size_t len = w->fs->mnt ? strlen(w->fs->mnt) : 0;

	if (!len || w->snap || strncmp(target, w->fs->mnt, len) != 0 ||
	    (target[len] && target[len] != '/'))
		return NULL;
	return target + len;
}

static int follow(struct path *p, uint64_t dir, const struct fs_inode *link)
{
	char target[FS_SYMLINK_MAX + 1];
	const char *to = target;
	size_t len, rest = strlen(p->left + p->at);
	int err;

	if (++p->links > LINKS_MAX)
		return say(p, -ENOENT, "too many symlinks on the way");
	err = fs_readlink(p->w->view, link, target);
	if (err)
		return err;
	if (target[0] == '/') {
		to = below_mount(p->w, target);
		dir = FS_INO_ROOT;
	}
	if (!to)
		return say(p, -ENOENT, "a symlink leads out of the store");
	len = strlen(to);
	if (len + 1 + rest >= sizeof(p->left))
		return say(p, -ENOENT, "symlinks make too long a path of it");
	memmove(p->left + len + 1, p->left + p->at, rest + 1);
	memcpy(p->left, to, len);
	p->left[len] = '/';
	p->at = 0;
	return enter(p, dir);
}

static int step_up(struct path *p)
{
	if (p->in->ino == FS_INO_ROOT)
		return say(p, -ENOENT, "'..' leads out of the store");
	return enter(p, p->in->attr.parent);
}

static int step(struct path *p, const char *name)
{
	const struct fs_walk *w = p->w;
	uint64_t dir = p->in->ino;
	enum rs_kind kind;
	uint64_t ino;
	int err;

	if (p->in->obj.kind != RS_KIND_DIR)
		return say(p, -ENOENT, "a part of the path is no directory");
	if (!fs_caller_may(w->who, &p->in->attr, FS_MAY_SEARCH))
		return say(p, -EACCES,
			   "a directory on the way is not open to "
			   "who asks");
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return step_up(p);
	err = fs_lookup(w->view, w->now_ns, dir, name, &ino, &kind);
	if (err == -ENOENT || err == -ENAMETOOLONG || err == -EINVAL)
		return say(p, -ENOENT, "no such name");
	if (!err)
		err = enter(p, ino);
	if (!err && kind == RS_KIND_SYMLINK) {
		struct fs_inode link = *p->in;

		err = follow(p, dir, &link);
	}
	return err;
}

/* ".q", and what is left is EXPR or EXPR/members. */
static int take_expr(struct path *p, char **ret_expr)
{
	char name[FS_NAME_MAX + 2], file[FS_NAME_MAX + 2];

	if (!fs_caller_may(p->w->who, &p->in->attr, FS_MAY_SEARCH))
		return say(p, -EACCES,
			   "a directory on the way is not open to "
			   "who asks");
	if (!take_name(p, name) ||
	    (take_name(p, file) && strcmp(file, "members") != 0) ||
	    p->left[p->at + strspn(p->left + p->at, "/")])
		return say(p, -ENOENT,
			   "of what is in .q/ only .q/EXPR and "
			   ".q/EXPR/members stand for a set");
	*ret_expr = strdup(name);
	return *ret_expr ? 0 : -ENOMEM;
}

static bool is_query(const struct fs_inode *in, const char *name)
{
	return strcmp(name, FS_QUERY_NAME) == 0 &&
	       in->obj.kind == RS_KIND_DIR &&
	       in->attr.realm == FS_REALM_BITMAPS;
}

int fs_walk_path(const struct fs_walk *w, uint64_t dir, const char *path,
		 struct fs_walked *ret_walked, const char **ret_why)
{
	char name[FS_NAME_MAX + 2];
	struct path p;
	int err;

	/* One by one: the room need not be cleared. */
	p.w = w;
	p.in = &ret_walked->in;
	p.why = ret_why;
	p.links = 0;
	p.at = 0;
	ret_walked->expr = NULL;
	if (strlen(path) >= sizeof(p.left))
		return say(&p, -ENOENT, "the path is too long");
	memcpy(p.left, path, strlen(path) + 1);
	err = enter(&p, dir);
	while (!err && !ret_walked->expr && take_name(&p, name)) {
		if (is_query(p.in, name))
			err = take_expr(&p, &ret_walked->expr);
		else
			err = step(&p, name);
	}
	return err;
}

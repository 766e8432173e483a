/* SPDX-License-Identifier: Apache-2.0 */
/* op_lookup.c - names to nodes, and forgetting them, which costs nothing. */

#include <stdlib.h>
#include <string.h>

#include "fs/op_query.h"
#include "fs/view.h"

int fs_op_live(fuse_ino_t node, uint64_t *ret_ino)
{
	struct fs_node n = fs_node_decode(node);

	if (fs_node_is_q(&n))
		return -EROFS;
	if (n.what != FS_WHAT_STORED)
		return -EPERM;
	if (n.snap)
		return -EROFS;
	*ret_ino = n.ino;
	return 0;
}

int fs_op_live_dir(fuse_ino_t parent, uint64_t *ret_ino)
{
	if (parent == FS_INO_ROOT)
		return -EPERM;
	return fs_op_live(parent, ret_ino);
}

struct found {
	uint64_t node;
	bool has_moment;
};

/* "." and "..": asked by name only when an old file handle is opened. */
static int lookup_dots(struct fs *fs, uint64_t node, const char *name,
		       uint64_t *ret_node)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_inode in;
	int err;

	if (strcmp(name, ".") == 0) {
		*ret_node = node;
		return 0;
	}
	if (n.format && n.ino == FS_INO_ROOT)
		return fs_as_enter(node, ret_node);
	if (n.what != FS_WHAT_STORED || n.ino == FS_INO_ROOT) {
		*ret_node = n.snap ? fs_node_virtual(FS_WHAT_SNAPSHOTS, 0)
				   : fs_virtual_parent(node);
		return 0;
	}
	err = fs_node_get(fs, node, &in);
	if (!err)
		err = fs_as_child(node, in.attr.parent, RS_KIND_DIR, ret_node);
	return err;
}

static int lookup_stored(struct fs *fs, uint64_t dir, const char *name,
			 struct found *ret_f)
{
	struct fs_node n = fs_node_decode(dir);
	enum rs_kind kind;
	struct rs_view *v;
	uint64_t ino;
	int err;

	if (!n.snap && !n.format)
		fs_as_names_note(&fs->as_names, n.ino, name);
	err = fs_node_view(fs, dir, &v);
	if (err)
		return err;
	/* Whether it has expired is seen when the node is read. */
	err = fs_lookup(v, FS_SHOW_EXPIRED, n.ino, name, &ino, &kind);
	rs_view_put(v);
	if (err)
		return err;
	if (!n.snap && !n.format && kind == RS_KIND_DIR)
		fs_as_names_note(&fs->as_names, ino, ".");
	if (!n.snap)
		fs_paths_note(&fs->paths, n.ino, name, ino);
	/* In a format the next walk asks anyway (fresh.h). */
	ret_f->has_moment = kind == RS_KIND_SET && !n.format;
	return fs_as_named(dir, name, ino, kind, &ret_f->node);
}

static int lookup(struct fs *fs, uint64_t dir, const char *name,
		  struct found *ret_f)
{
	int err = -ENOENT;

	if (strlen(name) > FS_NAME_MAX)
		return -ENAMETOOLONG;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return lookup_dots(fs, dir, name, &ret_f->node);
	if (strcmp(name, FS_AS_NAME) == 0 && fs_as_is_here(fs, dir))
		return fs_as_enter(dir, &ret_f->node);
	if (strcmp(name, FS_QUERY_NAME) == 0 && fs_q_is_here(fs, dir))
		return fs_q_enter(dir, &ret_f->node);
	if (dir == FS_INO_ROOT || fs_node_decode(dir).what != FS_WHAT_STORED)
		err = fs_virtual_lookup(fs, dir, name, &ret_f->node);
	if (err != -ENOENT || fs_node_decode(dir).what != FS_WHAT_STORED)
		return err;
	return lookup_stored(fs, dir, name, ret_f);
}

/* A set that nobody has open: in this order, see fresh.h. */
static bool note_moment(struct fs *fs, uint64_t node)
{
	struct fs_node n = fs_node_decode(node);

	return !n.snap && !fs_opens_count(&fs->opens, n.ino) &&
	       fs_fresh_note(&fs->fresh, n.ino, n.format) &&
	       !fs_opens_count(&fs->opens, n.ino);
}

/* Whoever looks a name up, or lists it with attributes, asks for those next:
 * whether he may open it, how large it is.
 */
int fs_op_entry(struct fs *fs, uint64_t node, bool moment,
		struct fuse_entry_param *ret_e)
{
	struct fs_node n = fs_node_decode(node);
	int err;

	moment = moment && note_moment(fs, node);
	err = fs_entry_named(fs, node, ret_e);

	/* One that expires has its own time. */
	if (!err && moment && ret_e->entry_timeout == FS_FOREVER &&
	    fs_fresh_lasts(&fs->fresh, n.ino, n.format))
		ret_e->attr_timeout = FS_MOMENT;
	return err;
}

/* One that has expired the kernel does not keep in mind: the clock may be set
 * back.
 */
static void reply_named(fuse_req_t req, uint64_t dir, const struct found *f)
{
	struct fuse_entry_param e;
	int err = fs_op_entry(fs_of(req), f->node, f->has_moment, &e);

	if (err) {
		fs_reply_err_at(req, f->node, err);
		return;
	}
	fs_entry_in(fs_of(req), dir, &e);
	fuse_reply_entry(req, &e);
}

struct lookup_job {
	struct fs_job job;
	fuse_req_t req;
	uint64_t dir;
	struct found found;
};

static void run_lookup(struct fs_job *job)
{
	struct lookup_job *l = (struct lookup_job *)job;

	reply_named(l->req, l->dir, &l->found);
	free(l);
}

/* Its size takes a pass over a large set. */
static void reply_later(fuse_req_t req, uint64_t dir, const struct found *f)
{
	struct lookup_job *l = calloc(1, sizeof(*l));

	if (!l) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	l->job.run = run_lookup;
	l->req = req;
	l->dir = dir;
	l->found = *f;
	fs_worker_add(&fs_of(req)->workers, &l->job);
}

static void lookup_and_reply(fuse_req_t req, fuse_ino_t parent,
			     const char *name)
{
	struct fs *fs = fs_begin(req);
	struct found f = { 0 };
	int err;

	err = lookup(fs, parent, name, &f);
	if (err == -ENOENT && fs_node_decode(parent).what == FS_WHAT_STORED)
		fs_reply_no_node(req, parent);
	else if (err)
		fs_reply_err_at(req, parent, err);
	else if (fs_as_is_slow(fs, f.node, false))
		reply_later(req, parent, &f);
	else
		reply_named(req, parent, &f);
}

void fs_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if (fs_op_is_query(parent))
		fs_op_query_lookup(req, parent, name);
	else
		lookup_and_reply(req, parent, name);
}

void fs_op_forget(fuse_req_t req, fuse_ino_t node, uint64_t nlookup)
{
	(void)node, (void)nlookup;
	fuse_reply_none(req);
}

void fs_op_forget_multi(fuse_req_t req, size_t count,
			struct fuse_forget_data *forgets)
{
	(void)count, (void)forgets;
	fuse_reply_none(req);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* op_lookup.c - names to nodes, and forgetting them, which costs nothing. */

#include <string.h>

#include "fs/op.h"
#include "fs/view.h"

int fs_op_live(fuse_ino_t node, uint64_t *ret_ino)
{
	struct fs_node n = fs_node_decode(node);

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
	if (n.what != FS_WHAT_STORED || n.ino == FS_INO_ROOT) {
		*ret_node = n.snap ? fs_node_virtual(FS_WHAT_SNAPSHOTS, 0)
				   : fs_virtual_parent(node);
		return 0;
	}
	err = fs_node_get(fs, node, &in);
	if (!err)
		*ret_node = fs_node_stored(n.snap, in.attr.parent);
	return err;
}

static int lookup_stored(struct fs *fs, uint64_t dir, const char *name,
			 uint64_t *ret_node)
{
	struct fs_node n = fs_node_decode(dir);
	enum rs_kind kind;
	struct rs_view *v;
	uint64_t ino;
	int err;

	err = fs_node_view(fs, dir, &v);
	if (err)
		return err;
	/* Whether it has expired is seen when the node is read. */
	err = fs_lookup(v, FS_SHOW_EXPIRED, n.ino, name, &ino, &kind);
	rs_view_put(v);
	if (err)
		return err;
	if (!n.snap)
		fs_paths_note(&fs->paths, n.ino, name, ino);
	*ret_node = fs_node_stored(n.snap, ino);
	return 0;
}

static int lookup(struct fs *fs, uint64_t dir, const char *name,
		  uint64_t *ret_node)
{
	int err = -ENOENT;

	if (strlen(name) > FS_NAME_MAX)
		return -ENAMETOOLONG;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return lookup_dots(fs, dir, name, ret_node);
	if (dir == FS_INO_ROOT || fs_node_decode(dir).what != FS_WHAT_STORED)
		err = fs_virtual_lookup(fs, dir, name, ret_node);
	if (err != -ENOENT || fs_node_decode(dir).what != FS_WHAT_STORED)
		return err;
	return lookup_stored(fs, dir, name, ret_node);
}

void fs_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = fs_begin(req);
	struct fuse_entry_param e;
	uint64_t node = 0;
	int err;

	err = lookup(fs, parent, name, &node);
	if (err == -ENOENT && fs_node_decode(parent).what == FS_WHAT_STORED) {
		fs_reply_no_node(req);
		return;
	}
	if (!err)
		err = fs_entry_named(fs, node, &e);
	/* One that has expired the kernel does not keep in mind: the clock
	 * may be set back.
	 */
	if (err)
		fs_reply_err(req, err);
	else
		fuse_reply_entry(req, &e);
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

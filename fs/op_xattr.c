/* SPDX-License-Identifier: Apache-2.0 */
/* op_xattr.c - extended attributes.
 *
 * user.* and trusted.* are stored as they come. user.roarfs.* is ours (ours.h).
 * Other namespaces are not offered.
 */

#include <stdlib.h>
#include <string.h>

#include "fs/op.h"
#include "fs/ours.h"
#include "regionstore/base/auto.h"

static bool begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool is_offered(const char *name)
{
	return begins(name, "user.") || begins(name, "trusted.");
}

/* --- reading -------------------------------------------------------------- */

static int get_stored(struct fs *fs, uint64_t node, const char *name, void *buf,
		      size_t cap, size_t *ret_len)
{
	struct rs_view *v;
	int err;

	err = fs_node_view(fs, node, &v);
	if (err)
		return err;
	err = fs_xattr_get(v, fs_node_decode(node).ino, name, buf, cap,
			   ret_len);
	rs_view_put(v);
	return err;
}

/* Names that are stored, and then ours. */
static int list_all(struct fs *fs, uint64_t node, char *buf, size_t cap,
		    size_t *ret_len)
{
	size_t stored = 0, ours = 0;
	struct rs_view *v;
	int err;

	err = fs_node_view(fs, node, &v);
	if (err)
		return err;
	err = fs_xattr_list(v, fs_node_decode(node).ino, buf, cap, &stored);
	rs_view_put(v);
	if (!err)
		err = fs_ours_list(fs, node, buf + (cap ? stored : 0),
				   cap ? cap - stored : 0, &ours);
	if (!err)
		*ret_len = stored + ours;
	return err;
}

/* The protocol of both calls: a size of 0 asks how much room is needed. */
static void reply_bytes(fuse_req_t req, uint64_t node, int err, const void *buf,
			size_t len, size_t size)
{
	if (!err && size && len > size)
		err = -ERANGE;
	if (err)
		fs_reply_err_at(req, node, err);
	else if (size)
		fuse_reply_buf(req, buf, len);
	else
		fuse_reply_xattr(req, len);
}

static void reply_stored(fuse_req_t req, uint64_t node, const char *name,
			 size_t size)
{
	AUTO_FREE char *buf = malloc(size ? size : 1);
	size_t len = 0;
	int err = -ENOMEM;

	if (buf && name)
		err = get_stored(fs_of(req), node, name, buf, size, &len);
	else if (buf)
		err = list_all(fs_of(req), node, buf, size, &len);
	reply_bytes(req, node, err, buf, len, size);
}

void fs_op_getxattr(fuse_req_t req, fuse_ino_t node, const char *name,
		    size_t size)
{
	char text[FS_OURS_TEXT];
	int err;

	if (!is_offered(name)) {
		fs_reply_err(req, -EOPNOTSUPP);
	} else if (fs_node_decode(node).what != FS_WHAT_STORED) {
		fs_reply_err(req, -ENODATA);
	} else if (begins(name, FS_OURS)) {
		err = fs_ours_get(fs_of(req), node, name + FS_OURS_LEN, text);
		reply_bytes(req, node, err, text, err ? 0 : strlen(text), size);
	} else {
		reply_stored(req, node, name, size);
	}
}

void fs_op_listxattr(fuse_req_t req, fuse_ino_t node, size_t size)
{
	if (fs_node_decode(node).what != FS_WHAT_STORED)
		reply_bytes(req, node, 0, "", 0, size);
	else
		reply_stored(req, node, NULL, size);
}

/* --- changing ------------------------------------------------------------- */

struct xattr_change {
	const char *name;
	const char *value; /* NULL: remove */
	size_t len;
	int flags;
	int pid;
};

static int change_ours(struct fs *fs, uint64_t ino,
		       const struct xattr_change *x)
{
	return fs_ours_set(fs, ino,
			   &(struct fs_ours_change){ x->name + FS_OURS_LEN,
						     x->value, x->len, x->flags,
						     x->pid });
}

static int change(struct fs *fs, fuse_ino_t node, const struct xattr_change *x)
{
	struct fs_change c;
	uint64_t ino;
	int err;

	if (!is_offered(x->name))
		return -EOPNOTSUPP;
	err = fs_op_live(node, &ino);
	if (!err && begins(x->name, FS_OURS))
		return change_ours(fs, ino, x);
	if (!err)
		err = fs_change_begin(fs, ino, &c);
	if (err)
		return err;
	if (x->value)
		err = fs_xattr_set(c.txn, ino, x->name, x->value, x->len,
				   x->flags);
	else
		err = fs_xattr_remove(c.txn, ino, x->name);
	c.in.attr.ctime_ns = fs_now_ns();
	return fs_change_end(&c, err);
}

static void change_and_reply(fuse_req_t req, fuse_ino_t node,
			     const struct xattr_change *x)
{
	struct fs *fs = fs_of(req);
	int err = change(fs, node, x);

	if (!err)
		fs_op_tell_set(fs, node);
	fs_reply_err_at(req, node, err);
}

void fs_op_setxattr(fuse_req_t req, fuse_ino_t node, const char *name,
		    const char *value, size_t size, int flags)
{
	struct xattr_change x = { name, value, size, flags,
				  fuse_req_ctx(req)->pid };

	change_and_reply(req, node, &x);
}

void fs_op_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
	struct xattr_change x = { .name = name, .pid = fuse_req_ctx(req)->pid };

	change_and_reply(req, node, &x);
}

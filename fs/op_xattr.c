/* SPDX-License-Identifier: Apache-2.0 */
/* op_xattr.c - extended attributes.
 *
 * user.* and trusted.* are stored as they come. user.roarfs.* is ours: of a
 * set it is made up from its header, so it is not listed (cp -a and rsync -X
 * would try to set it on the copy) and not writable. Other namespaces are not
 * offered.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/op.h"
#include "regionstore/base/auto.h"

#define OURS	 "user.roarfs."
#define OURS_LEN (sizeof(OURS) - 1)

static bool begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool is_offered(const char *name)
{
	return begins(name, "user.") || begins(name, "trusted.");
}

/* --- reading -------------------------------------------------------------- */

static int info_value(const struct bm_info *i, const char *what,
		      uint64_t *ret_value)
{
	const struct {
		const char *name;
		bool there;
		uint64_t value;
	} t[] = {
		{ "count", true, i->count },
		{ "min", i->count > 0, i->min },
		{ "max", i->count > 0, i->max },
		{ "stored", true, i->stored },
		{ "segments", true, i->segments },
	};

	for (size_t n = 0; n < sizeof(t) / sizeof(t[0]); n++) {
		if (strcmp(what, t[n].name) != 0 || !t[n].there)
			continue;
		*ret_value = t[n].value;
		return 0;
	}
	return -ENODATA;
}

static int get_ours(struct fs *fs, uint64_t node, const char *what,
		    char text[24], size_t *ret_len)
{
	struct fs_inode in;
	struct bm_info info;
	uint64_t value;
	int err;

	err = fs_node_get(fs, node, &in);
	if (!err && in.obj.kind != RS_KIND_SET)
		err = -ENODATA;
	if (!err)
		err = bm_object_info(&in.obj, &info);
	if (!err)
		err = info_value(&info, what, &value);
	if (!err)
		*ret_len = (size_t)snprintf(text, 24, "%llu",
					    (unsigned long long)value);
	return err;
}

static int get_stored(struct fs *fs, uint64_t node, const char *name, void *buf,
		      size_t cap, size_t *ret_len)
{
	struct rs_view *v;
	int err;

	err = fs_node_view(fs, node, &v);
	if (err)
		return err;
	err = name ? fs_xattr_get(v, fs_node_decode(node).ino, name, buf, cap,
				  ret_len)
		   : fs_xattr_list(v, fs_node_decode(node).ino, buf, cap,
				   ret_len);
	rs_view_put(v);
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

	if (buf)
		err = get_stored(fs_of(req), node, name, buf, size, &len);
	reply_bytes(req, node, err, buf, len, size);
}

void fs_op_getxattr(fuse_req_t req, fuse_ino_t node, const char *name,
		    size_t size)
{
	size_t len = 0;
	char text[24];
	int err;

	if (!is_offered(name)) {
		fs_reply_err(req, -EOPNOTSUPP);
	} else if (fs_node_decode(node).what != FS_WHAT_STORED) {
		fs_reply_err(req, -ENODATA);
	} else if (begins(name, OURS)) {
		err = get_ours(fs_of(req), node, name + OURS_LEN, text, &len);
		reply_bytes(req, node, err, text, len, size);
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
	const void *value; /* NULL: remove */
	size_t len;
	int flags;
};

static int change(struct fs *fs, fuse_ino_t node, const struct xattr_change *x)
{
	struct fs_change c;
	uint64_t ino;
	int err;

	if (!is_offered(x->name))
		return -EOPNOTSUPP;
	err = fs_op_live(node, &ino);
	if (!err && begins(x->name, OURS))
		err = -EPERM;
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

void fs_op_setxattr(fuse_req_t req, fuse_ino_t node, const char *name,
		    const char *value, size_t size, int flags)
{
	struct xattr_change x = { name, value, size, flags };

	fs_reply_err_at(req, node, change(fs_of(req), node, &x));
}

void fs_op_removexattr(fuse_req_t req, fuse_ino_t node, const char *name)
{
	struct xattr_change x = { .name = name };

	fs_reply_err_at(req, node, change(fs_of(req), node, &x));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* op_attr.c - attributes of nodes are read. */

#include <sys/stat.h>

#include "fs/op_query.h"
#include "fs/view.h"

void fs_op_reply_seen(fuse_req_t req, struct fuse_entry_param *e,
		      const struct fuse_file_info *fi)
{
	struct fs_handle *h = fi ? fs_handle_of(fi) : NULL;
	uint64_t size;

	if (h && h->ops->size && !h->ops->size(h, &size)) {
		e->attr.st_size = (off_t)size;
		e->attr.st_blocks = (blkcnt_t)((size + 511) / 512);
	}
	if (h)
		fs_handle_done(h);
	fuse_reply_attr(req, &e->attr, e->attr_timeout);
}

/* The plain face of what nobody writes; noted before it is read: kept.h. */
static bool may_keep(struct fs *fs, uint64_t node)
{
	struct fs_node n = fs_node_decode(node);

	return n.what == FS_WHAT_STORED && !n.snap && !n.format &&
	       fs_kept_note(&fs->kept, n.ino, cond_now_ns()) &&
	       !fs_opens_has_writer(&fs->opens, n.ino);
}

void fs_op_getattr_now(fuse_req_t req, fuse_ino_t node,
		       struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	bool keep = !fi && may_keep(fs, node);
	struct fuse_entry_param e;
	int err = fs_entry_of(fs, node, &e);

	if (err) {
		fs_reply_err_at(req, node, err);
		return;
	}
	/* Directories and what expires have their own time. */
	if (keep && S_ISREG(e.attr.st_mode) && e.attr_timeout == 0 &&
	    e.entry_timeout == FS_FOREVER)
		e.attr_timeout = FS_KEPT;
	fs_op_reply_seen(req, &e, fi);
}

void fs_op_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	if (fs_op_is_query(node)) {
		fs_op_query_getattr(req, node);
		return;
	}
	(void)fs_begin(req);
	if (fs_op_is_closing(req, node) ||
	    fs_as_is_slow(fs_of(req), node, false))
		fs_op_wait_closed(req, node, fi, fs_op_getattr_now);
	else
		fs_op_getattr_now(req, node, fi);
}

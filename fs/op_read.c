/* SPDX-License-Identifier: Apache-2.0 */
/* op_read.c - bytes, holes and link targets on their way out. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/op_query.h"
#include "fs/view.h"

static void read_and_reply(fuse_req_t req, fuse_ino_t node, struct fs_handle *h,
			   size_t size, off_t off)
{
	size_t len = 0;
	char *room;
	int err;

	err = fs_reply_room(req, size, &room);
	if (!err)
		err = h->ops->read(h, (uint64_t)off, room, size, &len);
	fs_handle_done(h);
	if (err)
		fs_reply_err_at(req, node, err);
	else
		fuse_reply_buf(req, room, len);
}

/* --- what has to be evaluated, on a worker -------------------------------- */

struct read_job {
	struct fs_job job;
	fuse_req_t req;
	fuse_ino_t node;
	struct fs_handle *h;
	size_t size;
	off_t off;
};

static void run_read(struct fs_job *job)
{
	struct read_job *r = (struct read_job *)job;

	read_and_reply(r->req, r->node, r->h, r->size, r->off);
	free(r);
}

static bool read_later(const struct read_job *now)
{
	struct read_job *r = malloc(sizeof(*r));

	if (!r)
		return false;
	*r = *now;
	r->job.run = run_read;
	fs_worker_add(&fs_of(r->req)->workers, &r->job);
	return true;
}

void fs_op_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t off,
		struct fuse_file_info *fi)
{
	struct fs_handle *h = fs_handle_of(fi);

	(void)fs_begin(req);
	if (h->ops->reads_slowly && h->ops->reads_slowly(h) &&
	    read_later(&(struct read_job){ .req = req,
					   .node = node,
					   .h = h,
					   .size = size,
					   .off = off }))
		return;
	read_and_reply(req, node, h, size, off);
}

/* --- offsets -------------------------------------------------------------- */

/* The size that its reads show, which others may have changed since. */
static int size_seen(fuse_req_t req, fuse_ino_t node, struct fs_handle *h,
		     uint64_t *ret_size)
{
	struct stat st;
	int err;

	if (h->ops->size && !h->ops->size(h, ret_size))
		return 0;
	err = fs_node_stat(fs_of(req), node, &st);
	if (!err)
		*ret_size = (uint64_t)st.st_size;
	return err;
}

void fs_op_lseek(fuse_req_t req, fuse_ino_t node, off_t off, int whence,
		 struct fuse_file_info *fi)
{
	struct fs_handle *h = fs_handle_of(fi);
	uint64_t found = 0;
	uint64_t size = 0;
	int err;

	if (off < 0) {
		fs_reply_err(req, -ENXIO);
		return;
	}
	if (h->ops->seek) {
		err = h->ops->seek(h, (uint64_t)off, whence == SEEK_HOLE,
				   &found);
	} else {
		/* All data, and a hole at the end, as for any plain file. */
		err = size_seen(req, node, h, &size);
		if (!err && (uint64_t)off >= size)
			err = -ENXIO;
		found = whence == SEEK_HOLE ? size : (uint64_t)off;
	}
	fs_handle_done(h);
	if (err)
		fs_reply_err_at(req, node, err);
	else
		fuse_reply_lseek(req, (off_t)found);
}

static int read_stored_link(struct fs *fs, uint64_t node,
			    char target[FS_SYMLINK_MAX + 1])
{
	struct fs_inode in;
	struct rs_view *v;
	int err;

	err = fs_node_view(fs, node, &v);
	if (err)
		return err;
	err = fs_inode_get(v, fs_node_decode(node).ino, &in);
	if (!err)
		err = fs_readlink(v, &in, target);
	rs_view_put(v);
	return err;
}

void fs_op_readlink(fuse_req_t req, fuse_ino_t node)
{
	char target[FS_SYMLINK_MAX + 1];
	int err;

	if (fs_op_is_query(node))
		err = fs_q_readlink(fs_of(req), node, target);
	else if (fs_node_decode(node).what == FS_WHAT_LATEST)
		err = fs_snapshots_latest(fs_of(req), target);
	else
		err = read_stored_link(fs_of(req), node, target);
	if (err)
		fs_reply_err_at(req, node, err);
	else
		fuse_reply_readlink(req, target);
}

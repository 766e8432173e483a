/* SPDX-License-Identifier: Apache-2.0 */
/* op_write.c - bytes, holes and copies on their way in. */

#include <stdlib.h>

#include "fs/op.h"
#include "fs/view.h"

/* --- .ctl/sync ------------------------------------------------------------ */

struct ctl_sync {
	struct fs_sync sync;
	fuse_req_t req;
	size_t size;
};

static void ctl_synced(struct fs_sync *sync, int err)
{
	struct ctl_sync *c = (struct ctl_sync *)sync;

	if (err)
		fs_reply_err_at(c->req, fs_node_virtual(FS_WHAT_SYNC, 0), err);
	else
		fuse_reply_write(c->req, c->size);
	free(c);
}

static void sync_and_reply(fuse_req_t req, size_t size)
{
	struct ctl_sync *c = calloc(1, sizeof(*c));

	if (!c) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	c->sync.done = ctl_synced;
	c->req = req;
	c->size = size;
	fs_worker_sync(&fs_of(req)->workers, &c->sync);
}

/* --- writing -------------------------------------------------------------- */

void fs_op_write(fuse_req_t req, fuse_ino_t node, const char *buf, size_t size,
		 off_t off, struct fuse_file_info *fi)
{
	struct fs_handle *h = fs_handle_of(fi);
	struct fs_io io = fs_io_of(req, fi);
	int err = -EOPNOTSUPP;

	(void)fs_begin(req);
	if (h->ops->write)
		err = h->ops->write(h, &io, (uint64_t)off, buf, size);
	if (!err && size && fs_of(req)->sync_writes) {
		fs_sync_written(req, node, h, size);
		return;
	}
	fs_handle_done(h);
	if (err)
		fs_reply_err_at(req, node, err);
	else if (fs_node_decode(node).what == FS_WHAT_SYNC)
		sync_and_reply(req, size);
	else
		fuse_reply_write(req, size);
}

/* --- fallocate: a hole can be large, so on a worker ----------------------- */

struct allocate_job {
	struct fs_job job;
	fuse_req_t req;
	struct fs_handle *h;
	uint64_t node; /* for errors */
	int mode;
	uint64_t off, len;
};

static void run_allocate(struct fs_job *job)
{
	struct allocate_job *a = (struct allocate_job *)job;

	int err = a->h->ops->allocate(a->h, a->mode, a->off, a->len);

	fs_handle_done(a->h);
	fs_reply_err_at(a->req, a->node, err);
	free(a);
}

void fs_op_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t off,
		     off_t len, struct fuse_file_info *fi)
{
	struct fs_handle *h = fs_handle_of(fi);
	struct allocate_job *a;

	if (!h->ops->allocate) {
		if (h->ops->copy_set)
			fs_note_why(req, node, "fallocate",
				    "a set takes what its lines need: there is "
				    "nothing to allocate");
		fs_handle_done(h);
		fs_reply_err(req, -EOPNOTSUPP);
		return;
	}
	a = calloc(1, sizeof(*a));
	if (!a) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	a->job.run = run_allocate;
	a->req = req;
	a->h = h;
	a->node = node;
	a->mode = mode;
	a->off = (uint64_t)off;
	a->len = (uint64_t)len;
	fs_worker_add(&fs_of(req)->workers, &a->job);
}

/* --- copy_file_range: whole sets; else the kernel copies bytes ------------ */

struct copy_job {
	struct fs_job job;
	fuse_req_t req;
	struct fs_handle *from, *to;
	uint64_t node; /* of to, for errors */
	uint64_t off_to, len;
};

static void run_copy(struct fs_job *job)
{
	struct copy_job *c = (struct copy_job *)job;
	struct fs_copy_source from = { 0 };
	uint64_t size = 0;
	int err;

	err = c->from->ops->copy_source(c->from, &from);
	if (!err)
		err = c->to->ops->copy_set(c->to, c->off_to, &from, c->len,
					   &size);
	if (from.owned)
		bm_view_close(from.view);
	fs_handle_done(c->from);
	fs_handle_done(c->to);
	if (err)
		fs_reply_err_at(c->req, c->node, err);
	else
		fuse_reply_write(c->req, (size_t)size);
	free(c);
}

/* The kernel has this many: NOLINTNEXTLINE(readability-function-size) */
void fs_op_copy_file_range(fuse_req_t req, fuse_ino_t from, off_t off_from,
			   struct fuse_file_info *fi_from, fuse_ino_t to,
			   off_t off_to, struct fuse_file_info *fi_to,
			   size_t len, int flags)
{
	struct fs_handle *h_from = fs_handle_of(fi_from);
	struct fs_handle *h_to = fs_handle_of(fi_to);
	struct copy_job *c;

	(void)flags;
	if (off_from || from == to || !h_from->ops->copy_source ||
	    !h_to->ops->copy_set) {
		fs_handle_done(h_from);
		fs_handle_done(h_to);
		fs_reply_err(req, -EOPNOTSUPP);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	c->job.run = run_copy;
	c->req = req;
	c->from = h_from;
	c->to = h_to;
	c->node = to;
	c->off_to = (uint64_t)off_to;
	c->len = len;
	fs_worker_add(&fs_of(req)->workers, &c->job);
}

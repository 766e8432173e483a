/* SPDX-License-Identifier: Apache-2.0 */
/* op_sync.c - fsync: the file's own part, then the store's. With the mount
 * option sync each write ends like that.
 *
 * Two ways: a thread of its own commits for all that wait. Or it is done where
 * the request arrived, when it is one short write and who asks has the thread
 * to himself (alone.h). To hand it over and back means to wake two threads,
 * which takes half as long as the disk does.
 */

#include <stdlib.h>

#include "fs/alone.h"
#include "fs/op.h"

struct sync_job {
	struct fs_job job;   /* first the file's own part */
	struct fs_sync sync; /* then the commit */
	fuse_req_t req;
	uint64_t node; /* for errors */
	struct fs_handle *h;
	size_t written; /* 0: it is an fsync */
};

static void synced(struct fs_sync *sync, int err)
{
	void *job = (char *)sync - offsetof(struct sync_job, sync);
	struct sync_job *s = job;

	if (err || !s->written)
		fs_reply_err_at(s->req, s->node, err);
	else
		fuse_reply_write(s->req, s->written);
	free(s);
}

static bool sync_here(struct sync_job *s)
{
	int err = fs_alone() ? rs_sync_short(fs_of(s->req)->store) : -EAGAIN;

	if (err == -EAGAIN)
		return false;
	synced(&s->sync, err);
	return true;
}

static void run_sync(struct fs_job *job)
{
	struct sync_job *s = (struct sync_job *)job;
	int err = s->h && s->h->ops->sync ? s->h->ops->sync(s->h) : 0;

	if (s->h)
		fs_handle_done(s->h);
	if (err)
		synced(&s->sync, err);
	else if (!sync_here(s))
		fs_worker_sync(&fs_of(s->req)->workers, &s->sync);
}

static void sync_handle(fuse_req_t req, uint64_t node, struct fs_handle *h,
			size_t written)
{
	struct sync_job *s = calloc(1, sizeof(*s));

	if (!s) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	s->job.run = run_sync;
	s->sync.done = synced;
	s->req = req;
	s->node = node;
	s->h = h;
	s->written = written;
	if (h && h->ops->is_slow && h->ops->is_slow(h))
		fs_worker_add(&fs_of(req)->workers, &s->job);
	else
		run_sync(&s->job);
}

void fs_op_fsync(fuse_req_t req, fuse_ino_t node, int datasync,
		 struct fuse_file_info *fi)
{
	(void)datasync;
	sync_handle(req, node, fi ? fs_handle_of(fi) : NULL, 0);
}

void fs_op_fsyncdir(fuse_req_t req, fuse_ino_t node, int datasync,
		    struct fuse_file_info *fi)
{
	(void)datasync, (void)fi;
	sync_handle(req, node, NULL, 0);
}

void fs_sync_written(fuse_req_t req, uint64_t node, struct fs_handle *h,
		     size_t size)
{
	sync_handle(req, node, h, size);
}

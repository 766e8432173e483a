/* SPDX-License-Identifier: Apache-2.0 */
/* op_wait.c - an operation that waits, on a worker, until nobody is about to
 * close a file, or its attributes are not fresh through another face.
 */
#include <stdlib.h>

#include "fs/op.h"

struct wait_job {
	struct fs_job job;
	fuse_req_t req;
	fuse_ino_t node;
	bool has_fi;
	struct fuse_file_info fi;
	fs_op_again *again;
};

bool fs_op_is_closing(fuse_req_t req, fuse_ino_t node)
{
	struct fs_node n = fs_node_decode(node);

	return n.what == FS_WHAT_STORED && !n.snap &&
	       fs_opens_is_closing(&fs_of(req)->opens, n.ino);
}

bool fs_op_is_fresh(fuse_req_t req, fuse_ino_t node)
{
	struct fs_node n = fs_node_decode(node);

	return n.what == FS_WHAT_STORED && !n.snap &&
	       fs_fresh_elsewhere(&fs_of(req)->fresh, n.ino, n.format);
}

static void run_wait(struct fs_job *job)
{
	struct wait_job *w = (struct wait_job *)job;
	struct fs_node n = fs_node_decode(w->node);
	struct fs *fs = fs_of(w->req);
	bool counted;

	fs_opens_wait_closed(&fs->opens, n.ino);
	/* Counted, so that nobody is given another moment meanwhile. */
	counted = !fs_opens_get(&fs->opens, n.ino);
	fs_fresh_wait(&fs->fresh, n.ino, n.format);
	w->again(w->req, w->node, w->has_fi ? &w->fi : NULL);
	if (counted && fs_opens_put(&fs->opens, n.ino))
		fs_reap_later(fs, n.ino);
	free(w);
}

void fs_op_wait_closed(fuse_req_t req, fuse_ino_t node,
		       const struct fuse_file_info *fi, fs_op_again *again)
{
	struct wait_job *w = calloc(1, sizeof(*w));

	if (!w) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	w->job.run = run_wait;
	w->req = req;
	w->node = node;
	w->has_fi = fi;
	if (fi)
		w->fi = *fi;
	w->again = again;
	fs_worker_add(&fs_of(req)->workers, &w->job);
}

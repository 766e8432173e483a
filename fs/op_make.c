/* SPDX-License-Identifier: Apache-2.0 */
/* op_make.c - new objects, and snapshots, which are made by mkdir(2). */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/op.h"
#include "fs/view.h"

static int make_in_txn(struct fs *fs, uint64_t dir, const char *name,
		       const struct fs_new *n, struct fs_inode *ret_in)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	if (name)
		err = fs_make(t, dir, name, n, ret_in);
	else
		err = fs_make_unnamed(t, dir, n, ret_in);
	return rs_txn_end_or_abort(t, err);
}

int fs_op_make(fuse_req_t req, uint64_t parent, const char *name,
	       struct fs_new *n, struct fs_inode *ret_in)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct fs *fs = fs_of(req);
	uint64_t dir;
	int err;

	err = fs_op_live_dir(parent, &dir);
	if (err)
		return err;
	n->uid = ctx->uid;
	n->gid = ctx->gid;
	n->now_ns = fs_clock(fs);
	err = make_in_txn(fs, dir, name, n, ret_in);
	if (err == -EEXIST && name && fs_expire_clear(fs, dir, name))
		err = make_in_txn(fs, dir, name, n, ret_in);
	if (!err && name)
		fs_paths_note(&fs->paths, dir, name, ret_in->ino);
	return err;
}

int fs_op_made(struct fs *fs, uint64_t parent, const struct fs_inode *in,
	       struct fuse_entry_param *ret_e)
{
	struct fs_inode now;
	struct stat st;
	uint64_t node;
	int err = fs_as_child(parent, in->ino, in->obj.kind, &node);

	/* Noted before it is read, as always. */
	if (!err && node == in->ino && in->obj.kind == RS_KIND_DIR) {
		fs_as_names_note(&fs->as_names, node, ".");
		err = fs_node_get(fs, node, &now);
		in = &now;
	}
	if (!err)
		err = fs_as_stat(fs, node, in, &st);
	if (err)
		return err;
	fs_entry_stored(fs, node, &st, in, ret_e);
	fs_entry_in(fs, parent, ret_e);
	return 0;
}

static void make(fuse_req_t req, fuse_ino_t parent, const char *name,
		 struct fs_new *n)
{
	struct fuse_entry_param e;
	struct fs_inode in;
	int err;

	err = fs_op_make(req, parent, name, n, &in);
	if (!err)
		err = fs_op_made(fs_of(req), parent, &in, &e);
	if (err)
		fs_reply_err(req, err);
	else
		fs_op_reply_entry(req, fs_op_tell(req, parent, name, false),
				  &e);
}

void fs_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
		 mode_t mode, dev_t rdev)
{
	struct fs_new n = { .mode = mode, .rdev = (uint32_t)rdev };

	make(req, parent, name, &n);
}

void fs_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		   const char *name)
{
	struct fs_new n = { .mode = S_IFLNK | 0777, .target = target };

	make(req, parent, name, &n);
}

/* --- snapshots ------------------------------------------------------------ */

struct snapshot_job {
	struct fs_job job;
	fuse_req_t req;
	fs_op_snapshot_fn *run;
	char a[FS_NAME_MAX + 1];
	char b[FS_NAME_MAX + 1];
};

static void run_snapshot(struct fs_job *job)
{
	struct snapshot_job *s = (struct snapshot_job *)job;
	uint64_t node = 0;
	int err;

	err = s->run(fs_of(s->req), s->a, s->b, &node);
	if (node)
		fs_reply_node(s->req, node, err);
	else
		fs_reply_err(s->req, err);
	free(s);
}

void fs_op_snapshot(fuse_req_t req, fs_op_snapshot_fn *run, const char *a,
		    const char *b)
{
	struct snapshot_job *s;

	if (strlen(a) > FS_NAME_MAX || strlen(b) > FS_NAME_MAX) {
		fs_reply_err(req, -ENAMETOOLONG);
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	s->job.run = run_snapshot;
	s->req = req;
	s->run = run;
	memcpy(s->a, a, strlen(a) + 1);
	memcpy(s->b, b, strlen(b) + 1);
	fs_worker_add(&fs_of(req)->workers, &s->job);
}

static int make_snapshot(struct fs *fs, const char *name, const char *none,
			 uint64_t *ret_node)
{
	(void)none;
	return fs_snapshots_make(fs, name, ret_node);
}

void fs_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
		 mode_t mode)
{
	struct fs_new n = { .mode = S_IFDIR | (mode & 07777) };

	if (fs_node_decode(parent).what == FS_WHAT_SNAPSHOTS)
		fs_op_snapshot(req, make_snapshot, name, "");
	else
		make(req, parent, name, &n);
}

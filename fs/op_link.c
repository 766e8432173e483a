/* SPDX-License-Identifier: Apache-2.0 */
/* op_link.c - more names and fewer names. */

#include "fs/op.h"
#include "fs/view.h"

static int link_in_txn(struct fs *fs, uint64_t ino, uint64_t dir,
		       const char *name)
{
	struct fs_inode in;
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	err = fs_link(t, ino, dir, name, fs_now_ns(), &in);
	if (err) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
}

void fs_op_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t parent,
		const char *name)
{
	struct fs *fs = fs_of(req);
	uint64_t ino, dir;
	int err;

	err = fs_op_live_dir(parent, &dir);
	if (!err)
		err = fs_op_live(node, &ino);
	if (!err)
		err = link_in_txn(fs, ino, dir, name);
	if (!err) {
		fs_opens_named(&fs->opens, ino);
		fs_paths_note(&fs->paths, dir, name, ino);
	}
	fs_reply_node(req, node, err);
}

/* The type of fs_unlink() and fs_rmdir(). */
typedef int remove_fn(struct rs_txn *t, uint64_t parent, const char *name,
		      int64_t now_ns, uint64_t *ret_orphan);

static int remove_in_txn(struct fs *fs, uint64_t dir, const char *name,
			 remove_fn *run, uint64_t *ret_orphan)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	err = run(t, dir, name, fs_now_ns(), ret_orphan);
	if (err) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
}

static void remove_name(fuse_req_t req, fuse_ino_t parent, const char *name,
			remove_fn *run)
{
	struct fs *fs = fs_of(req);
	uint64_t orphan = 0;
	uint64_t dir;
	int err;

	err = fs_op_live_dir(parent, &dir);
	if (!err)
		err = remove_in_txn(fs, dir, name, run, &orphan);
	if (!err)
		fs_orphan(fs, orphan);
	fs_reply_err(req, err);
}

void fs_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, fs_unlink);
}

static int drop_snapshot(struct fs *fs, const char *name, const char *none,
			 uint64_t *ret_node)
{
	(void)none, (void)ret_node;
	return fs_snapshots_drop(fs, name);
}

void fs_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if (fs_node_decode(parent).what == FS_WHAT_SNAPSHOTS)
		fs_op_snapshot(req, drop_snapshot, name, "");
	else
		remove_name(req, parent, name, fs_rmdir);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* op_link.c - more names and fewer names. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/op_query.h"
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
	err = fs_link(t, ino, dir, name, fs_clock(fs), &in);
	return rs_txn_end_or_abort(t, err);
}

static void reply_linked(fuse_req_t req, uint64_t parent, const char *name,
			 uint64_t ino)
{
	struct fs *fs = fs_of(req);
	struct fuse_entry_param e;
	struct fs_inode in;
	bool told;
	int err;

	err = fs_node_get(fs, ino, &in);
	if (!err)
		err = fs_op_made(fs, parent, &in, &e);
	if (err) {
		fs_reply_err_in(req, parent, name, err);
		return;
	}
	told = fs_op_tell(req, parent, name, false);
	fs_op_tell_set(fs, e.ino);
	fs_op_reply_entry(req, told, &e);
}

/* There are other reasons for EPERM, and they need no words. */
static void explain_link(fuse_req_t req, uint64_t node, const char *name)
{
	char text[FS_NAME_MAX + 8];
	struct fs_inode in;

	if (fs_node_get(fs_of(req), node, &in) ||
	    in.obj.kind != RS_KIND_REGION ||
	    in.attr.realm != FS_REALM_BITMAPS || fs_name_is_scratch(name))
		return;
	snprintf(text, sizeof(text), "ln to %s", name);
	fs_note_why(req, node, text,
		    "one file cannot be bytes and a set: mv makes a set of it, "
		    "or cp another one");
}

void fs_op_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t parent,
		const char *name)
{
	struct fs *fs = fs_of(req);
	uint64_t ino = 0, dir = 0;
	int err;

	err = fs_op_live_dir(parent, &dir);
	if (!err)
		err = fs_op_live(node, &ino);
	if (!err)
		err = link_in_txn(fs, ino, dir, name);
	if (err == -EEXIST && fs_expire_clear(fs, dir, name))
		err = link_in_txn(fs, ino, dir, name);
	if (!err) {
		fs_opens_named(&fs->opens, ino);
		fs_paths_note(&fs->paths, dir, name, ino);
	}
	if (err == -EPERM && fs_node_decode(node).what == FS_WHAT_STORED)
		explain_link(req, node, name);
	if (err)
		fs_reply_err_in(req, parent, name, err);
	else
		reply_linked(req, parent, name, ino);
}

/* The type of fs_unlink() and fs_rmdir(). */
typedef int remove_fn(struct rs_txn *t, uint64_t parent, const char *name,
		      int64_t now_ns, uint64_t *ret_orphan);

struct removal {
	uint64_t dir;
	const char *name;
	remove_fn *run;
	uint64_t ino;
	bool reaped; /* ino is gone, */
	bool left;   /* or some of it is still there */
};

/* Most files are small: what nobody has open goes in the same txn, as far as
 * one slice reaches.
 */
static int remove_in(struct fs *fs, struct rs_txn *t, struct removal *r)
{
	uint64_t orphan = 0;
	bool done = false;
	int err;

	err = r->run(t, r->dir, r->name, fs_clock(fs), &orphan);
	if (err || !orphan || fs_opens_orphan(&fs->opens, orphan))
		return err;
	err = fs_reap(t, orphan, &done);
	r->reaped = done;
	r->left = !done;
	return err;
}

static int remove_in_txn(struct fs *fs, struct removal *r)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	err = remove_in(fs, t, r);
	err = rs_txn_end_or_abort(t, err);
	/* It has kept its name. */
	if (err)
		fs_opens_named(&fs->opens, r->ino);
	return err;
}

static int find(struct fs *fs, struct removal *r, enum rs_kind *ret_kind)
{
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = fs_lookup(v, FS_SHOW_EXPIRED, r->dir, r->name, &r->ino, ret_kind);
	rs_view_put(v);
	return err;
}

/* The kernel holds the directory, so the name leads to the same object all
 * along. Under its stripe nobody can open it between the question whether it
 * is open and the end of the txn (op_file.c).
 */
static int remove_now(struct fs *fs, struct removal *r)
{
	struct rwlock *stripe;
	enum rs_kind kind;
	int err;

	err = find(fs, r, &kind);
	if (err)
		return err;
	stripe = fs_stripe(fs, r->ino);
	rwlock_write(stripe);
	err = remove_in_txn(fs, r);
	rwlock_drop(stripe);
	if (err)
		return err;
	if (r->left)
		fs_reap_later(fs, r->ino);
	else if (r->reaped && kind == RS_KIND_SET)
		bm_forget(fs->db, r->ino);
	return 0;
}

static void reply_removed(fuse_req_t req, fuse_ino_t parent,
			  const struct removal *r, int err)
{
	bool told;

	if (err) {
		fs_reply_err_in(req, parent, r->name, err);
		return;
	}
	told = fs_op_tell(req, parent, r->name, true);
	fs_op_tell_set_in(fs_of(req), parent, r->ino);
	fs_op_reply_done(req, told);
}

/* --- a directory of names that do not count any more ---------------------- */

struct clear_job {
	struct fs_job job;
	fuse_req_t req;
	fuse_ino_t parent;
	struct removal r;
	char name[FS_NAME_MAX + 1];
};

static void run_clear(struct fs_job *job)
{
	struct clear_job *c = (struct clear_job *)job;
	struct fs *fs = fs_of(c->req);
	int err = -ENOTEMPTY;

	if (fs_expire_clear_dir(fs, c->r.ino))
		err = remove_now(fs, &c->r);
	reply_removed(c->req, c->parent, &c->r, err);
	free(c);
}

/* There may be many: on a worker. */
static void clear_later(fuse_req_t req, fuse_ino_t parent,
			const struct removal *r)
{
	struct clear_job *c = calloc(1, sizeof(*c));

	if (!c) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	c->job.run = run_clear;
	c->req = req;
	c->parent = parent;
	c->r = *r;
	memcpy(c->name, r->name, strlen(r->name) + 1);
	c->r.name = c->name;
	fs_worker_add(&fs_of(req)->workers, &c->job);
}

static void remove_name(fuse_req_t req, fuse_ino_t parent, const char *name,
			remove_fn *run)
{
	struct removal r = { .name = name, .run = run };
	int err;

	err = fs_op_live_dir(parent, &r.dir);
	if (!err && strcmp(name, FS_QUERY_NAME) == 0 &&
	    fs_q_is_here(fs_of(req), parent))
		err = -EROFS;
	if (!err)
		err = remove_now(fs_of(req), &r);
	if (err == -ENOTEMPTY && fs_expire_hides_first(fs_of(req), r.ino))
		clear_later(req, parent, &r);
	else
		reply_removed(req, parent, &r, err);
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

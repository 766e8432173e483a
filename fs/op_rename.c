/* SPDX-License-Identifier: Apache-2.0 */
/* op_rename.c - moving names, and scratch files that become sets by it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/adopt.h"
#include "fs/op_query.h"
#include "fs/view.h"

static int rename_in_txn(struct fs *fs, const struct fs_rename *r,
			 uint64_t *ret_orphan)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	err = fs_rename(t, r, ret_orphan);
	return rs_txn_end_or_abort(t, err);
}

/* What the two names led to before, or 0. */
struct found {
	uint64_t moved, target;
};

static uint64_t ino_of(const struct rs_view *v, uint64_t dir, const char *name)
{
	enum rs_kind kind;
	uint64_t ino;

	return fs_lookup(v, FS_SHOW_EXPIRED, dir, name, &ino, &kind) ? 0 : ino;
}

/* Asked for only in a format: the plain face may have to be told. */
static struct found find(struct fs *fs, enum bm_format format,
			 const struct fs_rename *r)
{
	struct found f = { 0 };
	struct rs_view *v;

	if (!format || rs_view_live(fs->store, &v))
		return f;
	f.moved = ino_of(v, r->from_parent, r->from);
	f.target = ino_of(v, r->to_parent, r->to);
	rs_view_put(v);
	return f;
}

struct rename_job {
	struct fs_job job;
	fuse_req_t req;
	struct fs_rename r;
	struct found found;
	enum bm_format format;
	char from[FS_NAME_MAX + 1];
	char to[FS_NAME_MAX + 1];
};

/* Both are in one format, or in none. */
static void reply_renamed(fuse_req_t req, enum bm_format format,
			  const struct fs_rename *r, const struct found *found)
{
	uint64_t from = r->from_parent;
	uint64_t to = r->to_parent;
	bool told;

	if (format) {
		from = fs_node_as(format, 0, from);
		to = fs_node_as(format, 0, to);
	}
	told = fs_op_tell(req, from, r->from, true);
	told |= fs_op_tell(req, to, r->to, true);
	fs_op_tell_set_in(fs_of(req), from, found->moved);
	fs_op_tell_set_in(fs_of(req), to, found->target);
	fs_op_reply_done(req, told);
}

static void run_adopt(struct fs_job *job)
{
	struct rename_job *j = (struct rename_job *)job;
	struct fs *fs = fs_of(j->req);
	uint64_t orphan = 0;
	uint64_t adopted = 0;
	int err;

	err = fs_adopt(fs, &j->r, j->format, fuse_req_ctx(j->req)->pid,
		       &adopted, &orphan);
	if (!err) {
		fs_orphan(fs, orphan);
		/* Other bytes, another size: what the kernel has is stale. */
		fs_notify_node(&fs->notifier, adopted);
	}
	if (err)
		fs_reply_err_in(j->req, fs_node_stored(0, j->r.from_parent),
				j->from, err);
	else
		reply_renamed(j->req, j->format, &j->r, &j->found);
	free(j);
}

static void adopt_later(fuse_req_t req, enum bm_format format,
			const struct fs_rename *r, const struct found *found)
{
	struct rename_job *j = calloc(1, sizeof(*j));

	if (!j) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	j->job.run = run_adopt;
	j->req = req;
	j->r = *r;
	j->found = *found;
	j->format = format;
	memcpy(j->from, r->from, strlen(r->from) + 1);
	memcpy(j->to, r->to, strlen(r->to) + 1);
	j->r.from = j->from;
	j->r.to = j->to;
	fs_worker_add(&fs_of(req)->workers, &j->job);
}

/* The directory in the way may hold only what has expired. */
static bool clear_target(struct fs *fs, const struct fs_rename *r)
{
	enum rs_kind kind;
	struct rs_view *v;
	uint64_t ino;
	int err;

	if (rs_view_live(fs->store, &v))
		return false;
	err = fs_lookup(v, r->now_ns, r->to_parent, r->to, &ino, &kind);
	rs_view_put(v);
	return !err && fs_expire_clear_dir(fs, ino);
}

static void rename_live(fuse_req_t req, enum bm_format format,
			const struct fs_rename *r)
{
	struct fs *fs = fs_of(req);
	struct found found = find(fs, format, r);
	uint64_t orphan = 0;
	int err;

	err = rename_in_txn(fs, r, &orphan);
	if (err == -ENOTEMPTY && clear_target(fs, r))
		err = rename_in_txn(fs, r, &orphan);
	if (err == -EAGAIN) {
		adopt_later(req, format, r, &found);
		return;
	}
	if (err) {
		fs_reply_err_in(req, fs_node_stored(0, r->from_parent), r->from,
				err);
		return;
	}
	fs_orphan(fs, orphan);
	reply_renamed(req, format, r, &found);
}

static int rename_snapshot(struct fs *fs, const char *from, const char *to,
			   uint64_t *ret_node)
{
	(void)ret_node;
	return fs_snapshots_rename(fs, from, to);
}

static bool is_query_name(struct fs *fs, uint64_t dir, const char *name)
{
	return strcmp(name, FS_QUERY_NAME) == 0 && fs_q_is_here(fs, dir);
}

void fs_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		  fuse_ino_t new_parent, const char *new_name,
		  unsigned int flags)
{
	struct fs_rename r = { .from = name,
			       .to = new_name,
			       .flags = flags,
			       .now_ns = fs_clock(fs_of(req)) };
	struct fs_node from = fs_node_decode(parent);
	struct fs_node to = fs_node_decode(new_parent);
	int err;

	if (from.what == FS_WHAT_SNAPSHOTS && to.what == FS_WHAT_SNAPSHOTS) {
		if (flags & ~(unsigned)RENAME_NOREPLACE)
			fs_reply_err(req, -EINVAL);
		else
			fs_op_snapshot(req, rename_snapshot, name, new_name);
		return;
	}
	err = fs_op_live_dir(parent, &r.from_parent);
	if (!err)
		err = fs_op_live_dir(new_parent, &r.to_parent);
	if (!err && strlen(new_name) > FS_NAME_MAX)
		err = -ENAMETOOLONG;
	if (!err && strcmp(new_name, FS_AS_NAME) == 0)
		err = -EBUSY; /* what is there is not seen for it */
	if (!err)
		err = is_query_name(fs_of(req), parent, name) ||
				      is_query_name(fs_of(req), new_parent,
						    new_name)
			      ? -EROFS
			      : 0;
	/* The kernel moves what it knows, and that is in the old format. */
	if (!err && from.format != to.format)
		err = -EXDEV;
	if (err)
		fs_reply_err(req, err);
	else
		rename_live(req, (enum bm_format)to.format, &r);
}

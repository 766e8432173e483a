/* SPDX-License-Identifier: Apache-2.0 */
/* op_setattr.c - attributes of nodes change. */

#include <stdlib.h>
#include <sys/stat.h>

#include "fs/op.h"
#include "fs/view.h"

#define CLOCK_TICK_NS 4000000 /* of the kernel, at its usual 250 a second */

#define OWNERS (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)

#define TIMES                                                                  \
	(FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME | \
	 FUSE_SET_ATTR_MTIME_NOW)

/* --- which attributes ----------------------------------------------------- */

static int64_t ns_of(struct timespec ts)
{
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void set_times(struct fs_attr *a, const struct stat *st, int to_set,
		      int64_t now)
{
	if (to_set & FUSE_SET_ATTR_ATIME)
		a->atime_ns = ns_of(st->st_atim);
	if (to_set & FUSE_SET_ATTR_ATIME_NOW)
		a->atime_ns = now;
	if (to_set & FUSE_SET_ATTR_MTIME)
		a->mtime_ns = ns_of(st->st_mtim);
	if (to_set & FUSE_SET_ATTR_MTIME_NOW)
		a->mtime_ns = now;
	a->ctime_ns = now;
}

static void set_owner(struct fs_attr *a, const struct stat *st, int to_set)
{
	if (to_set & FUSE_SET_ATTR_UID)
		a->uid = st->st_uid;
	if (to_set & FUSE_SET_ATTR_GID)
		a->gid = st->st_gid;
	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		fs_attr_kill_priv(a);
	if (to_set & FUSE_SET_ATTR_MODE)
		a->mode = (a->mode & S_IFMT) | (st->st_mode & 07777);
}

/* Who unpacks an archive says of each new file whose it is, which it is
 * already. Nothing would change but the time of change, which moves by less
 * than a tick of the kernel's clock: what its own filesystems show.
 */
static bool is_as_before(const struct fs_attr *a, const struct stat *st,
			 int to_set, int64_t now)
{
	struct fs_attr then = *a;

	if (now < a->ctime_ns || now - a->ctime_ns >= CLOCK_TICK_NS)
		return false;
	set_owner(&then, st, to_set);
	return then.mode == a->mode && then.uid == a->uid && then.gid == a->gid;
}

static int set_attr(struct fs *fs, uint64_t ino, const struct stat *st,
		    int to_set, struct fs_inode *ret_in)
{
	int64_t now = fs_now_ns();
	struct fs_change c;
	int err;

	if (!(to_set & TIMES)) {
		err = fs_node_get(fs, ino, ret_in);
		if (err || is_as_before(&ret_in->attr, st, to_set, now))
			return err;
	}
	/* What is queued was written before. */
	err = bm_settle(fs->db, ino);
	if (!err)
		err = fs_change_begin(fs, ino, &c);
	if (err)
		return err;
	set_owner(&c.in.attr, st, to_set);
	set_times(&c.in.attr, st, to_set, now);
	err = fs_change_end(&c, 0);
	if (!err && (to_set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)))
		fs_opens_set_time(&fs->opens, ino, c.in.attr.mtime_ns);
	*ret_in = c.in;
	return err;
}

static int setattr(fuse_req_t req, fuse_ino_t node, const struct stat *st,
		   int to_set, struct fuse_file_info *fi,
		   struct fs_inode *ret_in)
{
	struct fs_io io = fs_io_of(req, fi);
	struct fs *fs = fs_of(req);
	uint64_t ino;
	int err;

	err = fs_op_live(node, &ino);
	if (err)
		return err;
	io.kill_priv = to_set & (FUSE_SET_ATTR_KILL_SUID);
	if (to_set & FUSE_SET_ATTR_SIZE) {
		err = fs_op_set_size(fs, node, &io,
				     fi ? fs_handle_of(fi) : NULL,
				     (uint64_t)st->st_size);
		to_set &= ~(FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_MTIME_NOW |
			    FUSE_SET_ATTR_CTIME);
		if (err)
			return err;
		if (!(to_set & (OWNERS | TIMES)))
			return fs_node_get(fs, node, ret_in);
	}
	return set_attr(fs, ino, st, to_set, ret_in);
}

/* --- and the reply -------------------------------------------------------- */

/* The kernel keeps the attributes of a plain directory. */
static void tell_of_dir(struct fs *fs, uint64_t node, const struct fs_inode *in)
{
	if (fs_node_decode(node).format && in->obj.kind == RS_KIND_DIR)
		fs_op_tell_attr(fs, in->ino);
}

static void set_and_reply(fuse_req_t req, fuse_ino_t node,
			  const struct stat *attr, int to_set,
			  struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct fuse_entry_param e;
	struct fs_inode in;
	struct stat st;
	int err = setattr(req, node, attr, to_set, fi, &in);

	if (!err)
		err = fs_as_stat(fs, node, &in, &st);
	if (err) {
		fs_reply_err_at(req, node, err);
		return;
	}
	tell_of_dir(fs, node, &in);
	fs_entry_stored(fs, node, &st, &in, &e);
	fs_op_tell_set(fs, node);
	fs_op_reply_seen(req, &e, fi);
}

/* `echo >.ctl/sync` truncates it first. */
static void set_verb(fuse_req_t req, fuse_ino_t node, int to_set,
		     struct fuse_file_info *fi)
{
	if (to_set & FUSE_SET_ATTR_SIZE)
		fs_op_getattr_now(req, node, fi);
	else
		fs_reply_err_at(req, node, -EPERM);
}

/* --- what is fresh through another face ----------------------------------- */

struct set_job {
	struct fs_job job;
	fuse_req_t req;
	fuse_ino_t node;
	struct stat attr;
	int to_set;
	bool has_fi;
	struct fuse_file_info fi;
};

static void run_set(struct fs_job *job)
{
	struct set_job *s = (struct set_job *)job;
	struct fs_node n = fs_node_decode(s->node);
	struct fs *fs = fs_of(s->req);
	/* Counted, so that nobody is given another moment meanwhile. */
	bool counted = !fs_opens_get(&fs->opens, n.ino);

	fs_fresh_wait(&fs->fresh, n.ino, n.format);
	set_and_reply(s->req, s->node, &s->attr, s->to_set,
		      s->has_fi ? &s->fi : NULL);
	if (counted && fs_opens_put(&fs->opens, n.ino))
		fs_reap_later(fs, n.ino);
	free(s);
}

/* Of a set that was made or listed through another face, just now. */
static void set_later(fuse_req_t req, fuse_ino_t node, const struct stat *attr,
		      int to_set, const struct fuse_file_info *fi)
{
	struct set_job *s = calloc(1, sizeof(*s));

	if (!s) {
		fs_reply_err(req, -ENOMEM);
		return;
	}
	s->job.run = run_set;
	s->req = req;
	s->node = node;
	s->attr = *attr;
	s->to_set = to_set;
	s->has_fi = fi;
	if (fi)
		s->fi = *fi;
	fs_worker_add(&fs_of(req)->workers, &s->job);
}

void fs_op_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attr,
		   int to_set, struct fuse_file_info *fi)
{
	if (fs_ctl_is_verb(fs_node_decode(node).what))
		set_verb(req, node, to_set, fi);
	else if (fs_op_is_fresh(req, node))
		set_later(req, node, attr, to_set, fi);
	else
		set_and_reply(req, node, attr, to_set, fi);
}

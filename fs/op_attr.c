/* SPDX-License-Identifier: Apache-2.0 */
/* op_attr.c - attributes of nodes, and of the whole file system. */

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "fs/op.h"
#include "fs/region.h"
#include "fs/set_session.h"
#include "fs/view.h"

#define CLOCK_TICK_NS 4000000 /* of the kernel, at its usual 250 a second */

/* --- reading -------------------------------------------------------------- */

static void reply_entry(fuse_req_t req, struct fuse_entry_param *e,
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

static void getattr_now(fuse_req_t req, fuse_ino_t node,
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
	reply_entry(req, &e, fi);
}

void fs_op_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	(void)fs_begin(req);
	if (fs_op_is_closing(req, node) ||
	    fs_as_is_slow(fs_of(req), node, false))
		fs_op_wait_closed(req, node, fi, getattr_now);
	else
		getattr_now(req, node, fi);
}

/* --- changing ------------------------------------------------------------- */

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

#define TIMES                                                                  \
	(FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME | \
	 FUSE_SET_ATTR_MTIME_NOW)

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

/* truncate(2) of a set, by its name: a session that does only this. */
static int truncate_set(struct fs *fs, uint64_t node, const struct fs_io *io,
			uint64_t size)
{
	uint64_t ino = fs_node_decode(node).ino;
	struct fs_session *s;
	int err;

	err = fs_opens_get(&fs->opens, ino);
	if (err)
		return err;
	err = fs_session_open(fs, node, O_WRONLY, &s);
	if (!err) {
		err = fs_session_truncate(s, io, size);
		if (!err)
			err = fs_session_sync(s);
		fs_session_close(s);
	}
	if (fs_opens_put(&fs->opens, ino))
		fs_reap_later(fs, ino);
	return err;
}

static int set_size(struct fs *fs, uint64_t node, const struct fs_io *io,
		    struct fs_handle *h, uint64_t size)
{
	struct fs_inode in;
	int err;

	if (h) {
		err = h->ops->truncate ? h->ops->truncate(h, io, size)
				       : -EOPNOTSUPP;
		fs_handle_done(h);
		return err;
	}
	err = fs_node_get(fs, node, &in);
	if (err)
		return err;
	if (in.obj.kind == RS_KIND_SET)
		return truncate_set(fs, node, io, size);
	return fs_region_truncate(fs, in.ino, io, size);
}

#define OWNERS (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)

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
		err = set_size(fs, node, &io, fi ? fs_handle_of(fi) : NULL,
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
	reply_entry(req, &e, fi);
}

/* `echo >.ctl/sync` truncates it first. */
static void set_verb(fuse_req_t req, fuse_ino_t node, int to_set,
		     struct fuse_file_info *fi)
{
	if (to_set & FUSE_SET_ATTR_SIZE)
		getattr_now(req, node, fi);
	else
		fs_reply_err_at(req, node, -EPERM);
}

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

/* --- the file system ------------------------------------------------------ */

void fs_op_statfs(fuse_req_t req, fuse_ino_t node)
{
	struct fs *fs = fs_of(req);
	struct statvfs st = { .f_bsize = RS_PAGE_SIZE,
			      .f_frsize = RS_PAGE_SIZE,
			      .f_namemax = FS_NAME_MAX };
	struct statvfs host = { 0 };
	struct rs_stats s;
	uint64_t avail = 0;

	(void)node;
	rs_stats(fs->store, &s);
	if (fs->host_fd >= 0 && !fstatvfs(fs->host_fd, &host))
		avail = (uint64_t)host.f_bavail * host.f_frsize;
	/* The host's, and what the store can write again without it. */
	st.f_bavail = (avail + s.reuse_bytes) / RS_PAGE_SIZE;
	st.f_bfree = st.f_bavail;
	st.f_blocks = st.f_bavail + s.used_bytes / RS_PAGE_SIZE;
	/* Inodes are limited by space alone. */
	st.f_ffree = st.f_bavail;
	st.f_favail = st.f_bavail;
	st.f_files = st.f_ffree + s.records;
	fuse_reply_statfs(req, &st);
}

/* --- waiting for a close -------------------------------------------------- */

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

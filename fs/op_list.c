/* SPDX-License-Identifier: Apache-2.0 */
/* op_list.c - a listing goes out.
 *
 * readdirplus hands attributes to the kernel, which keeps them. So they are
 * never those of the old view: each name is looked up in a new one, and one
 * that leads elsewhere by now goes out as a bare name.
 *
 * What has expired when the kernel asks is left out, though the view has it.
 * There may be any number of such names one after the other, and a reply
 * without a name would be the end: so a request that found none after STEP of
 * them goes on on a worker, STEP at a time, and lets others go first each time.
 */

#include <stdlib.h>
#include <string.h>

#include "fs/op_dir.h"

/* Names that have expired: as many as take a millisecond. */
#define STEP 1024u

struct dir_out {
	fuse_req_t req;
	uint64_t node; /* of the directory */
	bool plus;
	/* For plus in the live tree: names as they are, by name, and by number
	 * while none moved. */
	struct rs_view *now;
	struct fs_dir *same;
	char *buf;
	size_t size, used;
	uint64_t pos; /* where to go on */
	size_t left;  /* names that have expired, until others go first */
};

/* The entry of that number, one step on from the last. What moved once is
 * looked for by name from then on.
 */
static bool stands_there(struct dir_out *out, const struct fs_dir_entry *e)
{
	struct fs_entry now;

	if (out->same && e->next > 2 &&
	    !fs_dir_read(out->same, FS_SHOW_EXPIRED, e->next - 3, &now) &&
	    now.ino == fs_node_decode(e->node).ino &&
	    strcmp(now.name, e->name) == 0)
		return true;
	fs_dir_close(out->same);
	out->same = NULL;
	return false;
}

static bool leads_there(struct dir_out *out, uint64_t dir,
			const struct fs_dir_entry *e)
{
	enum rs_kind kind;
	uint64_t ino;

	if (e->checked || stands_there(out, e))
		return true;
	return out->now &&
	       !fs_lookup(out->now, FS_SHOW_EXPIRED, dir, e->name, &ino,
			  &kind) &&
	       ino == fs_node_decode(e->node).ino;
}

/* In the live tree: its node is its number. */
static bool is_plain_dir(const struct fs_dir_entry *e)
{
	return S_ISDIR(e->type) && e->node <= FS_NODE_INO_MASK;
}

/* Attributes for the kernel to keep; false: only the name goes out. */
static bool attributes(struct dir_out *out, uint64_t dir,
		       const struct fs_dir_entry *e,
		       struct fuse_entry_param *ret_p)
{
	struct fs *fs = fs_of(out->req);
	struct fs_inode in;
	struct stat st;

	if (!leads_there(out, dir, e) || fs_as_is_slow(fs, e->node, false))
		return false;
	/* The view may be older than this: the next listing has them. */
	if (is_plain_dir(e) && !fs_as_names_note(&fs->as_names, e->node, "."))
		return false;
	/* A set may have lines queued: that takes the long way. */
	if (!out->now || S_ISREG(e->type) ||
	    fs_node_decode(e->node).what != FS_WHAT_STORED)
		return !fs_op_entry(fs, e->node, e->is_set, ret_p);
	if (fs_inode_get(out->now, fs_node_decode(e->node).ino, &in) ||
	    fs_inode_stat(&in, &st) || fs_node_expired(fs, e->node, &in.attr))
		return false;
	st.st_ino = e->node;
	fs_entry_stored(fs, e->node, &st, &in, ret_p);
	return true;
}

static size_t put_entry(struct dir_out *out, uint64_t dir, uint64_t pos,
			const struct fs_dir_entry *e)
{
	struct fuse_entry_param p = { 0 };
	char *at = out->buf + out->used;
	size_t room = out->size - out->used;
	bool full = out->plus && pos >= 2 && !e->bare &&
		    attributes(out, dir, e, &p);

	fs_entry_in(fs_of(out->req), out->node, &p);
	if (!full) {
		memset(&p, 0, sizeof(p));
		p.attr.st_ino = e->node;
		p.attr.st_mode = e->type;
	}
	if (out->plus)
		return fuse_add_direntry_plus(out->req, at, room, e->name, &p,
					      (off_t)e->next);
	return fuse_add_direntry(out->req, at, room, e->name, &p.attr,
				 (off_t)e->next);
}

/* --- one reply ------------------------------------------------------------ */

static int list_locked(struct fs_dir_handle *d, struct dir_out *out)
	REQUIRES(d->lock);

/* -EAGAIN: there is no name yet, and others go first. */
static int list_locked(struct fs_dir_handle *d, struct dir_out *out)
{
	uint64_t dir = fs_node_decode(d->h.node).ino;
	struct fs_dir_entry e;
	int err = 0;

	if (out->pos == 0 && d->begun)
		err = fs_dir_fill_locked(d);
	d->begun = true;
	while (!err) {
		size_t n;

		err = fs_dir_entry_locked(d, out->pos, &out->left, &e);
		if (err == -EAGAIN)
			out->pos = e.next;
		if (err)
			break;
		n = put_entry(out, dir, out->pos, &e);
		if (n > out->size - out->used)
			break;
		out->used += n;
		out->pos = e.next;
	}
	if (err == -EAGAIN && out->used)
		err = 0;
	return err == -ENOENT ? 0 : err;
}

/* As much as goes into one reply, or STEP. */
static int list_step(struct fs_dir_handle *d, struct dir_out *out)
{
	struct fs_node n = fs_node_decode(d->h.node);
	int err;

	/* Any of its names may go out. */
	if (out->plus && !n.snap && !n.format)
		fs_as_names_note(&d->h.fs->as_names, n.ino, "");
	err = fs_reply_room(out->req, out->size, &out->buf);
	if (!err && out->plus && n.what == FS_WHAT_STORED && !n.snap)
		err = rs_view_live(d->h.fs->store, &out->now);
	/* One that was removed has names no more. */
	if (out->now)
		(void)fs_dir_open(out->now, n.ino, &out->same);
	if (!err) {
		lock_take(&d->lock);
		if (!fs_node_decode(d->dir_node).snap)
			d->now_ns = fs_clock(d->h.fs);
		d->who = fs_op_caller(out->req);
		out->left = STEP;
		err = list_locked(d, out);
		lock_drop(&d->lock);
	}
	fs_dir_close(out->same);
	rs_view_put(out->now);
	out->same = NULL;
	out->now = NULL;
	return err;
}

static void reply_listed(struct fs_dir_handle *d, const struct dir_out *out,
			 int err)
{
	uint64_t node = d->h.node;

	fs_handle_done(&d->h);
	if (err)
		fs_reply_err_at(out->req, node, err);
	else
		fuse_reply_buf(out->req, out->buf, out->used);
}

/* --- on a worker ---------------------------------------------------------- */

struct list_job {
	struct fs_job job;
	struct fs_dir_handle *d;
	struct dir_out out;
};

static void run_list(struct fs_job *job)
{
	struct list_job *l = (struct list_job *)job;
	int err = list_step(l->d, &l->out);

	if (err == -EAGAIN) {
		fs_worker_add(&l->d->h.fs->workers, &l->job);
		return;
	}
	reply_listed(l->d, &l->out, err);
	free(l);
}

static void list_later(struct fs_dir_handle *d, const struct dir_out *out)
{
	struct list_job *l = calloc(1, sizeof(*l));

	if (!l) {
		reply_listed(d, out, -ENOMEM);
		return;
	}
	l->job.run = run_list;
	l->d = d;
	l->out = *out;
	fs_worker_add(&d->h.fs->workers, &l->job);
}

/* --- requests ------------------------------------------------------------- */

static void list(fuse_req_t req, size_t size, off_t off, bool plus,
		 const struct fuse_file_info *fi)
{
	struct fs_dir_handle *d = (struct fs_dir_handle *)fs_handle_of(fi);
	struct dir_out out = { .req = req,
			       .node = d->h.node,
			       .plus = plus,
			       .size = size,
			       .pos = (uint64_t)off };
	int err = list_step(d, &out);

	if (err == -EAGAIN)
		list_later(d, &out);
	else
		reply_listed(d, &out, err);
}

void fs_op_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t off,
		   struct fuse_file_info *fi)
{
	(void)node;
	list(req, size, off, false, fi);
}

void fs_op_readdirplus(fuse_req_t req, fuse_ino_t node, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	(void)node;
	list(req, size, off, true, fi);
}

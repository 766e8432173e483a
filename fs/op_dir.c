/* SPDX-License-Identifier: Apache-2.0 */
/* op_dir.c - listing directories.
 *
 * An open directory is a view, so what is added and removed meanwhile neither
 * shifts nor repeats a name: the offset of an entry is its number in that
 * view. Going back to the start takes a fresh view, as rewinddir(3) says.
 *
 *	offset 0, 1     "." and ".."
 *	then            what is stored, in byte order of the names
 *	then            what is made up: in the root, and in snapshots/
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

#include "fs/op.h"
#include "fs/view.h"

/* Names that have expired: as many as take a millisecond. */
#define STEP 1024u

struct dir_handle {
	struct fs_handle h;
	struct lock lock;
	struct fs_dir *dir GUARDED; /* NULL: nothing is stored here */
	struct fs_listing made_up GUARDED;
	uint64_t stored GUARDED; /* entries in dir; UINT64_MAX: not known yet */
	int64_t now_ns GUARDED;	 /* by which they expire */
	bool begun GUARDED;
};

/* One name on its way out. */
struct dir_entry {
	uint64_t node;
	uint64_t next; /* position after it */
	uint32_t type;
	bool checked; /* may carry attributes as it is */
	bool is_set;
	char name[FS_NAME_MAX + 1];
};

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

static void drop_locked(struct dir_handle *d) REQUIRES(d->lock);

static void drop_locked(struct dir_handle *d)
{
	if (d->dir)
		fs_dir_close(d->dir);
	d->dir = NULL;
	fs_listing_finish(&d->made_up);
}

static int fill_locked(struct dir_handle *d) REQUIRES(d->lock);

static int fill_locked(struct dir_handle *d)
{
	struct fs_node n = fs_node_decode(d->h.node);
	struct rs_view *v;
	int err = 0;

	drop_locked(d);
	d->stored = 0;
	d->begun = false;
	if (n.what != FS_WHAT_STORED || d->h.node == FS_INO_ROOT)
		err = fs_virtual_list(d->h.fs, d->h.node, &d->made_up);
	if (err || n.what != FS_WHAT_STORED)
		return err;
	err = fs_node_view_at(d->h.fs, d->h.node, &v, &d->now_ns);
	if (err)
		return err;
	err = fs_dir_open(v, n.ino, &d->dir);
	rs_view_put(v);
	if (!err)
		d->stored = UINT64_MAX;
	return err;
}

static void dir_release(struct fs_handle *h)
{
	struct dir_handle *d = (struct dir_handle *)h;

	lock_take(&d->lock);
	drop_locked(d);
	lock_drop(&d->lock);
	lock_finish(&d->lock);
	free(d);
}

static const struct fs_file_ops dir_ops = {
	.release = dir_release,
};

static int open_dir(struct fs *fs, uint64_t node, struct dir_handle **ret_d)
{
	struct dir_handle *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	lock_init(&d->lock, LOCK_HANDLE);
	d->h.ops = &dir_ops;
	d->h.fs = fs;
	d->h.node = node;
	lock_take(&d->lock);
	err = fill_locked(d);
	lock_drop(&d->lock);
	if (err) {
		dir_release(&d->h);
		return err;
	}
	fs_handle_add(&d->h);
	*ret_d = d;
	return 0;
}

void fs_op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct fs_node n = fs_node_decode(node);
	struct dir_handle *d;
	int err;

	err = open_dir(fs_of(req), node, &d);
	if (err) {
		fs_reply_err_at(req, node, err);
		return;
	}
	fs_handle_to(fi, &d->h);
	/* A snapshot does not change: the kernel may list it by itself. */
	fi->cache_readdir = n.what == FS_WHAT_STORED && n.snap;
	fi->keep_cache = fi->cache_readdir;
	if (fuse_reply_open(req, fi))
		fs_handle_close(&d->h);
}

void fs_op_releasedir(fuse_req_t req, fuse_ino_t node,
		      struct fuse_file_info *fi)
{
	(void)node;
	fs_handle_close(fs_handle_of(fi));
	fs_reply_err(req, 0);
}

/* --- entries -------------------------------------------------------------- */

static uint64_t parent_node(struct fs *fs, uint64_t node)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_inode in;

	if (n.what != FS_WHAT_STORED)
		return fs_virtual_parent(node);
	if (n.ino == FS_INO_ROOT && n.format)
		return fs_node_as(0, n.snap, n.ino);
	if (n.ino == FS_INO_ROOT)
		return n.snap ? fs_node_virtual(FS_WHAT_SNAPSHOTS, 0) : node;
	/* On an error it is its own. */
	if (!fs_node_get(fs, node, &in))
		(void)fs_as_child(node, in.attr.parent, RS_KIND_DIR, &node);
	return node;
}

static void dots(struct dir_handle *d, uint64_t pos, struct dir_entry *ret_e)
{
	ret_e->node = pos ? parent_node(d->h.fs, d->h.node) : d->h.node;
	ret_e->type = S_IFDIR;
	memcpy(ret_e->name, pos ? ".." : ".", pos ? 3 : 2);
}

static int stored_locked(struct dir_handle *d, uint64_t pos, size_t *left,
			 struct dir_entry *ret_e) REQUIRES(d->lock);

static int stored_locked(struct dir_handle *d, uint64_t pos, size_t *left,
			 struct dir_entry *ret_e)
{
	uint64_t snap = fs_node_decode(d->h.node).snap;
	struct fs_entry e;
	int err;

	err = fs_dir_step(d->dir, d->now_ns, pos, left, &e);
	if (err == 0 || err == -EAGAIN)
		ret_e->next = e.next + 2;
	if (err)
		return err;
	/* In the root in a format bitmaps/ is the first and only one. */
	err = fs_as_named(d->h.node, e.name, e.ino, e.kind, &ret_e->node);
	if (err)
		return err;
	ret_e->type = fs_kind_mode(e.kind);
	ret_e->checked = snap;
	ret_e->is_set = e.kind == RS_KIND_SET;
	memcpy(ret_e->name, e.name, sizeof(e.name));
	return 0;
}

static int entry_locked(struct dir_handle *d, uint64_t pos, size_t *left,
			struct dir_entry *ret_e) REQUIRES(d->lock);

/* The entry at pos; -ENOENT past the last one, -EAGAIN as fs_dir_step(). */
static int entry_locked(struct dir_handle *d, uint64_t pos, size_t *left,
			struct dir_entry *ret_e)
{
	int err;

	ret_e->checked = false;
	ret_e->is_set = false;
	ret_e->next = pos + 1;
	if (pos < 2) {
		dots(d, pos, ret_e);
		return 0;
	}
	pos -= 2;
	if (pos < d->stored) {
		err = stored_locked(d, pos, left, ret_e);
		if (err != -ENOENT)
			return err;
		d->stored = pos;
	}
	pos -= d->stored;
	if (pos >= d->made_up.n)
		return -ENOENT;
	ret_e->node = d->made_up.v[pos].node;
	ret_e->type = d->made_up.v[pos].type;
	ret_e->checked = true;
	memcpy(ret_e->name, d->made_up.v[pos].name, sizeof(ret_e->name));
	return 0;
}

/* --- out ------------------------------------------------------------------ */

/* The entry of that number, one step on from the last. What moved once is
 * looked for by name from then on.
 */
static bool stands_there(struct dir_out *out, const struct dir_entry *e)
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
			const struct dir_entry *e)
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
static bool is_plain_dir(const struct dir_entry *e)
{
	return S_ISDIR(e->type) && e->node <= FS_NODE_INO_MASK;
}

/* Attributes for the kernel to keep; false: only the name goes out. */
static bool attributes(struct dir_out *out, uint64_t dir,
		       const struct dir_entry *e,
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
			const struct dir_entry *e)
{
	struct fuse_entry_param p = { 0 };
	char *at = out->buf + out->used;
	size_t room = out->size - out->used;
	bool full = out->plus && pos >= 2 && attributes(out, dir, e, &p);

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

static int list_locked(struct dir_handle *d, struct dir_out *out)
	REQUIRES(d->lock);

/* -EAGAIN: there is no name yet, and others go first. */
static int list_locked(struct dir_handle *d, struct dir_out *out)
{
	uint64_t dir = fs_node_decode(d->h.node).ino;
	struct dir_entry e;
	int err = 0;

	if (out->pos == 0 && d->begun)
		err = fill_locked(d);
	d->begun = true;
	while (!err) {
		size_t n;

		err = entry_locked(d, out->pos, &out->left, &e);
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
static int list_step(struct dir_handle *d, struct dir_out *out)
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
		if (!n.snap)
			d->now_ns = fs_clock(d->h.fs);
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

static void reply_listed(struct dir_handle *d, const struct dir_out *out,
			 int err)
{
	uint64_t node = d->h.node;

	fs_handle_done(&d->h);
	if (err)
		fs_reply_err_at(out->req, node, err);
	else
		fuse_reply_buf(out->req, out->buf, out->used);
}

struct list_job {
	struct fs_job job;
	struct dir_handle *d;
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

static void list_later(struct dir_handle *d, const struct dir_out *out)
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

static void list(fuse_req_t req, size_t size, off_t off, bool plus,
		 const struct fuse_file_info *fi)
{
	struct dir_handle *d = (struct dir_handle *)fs_handle_of(fi);
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

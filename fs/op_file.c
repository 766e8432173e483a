/* SPDX-License-Identifier: Apache-2.0 */
/* op_file.c - opening and closing files.
 *
 * What the kernel may do by itself with an open file depends on its kind:
 *
 *	live set      direct_io: every read and write comes here; FLUSH too
 *		      when it can write, as closing can fail
 *	live region   keep_cache: the page cache is right, as all changes go
 *		      through the kernel; no FLUSH
 *	snapshot      keep_cache, no FLUSH
 *	made up       direct_io; queries no FLUSH (op_query.c)
 */

#include <stdlib.h>
#include <sys/stat.h>

#include "fs/op_query.h"
#include "fs/region.h"
#include "fs/view.h"

static bool only_reads(const struct fuse_file_info *fi)
{
	return (fi->flags & O_ACCMODE) == O_RDONLY && !(fi->flags & O_TRUNC);
}

static void set_flags(struct fuse_file_info *fi, uint64_t node,
		      enum rs_kind kind)
{
	bool cached = !fs_node_changes(node, kind);

	fi->direct_io = !cached;
	fi->keep_cache = cached;
	fi->noflush = cached || only_reads(fi);
#ifdef HAVE_FUSE_PARALLEL_DIRECT_WRITES
	fi->parallel_direct_writes = cached;
#endif
}

/* A handle on what in describes; h is not yet known to anybody. */
static int open_stored(struct fs *fs, uint64_t node, const struct fs_inode *in,
		       const struct fuse_file_info *fi,
		       struct fs_handle **ret_h)
{
	struct fs_io io = { .kill_priv = true };
	int err = 0;

	if (in->obj.kind == RS_KIND_SET)
		return fs_open_set(fs, node, fi->flags, ret_h);
	if (in->obj.kind != RS_KIND_REGION)
		return -EINVAL;
	if (fi->flags & O_TRUNC)
		err = fs_region_truncate(fs, in->ino, &io, 0);
	return err ? err : fs_open_region(fs, node, ret_h);
}

/* Count first, then look, under the stripe: whoever removes the last name sees
 * the count, or has ended and this sees that the object is gone.
 */
static int open_live(struct fs *fs, uint64_t node, struct fuse_file_info *fi,
		     bool waited, struct fs_handle **ret_h)
{
	uint64_t ino = fs_node_decode(node).ino;
	struct rwlock *stripe = fs_stripe(fs, ino);
	struct fs_inode in;
	int err;

	err = fs_opens_get(&fs->opens, ino);
	if (err)
		return err;
	if (!only_reads(fi))
		fs_opens_writer(&fs->opens, ino, true);
	rwlock_read(stripe);
	err = fs_node_get(fs, node, &in);
	rwlock_drop(stripe);
	if (!err && in.attr.nlink == 0 && fs_opens_count(&fs->opens, ino) == 1)
		err = -ENOENT;
	/* The kernel looked the name up before: it does so again. */
	if (!err && fs_node_expired(fs, node, &in.attr))
		err = -ESTALE;
	if (!err && !waited && !only_reads(fi) &&
	    fs_fresh_elsewhere(&fs->fresh, ino, fs_node_decode(node).format))
		err = -EAGAIN;
	if (!err)
		err = open_stored(fs, node, &in, fi, ret_h);
	if (err) {
		if (!only_reads(fi))
			fs_opens_writer(&fs->opens, ino, false);
		if (fs_opens_put(&fs->opens, ino))
			fs_reap_later(fs, ino);
		return err;
	}
	(*ret_h)->counted = ino;
	(*ret_h)->writes = !only_reads(fi);
	set_flags(fi, node, in.obj.kind);
	return 0;
}

/* -EAGAIN: when the kernel has forgotten what it was told elsewhere. */
static int open_any(struct fs *fs, uint64_t node, struct fuse_file_info *fi,
		    bool waited, struct fs_handle **ret_h)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_inode in;
	int err;

	if (n.what != FS_WHAT_STORED) {
		if (!only_reads(fi) && !fs_ctl_is_verb(n.what))
			return -EPERM;
		err = fs_ctl_open(fs, n.what, ret_h);
		set_flags(fi, node, RS_KIND_REGION);
		return err;
	}
	if (!n.snap)
		return open_live(fs, node, fi, waited, ret_h);
	if (!only_reads(fi))
		return -EROFS;
	err = fs_node_get(fs, node, &in);
	if (!err)
		err = open_stored(fs, node, &in, fi, ret_h);
	set_flags(fi, node, RS_KIND_REGION);
	return err;
}

static void publish(struct fs *fs, uint64_t node, struct fs_handle *h,
		    struct fuse_file_info *fi)
{
	h->fs = fs;
	h->node = node;
	fs_handle_add(h);
	fs_handle_to(fi, h);
}

static void open_waited(fuse_req_t req, fuse_ino_t node,
			struct fuse_file_info *fi);

static void open_and_reply(fuse_req_t req, fuse_ino_t node,
			   struct fuse_file_info *fi, bool waited)
{
	struct fs *fs = fs_of(req);
	struct fs_handle *h;
	int err;

	err = open_any(fs, node, fi, waited, &h);
	if (err == -EAGAIN) {
		fs_op_wait_closed(req, node, fi, open_waited);
		return;
	}
	if (err == -EOVERFLOW)
		fs_note_why(req, node, "roaring32",
			    "it has members above 4294967295: read it as "
			    "roaring");
	if (err) {
		fs_reply_err_at(req, node, err);
		return;
	}
	publish(fs, node, h, fi);
	if (!only_reads(fi))
		fs_op_tell_set(fs, node);
	if (fuse_reply_open(req, fi))
		fs_handle_close(h);
}

static void open_waited(fuse_req_t req, fuse_ino_t node,
			struct fuse_file_info *fi)
{
	open_and_reply(req, node, fi, true);
}

void fs_op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	if (fs_op_is_query(node)) {
		fs_op_query_open(req, node, fi);
		return;
	}
	(void)fs_begin(req);
	if (only_reads(fi) && (fs_op_is_closing(req, node) ||
			       fs_as_is_slow(fs_of(req), node, true)))
		fs_op_wait_closed(req, node, fi, open_waited);
	else
		open_and_reply(req, node, fi, false);
}

/* --- new files ------------------------------------------------------------ */

static void reply_created(fuse_req_t req, fuse_ino_t parent, const char *name,
			  const struct fs_inode *in, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct fuse_entry_param e;
	struct fs_handle *h;
	bool told = false;
	int err;

	err = fs_op_made(fs, parent, in, &e);
	if (!err)
		err = open_stored(fs, e.ino, in, fi, &h);
	if (err) {
		fs_opens_writer(&fs->opens, in->ino, false);
		if (fs_opens_put(&fs->opens, in->ino))
			fs_reap_later(fs, in->ino);
		fs_reply_err_in(req, parent, name, err);
		return;
	}
	h->counted = in->ino;
	h->writes = true;
	set_flags(fi, e.ino, in->obj.kind);
	publish(fs, e.ino, h, fi);
	if (name && e.attr_timeout == 0 &&
	    fs_fresh_note(&fs->fresh, in->ino, fs_node_decode(e.ino).format))
		e.attr_timeout = FS_MOMENT;
	/* The plain face may have been asked for before the file counted. */
	fs_op_tell_set(fs, e.ino);
	if (name)
		told = fs_op_tell(req, parent, name, false);
	fs_op_reply_create(req, told, &e, fi, h);
}

static void create(fuse_req_t req, fuse_ino_t parent, const char *name,
		   mode_t mode, struct fuse_file_info *fi)
{
	struct fs_new n = { .mode = S_IFREG | (mode & 07777) };
	struct fs *fs = fs_of(req);
	struct fs_inode in;
	int err;

	err = fs_op_make(req, parent, name, &n, &in);
	if (!err)
		err = fs_opens_get(&fs->opens, in.ino);
	if (err) {
		fs_reply_err_in(req, parent, name, err);
		return;
	}
	fs_opens_writer(&fs->opens, in.ino, true);
	/* Nothing to truncate, and the replace begins with the first write. */
	fi->flags &= ~O_TRUNC;
	if (!name)
		fs_opens_orphan(&fs->opens, in.ino);
	reply_created(req, parent, name, &in, fi);
}

void fs_op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		  mode_t mode, struct fuse_file_info *fi)
{
	create(req, parent, name, mode, fi);
}

void fs_op_tmpfile(fuse_req_t req, fuse_ino_t parent, mode_t mode,
		   struct fuse_file_info *fi)
{
	create(req, parent, NULL, mode, fi);
}

/* --- closing -------------------------------------------------------------- */

struct close_job {
	struct fs_job job;
	fuse_req_t req;
	struct fs_handle *h;
	struct fs_io io;
	bool release;
};

static void close_now(fuse_req_t req, struct fs_handle *h,
		      const struct fs_io *io, bool release)
{
	uint64_t node = h->node;
	int err = 0;

	if (release) {
		fs_handle_close(h);
	} else {
		err = h->ops->flush(h, io);
		fs_handle_done(h);
	}
	fs_reply_err_at(req, node, err);
}

static void run_close(struct fs_job *job)
{
	struct close_job *c = (struct close_job *)job;

	close_now(c->req, c->h, &c->io, c->release);
	free(c);
}

static void close_or_hand_over(fuse_req_t req, struct fs_handle *h,
			       const struct fuse_file_info *fi, bool release)
{
	struct fs_io io = fs_io_of(req, fi);
	struct close_job *c = NULL;

	if (h->ops->is_slow && h->ops->is_slow(h))
		c = calloc(1, sizeof(*c));
	if (!c) {
		close_now(req, h, &io, release);
		return;
	}
	c->job.run = run_close;
	c->req = req;
	c->h = h;
	c->io = io;
	c->release = release;
	fs_worker_add(&fs_of(req)->workers, &c->job);
}

void fs_op_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct fs_handle *h = fs_handle_of(fi);

	(void)node;
	if (h->ops->flush) {
		close_or_hand_over(req, h, fi, false);
	} else {
		fs_handle_done(h);
		fs_reply_err(req, 0);
	}
}

void fs_op_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	(void)node;
	close_or_hand_over(req, fs_handle_of(fi), fi, true);
}

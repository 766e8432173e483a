/* SPDX-License-Identifier: Apache-2.0 */
/* op_dir.c - open directories, and what they hold.
 *
 * An open directory is a view, so what is added and removed meanwhile neither
 * shifts nor repeats a name: the offset of an entry is its number in that
 * view. Going back to the start takes a fresh view, as rewinddir(3) says.
 *
 *	offset 0, 1     "." and ".."
 *	then            what is stored, in byte order of the names
 *	then            what is made up: in the root, and in snapshots/
 */

#include <stdlib.h>
#include <string.h>

#include "fs/op_dir.h"

/* To look into a set, in names that are looked at. */
#define OF_COST 8u

static void drop_locked(struct fs_dir_handle *d) REQUIRES(d->lock);

static void drop_locked(struct fs_dir_handle *d)
{
	if (d->dir)
		fs_dir_close(d->dir);
	d->dir = NULL;
	rs_view_put(d->view);
	d->view = NULL;
	fs_listing_finish(&d->made_up);
}

int fs_dir_fill_locked(struct fs_dir_handle *d)
{
	struct fs_node n = fs_node_decode(d->h.node);
	int err = 0;

	drop_locked(d);
	d->stored = 0;
	d->begun = false;
	if (n.what != FS_WHAT_STORED || d->h.node == FS_INO_ROOT)
		err = fs_virtual_list(d->h.fs, d->h.node, &d->made_up);
	if (!err && d->h.node != d->dir_node)
		n = fs_node_decode(d->dir_node);
	if (err || n.what != FS_WHAT_STORED)
		return err;
	err = fs_node_view_at(d->h.fs, d->dir_node, &d->view, &d->now_ns);
	if (!err)
		err = fs_dir_open(d->view, n.ino, &d->dir);
	if (!err)
		d->stored = UINT64_MAX;
	return err;
}

static void dir_release(struct fs_handle *h)
{
	struct fs_dir_handle *d = (struct fs_dir_handle *)h;

	lock_take(&d->lock);
	drop_locked(d);
	lock_drop(&d->lock);
	lock_finish(&d->lock);
	free(d);
}

static const struct fs_file_ops dir_ops = {
	.release = dir_release,
};

static int open_dir(struct fs *fs, uint64_t node, struct fs_dir_handle **ret_d)
{
	struct fs_dir_handle *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	lock_init(&d->lock, LOCK_HANDLE);
	d->h.ops = &dir_ops;
	d->h.fs = fs;
	d->h.node = node;
	d->dir_node = node;
	d->of = !fs_q_list_of(fs, node, &d->dir_node, &d->member);
	lock_take(&d->lock);
	err = fs_dir_fill_locked(d);
	lock_drop(&d->lock);
	if (err) {
		dir_release(&d->h);
		return err;
	}
	fs_handle_add(&d->h);
	*ret_d = d;
	return 0;
}

void fs_op_opendir_now(fuse_req_t req, fuse_ino_t node,
		       struct fuse_file_info *fi)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_dir_handle *d;
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

void fs_op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	uint64_t dir, member;

	if (fs_q_list_of(fs_of(req), node, &dir, &member))
		fs_op_opendir_now(req, node, fi);
	else
		fs_op_query_opendir(req, node, fi);
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

	if (fs_node_is_q(&n))
		return fs_q_parent(fs, node);
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

static void dots(struct fs_dir_handle *d, uint64_t pos,
		 struct fs_dir_entry *ret_e)
{
	ret_e->node = pos ? parent_node(d->h.fs, d->h.node) : d->h.node;
	ret_e->type = S_IFDIR;
	memcpy(ret_e->name, pos ? ".." : ".", pos ? 3 : 2);
}

static int stored_locked(struct fs_dir_handle *d, uint64_t pos, size_t *left,
			 struct fs_dir_entry *ret_e) REQUIRES(d->lock);

/* The next one that is shown: in .q/of/ID/ only a set that has it. */
static int step_locked(struct fs_dir_handle *d, uint64_t pos, size_t *left,
		       struct fs_entry *e) REQUIRES(d->lock);

static int step_locked(struct fs_dir_handle *d, uint64_t pos, size_t *left,
		       struct fs_entry *e)
{
	bool shown = !d->of;
	int err = 0;

	for (e->next = pos; !err;) {
		err = fs_dir_step(d->dir, d->now_ns, e->next, left, e);
		if (!err && !shown && e->kind == RS_KIND_SET)
			err = fs_q_has(&d->who, d->view, e->ino, d->member,
				       &shown);
		if (err || shown)
			return err;
		if (*left < OF_COST)
			return -EAGAIN;
		*left -= OF_COST;
	}
	return err;
}

static int of_locked(struct fs_dir_handle *d, const struct fs_entry *e,
		     struct fs_dir_entry *ret_e) REQUIRES(d->lock);

static int of_locked(struct fs_dir_handle *d, const struct fs_entry *e,
		     struct fs_dir_entry *ret_e)
{
	/* What the link gets when it is looked up is not known yet. */
	ret_e->node = fs_node_stored(fs_node_decode(d->dir_node).snap, e->ino);
	ret_e->type = S_IFLNK;
	ret_e->bare = true;
	memcpy(ret_e->name, e->name, sizeof(e->name));
	return 0;
}

static int stored_locked(struct fs_dir_handle *d, uint64_t pos, size_t *left,
			 struct fs_dir_entry *ret_e)
{
	uint64_t snap = fs_node_decode(d->h.node).snap;
	struct fs_entry e;
	int err;

	err = step_locked(d, pos, left, &e);
	if (err == 0 || err == -EAGAIN)
		ret_e->next = e.next + 2;
	if (err)
		return err;
	if (d->of)
		return of_locked(d, &e, ret_e);
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

int fs_dir_entry_locked(struct fs_dir_handle *d, uint64_t pos, size_t *left,
			struct fs_dir_entry *ret_e)
{
	int err;

	ret_e->checked = false;
	ret_e->is_set = false;
	ret_e->bare = fs_op_is_query(d->h.node);
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

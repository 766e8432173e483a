/* SPDX-License-Identifier: Apache-2.0 */
/* expire.c - taking away the names of what has expired, and freeing it. */

#include "fs/expire.h"

#include <stdlib.h>
#include <string.h>

#include "fs/fs.h"
#include "regionstore/base/auto.h"

/* Freed in the txn that takes the name; more is freed in slices of its own. */
#define SMALL ((uint64_t)64 * 1024)

/* --- a batch -------------------------------------------------------------- */

/* What has lost its last name, in a batch. */
struct gone {
	uint64_t ino;
	enum rs_kind kind;
	bool left; /* some of it is still there */
};

struct batch {
	struct gone gone[FS_EXPIRE_BATCH];
	size_t n_gone, n_names;
};

static bool is_small(const struct fs_inode *in)
{
	struct rs_region_info region;
	struct bm_info set;

	if (in->obj.kind == RS_KIND_REGION)
		return !rs_region_info(&in->obj, &region) &&
		       region.stored <= SMALL;
	if (in->obj.kind == RS_KIND_SET)
		return !bm_object_info(&in->obj, &set) && set.stored <= SMALL;
	return true;
}

static int free_orphan(struct fs *fs, struct rs_txn *t, uint64_t ino,
		       struct batch *b)
{
	struct gone *g = &b->gone[b->n_gone];
	struct fs_inode in;
	bool done = false;
	int err;

	/* Opened since it was found: whoever closes it frees it. */
	if (fs_opens_orphan(&fs->opens, ino))
		return 0;
	err = fs_inode_get(rs_txn_view(t), ino, &in);
	if (err)
		return err;
	if (is_small(&in))
		err = fs_reap(t, ino, &done);
	*g = (struct gone){ ino, in.obj.kind, !done };
	b->n_gone++;
	return err;
}

static int drop_one(struct fs *fs, struct rs_txn *t, const struct fs_stale *s,
		    struct batch *b)
{
	uint64_t orphan = 0;
	int err;

	if (fs_opens_count(&fs->opens, s->ino))
		return 0;
	err = fs_expire_name(t, s->parent, s->name, fs_clock(fs), &orphan);
	if (err == -ENOENT) /* somebody was here before */
		return 0;
	if (!err)
		b->n_names++;
	return err || !orphan ? err : free_orphan(fs, t, orphan, b);
}

static int drop_in_txn(struct fs *fs, const struct fs_stale *s, size_t n,
		       struct batch *b)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	for (size_t i = 0; !err && i < n; i++)
		err = drop_one(fs, t, &s[i], b);
	if (err || !b->n_names)
		rs_txn_abort(t);
	else
		err = rs_txn_end(t);
	/* They have kept their names. */
	for (size_t i = 0; err && i < n; i++)
		fs_opens_named(&fs->opens, s[i].ino);
	return err;
}

static void after_drop(struct fs *fs, const struct batch *b,
		       const struct fs_stale *s, size_t n)
{
	for (size_t i = 0; i < b->n_gone; i++) {
		if (b->gone[i].left)
			fs_reap_later(fs, b->gone[i].ino);
		else if (b->gone[i].kind == RS_KIND_SET)
			bm_forget(fs->db, b->gone[i].ino);
	}
	for (size_t i = 0; fs->notifier.started && i < n; i++) {
		fs_notify_expired(&fs->notifier, s[i].parent, s[i].name);
		if (i == 0 || s[i].parent != s[i - 1].parent)
			fs_notify_attr(&fs->notifier, s[i].parent);
	}
}

/* Together; when something is wrong with one of them, each by itself. */
size_t fs_expire_drop(struct fs *fs, const struct fs_stale *s, size_t n)
{
	struct batch b = { .n_gone = 0 };
	size_t names = 0;
	int err;

	err = drop_in_txn(fs, s, n, &b);
	if (!err) {
		after_drop(fs, &b, s, n);
		return b.n_names;
	}
	for (size_t i = 0; n > 1 && i < n; i++)
		names += fs_expire_drop(fs, &s[i], 1);
	return names;
}

/* --- in the way of something new ------------------------------------------ */

static int clear_in_txn(struct fs *fs, uint64_t dir, const char *name,
			uint64_t *ret_orphan)
{
	struct rs_txn *t;
	int err;

	err = rs_txn_begin(fs->store, &t);
	if (err)
		return err;
	err = fs_expire_name(t, dir, name, fs_clock(fs), ret_orphan);
	return rs_txn_end_or_abort(t, err);
}

/* Also of what is open, which goes on without a name. */
bool fs_expire_clear(struct fs *fs, uint64_t dir, const char *name)
{
	uint64_t orphan = 0;

	if (clear_in_txn(fs, dir, name, &orphan))
		return false;
	fs_orphan(fs, orphan);
	return true;
}

static int open_dir(struct fs *fs, uint64_t ino, struct fs_dir **ret_dir)
{
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = fs_dir_open(v, ino, ret_dir);
	rs_view_put(v);
	return err;
}

bool fs_expire_hides_first(struct fs *fs, uint64_t ino)
{
	struct fs_entry e;
	struct fs_dir *d;
	size_t none = 0;
	bool hides;

	if (open_dir(fs, ino, &d))
		return false;
	hides = fs_dir_step(d, fs_clock(fs), 0, &none, &e) == -EAGAIN;
	fs_dir_close(d);
	return hides;
}

/* Does the directory hold only such names, and any? */
static bool hides_all(struct fs *fs, uint64_t ino)
{
	struct fs_entry e;
	struct fs_dir *d;
	bool all;

	if (open_dir(fs, ino, &d))
		return false;
	all = fs_dir_read(d, fs_clock(fs), 0, &e) == -ENOENT &&
	      fs_dir_read(d, FS_SHOW_EXPIRED, 0, &e) == 0;
	fs_dir_close(d);
	return all;
}

bool fs_expire_clear_dir(struct fs *fs, uint64_t ino)
{
	struct fs_entry e = { .next = 0 };
	struct fs_dir *d;
	bool cleared = true;

	if (!hides_all(fs, ino) || open_dir(fs, ino, &d))
		return false;
	while (cleared && !fs_dir_read(d, FS_SHOW_EXPIRED, e.next, &e))
		cleared = fs_expire_clear(fs, ino, e.name);
	fs_dir_close(d);
	return cleared;
}

/* --- all of it ------------------------------------------------------------ */

static bool is_open(void *arg, uint64_t ino)
{
	struct fs *fs = arg;

	return fs_opens_count(&fs->opens, ino) > 0;
}

int fs_expire_stretch(struct fs *fs, struct fs_sweep *s, struct fs_stale *found,
		      size_t *ret_n, bool *ret_done)
{
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = fs_sweep_next(v, s, found, FS_EXPIRE_BATCH, ret_n, ret_done);
	rs_view_put(v);
	return err;
}

static int sweep_names(struct fs *fs, struct fs_sweep *s)
{
	AUTO_FREE struct fs_stale *found =
		calloc(FS_EXPIRE_BATCH, sizeof(*found));
	bool done = false;
	int err = found ? 0 : -ENOMEM;

	while (!err && !done) {
		uint64_t began = cond_now_ns();
		size_t n = 0;

		err = fs_expire_stretch(fs, s, found, &n, &done);
		if (!err && n)
			fs_expire_drop(fs, found, n);
		if (!fs_expirer_rest(&fs->expirer, cond_now_ns() - began))
			break;
	}
	return err;
}

/* Some were looked up lately, so their names are known. */
static void drop_known(struct fs *fs, struct rs_view *v, struct fs_sweep *s)
{
	struct fs_stale *st = calloc(1, sizeof(*st));

	for (size_t i = 0; st && i < s->n_inos && i < FS_EXPIRE_BATCH; i++) {
		st->ino = s->inos[i];
		st->parent = fs_paths_name(&fs->paths, v, st->ino, st->name);
		if (st->parent)
			s->links -= fs_expire_drop(fs, st, 1);
	}
	free(st);
}

static int begin_sweep(struct fs *fs, struct fs_sweep *ret_sweep)
{
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = fs_sweep_begin(v, fs_clock(fs), is_open, fs, ret_sweep);
	if (!err)
		drop_known(fs, v, ret_sweep);
	rs_view_put(v);
	return err;
}

int fs_expire_sweep(struct fs *fs, bool *ret_any)
{
	struct fs_sweep s;
	int err;

	err = begin_sweep(fs, &s);
	if (err)
		return err;
	*ret_any = s.n_inos > 0;
	if (s.links)
		err = sweep_names(fs, &s);
	fs_sweep_finish(&s);
	return err;
}

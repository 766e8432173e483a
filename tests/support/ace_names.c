/* SPDX-License-Identifier: Apache-2.0 */
/* ace_names.c - ops that make and remove names. */
#include "tests/support/ace_priv.h"

#include <errno.h>
#include <sys/stat.h>

static int find(const struct mixed *m, const char *path, uint64_t *ret_ino,
		enum rs_kind *ret_kind)
{
	struct rs_view *v;
	int err = rs_view_live(m->store, &v);

	if (err)
		return err;
	err = fs_resolve(v, FS_SHOW_EXPIRED, FS_INO_ROOT, path, ret_ino,
			 ret_kind);
	rs_view_put(v);
	return err;
}

int ace_find(const struct mixed *m, const char *path, uint64_t *ret_ino)
{
	enum rs_kind kind;

	return find(m, path, ret_ino, &kind);
}

int ace_find_region(const struct mixed *m, const char *path, uint64_t *ret_ino)
{
	enum rs_kind kind;
	int err = find(m, path, ret_ino, &kind);

	return !err && kind != RS_KIND_REGION ? -EISDIR : err;
}

int ace_make(struct mixed *m, uint64_t dir, const char *name, uint32_t mode)
{
	const struct fs_new new = { .mode = mode,
				    .uid = 5,
				    .gid = 6,
				    .target = "../d/x",
				    .now_ns = m->now };
	struct fs_inode in;
	struct rs_txn *t;
	int err = rs_txn_begin(m->store, &t);

	return err ? err : mixed_end(m, t, fs_make(t, dir, name, &new, &in));
}

int ace_make_at(struct mixed *m, const char *dir, const char *name,
		uint32_t mode)
{
	uint64_t ino;
	int err = ace_find(m, dir, &ino);

	return err ? err : ace_make(m, ino, name, mode);
}

void ace_keep_orphan(struct mixed *m, uint64_t ino)
{
	size_t i = 0;

	if (!ino)
		return;
	while (i < MIXED_ORPHANS - 1 && m->orphans[i])
		i++;
	m->orphans[i] = ino;
}

int ace_create_set(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_make(&r->m, FS_INO_BITMAPS, "new", S_IFREG | 0644);
}

int ace_create_region(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_make_at(&r->m, "regions/d", "new", S_IFREG | 0640);
}

int ace_create_scratch(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_make(&r->m, FS_INO_BITMAPS, ".new", S_IFREG | 0600);
}

int ace_mkdir(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_make_at(&r->m, "regions/d", "e", S_IFDIR | 0755);
}

int ace_mkdir_sets(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_make(&r->m, FS_INO_BITMAPS, "e", S_IFDIR | 0755);
}

int ace_symlink(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_make(&r->m, FS_INO_REGIONS, "new", S_IFLNK | 0777);
}

int ace_fifo(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_make(&r->m, FS_INO_REGIONS, "fifo", S_IFIFO | 0600);
}

int ace_link(struct crash_run *r, struct mixed_done *done)
{
	struct fs_inode in;
	struct rs_txn *t;
	uint64_t ino;
	int err = ace_find(&r->m, "regions/q", &ino);

	(void)done;
	if (!err)
		err = rs_txn_begin(r->m.store, &t);
	return err ? err
		   : mixed_end(&r->m, t,
			       fs_link(t, ino, FS_INO_REGIONS, "q2", r->m.now,
				       &in));
}

/* Closed again at once: nothing but an orphan. */
int ace_tmpfile(struct crash_run *r, struct mixed_done *done)
{
	const struct fs_new new = { .mode = S_IFREG | 0600,
				    .now_ns = r->m.now };
	struct fs_inode in;
	struct rs_txn *t;
	int err = rs_txn_begin(r->m.store, &t);

	(void)done;
	if (!err)
		err = mixed_end(&r->m, t,
				fs_make_unnamed(t, FS_INO_REGIONS, &new, &in));
	if (!err)
		ace_keep_orphan(&r->m, in.ino);
	return err;
}

/* --- removing ------------------------------------------------------------- */

typedef int remove_fn(struct rs_txn *t, uint64_t parent, const char *name,
		      int64_t now_ns, uint64_t *ret_orphan);

static int remove_name(struct mixed *m, uint64_t dir, const char *name,
		       remove_fn *how)
{
	uint64_t orphan = 0;
	struct rs_txn *t;
	int err = rs_txn_begin(m->store, &t);

	if (!err)
		err = mixed_end(m, t, how(t, dir, name, m->now, &orphan));
	if (!err)
		ace_keep_orphan(m, orphan);
	return err;
}

int ace_unlink_region(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return remove_name(&r->m, FS_INO_REGIONS, "q", fs_unlink);
}

int ace_unlink_link(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return remove_name(&r->m, FS_INO_REGIONS, "h", fs_unlink);
}

int ace_unlink_set(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return remove_name(&r->m, FS_INO_BITMAPS, "s", fs_unlink);
}

int ace_rmdir(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return remove_name(&r->m, FS_INO_REGIONS, "e", fs_rmdir);
}

static int reap_one(struct mixed *m, uint64_t ino)
{
	bool gone = false;
	int err = 0;

	bm_forget(m->db, ino);
	while (!err && !gone) {
		struct rs_txn *t;

		err = rs_txn_begin(m->store, &t);
		if (!err)
			err = mixed_end(m, t, fs_reap(t, ino, &gone));
	}
	return err;
}

/* What earlier ops removed. */
int ace_reap(struct crash_run *r, struct mixed_done *done)
{
	int err = 0;

	(void)done;
	for (size_t i = 0; !err && i < MIXED_ORPHANS; i++) {
		uint64_t ino = r->m.orphans[i];

		r->m.orphans[i] = 0;
		if (ino)
			err = reap_one(&r->m, ino);
	}
	return err;
}

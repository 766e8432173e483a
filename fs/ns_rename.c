/* SPDX-License-Identifier: Apache-2.0 */
/* ns_rename.c - rename(2): move, replace, exchange, and make a set of it.
 *
 * Two names, four inodes at most: the directories, what is moved, and what
 * has the new name already. LOAD finds them, CHECK refuses, APPLY changes;
 * nothing is changed before all is checked.
 *
 *	from_dir/from -> moved           to_dir/to -> target, if any
 *
 * When both directories are one there is one copy of it, so that one change
 * cannot undo the other (dirs[0], and to_dir points there).
 *
 * A target that has expired is not there, and yet it has to go: it is STALE,
 * which says no more than that its object loses this name.
 *
 * A SCRATCH file is a region below bitmaps/. Moved to a name that does not
 * begin with a dot it must become a set, and what is in it must parse. That
 * is the caller's work, done outside the txn: fs_rename() says -EAGAIN and
 * fs_rename_as_set() gets the parsed content.
 */
#include <fcntl.h>
#include <stdio.h>

#include "fs/ns_entry.h"

/* A walk up to the root longer than this goes in circles. */
#define DEPTH_MAX (1u << 20)

struct move {
	const struct fs_rename *r;
	struct fs_inode dirs[2];
	struct fs_inode *from_dir, *to_dir; /* into dirs */
	struct fs_inode moved, target;
	bool has_target, stale; /* at most one of them */
};

/* --- load ----------------------------------------------------------------- */

static int load_dirs(const struct rs_view *v, struct move *m)
{
	const struct fs_rename *r = m->r;
	int err = fs_dir_get(v, r->from_parent, &m->dirs[0]);

	m->from_dir = m->to_dir = &m->dirs[0];
	if (err < 0 || r->from_parent == r->to_parent)
		return err;
	m->to_dir = &m->dirs[1];
	return fs_dir_get(v, r->to_parent, &m->dirs[1]);
}

static int load_inode(const struct rs_view *v, uint64_t parent,
		      const char *name, struct fs_inode *ret_inode)
{
	struct fs_target target;
	int err = fs_entry_get(v, parent, name, &target);

	return err < 0 ? err : fs_target_inode(v, &target, ret_inode);
}

static int load(const struct rs_view *v, const struct fs_rename *r,
		struct move *m)
{
	int err = fs_name_check(r->from);

	m->r = r;
	if (err == 0)
		err = fs_name_check(r->to);
	if (err == 0)
		err = load_dirs(v, m);
	if (err == 0)
		err = load_inode(v, r->from_parent, r->from, &m->moved);
	if (err == 0 && fs_attr_expired(&m->moved.attr, r->now_ns))
		err = -ENOENT;
	if (err)
		return err;
	err = load_inode(v, r->to_parent, r->to, &m->target);
	m->stale = err == 0 && fs_attr_expired(&m->target.attr, r->now_ns);
	m->has_target = err == 0 && !m->stale;
	return err == -ENOENT ? 0 : err;
}

/* --- check ---------------------------------------------------------------- */

static bool is_dir(const struct fs_inode *in)
{
	return in->obj.kind == RS_KIND_DIR;
}

static bool exchanges(const struct move *m)
{
	return m->r->flags & RENAME_EXCHANGE;
}

/* Both names lead to one inode already: POSIX says that nothing happens. */
static bool is_same(const struct move *m)
{
	return m->has_target && m->moved.ino == m->target.ino;
}

static int check_flags(unsigned flags)
{
	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if ((flags & RENAME_NOREPLACE) && (flags & RENAME_EXCHANGE))
		return -EINVAL;
	return 0;
}

/* -EINVAL when the directory dir is top or lies below it. */
static int check_not_below(const struct rs_view *v, uint64_t dir, uint64_t top)
{
	struct fs_inode in;

	for (unsigned i = 0; i < DEPTH_MAX; i++) {
		int err;

		if (dir == top)
			return -EINVAL;
		if (dir == FS_INO_ROOT)
			return 0;
		err = fs_inode_get(v, dir, &in);
		if (err < 0)
			return err == -ENOENT ? -EUCLEAN : err;
		dir = in.attr.parent;
	}
	return -EUCLEAN;
}

/* No directory becomes its own ancestor. */
static int check_loop(const struct rs_view *v, const struct move *m)
{
	int err = 0;

	if (m->from_dir == m->to_dir)
		return 0;
	if (is_dir(&m->moved))
		err = check_not_below(v, m->r->to_parent, m->moved.ino);
	if (err == 0 && exchanges(m) && is_dir(&m->target))
		err = check_not_below(v, m->r->from_parent, m->target.ino);
	return err;
}

static int check_replace(const struct rs_view *v, const struct move *m)
{
	bool any = false;
	int err;

	if (is_dir(&m->moved) && !is_dir(&m->target))
		return -ENOTDIR;
	if (!is_dir(&m->moved) && is_dir(&m->target))
		return -EISDIR;
	if (!is_dir(&m->target))
		return 0;
	err = fs_entry_any(v, m->target.ino, &any);
	return err < 0 ? err : any ? -ENOTEMPTY : 0;
}

/* How many directories the new parent has more, and the old one fewer. */
static int dirs_gained(const struct move *m)
{
	bool back = exchanges(m) && is_dir(&m->target);

	return m->from_dir == m->to_dir ? 0 : is_dir(&m->moved) - back;
}

static int check_links(const struct move *m)
{
	int gained = dirs_gained(m);
	bool replaces = m->has_target && !exchanges(m) && is_dir(&m->target);

	if (gained > 0 && !replaces && m->to_dir->attr.nlink >= FS_LINK_MAX)
		return -EMLINK;
	if (gained < 0 && m->from_dir->attr.nlink >= FS_LINK_MAX)
		return -EMLINK;
	return 0;
}

static int check(const struct rs_view *v, const struct move *m)
{
	int err;

	if (m->has_target && (m->r->flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (!m->has_target && exchanges(m))
		return -ENOENT;
	if (is_same(m))
		return 0;
	/* The root is in no realm, and its names stay. */
	if (m->from_dir->attr.realm == FS_REALM_NONE ||
	    m->to_dir->attr.realm == FS_REALM_NONE)
		return -EPERM;
	if (m->from_dir->attr.realm != m->to_dir->attr.realm)
		return -EXDEV;
	err = check_loop(v, m);
	if (err == 0 && m->has_target && !exchanges(m))
		err = check_replace(v, m);
	return err < 0 ? err : check_links(m);
}

/* --- scratch files -------------------------------------------------------- */

static bool becomes_set(const struct fs_inode *in, const char *name)
{
	return in->obj.kind == RS_KIND_REGION &&
	       in->attr.realm == FS_REALM_BITMAPS && !fs_name_is_scratch(name);
}

/* The one of the two that must become a set, or NULL. */
static struct fs_inode *find_scratch(struct move *m)
{
	if (becomes_set(&m->moved, m->r->to))
		return &m->moved;
	if (exchanges(m) && m->has_target &&
	    becomes_set(&m->target, m->r->from))
		return &m->target;
	return NULL;
}

static int convert(struct rs_txn *t, const struct fs_inode *dir,
		   struct fs_inode *in, struct bm_stage *st)
{
	int err = rs_region_truncate(t, in->ino, &in->obj, 0);

	if (err < 0)
		return err;
	in->obj.kind = RS_KIND_SET;
	bm_object_init(&in->obj);
	err = fs_hand_down(dir, &in->obj);
	return err < 0 ? err : bm_stage_apply(t, st, &in->obj);
}

/* --- apply ---------------------------------------------------------------- */

/* in has its name in dir now. */
static int settle_in(struct rs_txn *t, const struct fs_inode *dir,
		     const char *name, struct fs_inode *in, int64_t now_ns)
{
	int err = fs_entry_put(t, dir->ino, name, in);

	if (err < 0)
		return err;
	if (is_dir(in))
		in->attr.parent = dir->ino;
	in->attr.ctime_ns = now_ns;
	return fs_inode_put(t, in);
}

static int touch_dirs(struct rs_txn *t, struct move *m)
{
	int err = fs_dir_touch(t, m->from_dir, m->r->now_ns);

	if (err < 0 || m->from_dir == m->to_dir)
		return err;
	return fs_dir_touch(t, m->to_dir, m->r->now_ns);
}

/* The name moved to is free for moved. */
static int make_way(struct rs_txn *t, struct move *m, uint64_t *ret_orphan)
{
	if (!m->has_target && !m->stale)
		return 0;
	if (is_dir(&m->target))
		m->to_dir->attr.nlink--;
	return fs_inode_unname(t, &m->target, m->r->now_ns, ret_orphan);
}

static int apply(struct rs_txn *t, struct move *m, uint64_t *ret_orphan)
{
	const struct fs_rename *r = m->r;
	uint64_t orphan = 0;
	int gained = dirs_gained(m);
	int err;

	m->from_dir->attr.nlink -= (uint32_t)gained;
	m->to_dir->attr.nlink += (uint32_t)gained;
	if (exchanges(m)) {
		err = settle_in(t, m->from_dir, r->from, &m->target, r->now_ns);
	} else {
		err = make_way(t, m, &orphan);
		if (err == 0)
			err = fs_entry_del(t, r->from_parent, r->from);
	}
	if (err == 0)
		err = settle_in(t, m->to_dir, r->to, &m->moved, r->now_ns);
	if (err == 0)
		err = touch_dirs(t, m);
	if (err == 0)
		*ret_orphan = orphan;
	return err;
}

/* --- the calls ------------------------------------------------------------ */

static int prepare(const struct rs_view *v, const struct fs_rename *r,
		   struct move *m)
{
	int err = check_flags(r->flags);

	if (err == 0)
		err = load(v, r, m);
	return err ? err : check(v, m);
}

int fs_rename(struct rs_txn *t, const struct fs_rename *r, uint64_t *ret_orphan)
{
	struct move m;
	int err = prepare(rs_txn_view(t), r, &m);

	if (err)
		return err;
	if (is_same(&m)) {
		*ret_orphan = 0;
		return 0;
	}
	return find_scratch(&m) ? -EAGAIN : apply(t, &m, ret_orphan);
}

int fs_rename_scratch(const struct rs_view *v, const struct fs_rename *r,
		      uint64_t *ret_ino)
{
	const struct fs_inode *scratch;
	struct move m;
	int err = prepare(v, r, &m);

	if (err)
		return err;
	scratch = is_same(&m) ? NULL : find_scratch(&m);
	*ret_ino = scratch ? scratch->ino : 0;
	return 0;
}

int fs_rename_as_set(struct rs_txn *t, const struct fs_rename *r,
		     struct bm_stage *st, uint64_t *ret_orphan)
{
	struct fs_inode *scratch;
	struct move m;
	int err = prepare(rs_txn_view(t), r, &m);

	if (err)
		return err;
	scratch = is_same(&m) ? NULL : find_scratch(&m);
	if (!scratch)
		return -EAGAIN;
	/* Its other names say that they lead to bytes. */
	if (scratch->attr.nlink > 1)
		return -EPERM;
	err = convert(t, scratch == &m.moved ? m.to_dir : m.from_dir, scratch,
		      st);
	return err < 0 ? err : apply(t, &m, ret_orphan);
}

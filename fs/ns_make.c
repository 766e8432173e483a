/* SPDX-License-Identifier: Apache-2.0 */
/* ns_make.c - new objects: what kind they are, what they inherit.
 *
 * The mode says what is asked for; where says what it becomes. A regular file
 * is a set below bitmaps/ unless its name begins with a dot, and a region
 * everywhere else.
 */
#include <sys/stat.h>

#include "fs/ns_entry.h"

#define GENERATION 1u /* numbers are never used again, so one will do */

/* name is NULL for a file without one. */
static int choose_kind(uint32_t mode, enum fs_realm realm, const char *name,
		       enum rs_kind *ret_kind)
{
	bool scratch = name && fs_name_is_scratch(name);

	switch (mode & S_IFMT) {
	case S_IFREG:
	case 0: /* mknod(2): no type is a regular file */
		*ret_kind = realm == FS_REALM_BITMAPS && !scratch
				    ? RS_KIND_SET
				    : RS_KIND_REGION;
		return 0;
	case S_IFDIR:
		*ret_kind = RS_KIND_DIR;
		return 0;
	case S_IFLNK:
		*ret_kind = RS_KIND_SYMLINK;
		return 0;
	case S_IFIFO:
		*ret_kind = RS_KIND_FIFO;
		return 0;
	case S_IFSOCK:
		*ret_kind = RS_KIND_SOCKET;
		return 0;
	case S_IFCHR:
		*ret_kind = RS_KIND_CHARDEV;
		return 0;
	case S_IFBLK:
		*ret_kind = RS_KIND_BLOCKDEV;
		return 0;
	default:
		return -EINVAL;
	}
}

static int init_body(struct rs_txn *t, struct rs_object *obj,
		     const struct fs_new *n)
{
	if (obj->kind == RS_KIND_REGION)
		rs_region_init(obj);
	else if (obj->kind == RS_KIND_SET)
		bm_object_init(obj);
	else if (obj->kind == RS_KIND_SYMLINK)
		return fs_symlink_init(t, obj, n->target);
	return 0;
}

static uint32_t choose_mode(enum rs_kind kind, const struct fs_inode *dir,
			    uint32_t mode)
{
	uint32_t perm = kind == RS_KIND_SYMLINK ? 0777 : mode & 07777;

	if (kind == RS_KIND_DIR)
		perm |= dir->attr.mode & S_ISGID;
	return perm | fs_kind_mode(kind);
}

int fs_hand_down(const struct fs_inode *dir, struct rs_object *set)
{
	int err = 0;

	if (dir->attr.segment_bytes)
		err = bm_object_set_segment_bytes(set, dir->attr.segment_bytes);
	if (!err && dir->attr.shards)
		err = bm_object_set_shards(set, dir->attr.shards);
	return err;
}

/* Everything but the links, which depend on the name. */
static int build(struct rs_txn *t, const struct fs_inode *dir, const char *name,
		 const struct fs_new *n, struct fs_inode *in)
{
	enum rs_kind kind = RS_KIND_REGION;
	int err = choose_kind(n->mode, dir->attr.realm, name, &kind);
	bool is_device = kind == RS_KIND_CHARDEV || kind == RS_KIND_BLOCKDEV;
	bool hands_down = dir->attr.mode & S_ISGID;

	if (err < 0)
		return err;
	in->ino = rs_txn_new_id(t);
	in->obj = (struct rs_object){ .kind = kind };
	in->attr = (struct fs_attr){
		.mode = choose_mode(kind, dir, n->mode),
		.uid = n->uid,
		.gid = hands_down ? dir->attr.gid : n->gid,
		.rdev = is_device ? n->rdev : 0,
		.realm = dir->attr.realm,
		.parent = kind == RS_KIND_DIR ? dir->ino : 0,
		.generation = GENERATION,
		.segment_bytes =
			kind == RS_KIND_DIR ? dir->attr.segment_bytes : 0,
		.shards = kind == RS_KIND_DIR ? dir->attr.shards : 0,
		.atime_ns = n->now_ns,
		.mtime_ns = n->now_ns,
		.ctime_ns = n->now_ns,
		.btime_ns = n->now_ns,
	};
	err = init_body(t, &in->obj, n);
	return err == 0 && kind == RS_KIND_SET ? fs_hand_down(dir, &in->obj)
					       : err;
}

/* The new inode takes its place in the directory. */
static int add(struct rs_txn *t, struct fs_inode *dir, const char *name,
	       struct fs_inode *in)
{
	int err;

	in->attr.nlink = 1;
	if (in->obj.kind == RS_KIND_DIR) {
		if (dir->attr.nlink >= FS_LINK_MAX)
			return -EMLINK;
		dir->attr.nlink++;
		in->attr.nlink = 2;
	}
	err = fs_entry_put(t, dir->ino, name, in);
	return err < 0 ? err : fs_inode_put(t, in);
}

int fs_make(struct rs_txn *t, uint64_t parent, const char *name,
	    const struct fs_new *n, struct fs_inode *ret_inode)
{
	struct fs_inode dir, in;
	int err = fs_dir_for_new(rs_txn_view(t), parent, name, &dir);

	if (err < 0)
		return err;
	err = build(t, &dir, name, n, &in);
	if (err == 0)
		err = add(t, &dir, name, &in);
	if (err == 0)
		err = fs_dir_touch(t, &dir, n->now_ns);
	if (err == 0)
		*ret_inode = in;
	return err;
}

int fs_make_unnamed(struct rs_txn *t, uint64_t parent, const struct fs_new *n,
		    struct fs_inode *ret_inode)
{
	struct fs_inode dir, in;
	int err = fs_dir_get(rs_txn_view(t), parent, &dir);

	if (err < 0)
		return err;
	if ((n->mode & S_IFMT) != S_IFREG)
		return -EINVAL;
	if (dir.attr.realm == FS_REALM_NONE)
		return -EPERM;
	err = build(t, &dir, NULL, n, &in);
	if (err == 0)
		err = fs_orphan_put(t, in.ino);
	if (err == 0)
		err = fs_inode_put(t, &in);
	if (err == 0)
		*ret_inode = in;
	return err;
}

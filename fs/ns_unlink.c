/* SPDX-License-Identifier: Apache-2.0 */
/* ns_unlink.c - names go: unlink(2) and rmdir(2).
 *
 * What had its last name taken is not gone: a program may have it open. It
 * becomes an orphan, and ns_reap.c frees it when the caller says so.
 */
#include "fs/ns_entry.h"

struct removal {
	struct fs_inode dir, in;
};

static int find(const struct rs_view *v, uint64_t parent, const char *name,
		int64_t now_ns, struct removal *rm)
{
	struct fs_target target;
	int err = fs_name_check(name);

	if (err < 0)
		return err;
	err = fs_dir_get(v, parent, &rm->dir);
	if (err < 0)
		return err;
	err = fs_entry_get(v, parent, name, &target);
	if (err < 0)
		return err;
	err = fs_target_inode(v, &target, &rm->in);
	if (err < 0)
		return err;
	if (fs_attr_expired(&rm->in.attr, now_ns))
		return -ENOENT;
	/* The root is in no realm and its names stay. */
	return rm->dir.attr.realm == FS_REALM_NONE ? -EPERM : 0;
}

static int take_away(struct rs_txn *t, struct removal *rm, const char *name,
		     int64_t now_ns, uint64_t *ret_orphan)
{
	uint64_t orphan;
	int err = fs_entry_del(t, rm->dir.ino, name);

	if (err == 0)
		err = fs_inode_unname(t, &rm->in, now_ns, &orphan);
	if (err == 0)
		err = fs_dir_touch(t, &rm->dir, now_ns);
	if (err == 0)
		*ret_orphan = orphan;
	return err;
}

int fs_unlink(struct rs_txn *t, uint64_t parent, const char *name,
	      int64_t now_ns, uint64_t *ret_orphan)
{
	struct removal rm;
	int err = find(rs_txn_view(t), parent, name, now_ns, &rm);

	if (err < 0)
		return err;
	if (rm.in.obj.kind == RS_KIND_DIR)
		return -EISDIR;
	return take_away(t, &rm, name, now_ns, ret_orphan);
}

int fs_rmdir(struct rs_txn *t, uint64_t parent, const char *name,
	     int64_t now_ns, uint64_t *ret_orphan)
{
	struct removal rm;
	bool any = false;
	int err = find(rs_txn_view(t), parent, name, now_ns, &rm);

	if (err < 0)
		return err;
	if (rm.in.obj.kind != RS_KIND_DIR)
		return -ENOTDIR;
	err = fs_entry_any(rs_txn_view(t), rm.in.ino, &any);
	if (err < 0)
		return err;
	if (any)
		return -ENOTEMPTY;
	if (rm.dir.attr.nlink <= 2)
		return -EUCLEAN;
	rm.dir.attr.nlink--;
	return take_away(t, &rm, name, now_ns, ret_orphan);
}

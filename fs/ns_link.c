/* SPDX-License-Identifier: Apache-2.0 */
/* ns_link.c - one more name for an object, or the first for one without. */
#include "fs/ns_entry.h"

static int may_link(const struct fs_inode *in, const struct fs_inode *dir,
		    const char *name)
{
	bool scratch = in->obj.kind == RS_KIND_REGION &&
		       in->attr.realm == FS_REALM_BITMAPS;

	if (in->obj.kind == RS_KIND_DIR)
		return -EPERM;
	if (in->attr.realm != dir->attr.realm)
		return -EXDEV;
	/* Below one name it would be bytes and below the other a set. */
	if (scratch && !fs_name_is_scratch(name))
		return -EPERM;
	return in->attr.nlink >= FS_LINK_MAX ? -EMLINK : 0;
}

static int add_link(struct rs_txn *t, struct fs_inode *in, struct fs_inode *dir,
		    const char *name, int64_t now_ns)
{
	int err = 0;

	/* Made by fs_make_unnamed(): one that was unlinked the kernel does
	 * not let through. Either way no longer an orphan. */
	if (in->attr.nlink == 0)
		err = fs_orphan_del(t, in->ino);
	if (err < 0)
		return err;
	in->attr.nlink++;
	in->attr.ctime_ns = now_ns;
	err = fs_entry_put(t, dir->ino, name, in);
	if (err == 0)
		err = fs_inode_put(t, in);
	return err < 0 ? err : fs_dir_touch(t, dir, now_ns);
}

int fs_link(struct rs_txn *t, uint64_t ino, uint64_t parent, const char *name,
	    int64_t now_ns, struct fs_inode *ret_inode)
{
	struct fs_inode in, dir;
	int err = fs_inode_get(rs_txn_view(t), ino, &in);

	if (err == 0 && fs_attr_expired(&in.attr, now_ns))
		err = -ENOENT;
	if (err < 0)
		return err;
	err = fs_dir_for_new(rs_txn_view(t), parent, name, &dir);
	if (err == 0)
		err = may_link(&in, &dir, name);
	if (err == 0)
		err = add_link(t, &in, &dir, name, now_ns);
	if (err == 0)
		*ret_inode = in;
	return err;
}

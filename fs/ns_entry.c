/* SPDX-License-Identifier: Apache-2.0 */
/* ns_entry.c - entry records, orphan records, and what every change of a
 * directory has in common.
 *
 *	(0x11, parent, name) -> le64 ino, u8 kind
 *	(0x13, ino) -> nothing
 *
 * The kind is in the entry so that listing needs no object.
 */
#include "fs/ns_entry.h"

struct disk_entry {
	struct le64 ino;
	uint8_t kind;
};
_Static_assert(sizeof(struct disk_entry) == 9, "format.md");

int fs_target_decode(const void *val, size_t len, struct fs_target *ret_target)
{
	struct disk_entry d;

	if (len != sizeof(d))
		return -EUCLEAN;
	memcpy(&d, val, sizeof(d));
	if (d.kind < RS_KIND_DIR || d.kind > RS_KIND_BLOCKDEV ||
	    le64_get(d.ino) == 0)
		return -EUCLEAN;
	ret_target->ino = le64_get(d.ino);
	ret_target->kind = (enum rs_kind)d.kind;
	return 0;
}

int fs_entry_get(const struct rs_view *v, uint64_t parent, const char *name,
		 struct fs_target *ret_target)
{
	struct fs_key k = fs_key_name(RS_KEY_ENTRY, parent, name);
	struct disk_entry d;
	size_t len;
	int err = rs_get(v, k.b, k.len, &d, sizeof(d), &len, NULL);

	if (err == -ERANGE)
		return -EUCLEAN;
	return err < 0 ? err : fs_target_decode(&d, len, ret_target);
}

int fs_entry_put(struct rs_txn *t, uint64_t parent, const char *name,
		 const struct fs_inode *in)
{
	struct fs_key k = fs_key_name(RS_KEY_ENTRY, parent, name);
	struct disk_entry d = { le64_put(in->ino), (uint8_t)in->obj.kind };

	return rs_put(t, k.b, k.len, &d, sizeof(d), 0);
}

int fs_entry_del(struct rs_txn *t, uint64_t parent, const char *name)
{
	struct fs_key k = fs_key_name(RS_KEY_ENTRY, parent, name);

	return rs_del(t, k.b, k.len);
}

int fs_entry_any(const struct rs_view *v, uint64_t dir, bool *ret_any)
{
	struct fs_key k = fs_key_first(RS_KEY_ENTRY, dir);
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, k.b, k.len);
	if (err == 0 || err == -ENOENT) {
		*ret_any = err == 0 && fs_key_below(&c, RS_KEY_ENTRY, dir);
		err = 0;
	}
	rs_cursor_finish(&c);
	return err;
}

int fs_target_inode(const struct rs_view *v, const struct fs_target *target,
		    struct fs_inode *ret_inode)
{
	int err = fs_inode_get(v, target->ino, ret_inode);

	if (err == -ENOENT || (err == 0 && ret_inode->obj.kind != target->kind))
		return -EUCLEAN;
	return err;
}

int fs_dir_get(const struct rs_view *v, uint64_t ino,
	       struct fs_inode *ret_inode)
{
	int err = fs_inode_get(v, ino, ret_inode);

	if (err < 0)
		return err;
	if (ret_inode->obj.kind != RS_KIND_DIR)
		return -ENOTDIR;
	return ret_inode->attr.nlink ? 0 : -ENOENT;
}

int fs_dir_for_new(const struct rs_view *v, uint64_t ino, const char *name,
		   struct fs_inode *ret_inode)
{
	struct fs_target taken;
	int err = fs_name_check(name);

	if (err < 0)
		return err;
	err = fs_dir_get(v, ino, ret_inode);
	if (err < 0)
		return err;
	err = fs_entry_get(v, ino, name, &taken);
	if (err != -ENOENT)
		return err == 0 ? -EEXIST : err;
	/* Only the root is in no realm; what it holds is fixed. */
	return ret_inode->attr.realm == FS_REALM_NONE ? -EPERM : 0;
}

int fs_dir_touch(struct rs_txn *t, struct fs_inode *dir, int64_t now_ns)
{
	dir->attr.mtime_ns = now_ns;
	dir->attr.ctime_ns = now_ns;
	return fs_inode_put(t, dir);
}

int fs_orphan_put(struct rs_txn *t, uint64_t ino)
{
	struct fs_key k = fs_key_first(RS_KEY_ORPHAN, ino);

	return rs_put(t, k.b, k.len, "", 0, 0);
}

int fs_orphan_del(struct rs_txn *t, uint64_t ino)
{
	struct fs_key k = fs_key_first(RS_KEY_ORPHAN, ino);

	return rs_del(t, k.b, k.len);
}

int fs_inode_unname(struct rs_txn *t, struct fs_inode *in, int64_t now_ns,
		    uint64_t *ret_orphan)
{
	bool is_dir = in->obj.kind == RS_KIND_DIR;
	int err = 0;

	if (in->attr.nlink < (is_dir ? 2 : 1))
		return -EUCLEAN;
	in->attr.nlink = is_dir ? 0 : in->attr.nlink - 1;
	in->attr.ctime_ns = now_ns;
	if (in->attr.nlink == 0)
		err = fs_orphan_put(t, in->ino);
	/* It goes now, and not by itself later. */
	if (err == 0 && in->attr.nlink == 0 && !is_dir)
		err = fs_expire_set(t, in, 0, 0);
	if (err == 0)
		err = fs_inode_put(t, in);
	if (err == 0)
		*ret_orphan = in->attr.nlink ? 0 : in->ino;
	return err;
}

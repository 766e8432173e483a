/* SPDX-License-Identifier: Apache-2.0 */
/* ns_format.c - the three directories that every store has. */
#include <sys/stat.h>

#include "fs/ns_entry.h"

static int put_dir(struct rs_txn *t, struct fs_attr attr, uint64_t ino,
		   enum fs_realm realm)
{
	struct fs_inode in = {
		.ino = ino,
		.attr = attr,
		.obj = { .kind = RS_KIND_DIR },
	};

	in.attr.realm = realm;
	in.attr.nlink = ino == FS_INO_ROOT ? 4 : 2;
	return fs_inode_put(t, &in);
}

static int put_name(struct rs_txn *t, const char *name, uint64_t ino)
{
	struct fs_inode in = { .ino = ino, .obj = { .kind = RS_KIND_DIR } };

	return fs_entry_put(t, FS_INO_ROOT, name, &in);
}

static int put_all(struct rs_txn *t, struct fs_attr attr)
{
	struct rs_object obj;
	int err = rs_object_get(rs_txn_view(t), FS_INO_ROOT, &obj);

	if (err != -ENOENT)
		return err == 0 ? -EEXIST : err;
	err = put_dir(t, attr, FS_INO_ROOT, FS_REALM_NONE);
	if (err == 0)
		err = put_dir(t, attr, FS_INO_BITMAPS, FS_REALM_BITMAPS);
	if (err == 0)
		err = put_dir(t, attr, FS_INO_REGIONS, FS_REALM_REGIONS);
	if (err == 0)
		err = put_name(t, "bitmaps", FS_INO_BITMAPS);
	return err < 0 ? err : put_name(t, "regions", FS_INO_REGIONS);
}

int fs_format(struct rs_store *s, uint32_t uid, uint32_t gid, int64_t now_ns)
{
	struct fs_attr attr = {
		.mode = S_IFDIR | 0755,
		.uid = uid,
		.gid = gid,
		.parent = FS_INO_ROOT,
		.generation = 1,
		.atime_ns = now_ns,
		.mtime_ns = now_ns,
		.ctime_ns = now_ns,
		.btime_ns = now_ns,
	};
	struct rs_txn *t;
	int err = rs_txn_begin(s, &t);

	if (err < 0)
		return err;
	err = put_all(t, attr);
	err = rs_txn_end_or_abort(t, err);
	return err < 0 ? err : rs_sync(s);
}

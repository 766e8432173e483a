/* SPDX-License-Identifier: Apache-2.0 */
/* ns_inode.c - an inode: one object, its attributes, what stat(2) says. */
#include <sys/stat.h>

#include "fs/ns_entry.h"

#define DIR_SIZE   4096 /* what is said of every directory */
#define SECTOR	   512u
#define NS_PER_SEC 1000000000

uint32_t fs_kind_mode(enum rs_kind kind)
{
	switch (kind) {
	case RS_KIND_DIR:
		return S_IFDIR;
	case RS_KIND_REGION:
	case RS_KIND_SET:
		return S_IFREG;
	case RS_KIND_SYMLINK:
		return S_IFLNK;
	case RS_KIND_FIFO:
		return S_IFIFO;
	case RS_KIND_SOCKET:
		return S_IFSOCK;
	case RS_KIND_CHARDEV:
		return S_IFCHR;
	case RS_KIND_BLOCKDEV:
		return S_IFBLK;
	}
	return 0;
}

int fs_inode_get(const struct rs_view *v, uint64_t ino,
		 struct fs_inode *ret_inode)
{
	int err = rs_object_get(v, ino, &ret_inode->obj);

	if (err < 0)
		return err;
	err = fs_attr_decode(ret_inode->obj.attr, ret_inode->obj.attr_len,
			     &ret_inode->attr);
	if (err < 0)
		return err;
	if ((ret_inode->attr.mode & S_IFMT) !=
	    fs_kind_mode(ret_inode->obj.kind))
		return -EUCLEAN;
	ret_inode->ino = ino;
	return 0;
}

int fs_inode_put(struct rs_txn *t, struct fs_inode *in)
{
	int err;

	err = fs_attr_encode(&in->attr, in->obj.attr, &in->obj.attr_len);
	return err < 0 ? err : rs_object_put(t, in->ino, &in->obj);
}

static struct timespec to_timespec(int64_t ns)
{
	struct timespec ts = { ns / NS_PER_SEC, ns % NS_PER_SEC };

	/* Before 1970 the fraction still counts upwards. */
	if (ts.tv_nsec < 0) {
		ts.tv_sec -= 1;
		ts.tv_nsec += NS_PER_SEC;
	}
	return ts;
}

/* Tools take fewer blocks than bytes for a hole and skip it: a set, whose
 * text is nowhere, and the inline bytes of a region count as written. */
static int stat_size(const struct fs_inode *in, uint64_t *ret_size,
		     uint64_t *ret_stored)
{
	struct rs_region_info region;
	struct bm_info set;
	int err = 0;

	switch (in->obj.kind) {
	case RS_KIND_REGION:
		err = rs_region_info(&in->obj, &region);
		if (err < 0)
			return err;
		*ret_size = region.size;
		*ret_stored = region.stored;
		return 0;
	case RS_KIND_SET:
		err = bm_object_info(&in->obj, &set);
		if (err < 0)
			return err;
		*ret_size = *ret_stored = set.text_size;
		return 0;
	case RS_KIND_SYMLINK:
		*ret_stored = 0;
		return fs_symlink_len(in, ret_size);
	case RS_KIND_DIR:
		*ret_size = DIR_SIZE;
		*ret_stored = 0;
		return 0;
	case RS_KIND_FIFO:
	case RS_KIND_SOCKET:
	case RS_KIND_CHARDEV:
	case RS_KIND_BLOCKDEV:
		*ret_size = *ret_stored = 0;
		return 0;
	}
	return -EUCLEAN;
}

int fs_inode_stat(const struct fs_inode *in, struct stat *ret_st)
{
	const struct fs_attr *a = &in->attr;
	uint64_t size, stored;
	int err = stat_size(in, &size, &stored);

	if (err < 0)
		return err;
	if (size > INT64_MAX)
		return -EUCLEAN;
	*ret_st = (struct stat){
		.st_ino = in->ino,
		.st_mode = a->mode,
		.st_nlink = a->nlink,
		.st_uid = a->uid,
		.st_gid = a->gid,
		.st_rdev = a->rdev,
		.st_size = (off_t)size,
		.st_blksize = RS_PAGE_SIZE,
		.st_blocks = (blkcnt_t)(stored / SECTOR + !!(stored % SECTOR)),
		.st_atim = to_timespec(a->atime_ns),
		.st_mtim = to_timespec(a->mtime_ns),
		.st_ctim = to_timespec(a->ctime_ns),
	};
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_symlink.c - the target of a symlink: the body of its object, a blob. */
#include "fs/ns_entry.h"

#define INLINE_MAX 1023u

int fs_symlink_init(struct rs_txn *t, struct rs_object *obj, const char *target)
{
	size_t len = target ? strlen(target) : 0;

	if (len == 0)
		return -ENOENT; /* as symlink(2) says of an empty one */
	if (len > FS_SYMLINK_MAX)
		return -ENAMETOOLONG;
	return fs_blob_put(t, target, len, INLINE_MAX, obj->body,
			   &obj->body_len);
}

int fs_symlink_len(const struct fs_inode *in, uint64_t *ret_len)
{
	size_t len;
	int err = fs_blob_len(in->obj.body, in->obj.body_len, &len);

	if (err < 0)
		return err;
	if (len == 0 || len > FS_SYMLINK_MAX)
		return -EUCLEAN;
	*ret_len = len;
	return 0;
}

int fs_readlink(const struct rs_view *v, const struct fs_inode *in,
		char ret_target[FS_SYMLINK_MAX + 1])
{
	uint64_t len;
	int err;

	if (in->obj.kind != RS_KIND_SYMLINK)
		return -EINVAL;
	err = fs_symlink_len(in, &len);
	if (err < 0)
		return err;
	err = fs_blob_get(v, in->obj.body, in->obj.body_len, ret_target);
	if (err < 0)
		return err;
	ret_target[len] = '\0';
	return 0;
}

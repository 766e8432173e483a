/* SPDX-License-Identifier: Apache-2.0 */
/* ns_name.c - names, and the way from one to an inode.
 *
 * A name is 1 to 255 bytes, any but / and NUL; they need not be text in any
 * encoding. "." and ".." are no entries: the kernel knows what they mean.
 */
#include "fs/ns_entry.h"

int fs_name_check(const char *name)
{
	size_t len = strlen(name);

	if (len > FS_NAME_MAX)
		return -ENAMETOOLONG;
	if (len == 0 || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return -EINVAL;
	return 0;
}

bool fs_name_is_scratch(const char *name)
{
	return name[0] == '.';
}

int fs_lookup(const struct rs_view *v, int64_t now_ns, uint64_t parent,
	      const char *name, uint64_t *ret_ino, enum rs_kind *ret_kind)
{
	struct fs_target target;
	bool expired = false;
	int err = fs_name_check(name);

	if (err < 0)
		return err;
	err = fs_entry_get(v, parent, name, &target);
	if (err == 0)
		err = fs_target_expired(v, &target, now_ns, &expired);
	if (err < 0)
		return err;
	if (expired)
		return -ENOENT;
	*ret_ino = target.ino;
	*ret_kind = target.kind;
	return 0;
}

/* Take the first component off *path; false at the end. A long one is cut
 * behind the limit, where fs_name_check() finds it too long. */
static bool next_name(const char **path, char name[FS_NAME_MAX + 2])
{
	const char *p = *path + strspn(*path, "/");
	size_t len = strcspn(p, "/");
	size_t kept = len > FS_NAME_MAX ? FS_NAME_MAX + 1 : len;

	memcpy(name, p, kept);
	name[kept] = '\0';
	*path = p + len;
	return len > 0;
}

int fs_resolve(const struct rs_view *v, int64_t now_ns, uint64_t dir,
	       const char *path, uint64_t *ret_ino, enum rs_kind *ret_kind)
{
	enum rs_kind kind = RS_KIND_DIR;
	char name[FS_NAME_MAX + 2];
	uint64_t ino = dir;

	while (next_name(&path, name)) {
		int err = 0;

		if (kind != RS_KIND_DIR)
			return -ENOTDIR;
		if (strcmp(name, ".") != 0)
			err = fs_lookup(v, now_ns, ino, name, &ino, &kind);
		if (err < 0)
			return err;
		/* "file/" asks for a directory. */
		if (*path == '/' && kind != RS_KIND_DIR)
			return -ENOTDIR;
	}
	*ret_ino = ino;
	*ret_kind = kind;
	return 0;
}

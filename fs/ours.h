/* SPDX-License-Identifier: Apache-2.0 */
/* ours.h - the extended attributes user.roarfs.*.
 *
 *	of a set	count min max stored segments shards: made up from its
 *			header; only to be read
 *	of a file	ttl: settable; expires: settable, follows from ttl
 *	of a directory	below bitmaps/: shards and segment_bytes, settable,
 *			inherited by what is made in it; a set shows them and
 *			cannot change them
 *
 * Only what somebody set is listed. What is made up is found
 * by name alone, or cp -a, tar --xattrs and rsync -X would try to set it on
 * the copy; expires is left out because an old backup would be restored to
 * files that are gone at once, while a ttl begins anew.
 *
 * What is refused is said in .ctl/errors, in words.
 *
 * Threads: any.
 */
#ifndef FS_OURS_H
#define FS_OURS_H

#include "fs/fs.h"

#define FS_OURS	     "user.roarfs."
#define FS_OURS_LEN  (sizeof(FS_OURS) - 1)
#define FS_OURS_TEXT 40u /* bytes of a value, with a NUL */

/* what is the name after user.roarfs. in all of these. -ENODATA. */
int fs_ours_get(struct fs *fs, uint64_t node, const char *what,
		char ret_text[FS_OURS_TEXT]);
/* The names to be listed, a NUL after each; *ret_len is what all need, and no
 * more than cap is written.
 */
int fs_ours_list(struct fs *fs, uint64_t node, char *buf, size_t cap,
		 size_t *ret_len);

struct fs_ours_change {
	const char *what;
	const char *value; /* NULL: remove */
	size_t len;
	int flags; /* XATTR_CREATE, XATTR_REPLACE */
	int pid;
};
int fs_ours_set(struct fs *fs, uint64_t ino, const struct fs_ours_change *x);

#endif

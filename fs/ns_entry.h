/* SPDX-License-Identifier: Apache-2.0 */
/* ns_entry.h - what the files of the namespace share. PRIVATE to fs/ns_*.c.
 *
 * Entries are the names in directories, orphans are objects that lost their
 * last one. A function with a view serves snapshots and txns alike.
 */
#ifndef FS_NS_ENTRY_H
#define FS_NS_ENTRY_H

#include "fs/ns.h"
#include "fs/ns_key.h"

/* Where a name leads to. */
struct fs_target {
	uint64_t ino;
	enum rs_kind kind;
};
int fs_target_decode(const void *val, size_t len, struct fs_target *ret_target);

/* name was checked. -ENOENT when there is no such entry. */
int fs_entry_get(const struct rs_view *v, uint64_t parent, const char *name,
		 struct fs_target *ret_target);
int fs_entry_put(struct rs_txn *t, uint64_t parent, const char *name,
		 const struct fs_inode *in);
int fs_entry_del(struct rs_txn *t, uint64_t parent, const char *name);
/* Is there any entry in the directory? */
int fs_entry_any(const struct rs_view *v, uint64_t dir, bool *ret_any);

/* Has the file behind an entry expired by now_ns? */
int fs_target_expired(const struct rs_view *v, const struct fs_target *target,
		      int64_t now_ns, bool *ret_is);
bool fs_ttl_is_one(uint64_t ttl); /* could have been parsed */

/* The inode that an entry leads to: -EUCLEAN when it is not there. */
int fs_target_inode(const struct rs_view *v, const struct fs_target *target,
		    struct fs_inode *ret_inode);

/* A directory in which names may be made or removed: -ENOTDIR, -ENOENT when
 * it was removed itself. */
int fs_dir_get(const struct rs_view *v, uint64_t ino,
	       struct fs_inode *ret_inode);
/* As above for making name: -EEXIST, -EPERM in the root. */
int fs_dir_for_new(const struct rs_view *v, uint64_t ino, const char *name,
		   struct fs_inode *ret_inode);
/* Something changed in the directory: note the time and put it. */
int fs_dir_touch(struct rs_txn *t, struct fs_inode *dir, int64_t now_ns);

/* What a directory says of the sets in it. */
int fs_hand_down(const struct fs_inode *dir, struct rs_object *set);

/* Where in a blob its pages are named; -ENOENT when it is inline. */
int fs_blob_where(const uint8_t *buf, size_t buf_len,
		  struct rs_where *ret_where);

int fs_orphan_put(struct rs_txn *t, uint64_t ino);
int fs_orphan_del(struct rs_txn *t, uint64_t ino); /* -ENOENT */

/* The object loses one name, or, a directory, its only one; *ret_orphan is
 * its number when that was the last. */
int fs_inode_unname(struct rs_txn *t, struct fs_inode *in, int64_t now_ns,
		    uint64_t *ret_orphan);

/* Bytes of any length in few bytes of a record: themselves after a 0, or,
 * beyond inline_max, after a 1 their length and where their pages are. */
#define FS_BLOB_PAGED 29u /* bytes of the second form */
int fs_blob_put(struct rs_txn *t, const void *data, size_t len,
		size_t inline_max, uint8_t *buf, size_t *ret_len);
int fs_blob_len(const uint8_t *buf, size_t buf_len, size_t *ret_len);
/* out has room for fs_blob_len(). */
int fs_blob_get(const struct rs_view *v, const uint8_t *buf, size_t buf_len,
		void *out);
int fs_blob_verify(const struct rs_view *v, const uint8_t *buf,
		   size_t buf_len); /* could be got */
/* The pages it has, if any: npages 0 for none. */
int fs_blob_ptr(const uint8_t *buf, size_t buf_len, struct rs_ptr *ret_ptr);
int fs_blob_free(struct rs_txn *t, const uint8_t *buf, size_t buf_len);

int fs_symlink_init(struct rs_txn *t, struct rs_object *obj,
		    const char *target);
int fs_symlink_len(const struct fs_inode *in, uint64_t *ret_len);

#endif

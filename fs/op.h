/* SPDX-License-Identifier: Apache-2.0 */
/* op.h - one function for each request of the kernel. PRIVATE to op_*.c and
 * session.c, which puts them in a table. Their contracts are in libfuse's
 * fuse_lowlevel.h; here is only what they share.
 *
 * An op checks what the kernel sent, calls what does the work, and replies
 * exactly once, now or from a worker.
 */
#ifndef FS_OP_H
#define FS_OP_H

#include "fs/reply.h"

/* Requests per CPU with io_uring; more made nothing faster. So many of them
 * less one may wait until the kernel was told (op_as.c).
 */
#define FS_RING_DEPTH  8u
#define FS_TELLING_MAX (FS_RING_DEPTH - 1)

/* op_lookup.c */
void fs_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void fs_op_forget(fuse_req_t req, fuse_ino_t node, uint64_t nlookup);
void fs_op_forget_multi(fuse_req_t req, size_t count,
			struct fuse_forget_data *forgets);

/* op_attr.c, op_setattr.c, op_statfs.c */
void fs_op_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void fs_op_setattr(fuse_req_t req, fuse_ino_t node, struct stat *attr,
		   int to_set, struct fuse_file_info *fi);
void fs_op_statfs(fuse_req_t req, fuse_ino_t node);

/* op_dir.c */
void fs_op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void fs_op_readdir(fuse_req_t req, fuse_ino_t node, size_t size, off_t off,
		   struct fuse_file_info *fi);
void fs_op_readdirplus(fuse_req_t req, fuse_ino_t node, size_t size, off_t off,
		       struct fuse_file_info *fi);
void fs_op_releasedir(fuse_req_t req, fuse_ino_t node,
		      struct fuse_file_info *fi);

/* op_file.c */
void fs_op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void fs_op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		  mode_t mode, struct fuse_file_info *fi);
void fs_op_tmpfile(fuse_req_t req, fuse_ino_t parent, mode_t mode,
		   struct fuse_file_info *fi);
void fs_op_flush(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void fs_op_release(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);

/* op_read.c */
void fs_op_read(fuse_req_t req, fuse_ino_t node, size_t size, off_t off,
		struct fuse_file_info *fi);
void fs_op_lseek(fuse_req_t req, fuse_ino_t node, off_t off, int whence,
		 struct fuse_file_info *fi);
void fs_op_readlink(fuse_req_t req, fuse_ino_t node);

/* op_write.c */
void fs_op_write(fuse_req_t req, fuse_ino_t node, const char *buf, size_t size,
		 off_t off, struct fuse_file_info *fi);
void fs_op_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t off,
		     off_t len, struct fuse_file_info *fi);
void fs_op_copy_file_range(fuse_req_t req, fuse_ino_t from, off_t off_from,
			   struct fuse_file_info *fi_from, fuse_ino_t to,
			   off_t off_to, struct fuse_file_info *fi_to,
			   size_t len, int flags);

/* op_sync.c */
void fs_op_fsync(fuse_req_t req, fuse_ino_t node, int datasync,
		 struct fuse_file_info *fi);
void fs_op_fsyncdir(fuse_req_t req, fuse_ino_t node, int datasync,
		    struct fuse_file_info *fi);

/* op_make.c */
void fs_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
		 mode_t mode, dev_t rdev);
void fs_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
		 mode_t mode);
void fs_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		   const char *name);

/* op_link.c */
void fs_op_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t parent,
		const char *name);
void fs_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void fs_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);

/* op_rename.c */
void fs_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		  fuse_ino_t new_parent, const char *new_name,
		  unsigned int flags);

/* op_xattr.c */
void fs_op_getxattr(fuse_req_t req, fuse_ino_t node, const char *name,
		    size_t size);
void fs_op_listxattr(fuse_req_t req, fuse_ino_t node, size_t size);
void fs_op_setxattr(fuse_req_t req, fuse_ino_t node, const char *name,
		    const char *value, size_t size, int flags);
void fs_op_removexattr(fuse_req_t req, fuse_ino_t node, const char *name);

/* --- shared --------------------------------------------------------------- */

/* The live directory in which names may be changed, or -EROFS in a snapshot,
 * -EPERM in what is made up and in the root.
 */
int fs_op_live_dir(fuse_ino_t parent, uint64_t *ret_ino);
/* The live object that may be changed; -EROFS, -EPERM. */
int fs_op_live(fuse_ino_t node, uint64_t *ret_ino);
/* An object of mode's type in a directory, named, or without a name. */
int fs_op_make(fuse_req_t req, uint64_t parent, const char *name,
	       struct fs_new *n, struct fs_inode *ret_in);

/* op_as.c: name was changed in parent; gone: it was there before. True when the
 * kernel is being told of it, which the reply has to wait for; what is not in
 * a format, or not known to the kernel, needs neither.
 */
bool fs_op_tell(fuse_req_t req, fuse_ino_t parent, const char *name, bool gone);
/* A set was changed through node, or is going to be: it has other attributes.
 * The kernel has been told when this returns. */
void fs_op_tell_set(struct fs *fs, uint64_t node);
/* Of what was found in parent. */
void fs_op_tell_set_in(struct fs *fs, uint64_t parent, uint64_t ino);
/* The attributes of a directory were changed in a format. */
void fs_op_tell_attr(struct fs *fs, uint64_t dir);
void fs_op_reply_done(fuse_req_t req, bool told);
void fs_op_reply_entry(fuse_req_t req, bool told,
		       const struct fuse_entry_param *e);
void fs_op_reply_create(fuse_req_t req, bool told,
			const struct fuse_entry_param *e,
			const struct fuse_file_info *fi, struct fs_handle *h);

/* op_attr.c: attributes, with the size that the handle of fi sees, if any. */
void fs_op_reply_seen(fuse_req_t req, struct fuse_entry_param *e,
		      const struct fuse_file_info *fi);
/* Without waiting for a close. */
void fs_op_getattr_now(fuse_req_t req, fuse_ino_t node,
		       struct fuse_file_info *fi);

/* op_truncate.c: through h, which is done with then, or without one. */
int fs_op_set_size(struct fs *fs, uint64_t node, const struct fs_io *io,
		   struct fs_handle *h, uint64_t size);

/* op_lookup.c: as fs_entry_named(); for the kernel to keep for a moment, when
 * it may. */
int fs_op_entry(struct fs *fs, uint64_t node, bool moment,
		struct fuse_entry_param *ret_e);

/* What the kernel is told of what was made there. */
int fs_op_made(struct fs *fs, uint64_t parent, const struct fs_inode *in,
	       struct fuse_entry_param *ret_e);

/* A job on snapshots that replies, with a node when it made one. */
typedef int fs_op_snapshot_fn(struct fs *fs, const char *a, const char *b,
			      uint64_t *ret_node);
void fs_op_snapshot(fuse_req_t req, fs_op_snapshot_fn *run, const char *a,
		    const char *b);

/* op_wait.c: call again(req, node, fi) on a worker once nobody is about to
 * close node, and its attributes are not fresh through another face.
 */
typedef void fs_op_again(fuse_req_t req, fuse_ino_t node,
			 struct fuse_file_info *fi);
void fs_op_wait_closed(fuse_req_t req, fuse_ino_t node,
		       const struct fuse_file_info *fi, fs_op_again *again);
bool fs_op_is_closing(fuse_req_t req, fuse_ino_t node);
bool fs_op_is_fresh(fuse_req_t req, fuse_ino_t node);

/* size bytes were written to h: answer when they are durable, and end the
 * operation on h. */
void fs_sync_written(fuse_req_t req, struct fs_handle *h, size_t size);

#endif

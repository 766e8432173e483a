/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h - the one way back to the kernel.
 *
 * Every op replies exactly once. fs_reply_err_at() is the only caller of
 * fuse_reply_err() with a code from below: what is in the closed list of
 * base/err.h goes through as it is, but for damage, which programs know as
 * EIO; what is not in it becomes EIO and is logged.
 *
 * FS_FOREVER is how long the kernel may keep what only changes through it, and
 * a file that expires it may keep as long as that lives: less a tick, as it
 * rounds up, and no longer than we want it to take to see that somebody has
 * set the clock.
 *
 * FS_MOMENT is the least that is not nothing: a tick of the kernel, or two.
 */
#ifndef FS_REPLY_H
#define FS_REPLY_H

#include <fuse_lowlevel.h>

#include "fs/fs.h"

#define FS_FOREVER	  86400.0 /* seconds */
#define FS_MOMENT	  0.000001
#define FS_KERNEL_TICK_MS 20
#define FS_CLOCK_STEP_MS  1000

struct fs *fs_of(fuse_req_t req);

/* err is 0 or negative. Damage (EBADMSG, EUCLEAN, EIO) goes out as EIO; what
 * and where it was is in the error log, with the path of node, or of the name
 * in dir (NULL: of dir). fs_reply_err() is for errors that are no damage.
 */
void fs_reply_err(fuse_req_t req, int err);
void fs_reply_err_at(fuse_req_t req, uint64_t node, int err);
void fs_reply_err_in(fuse_req_t req, uint64_t dir, const char *name, int err);
/* A line in .ctl/errors: what was asked of node, and why not. */
void fs_note_why(fuse_req_t req, uint64_t node, const char *text,
		 const char *reason);
/* The name leads to node, which is looked at now; or err. */
void fs_reply_node(fuse_req_t req, uint64_t node, int err);
/* The name leads nowhere, and the kernel may remember that, except in a live
 * directory that is shown in a format. */
void fs_reply_no_node(fuse_req_t req, uint64_t dir);

/* What the kernel is told about node. */
int fs_entry_of(struct fs *fs, uint64_t node, struct fuse_entry_param *ret_e);
/* As what a name leads to: -ENOENT when it has expired. */
int fs_entry_named(struct fs *fs, uint64_t node,
		   struct fuse_entry_param *ret_e);
/* The same of a stored node that was read. */
void fs_entry_stored(struct fs *fs, uint64_t node, const struct stat *st,
		     const struct fs_inode *in, struct fuse_entry_param *ret_e);
/* That of a name in dir: in a live directory that is shown in a format names
 * are asked for each time, and for a while in any (unkept.h). */
void fs_entry_in(struct fs *fs, uint64_t dir, struct fuse_entry_param *e);
void fs_entry_fill(uint64_t node, const struct stat *st, enum rs_kind kind,
		   struct fuse_entry_param *ret_e);

/* Room for a reply of size bytes: in the request itself where the transport
 * allows it, else of this thread, until its next reply.
 */
int fs_reply_room(fuse_req_t req, size_t size, char **ret_room);

/* fs_of(), on the thread on which the request arrived: the ops that come
 * first and most call it instead. Never from a worker.
 */
struct fs *fs_begin(fuse_req_t req);

/* What a request says about who asks. fi may be NULL. */
struct fs_io fs_io_of(fuse_req_t req, const struct fuse_file_info *fi);
struct fs_handle *fs_handle_of(const struct fuse_file_info *fi);
/* The operation has used h for the last time; before its reply. */
void fs_handle_done(struct fs_handle *h);
void fs_handle_to(struct fuse_file_info *fi, struct fs_handle *h);

#endif

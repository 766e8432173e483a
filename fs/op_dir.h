/* SPDX-License-Identifier: Apache-2.0 */
/* op_dir.h - an open directory. PRIVATE to op_dir.c and op_list.c. */
#ifndef FS_OP_DIR_H
#define FS_OP_DIR_H

#include "fs/op_query.h"
#include "fs/view.h"

struct fs_dir_handle {
	struct fs_handle h;
	struct lock lock;
	struct fs_dir *dir GUARDED; /* NULL: nothing is stored here */
	struct fs_listing made_up GUARDED;
	uint64_t stored GUARDED; /* entries in dir; UINT64_MAX: not known yet */
	int64_t now_ns GUARDED;	 /* by which they expire */
	bool begun GUARDED;
	/* of .q/of/ID/: dir is that of the sets, of which those are shown that
	 * have this member and that who asks may read */
	bool of;
	uint64_t dir_node; /* else that of h */
	uint64_t member;
	struct rs_view *view GUARDED; /* a reference */
	struct fs_caller who GUARDED; /* who asks now */
};

/* One name on its way out. */
struct fs_dir_entry {
	uint64_t node;
	uint64_t next; /* position after it */
	uint32_t type;
	bool checked; /* may carry attributes as it is */
	bool is_set;
	bool bare; /* goes out without attributes */
	char name[FS_NAME_MAX + 1];
};

void fs_op_opendir_now(fuse_req_t req, fuse_ino_t node,
		       struct fuse_file_info *fi);

/* As it is now, with what is queued for sets only if somebody settled it. */
int fs_dir_fill_locked(struct fs_dir_handle *d) REQUIRES(d->lock);
/* The entry at pos; -ENOENT past the last one, -EAGAIN as fs_dir_step(). */
int fs_dir_entry_locked(struct fs_dir_handle *d, uint64_t pos, size_t *left,
			struct fs_dir_entry *ret_e) REQUIRES(d->lock);

#endif

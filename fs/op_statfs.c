/* SPDX-License-Identifier: Apache-2.0 */
/* op_statfs.c - how large the filesystem is, and how much room there is. */

#include <sys/statvfs.h>

#include "fs/op.h"

void fs_op_statfs(fuse_req_t req, fuse_ino_t node)
{
	struct fs *fs = fs_of(req);
	struct statvfs st = { .f_bsize = RS_PAGE_SIZE,
			      .f_frsize = RS_PAGE_SIZE,
			      .f_namemax = FS_NAME_MAX };
	struct statvfs host = { 0 };
	struct rs_stats s;
	uint64_t avail = 0;

	(void)node;
	rs_stats(fs->store, &s);
	if (fs->host_fd >= 0 && !fstatvfs(fs->host_fd, &host))
		avail = (uint64_t)host.f_bavail * host.f_frsize;
	/* The host's, and what the store can write again without it. */
	st.f_bavail = (avail + s.reuse_bytes) / RS_PAGE_SIZE;
	st.f_bfree = st.f_bavail;
	st.f_blocks = st.f_bavail + s.used_bytes / RS_PAGE_SIZE;
	/* Inodes are limited by space alone. */
	st.f_ffree = st.f_bavail;
	st.f_favail = st.f_bavail;
	st.f_files = st.f_ffree + s.records;
	fuse_reply_statfs(req, &st);
}

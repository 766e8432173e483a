/* SPDX-License-Identifier: Apache-2.0 */
/* op_query.h - requests on what is in .q/. PRIVATE to op_*.c. */
#ifndef FS_OP_QUERY_H
#define FS_OP_QUERY_H

#include "fs/op.h"
#include "fs/view_q.h"

/* Of a name that is looked up: longer than what is taken (FS_NAME_MAX), so
 * that there is something to say. The kernel sends 1024 at most. */
#define FS_QUERY_TEXT_MAX 1024u

bool fs_op_is_query(fuse_ino_t node);
struct fs_caller fs_op_caller(fuse_req_t req);
void fs_op_query_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void fs_op_query_getattr(fuse_req_t req, fuse_ino_t node);
/* Of .q/of/ID/: when what waits for its sets is in place. */
void fs_op_query_opendir(fuse_req_t req, fuse_ino_t node,
			 const struct fuse_file_info *fi);
void fs_op_query_open(fuse_req_t req, fuse_ino_t node,
		      const struct fuse_file_info *fi);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - the connection with the kernel: what is agreed, and the loop.
 */
#ifndef FS_SESSION_H
#define FS_SESSION_H

#include "fs/fs.h"
#include "fs/mount_opts.h"

/* Make the session and mount it. fs->se is set. -EIO when libfuse refused
 * (it says why on stderr). ready is called once, when the kernel and the
 * daemon have agreed and the mount can be used.
 */
int fs_session_mount(struct fs *fs, const struct fs_mount_opts *o,
		     const char *store_path, const char *mnt,
		     void (*ready)(void));
/* Serve until unmounted. 0, or why it ended early. */
int fs_session_serve(struct fs *fs);
/* Unmount what is still mounted, and free. */
void fs_session_end(struct fs *fs);

#endif

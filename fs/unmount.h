/* SPDX-License-Identifier: Apache-2.0 */
/* unmount.h - taking a mount away, from outside of it. */
#ifndef FS_UNMOUNT_H
#define FS_UNMOUNT_H

/* The mount's daemon is gone, so every use of it says ENOTCONN: detach it. */
void fs_unmount_stale(const char *mnt);

/* In a child process: unmount, or when it is busy write back what clients
 * have dirty and detach. close_fd, the daemon's end, is closed in the child.
 * Returns when the child is done or FS_UNMOUNT_S seconds have passed.
 */
#define FS_UNMOUNT_S 10
void fs_unmount_by_helper(const char *mnt, int close_fd);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h - the process that serves a mount.
 *
 * roarfs mount returns when the mount is usable: it forks before there are
 * threads, and waits for one byte from the child. What the child has to say
 * before that comes through the same pipe and is printed by the parent.
 *
 * SIGTERM, SIGINT and SIGHUP unmount: a helper process does it, because a
 * process that serves a mount must never touch it. What is open stays served
 * for FS_DAEMON_GRACE_S seconds; then the store is synced and the daemon ends
 * as in a crash, which the store survives. A second SIGINT does that at once.
 */
#ifndef FS_DAEMON_H
#define FS_DAEMON_H

#include "fs/mount_opts.h"

#define FS_DAEMON_GRACE_S 10

/* Mount, and serve (in the foreground or in a child). An exit code. */
int fs_daemon_run(const struct fs_mount_opts *o);

#endif

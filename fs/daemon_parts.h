/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_parts.h - what a daemon is made of. PRIVATE to fs/daemon*.c.
 *
 *	daemon.c	open the store, serve, close it
 *	daemon_apart.c	the child that serves, and the parent that waits
 *	daemon_paths.c	store and mount point
 *	daemon_stop.c	signals that end it
 */
#ifndef FS_DAEMON_PARTS_H
#define FS_DAEMON_PARTS_H

#include <limits.h>
#include <pthread.h>
#include <signal.h>

#include "fs/daemon.h"
#include "fs/fs.h"

/* --- daemon_apart.c ------------------------------------------------------- */

/* Whoever called `roarfs mount` reads it, through the parent if need be. */
void fs_daemon_complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The mount can be used: the parent may go, and nobody listens any more. */
void fs_daemon_ready(void);

struct fs_daemon_paths;
typedef int fs_daemon_serve_fn(const struct fs_mount_opts *o,
			       const struct fs_daemon_paths *p);
/* In a child. An exit code as soon as the mount can be used, or never will. */
int fs_daemon_apart(fs_daemon_serve_fn *serve, const struct fs_mount_opts *o,
		    const struct fs_daemon_paths *p);

/* --- daemon_paths.c ------------------------------------------------------- */

struct fs_daemon_paths {
	char store[PATH_MAX];
	char mnt[PATH_MAX];
};

/* Absolute ones; what a dead daemon left mounted there goes. */
int fs_daemon_find(const struct fs_mount_opts *o,
		   struct fs_daemon_paths *ret_p);
/* The directory of the store, which says how much room the host has. */
int fs_daemon_host(const struct fs_daemon_paths *p, int *ret_fd);

/* --- daemon_stop.c -------------------------------------------------------- */

/* A thread that waits for the signals that stop. It uses the session and the
 * store: it ends before they do. */
struct fs_stopper {
	const char *mnt;
	struct fs *fs;
	pthread_t thread;
};

/* Before there are threads: the signals are for the stopper alone. */
void fs_stopper_block(void);
int fs_stopper_start(struct fs_stopper *s);
void fs_stopper_stop(struct fs_stopper *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* mount_opts.h - what a mount was asked for: the words after -o, and what
 * mount(8) makes of an fstab line, `mount.roarfs STORE MNT -o rw,...`.
 *
 * Pure: nothing is opened, nothing printed.
 */
#ifndef FS_MOUNT_OPTS_H
#define FS_MOUNT_OPTS_H

#include <stdbool.h>

#include "regionstore/base/err.h"

#define FS_MOUNT_KERNEL_MAX 512u
#define FS_COMMIT_S_MAX	    300u

struct fs_mount_opts {
	const char *store, *mnt; /* borrowed from argv */
	bool foreground;
	bool fake; /* mount.roarfs -f: do all but mount */
	bool read_only;
	bool no_uring;
	bool suid, dev; /* asked for; the default is neither */
	unsigned commit_ms;
	bool two_flush; /* commit=2pc */
	bool sync_writes;
	char fsname[256]; /* empty: the path of the store */
	/* For libfuse and the kernel: words with a comma before each. */
	char kernel[FS_MOUNT_KERNEL_MAX];
};

void fs_mount_opts_init(struct fs_mount_opts *o);
/* One comma-separated list. -EINVAL, naming the word. */
int fs_mount_opts_list(struct fs_mount_opts *o, const char *list,
		       struct err *e);
/* What mount(8) calls mount.roarfs with, without its first word; argv ends
 * with NULL.
 */
int fs_mount_opts_helper(struct fs_mount_opts *o, int argc, char **argv,
			 struct err *e);

#endif

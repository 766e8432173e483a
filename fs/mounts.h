/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.h - what is mounted where, from the text of /proc/self/mountinfo. */
#ifndef FS_MOUNTS_H
#define FS_MOUNTS_H

#include <limits.h>
#include <stdbool.h>

#define FS_MOUNT_TYPE "fuse.roarfs"

struct fs_mount_entry {
	char dir[PATH_MAX];
	char type[64];
	char source[PATH_MAX];
	bool read_only;
};

/* One line of proc_pid_mountinfo(5); false when it is none. */
bool fs_mount_parse(const char *line, struct fs_mount_entry *ret_entry);

/* The uppermost mount at dir, an absolute path as the kernel writes it.
 * -ENOENT when nothing is mounted there. */
int fs_mount_find(const char *dir, struct fs_mount_entry *ret_entry);
/* Is anything mounted below dir? Also when that cannot be known. */
bool fs_mount_any_below(const char *dir);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* paths.h - what an object is called, for messages.
 *
 * A file knows no name: entries lead to it and nothing leads back. An error
 * line wants a path all the same. So the last names that the kernel looked up
 * are remembered in a small table, one name for each of FS_PATHS slots; a
 * remembered name is checked against the store before it is believed. Of what
 * was listed or renamed the kernel looks up nothing: it is searched for among
 * the first FS_PATH_SCAN names there are. A directory knows its parent, so its
 * name is found by reading the parent.
 *
 * Threads: any.
 */
#ifndef FS_PATHS_H
#define FS_PATHS_H

#include <stddef.h>
#include <stdint.h>

#include "fs/ns.h"
#include "regionstore/base/lock.h"

#define FS_PATHS     1024u
#define FS_PATH_MAX  1024u  /* bytes in a path, as shown */
#define FS_PATH_SCAN 20000u /* entries read to find a name */

struct rs_view;

struct fs_paths {
	struct lock lock;
	struct fs_path_slot {
		uint64_t ino;
		uint64_t parent;
		char *name; /* owned */
	} slots[FS_PATHS] GUARDED;
};

void fs_paths_init(struct fs_paths *p);
void fs_paths_finish(struct fs_paths *p);

void fs_paths_note(struct fs_paths *p, uint64_t parent, const char *name,
		   uint64_t ino);
/* The name remembered for ino, if it still leads there: its directory, or 0. */
uint64_t fs_paths_name(struct fs_paths *p, struct rs_view *v, uint64_t ino,
		       char name[FS_NAME_MAX + 1]);
/* A path from the root of the mount, or "inode N" when no name is found. */
void fs_paths_find(struct fs_paths *p, struct rs_view *v, uint64_t ino,
		   char path[FS_PATH_MAX]);

#endif

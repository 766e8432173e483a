/* SPDX-License-Identifier: Apache-2.0 */
/* view.h - nodes that are not in the store: snapshots/, README and .ctl/.
 *
 * They hang in the live root beside what is stored there. view.c is the table
 * of them, view_snap.c knows snapshots, view_ctl.c makes the texts.
 *
 * Threads: any.
 */
#ifndef FS_VIEW_H
#define FS_VIEW_H

#include "fs/fs.h"

struct stat;

/* The attributes of any node: made up, live or in a snapshot. */
int fs_node_stat(struct fs *fs, uint64_t node, struct stat *ret_st);

/* A path of a node from the root of the mount, for messages; "-" for 0. With
 * search all directories are read for a name that is not remembered.
 */
void fs_node_path(struct fs *fs, uint64_t node, bool search,
		  char path[FS_PATH_MAX]);

/* Does the kernel have to ask again each time? True for what can change
 * without a request: the size of a set, texts, the newest snapshot.
 */
bool fs_node_changes(uint64_t node, enum rs_kind kind);

/* A name in a directory that is made up, or one of those in the live root.
 * -ENOENT.
 */
int fs_virtual_lookup(struct fs *fs, uint64_t dir, const char *name,
		      uint64_t *ret_node);
/* The directory above one that is made up. */
uint64_t fs_virtual_parent(uint64_t node);

struct fs_listing {
	struct fs_listed {
		uint64_t node;
		uint32_t type; /* of st_mode */
		char name[FS_NAME_MAX + 1];
	} * v; /* owned */
	size_t n;
};
/* What a made-up directory, or the live root beside what is stored, shows. */
int fs_virtual_list(struct fs *fs, uint64_t dir, struct fs_listing *ret_list);
void fs_listing_finish(struct fs_listing *l);

/* --- view_as.c ------------------------------------------------------------ */

#define FS_AS_NAME ".as"

/* Can .as/ be entered in this directory? Its node; -EOVERFLOW: there is none,
 * as for everything here (node.h).
 */
bool fs_as_is_here(struct fs *fs, uint64_t dir);
int fs_as_enter(uint64_t dir, uint64_t *ret_node);
/* In .as/ itself. */
int fs_as_lookup(uint64_t as, const char *name, uint64_t *ret_node);
int fs_as_list(uint64_t as, struct fs_listing *ret_list);
/* The node of an object found in a directory that is shown in a format, or in
 * a plain one. -ENOENT: it is not shown there.
 */
int fs_as_child(uint64_t dir, uint64_t ino, enum rs_kind kind,
		uint64_t *ret_node);
/* The same by name: a set under a name with a dot is text in all formats, for
 * a copy of its bytes, put back under that name, is scratch.
 */
int fs_as_named(uint64_t dir, const char *name, uint64_t ino, enum rs_kind kind,
		uint64_t *ret_node);
/* As fs_inode_stat(), of in as node shows it: the number and size of that. */
int fs_as_stat(struct fs *fs, uint64_t node, const struct fs_inode *in,
	       struct stat *ret_st);
/* Would stat(2), or open(2), pass over a large set? Then on a worker. */
bool fs_as_is_slow(struct fs *fs, uint64_t node, bool open);

/* --- view_snap.c ---------------------------------------------------------- */

int fs_snapshots_lookup(struct fs *fs, const char *name, uint64_t *ret_node);
int fs_snapshots_list(struct fs *fs, struct fs_listing *ret_list);
int64_t fs_snapshots_mtime(struct fs *fs); /* when the newest was taken */
/* Where `latest` leads. -ENOENT. */
int fs_snapshots_latest(struct fs *fs, char target[FS_NAME_MAX + 1]);
/* These commit, so they run on a worker. */
int fs_snapshots_make(struct fs *fs, const char *name, uint64_t *ret_node);
int fs_snapshots_rename(struct fs *fs, const char *from, const char *to);
int fs_snapshots_drop(struct fs *fs, const char *name);

/* --- view_ctl.c ----------------------------------------------------------- */

/* Is it a file that is written to, so that something is done? */
bool fs_ctl_is_verb(enum fs_what what);
/* The text of one file, made now; the caller frees it. */
int fs_ctl_text(struct fs *fs, enum fs_what what, char **ret_text,
		size_t *ret_len);
/* Its size: of the text that is open, or of one made now. */
int fs_ctl_size(struct fs *fs, enum fs_what what, uint64_t *ret_size);
/* An open one keeps its text. */
int fs_ctl_open(struct fs *fs, enum fs_what what, struct fs_handle **ret_h);
/* Noted by the ops, shown in status. */
void fs_ctl_note_transport(struct fs *fs, bool uring);

#endif

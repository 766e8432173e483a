/* SPDX-License-Identifier: Apache-2.0 */
/* view_q.h - .q/ in a directory of sets: expressions as directories.
 *
 *	.q/			lists nothing
 *	.q/EXPR/		a query; looked up, it is parsed and its sets
 *				are looked for
 *	.q/EXPR/count		files, evaluated when they are opened
 *	.q/EXPR/has/ID		is there, or is not
 *	.q/of/ID/NAME		links to sets of the directory that have ID
 *
 * Every function asks anew whether the caller may read the sets. With a.quick
 * they say -EAGAIN instead of doing what may take long. e, where there is
 * something to say, is for .ctl/errors.
 *
 * Threads: any.
 */
#ifndef FS_VIEW_Q_H
#define FS_VIEW_Q_H

#include "fs/query.h"

struct stat;
struct fs_listing;
struct fs_query;

struct fs_q_asking {
	struct fs *fs;
	struct fs_caller who;
	bool quick;
};

/* The name of a face in the directory of a query; NULL: it has none. */
const char *fs_face_name(unsigned face);
bool fs_face_is_dir(unsigned face);

/* Can .q/ be entered in this directory? In the root it cannot. */
bool fs_q_is_here(struct fs *fs, uint64_t dir);

int fs_q_enter(uint64_t dir, uint64_t *ret_node);

/* A name in a directory of these. */
int fs_q_lookup(const struct fs_q_asking *a, uint64_t parent, const char *name,
		uint64_t *ret_node, struct fs_query_error *e);
/* The value of a query, for who asks. */
int fs_q_evaluate(const struct fs_q_asking *a, const struct fs_query *q,
		  struct fs_query_value *ret_value, struct fs_query_error *e);
/* -ESTALE: look it up again. */
int fs_q_stat(const struct fs_q_asking *a, uint64_t node, struct stat *ret_st,
	      struct fs_query_error *e);
/* What its name leads to, without asking how large a file is, and how long the
 * name may be believed. */
enum fs_q_lasts {
	FS_Q_NOT,
	FS_Q_A_WHILE,
	FS_Q_FOREVER
};
int fs_q_stat_named(struct fs *fs, uint64_t node, struct stat *ret_st,
		    enum fs_q_lasts *ret_lasts);
/* May the kernel keep these attributes? Of all but what has a content. */
bool fs_q_keeps(const struct stat *st);
int fs_q_readlink(struct fs *fs, uint64_t node,
		  char ret_target[FS_SYMLINK_MAX + 1]);

/* The names in one; of .q/of/ID/ the caller reads the directory himself: the
 * plain one and the number, else -ENOENT. */
int fs_q_list(struct fs *fs, uint64_t node, struct fs_listing *ret_list);
int fs_q_list_of(struct fs *fs, uint64_t node, uint64_t *ret_dir,
		 uint64_t *ret_member);
/* Has the set at ino, in that view, a member? False too when the caller may not
 * read it. */
int fs_q_has(const struct fs_caller *who, struct rs_view *v, uint64_t ino,
	     uint64_t member, bool *ret_has);

uint64_t fs_q_parent(struct fs *fs, uint64_t node);
/* For messages: from the root of the mount. */
void fs_q_path(struct fs *fs, uint64_t node, char path[FS_PATH_MAX]);

/* --- file_query.c --------------------------------------------------------- */

/* A file of a query, evaluated. */
int fs_q_open(const struct fs_q_asking *a, uint64_t node,
	      struct fs_handle **ret_h, struct fs_query_error *e);
/* Its size in this version of the sets. */
int fs_q_size(const struct fs_q_asking *a, struct fs_query *q, unsigned face,
	      uint64_t *ret_size, int64_t *ret_mtime_ns,
	      struct fs_query_error *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - from an expression to the sets it names, and to its value.
 *
 * Names are found from one directory, in the live tree or in a snapshot, as
 * the kernel would find them for who asks: with his permissions, through
 * symlinks, but not out of the store. A link that leads to .q/EXPR stands for
 * the value of that expression.
 *
 * All sets of the live tree are seen at one instant: what was written before
 * the question was asked is in it, and of two writes that follow each other
 * never the second alone (query_open.c).
 *
 * Nothing here knows FUSE: the command line asks in the same way.
 *
 * Threads: any.
 */
#ifndef FS_QUERY_H
#define FS_QUERY_H

#include "fs/caller.h"
#include "fs/expr.h"
#include "fs/fs.h"

#define FS_QUERY_NAME	   ".q"
#define FS_QUERY_SETS_MAX  60000u /* in one expression, with all in globs */
#define FS_QUERY_DEPTH_MAX 8u	  /* expressions that links lead to */
#define FS_QUERY_QUICK	   64u /* segments to look at while a request waits */

/* What was wrong, for .ctl/errors and the terminal. */
struct fs_query_error {
	char text[80]; /* the word */
	char reason[256];
};
/* "" at 0: not a place in the text. */
int fs_query_fail(struct fs_query_error *e, int err, size_t at,
		  const char *text, const char *reason);

struct fs_query_ask {
	struct fs *fs;
	const struct fs_caller *who;
	uint64_t dir; /* a stored node: from where names are found */
	const char *text;
	bool quick; /* say -EAGAIN of what may take long */
};

struct fs_query_value {
	struct bm_expr *expr; /* owned */
	uint64_t version;     /* differs when a set, or which they are, does */
	uint64_t sets, segments;
	int64_t mtime_ns; /* of the set that was changed last */
};

/* -ENOENT with a sentence for what does not parse or is not there, -EACCES
 * likewise, -E2BIG; or what reading says. */
int fs_query_open(const struct fs_query_ask *ask,
		  struct fs_query_value *ret_value, struct fs_query_error *e);
void fs_query_close(struct fs_query_value *v); /* accepts a zeroed one */

/* --- query_walk.c --------------------------------------------------------- */

/* One tree at one instant, and who walks in it. */
struct fs_walk {
	struct fs *fs;
	const struct fs_caller *who;
	struct rs_view *view; /* a reference */
	uint64_t snap;
	int64_t now_ns; /* by which names expire */
};

/* Where a path led. */
struct fs_walked {
	struct fs_inode in; /* a set or a directory; or that in which */
	char *expr;	    /* this is to be evaluated. Owned. */
};

/* A path of components from directory dir. -ENOENT and -EACCES with
 * *ret_why. */
int fs_walk_path(const struct fs_walk *w, uint64_t dir, const char *path,
		 struct fs_walked *ret_walked, const char **ret_why);

/* --- query_glob.c --------------------------------------------------------- */

typedef int fs_glob_fn(void *arg, const struct fs_inode *set);
/* Every set that a pattern finds, in order of names; a set twice when it is
 * found by two. Errors as those of fs_walk_path(), and of found(). */
int fs_walk_glob(const struct fs_walk *w, uint64_t dir, const char *pattern,
		 fs_glob_fn *found, void *arg, const char **ret_why);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* errlog.h - the last errors, for .ctl/errors.
 *
 * close(2) and write(2) can say EINVAL and no more; the sentence is here. One
 * line for each error: time, pid, path, line within the write, the offending
 * text, the reason. A ring of FS_ERRLOG_LINES, so it never grows.
 *
 * Threads: any; one leaf lock.
 */
#ifndef FS_ERRLOG_H
#define FS_ERRLOG_H

#include <stddef.h>
#include <stdint.h>

#include "regionstore/base/lock.h"

#define FS_ERRLOG_LINES 1000u
#define FS_ERRLOG_WIDTH 400u /* bytes in a line, with its newline */

struct fs_errlog {
	struct lock lock;
	uint64_t written GUARDED;		/* lines ever */
	char (*lines)[FS_ERRLOG_WIDTH] GUARDED; /* made by the first error */
};

struct fs_err_line {
	int64_t when_ns;
	int pid;
	const char *path;
	uint64_t line;	    /* within the write, from 1; 0: none */
	const char *text;   /* what was offending; NULL: nothing */
	const char *reason; /* in words */
};

void fs_errlog_init(struct fs_errlog *l);
void fs_errlog_finish(struct fs_errlog *l);

/* Out of memory drops the line. Control bytes, and what is not UTF-8, are shown
 * as '?'; of a long path the end is shown.
 */
void fs_errlog_add(struct fs_errlog *l, const struct fs_err_line *e)
	EXCLUDES(l->lock);

uint64_t fs_errlog_count(struct fs_errlog *l) EXCLUDES(l->lock); /* ever */
/* All lines, oldest first, each with its newline; the caller frees them. */
int fs_errlog_text(struct fs_errlog *l, char **ret_text, size_t *ret_len)
	EXCLUDES(l->lock);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* commit_anew.h - a write or a sync failed: once more, elsewhere. PRIVATE.
 *
 * commit_anew.c has the story. All of it is the committer's, below the commit
 * lock, but for the text of the last time, which is below sync.lock.
 */
#ifndef RS_COMMIT_ANEW_H
#define RS_COMMIT_ANEW_H

#include "regionstore/base/err.h"
#include "regionstore/upkeep.h"

struct rs_commit;

struct rs_anew {
	bool never; /* the first failure is the ERROR state */
	bool tried; /* a commit failed since the last one that is durable */
	bool due;   /* what is suspect is still part of the store */
	struct err why;
	struct err last; /* of the last time that it helped; sync.lock */
	struct rs_rescue rescue;
};

/* A commit cannot be written. -EAGAIN: it is as if it had not been tried, and
 * it is to be run again; else the store is in its ERROR state, -EIO. */
int rs_anew_after(struct rs_commit *c, int err, const char *what);
/* Something else that was written, or a sync, failed, and nothing depends on
 * it: only what was born since the durable commit is suspect. -EIO. */
int rs_anew_suspect(struct rs_store *s, int err, const char *what);
/* Before a commit freezes: what is suspect leaves the live tree. */
int rs_anew_move(struct rs_store *s);
/* After it was prepared: it has nothing that is suspect. */
int rs_anew_check(const struct rs_commit *c);
/* It is durable. */
void rs_anew_done(struct rs_store *s);

#endif

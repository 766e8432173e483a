/* SPDX-License-Identifier: Apache-2.0 */
/* checkup.h - the check of a store that is in use: .ctl/check.
 *
 * What is written to the file starts it (an empty line), starts one that
 * leaves contents unread (`fast`), or ends it (`stop`). It runs on a thread of
 * its own, on the commit that was the newest when it began; writers go on.
 * Reading the file says how far it is and, when it has ended, what it found.
 * Each finding goes to the error log as well.
 *
 * Threads: any.
 */
#ifndef FS_CHECKUP_H
#define FS_CHECKUP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "fs/errlog.h"
#include "regionstore/base/buf.h"
#include "regionstore/regionstore.h"

#define FS_CHECKUP_LINES 1000u /* findings that are kept */

enum fs_checkup_state {
	FS_CHECKUP_NONE,
	FS_CHECKUP_RUNS,
	FS_CHECKUP_DONE
};

struct fs_checkup {
	/* set at init, never changed */
	struct rs_store *store;
	struct fs_errlog *errlog;

	_Atomic bool stop;
	_Atomic(uint64_t) seen, of; /* records; of is about how many */

	struct lock lock;
	enum fs_checkup_state state GUARDED;
	pthread_t thread GUARDED; /* unless FS_CHECKUP_NONE */
	bool fast GUARDED;
	int64_t began_ns GUARDED, ended_ns GUARDED;
	uint64_t findings GUARDED;
	struct buf lines GUARDED;
	int err GUARDED; /* of the one that is done */
	struct rs_check_result result GUARDED;
};

void fs_checkup_init(struct fs_checkup *c, struct rs_store *store,
		     struct fs_errlog *errlog);
/* Stops one that runs. */
void fs_checkup_finish(struct fs_checkup *c);

/* What was written to the file. -EBUSY when one runs, -EINVAL. */
int fs_checkup_ask(struct fs_checkup *c, const char *text, size_t len)
	EXCLUDES(c->lock);
/* What reading it shows; the caller frees it. */
int fs_checkup_text(struct fs_checkup *c, char **ret_text, size_t *ret_len)
	EXCLUDES(c->lock);

#endif

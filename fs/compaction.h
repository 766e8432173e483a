/* SPDX-License-Identifier: Apache-2.0 */
/* compaction.h - a store in use is compacted: .ctl/compact.
 *
 * An empty line that is written to the file starts it, `stop` ends it. It runs
 * on a thread of its own, beside everything else. Reading the file says how
 * far it is and, when it has ended, what came of it.
 *
 * Threads: any.
 */
#ifndef FS_COMPACTION_H
#define FS_COMPACTION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "regionstore/base/buf.h"
#include "regionstore/base/lock.h"
#include "regionstore/regionstore.h"

struct fs_compaction {
	struct rs_store *store;
	_Atomic bool stop;

	struct lock lock;
	bool started GUARDED; /* there is a thread to be joined */
	bool running GUARDED;
	pthread_t thread GUARDED;
	int err GUARDED; /* of the one that ended */
	struct rs_compact_result result GUARDED;
};

void fs_compaction_init(struct fs_compaction *c, struct rs_store *store);
/* Stops one that runs. */
void fs_compaction_finish(struct fs_compaction *c);

/* What was written to the file. -EBUSY when one runs, -EINVAL, -EROFS. */
int fs_compaction_ask(struct fs_compaction *c, const char *text, size_t len)
	EXCLUDES(c->lock);
/* What reading it shows; the caller frees it. */
int fs_compaction_text(struct fs_compaction *c, char **ret_text,
		       size_t *ret_len) EXCLUDES(c->lock);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h - threads for what must not run where requests arrive.
 *
 * Over io_uring there is one thread for each CPU, and a handler that blocks
 * blocks every request from that CPU. So what can take long is a job: the
 * handler hands it over and returns, the worker replies.
 *
 *	struct my_job {
 *		struct fs_job job; (first)
 *		...
 *	};
 *	job->job.run = my_run; (frees the job)
 *	fs_worker_add(&fs->workers, &job->job);
 *
 * Jobs start in the order in which they were added. A job may add jobs, and
 * may block; it must not wait for another job.
 *
 * SYNCS are apart: all that ask while one commit runs share the next one.
 *
 * Threads: any.
 */
#ifndef FS_WORKER_H
#define FS_WORKER_H

#include <pthread.h>
#include <stdbool.h>

#include "regionstore/base/lock.h"

#define FS_WORKERS 4u

struct rs_store;

struct fs_job {
	struct fs_job *next; /* private */
	void (*run)(struct fs_job *job);
};

struct fs_sync {
	struct fs_sync *next; /* private */
	void (*done)(struct fs_sync *sync, int err);
};

struct fs_workers {
	struct lock lock;
	struct cond added;
	struct cond sync_added;
	struct cond idle;
	struct fs_job *first GUARDED;
	struct fs_job **last GUARDED;
	struct fs_sync *syncs GUARDED; /* newest first: all get one commit */
	unsigned busy GUARDED;	       /* threads at work */
	bool stopping GUARDED;
	/* set at start, never changed */
	bool started;
	struct rs_store *store;
	pthread_t threads[FS_WORKERS + 1]; /* the last one syncs */
	unsigned n_threads;
};

/* After fork(2), before the first request. */
int fs_workers_start(struct fs_workers *w, struct rs_store *store);
/* Finish every job that was added, then stop. Accepts one never started. */
void fs_workers_stop(struct fs_workers *w);

void fs_worker_add(struct fs_workers *w, struct fs_job *job);
/* Wait until nothing that was added is left to do. */
void fs_workers_drain(struct fs_workers *w);
/* Calls done() after a commit that contains all that ended before. */
void fs_worker_sync(struct fs_workers *w, struct fs_sync *sync);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - a queue, a few threads, and one thread that syncs.
 *
 * The syncing thread takes all that wait, commits once and answers all: while
 * it commits, others gather for the next round. Ten writers that sync at the
 * same time cost two commits and block no worker.
 */

#include "fs/worker.h"

#include <string.h>

#include "regionstore/regionstore.h"

static bool is_idle_locked(const struct fs_workers *w) REQUIRES(w->lock);

static bool is_idle_locked(const struct fs_workers *w)
{
	return !w->first && !w->syncs && !w->busy;
}

static void rest(struct fs_workers *w)
{
	lock_take(&w->lock);
	w->busy--;
	if (is_idle_locked(w))
		cond_wake_all(&w->idle);
	lock_drop(&w->lock);
}

static struct fs_job *take_job(struct fs_workers *w)
{
	struct fs_job *job;

	lock_take(&w->lock);
	while (!w->first && !w->stopping)
		cond_wait(&w->added, &w->lock);
	job = w->first;
	if (job) {
		w->busy++;
		w->first = job->next;
		if (!w->first)
			w->last = &w->first;
	}
	lock_drop(&w->lock);
	return job;
}

static void *work(void *arg)
{
	struct fs_workers *w = arg;
	struct fs_job *job;

	while ((job = take_job(w)) != NULL) {
		job->run(job);
		rest(w);
	}
	return NULL;
}

static struct fs_sync *take_syncs(struct fs_workers *w)
{
	struct fs_sync *all;

	lock_take(&w->lock);
	while (!w->syncs && !w->stopping)
		cond_wait(&w->sync_added, &w->lock);
	all = w->syncs;
	w->syncs = NULL;
	w->busy += all != NULL;
	lock_drop(&w->lock);
	return all;
}

static void *sync_all(void *arg)
{
	struct fs_workers *w = arg;
	struct fs_sync *all;

	while ((all = take_syncs(w)) != NULL) {
		int err = rs_sync(w->store);

		while (all) {
			struct fs_sync *next = all->next;

			all->done(all, err);
			all = next;
		}
		rest(w);
	}
	return NULL;
}

int fs_workers_start(struct fs_workers *w, struct rs_store *store)
{
	memset(w, 0, sizeof(*w));
	lock_init(&w->lock, LOCK_QUEUE);
	cond_init(&w->added);
	cond_init(&w->sync_added);
	cond_init(&w->idle);
	w->store = store;
	w->started = true;
	lock_take(&w->lock);
	w->last = &w->first;
	lock_drop(&w->lock);
	while (w->n_threads < FS_WORKERS + 1) {
		bool syncs = w->n_threads == FS_WORKERS;
		int err = pthread_create(&w->threads[w->n_threads], NULL,
					 syncs ? sync_all : work, w);

		if (err) {
			fs_workers_stop(w);
			return -err;
		}
		w->n_threads++;
	}
	return 0;
}

void fs_workers_stop(struct fs_workers *w)
{
	if (!w->started)
		return;
	lock_take(&w->lock);
	w->stopping = true;
	cond_wake_all(&w->added);
	cond_wake_all(&w->sync_added);
	lock_drop(&w->lock);
	for (unsigned i = 0; i < w->n_threads; i++)
		pthread_join(w->threads[i], NULL);
	cond_finish(&w->idle);
	cond_finish(&w->sync_added);
	cond_finish(&w->added);
	lock_finish(&w->lock);
	memset(w, 0, sizeof(*w));
}

void fs_worker_add(struct fs_workers *w, struct fs_job *job)
{
	job->next = NULL;
	lock_take(&w->lock);
	*w->last = job;
	w->last = &job->next;
	lock_drop(&w->lock);
	cond_wake_one(&w->added); /* not before: it would wait for the lock */
}

void fs_workers_drain(struct fs_workers *w)
{
	lock_take(&w->lock);
	while (!is_idle_locked(w))
		cond_wait(&w->idle, &w->lock);
	lock_drop(&w->lock);
}

void fs_worker_sync(struct fs_workers *w, struct fs_sync *sync)
{
	lock_take(&w->lock);
	sync->next = w->syncs;
	w->syncs = sync;
	lock_drop(&w->lock);
	cond_wake_one(&w->sync_added);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ahead_make.c - the threads that make blocks, and how one is ordered. */

#include "fs/ahead_parts.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "bitmap/bitmap.h"

/* --- the threads ---------------------------------------------------------- */

struct start {
	struct fs_aheads *all;
	unsigned number;
};

static void make(struct fs_ahead_blocks *b)
{
	char where[RS_DAMAGE_TEXT];
	size_t got = 0;

	b->err = bm_file_read(b->file, b->next.off, b->next.bytes, b->next.len,
			      &got);
	if (!b->err && got != b->next.len)
		b->err = -EUCLEAN;
	if (b->err)
		(void)rs_damage_take(where); /* the reader meets it, too */
}

static struct fs_ahead_blocks *take(struct fs_aheads *all, unsigned number)
{
	struct fs_ahead_blocks *b;

	lock_take(&all->lock);
	while (!all->first[number] && all->running)
		cond_wait(&all->ordered[number], &all->lock);
	b = all->running ? all->first[number] : NULL;
	if (b) {
		all->first[number] = b->after;
		b->state = FS_AHEAD_BEING_MADE;
	}
	lock_drop(&all->lock);
	return b;
}

static void give(struct fs_aheads *all, struct fs_ahead_blocks *b)
{
	lock_take(&all->lock);
	b->state = FS_AHEAD_MADE;
	cond_wake_all(&all->made);
	lock_drop(&all->lock);
}

static void work(struct fs_aheads *all, unsigned number)
{
	struct fs_ahead_blocks *b;

	while ((b = take(all, number)) != NULL) {
		make(b);
		give(all, b);
	}
}

static void *even(void *all)
{
	work(all, 0);
	return NULL;
}

static void *odd(void *all)
{
	work(all, 1);
	return NULL;
}

/* The CPUs that this process may use, of an even or an odd number. */
static bool cpus_of(unsigned parity, cpu_set_t *ret_set)
{
	cpu_set_t ours;

	CPU_ZERO(ret_set);
	if (sched_getaffinity(0, sizeof(ours), &ours))
		return false;
	for (unsigned i = 0; i < CPU_SETSIZE; i++) {
		if (i % FS_AHEAD_THREADS == parity && CPU_ISSET(i, &ours))
			CPU_SET(i, ret_set);
	}
	return CPU_COUNT(ret_set) > 0;
}

static int start_thread(struct fs_aheads *all, unsigned number,
			const cpu_set_t *cpus)
{
	pthread_attr_t attr;
	int err;

	err = pthread_attr_init(&attr);
	if (err)
		return -err;
	err = pthread_attr_setaffinity_np(&attr, sizeof(*cpus), cpus);
	if (!err)
		err = pthread_create(&all->threads[number], &attr,
				     number ? odd : even, all);
	pthread_attr_destroy(&attr);
	return -err;
}

static void set_running(struct fs_aheads *all, bool running)
{
	lock_take(&all->lock);
	all->running = running;
	for (unsigned i = 0; i < FS_AHEAD_THREADS; i++)
		cond_wake_all(&all->ordered[i]);
	lock_drop(&all->lock);
}

void fs_aheads_init(struct fs_aheads *all)
{
	memset(all, 0, sizeof(*all));
	lock_init(&all->lock, LOCK_QUEUE);
	for (unsigned i = 0; i < FS_AHEAD_THREADS; i++)
		cond_init(&all->ordered[i]);
	cond_init(&all->made);
}

void fs_aheads_finish(struct fs_aheads *all)
{
	fs_aheads_stop(all);
	cond_finish(&all->made);
	for (unsigned i = 0; i < FS_AHEAD_THREADS; i++)
		cond_finish(&all->ordered[i]);
	lock_finish(&all->lock);
}

int fs_aheads_start(struct fs_aheads *all)
{
	cpu_set_t cpus[FS_AHEAD_THREADS];
	int err = 0;

	for (unsigned i = 0; i < FS_AHEAD_THREADS; i++) {
		if (!cpus_of(i, &cpus[i]))
			return 0;
	}
	set_running(all, true);
	while (!err && all->n_threads < FS_AHEAD_THREADS) {
		err = start_thread(all, all->n_threads, &cpus[all->n_threads]);
		all->n_threads += !err;
	}
	if (err)
		fs_aheads_stop(all);
	return err;
}

void fs_aheads_stop(struct fs_aheads *all)
{
	set_running(all, false);
	while (all->n_threads)
		pthread_join(all->threads[--all->n_threads], NULL);
}

/* --- ordering ------------------------------------------------------------- */

void fs_ahead_order(struct fs_aheads *all, struct fs_ahead_blocks *b,
		    uint64_t off)
{
	uint64_t size = bm_file_size(b->file);
	struct fs_ahead_blocks **p;
	int cpu = sched_getcpu();

	b->next.off = off;
	b->next.len = 0;
	if (off >= size)
		return;
	b->next.len = size - off < FS_AHEAD_BLOCK ? (size_t)(size - off)
						  : FS_AHEAD_BLOCK;
	b->thread = cpu < 0 ? 0 : 1 - (unsigned)cpu % FS_AHEAD_THREADS;
	b->after = NULL;
	lock_take(&all->lock);
	assert(b->state == FS_AHEAD_NOT_ORDERED);
	for (p = &all->first[b->thread]; *p; p = &(*p)->after)
		;
	*p = b;
	b->state = FS_AHEAD_ORDERED;
	lock_drop(&all->lock);
	cond_wake_one(&all->ordered[b->thread]);
}

static void take_back_locked(struct fs_aheads *all, struct fs_ahead_blocks *b)
	REQUIRES(all->lock);

static void take_back_locked(struct fs_aheads *all, struct fs_ahead_blocks *b)
{
	struct fs_ahead_blocks **p = &all->first[b->thread];

	while (*p != b)
		p = &(*p)->after;
	*p = b->after;
	b->state = FS_AHEAD_NOT_ORDERED;
}

bool fs_ahead_collect(struct fs_aheads *all, struct fs_ahead_blocks *b)
{
	bool made;

	lock_take(&all->lock);
	if (b->state == FS_AHEAD_ORDERED)
		take_back_locked(all, b);
	while (b->state == FS_AHEAD_BEING_MADE)
		cond_wait(&all->made, &all->lock);
	made = b->state == FS_AHEAD_MADE;
	b->state = FS_AHEAD_NOT_ORDERED;
	lock_drop(&all->lock);
	return made;
}

bool fs_ahead_admit(struct fs_aheads *all)
{
	bool may;

	lock_take(&all->lock);
	may = all->running && all->n_readers < FS_AHEAD_MAX;
	all->n_readers += may;
	lock_drop(&all->lock);
	return may;
}

void fs_ahead_leave(struct fs_aheads *all)
{
	lock_take(&all->lock);
	all->n_readers--;
	lock_drop(&all->lock);
}

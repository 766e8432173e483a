/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.c - see ahead.h. */

#include "fs/ahead.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap/bitmap.h"
#include "regionstore/regionstore.h"

enum state {
	NOT_ORDERED,
	ORDERED, /* in a thread's queue */
	BEING_MADE,
	MADE
};

struct block {
	uint64_t off;
	size_t len; /* 0: nothing */
	char *bytes;
};

struct fs_ahead_blocks {
	struct block here; /* being read: the reader's alone */
	/* The other one. Its state is guarded by the lock; the rest belongs to
	 * the reader, while it is BEING_MADE to the thread. */
	enum state state;
	struct block next;
	int err;
	unsigned thread; /* it is ordered from */
	const struct bm_file *file;
	struct fs_ahead_blocks *after; /* in the queue; guarded by the lock */
	char memory[2 * FS_AHEAD_BLOCK];
};

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
		b->state = BEING_MADE;
	}
	lock_drop(&all->lock);
	return b;
}

static void give(struct fs_aheads *all, struct fs_ahead_blocks *b)
{
	lock_take(&all->lock);
	b->state = MADE;
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

/* What begins at off, if there is something; the other block is free. */
static void order(struct fs_aheads *all, struct fs_ahead_blocks *b,
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
	assert(b->state == NOT_ORDERED);
	for (p = &all->first[b->thread]; *p; p = &(*p)->after)
		;
	*p = b;
	b->state = ORDERED;
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
	b->state = NOT_ORDERED;
}

/* Nobody works on it afterwards. Was it made? */
static bool collect(struct fs_aheads *all, struct fs_ahead_blocks *b)
{
	bool made;

	lock_take(&all->lock);
	if (b->state == ORDERED)
		take_back_locked(all, b);
	while (b->state == BEING_MADE)
		cond_wait(&all->made, &all->lock);
	made = b->state == MADE;
	b->state = NOT_ORDERED;
	lock_drop(&all->lock);
	return made;
}

/* One more reader may have blocks, or one less has them. */
static bool admit(struct fs_aheads *all)
{
	bool may;

	lock_take(&all->lock);
	may = all->running && all->n_readers < FS_AHEAD_MAX;
	all->n_readers += may;
	lock_drop(&all->lock);
	return may;
}

static void leave(struct fs_aheads *all)
{
	lock_take(&all->lock);
	all->n_readers--;
	lock_drop(&all->lock);
}

/* --- reading -------------------------------------------------------------- */

/* It is only faster: without memory it is not begun. */
static void begin(struct fs_aheads *all, struct fs_ahead *a,
		  const struct bm_file *file)
{
	struct fs_ahead_blocks *b;

	if (!admit(all))
		return;
	b = malloc(sizeof(*b));
	if (!b) {
		leave(all);
		return;
	}
	b->here = (struct block){ .bytes = b->memory };
	b->next = (struct block){ .bytes = b->memory + FS_AHEAD_BLOCK };
	b->state = NOT_ORDERED;
	b->file = file;
	a->blocks = b;
	order(all, b, a->next);
}

void fs_ahead_end(struct fs_aheads *all, struct fs_ahead *a)
{
	a->in_order = 0;
	if (!a->blocks)
		return;
	(void)collect(all, a->blocks);
	free(a->blocks);
	a->blocks = NULL;
	leave(all);
}

/* The next block becomes the one that is read, and the one after it is ordered:
 * or one at end, when a read goes on to there and makes all before it itself.
 * False: it was not made.
 */
static bool advance(struct fs_aheads *all, struct fs_ahead_blocks *b,
		    uint64_t end)
{
	char *free_bytes = b->here.bytes;
	uint64_t after;

	if (!collect(all, b) || b->err)
		return false;
	b->here = b->next;
	b->next.bytes = free_bytes;
	after = b->here.off + b->here.len;
	order(all, b, end > after ? end : after);
	return true;
}

/* What of the block lies at off. */
static size_t copy(const struct block *from, uint64_t off, char *buf,
		   size_t len)
{
	size_t skip;

	if (off < from->off || off - from->off >= from->len)
		return 0;
	skip = (size_t)(off - from->off);
	if (len > from->len - skip)
		len = from->len - skip;
	memcpy(buf, from->bytes + skip, len);
	return len;
}

/* From the blocks as far as they go. */
static size_t from_blocks(struct fs_aheads *all, struct fs_ahead_blocks *b,
			  uint64_t off, char *buf, size_t len)
{
	size_t got = copy(&b->here, off, buf, len);

	while (got < len && b->next.off == off + got && b->next.len &&
	       advance(all, b, off + len))
		got += copy(&b->here, off + got, buf + got, len - got);
	return got;
}

static int read_rest(const struct bm_file *file, uint64_t off, char *buf,
		     size_t len, size_t *got)
{
	size_t more = 0;
	int err;

	if (*got == len)
		return 0;
	err = bm_file_read(file, off + *got, buf + *got, len - *got, &more);
	*got += more;
	return err;
}

/* Where the next read will begin, if it is in order. */
static void expect(struct fs_aheads *all, struct fs_ahead *a,
		   const struct bm_file *file)
{
	struct fs_ahead_blocks *b = a->blocks;
	uint64_t size = bm_file_size(file);

	if (a->next >= size) {
		fs_ahead_end(all, a);
	} else if (b) {
		/* The reader came first, and made what it read. */
		if (a->next > b->next.off)
			order(all, b, a->next);
	} else if (a->in_order >= FS_AHEAD_FROM &&
		   size - a->next > FS_AHEAD_BLOCK) {
		begin(all, a, file);
	}
}

int fs_ahead_read(struct fs_aheads *all, struct fs_ahead *a,
		  const struct bm_file *file, uint64_t off, char *buf,
		  size_t len, size_t *ret_len)
{
	size_t got = 0;
	int err;

	if (off != a->next)
		fs_ahead_end(all, a);
	if (a->blocks)
		got = from_blocks(all, a->blocks, off, buf, len);
	err = read_rest(file, off, buf, len, &got);
	if (err) {
		fs_ahead_end(all, a);
		return err;
	}
	a->next = off + got;
	a->in_order += got;
	expect(all, a, file);
	*ret_len = got;
	return 0;
}

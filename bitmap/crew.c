/* SPDX-License-Identifier: Apache-2.0 */
/* crew.c - see crew.h. */
#include "bitmap/crew.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>

static void do_parts(struct bm_crew *c, bm_part_fn *fn, unsigned who)
{
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) < c->n)
		fn(c->arg, who, i);
}

/* --- helpers -------------------------------------------------------------- */

/* Wait for work that it did not join in yet. NULL: there is no more. */
static bm_part_fn *join_in(struct bm_crew *c, uint64_t *turn)
{
	bm_part_fn *fn;

	lock_take(&c->lock);
	while (!c->over && (!c->fn || c->turn == *turn))
		cond_wait(&c->called, &c->lock);
	fn = c->over ? NULL : c->fn;
	*turn = c->turn;
	c->at_work += fn != NULL;
	lock_drop(&c->lock);
	return fn;
}

static void leave(struct bm_crew *c)
{
	lock_take(&c->lock);
	if (--c->at_work == 0)
		cond_wake_one(&c->done);
	lock_drop(&c->lock);
}

static void *help(void *arg)
{
	struct bm_helper *h = arg;
	struct bm_crew *c = h->crew;
	unsigned who = (unsigned)(h - c->helpers) + 1;
	uint64_t turn = 0;
	bm_part_fn *fn;

	while ((fn = join_in(c, &turn)) != NULL) {
		do_parts(c, fn, who);
		leave(c);
	}
	return NULL;
}

/* --- the caller ----------------------------------------------------------- */

unsigned bm_crew_usual(void)
{
	cpu_set_t ours;
	unsigned n = 1;

	if (!sched_getaffinity(0, sizeof(ours), &ours))
		n = (unsigned)CPU_COUNT(&ours);
	return n < BM_CREW_MAX ? n : BM_CREW_MAX;
}

void bm_crew_begin(struct bm_crew *c, unsigned most)
{
	sigset_t blocked;
	sigset_t old;

	assert(most >= 1 && most <= BM_CREW_MAX);
	*c = (struct bm_crew){ 0 };
	lock_init(&c->lock, LOCK_QUEUE);
	cond_init(&c->called);
	cond_init(&c->done);
	if (most == 1)
		return;
	sigfillset(&blocked);
	sigdelset(&blocked, SIGBUS); /* a fault of its own is not waited for */
	sigdelset(&blocked, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &blocked, &old);
	while (c->n_helpers + 1 < most) {
		struct bm_helper *h = &c->helpers[c->n_helpers];

		h->crew = c;
		if (pthread_create(&h->thread, NULL, help, h))
			break;
		c->n_helpers++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

unsigned bm_crew_size(const struct bm_crew *c)
{
	return c->n_helpers + 1;
}

/* fn: all may join in; NULL: nobody any more, and who did is waited for. */
static void call(struct bm_crew *c, bm_part_fn *fn)
{
	lock_take(&c->lock);
	c->fn = fn;
	c->turn += fn != NULL;
	if (fn)
		cond_wake_all(&c->called);
	while (!fn && c->at_work)
		cond_wait(&c->done, &c->lock);
	lock_drop(&c->lock);
}

void bm_crew_each(struct bm_crew *c, bm_part_fn *fn, void *arg, size_t n)
{
	c->arg = arg;
	c->n = n;
	atomic_store(&c->next, 0);
	if (c->n_helpers && n > 1)
		call(c, fn);
	do_parts(c, fn, 0);
	if (c->n_helpers && n > 1)
		call(c, NULL);
}

void bm_crew_end(struct bm_crew *c)
{
	lock_take(&c->lock);
	c->over = true;
	cond_wake_all(&c->called);
	lock_drop(&c->lock);
	for (unsigned i = 0; i < c->n_helpers; i++)
		pthread_join(c->helpers[i].thread, NULL);
	cond_finish(&c->done);
	cond_finish(&c->called);
	lock_finish(&c->lock);
}

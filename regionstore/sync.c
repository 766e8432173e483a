/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c - waiting for commits, and the timer that makes them.
 *
 * Commits, and records of the log, are numbered as they begin. Whoever wants
 * everything before now to be durable waits for the first that begins after
 * now; those who wait while one is running share the next. One of them leads
 * it, the others sleep. With k threads that sync all the time, a commit serves
 * k (group commit).
 */
#include "regionstore/commit.h"

#include <signal.h>
#include <time.h>

#define NS_PER_MS 1000000u
#define PROBE_MS  1000u /* after opening */

int rs_sync(struct rs_store *s)
{
	struct rs_sync_state *y = &s->sync;
	uint64_t target;
	int result;

	if (s->read_only)
		return 0;
	lock_take(&y->lock);
	target = y->begun + 1;
	while (y->done < target && y->leading)
		cond_wait(&y->changed, &y->lock);
	result = y->result;
	if (y->done < target) {
		y->leading = true;
		lock_drop(&y->lock);
		result = rs_commit_or_log(s);
		lock_take(&y->lock);
		y->leading = false;
		cond_wake_all(&y->changed);
	}
	lock_drop(&y->lock);
	return result;
}

int rs_sync_short(struct rs_store *s)
{
	return s->read_only ? 0 : rs_try_log(s);
}

/* --- the timer ----------------------------------------------------------- */

/* Pages that wait for nothing but another commit: what a view holds up is
 * parked with its pin. */
static uint64_t in_quarantine(struct rs_store *s)
{
	struct rs_alloc *a = &s->alloc;
	uint64_t pages;

	lock_take(&a->lock);
	pages = rs_extents_pages(&a->quarantine);
	lock_drop(&a->lock);
	return pages;
}

#define EMPTY_COMMITS 3u /* more than quarantine lasts */

static int drain_to(struct rs_store *s, uint64_t pages)
{
	struct rs_sysop nothing = { .is_drain = true };
	int err = 0;

	for (unsigned i = 0; i < EMPTY_COMMITS && !err; i++) {
		if (in_quarantine(s) <= pages)
			break;
		err = rs_commit(s, &nothing);
	}
	return err;
}

int rs_drain(struct rs_store *s)
{
	return drain_to(s, 0);
}

/* On a full disk what was removed would be room only after a tick or two of
 * the timer, and whoever removed it wants to write now. */
bool rs_make_room(struct rs_store *s)
{
	struct rs_sysop nothing = { .is_drain = true };

	if (!atomic_exchange(&s->alloc.tight, false))
		return false;
	if (in_quarantine(s) > 0)
		return drain_to(s, 0) == 0;
	/* Each commit asks the host whether it has room again. */
	return s->alloc.spare_pages < RS_SPARE_PAGES &&
	       rs_commit(s, &nothing) == 0;
}

/* A file that was removed comes back as space although nobody changes
 * anything afterwards: the commit that freed it is followed by empty ones. */
static void commit_on_time(struct rs_store *s)
{
	if (rs_commit(s, NULL) == 0)
		(void)!drain_to(s, RS_PUNCH_MIN);
}

static bool is_stopping(struct rs_sync_state *y)
{
	bool stop;

	lock_take(&y->lock);
	stop = y->stop;
	lock_drop(&y->lock);
	return stop;
}

/* An error leaves the rest for the next time. */
static void leave(struct rs_store *s)
{
	bool more = true;

	while (more && !is_stopping(&s->sync))
		if (rs_leave_step(s, &more))
			return;
}

static void punch(struct rs_store *s)
{
	while (rs_alloc_punch_one(&s->alloc))
		;
}

static uint64_t next_locked(struct rs_sync_state *y, uint64_t deadline)
	REQUIRES(y->lock)
{
	return y->soon && y->soon < deadline ? y->soon : deadline;
}

/* What an earlier process left is looked at when there was time for what has
 * to be done. */
static void probe(struct rs_store *s)
{
	uint32_t group = 0;

	while (!is_stopping(&s->sync) && rs_alloc_probe(&s->alloc, group))
		group++;
}

/* Not when opening, which shall be fast. */
static void write_spare(struct rs_store *s)
{
	lock_take(&s->commit_lock);
	(void)!rs_alloc_write_spare(&s->alloc);
	lock_drop(&s->commit_lock);
}

/* Warm pages are for who writes. When a whole period went by without a commit
 * the host gets back all but a little. */
static void rest(struct rs_store *s, uint64_t *at)
{
	uint64_t now = atomic_load(&s->durable);

	if (now == *at)
		while (!is_stopping(&s->sync) && rs_alloc_punch_rest(&s->alloc))
			;
	*at = now;
}

/* Sleep until something is to be done. False: end. */
static bool wait_for_work(struct rs_sync_state *y, uint64_t deadline,
			  bool *ret_commit)
{
	bool stop;

	lock_take(&y->lock);
	while (!y->stop && !y->hurry && !y->punch && !y->leave &&
	       cond_wait_until(&y->tick, &y->lock, next_locked(y, deadline)))
		;
	stop = y->stop;
	*ret_commit = y->hurry || cond_now_ns() >= next_locked(y, deadline);
	if (*ret_commit)
		y->soon = 0;
	y->hurry = false;
	y->punch = false;
	y->leave = false;
	lock_drop(&y->lock);
	return !stop;
}

static void *timer_main(void *arg)
{
	struct rs_store *s = arg;
	uint64_t period = (uint64_t)s->commit_ms * NS_PER_MS;
	uint64_t deadline = cond_now_ns() + period;
	uint64_t rested_at = 0;
	bool commit, probed = false;

	while (wait_for_work(&s->sync, deadline, &commit)) {
		if (commit) {
			commit_on_time(s);
			rest(s, &rested_at);
			if (s->io->ops->relax)
				s->io->ops->relax(s->io);
			deadline = cond_now_ns() + period;
		}
		leave(s);
		if (commit)
			write_spare(s);
		if (commit && !probed)
			probe(s);
		probed |= commit;
		punch(s);
	}
	return NULL;
}

/* Without a thread, for want of memory, only rs_sync() commits. */
void rs_timer_start(struct rs_store *s)
{
	sigset_t blocked, old;

	if (s->commit_ms == 0)
		return;
	sigfillset(&blocked);
	sigdelset(&blocked, SIGBUS); /* map.c */
	sigdelset(&blocked, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &blocked, &old);
	s->sync.has_timer = true;
	s->sync.leave = atomic_load(&s->n_leaving) > 0;
	s->sync.soon = cond_now_ns() + (uint64_t)PROBE_MS * NS_PER_MS;
	if (pthread_create(&s->sync.timer, NULL, timer_main, s))
		s->sync.has_timer = false;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void poke(struct rs_store *s, bool *flag)
{
	struct rs_sync_state *y = &s->sync;

	lock_take(&y->lock);
	*flag = true;
	cond_wake_one(&y->tick);
	lock_drop(&y->lock);
}

void rs_timer_stop(struct rs_store *s)
{
	if (!s->sync.has_timer)
		return;
	poke(s, &s->sync.stop);
	pthread_join(s->sync.timer, NULL);
	s->sync.has_timer = false;
}

void rs_timer_hurry(struct rs_store *s)
{
	poke(s, &s->sync.hurry);
}

void rs_timer_soon(struct rs_store *s)
{
	struct rs_sync_state *y = &s->sync;

	lock_take(&y->lock);
	if (!y->soon) {
		y->soon = cond_now_ns() + (uint64_t)RS_SOON_MS * NS_PER_MS;
		cond_wake_one(&y->tick);
	}
	lock_drop(&y->lock);
}

void rs_leave_go_on(struct rs_store *s)
{
	if (atomic_load(&s->n_leaving) == 0 || s->leave_step == 0)
		return;
	if (s->sync.has_timer)
		poke(s, &s->sync.leave);
	else
		leave(s);
}

/* A mutex goes to whoever comes first, and that would be the thread that just
 * gave it back. */
void rs_yield(struct rs_store *s)
{
	const struct timespec moment = { .tv_nsec = 100 * 1000 };

	while (atomic_load(&s->waiting) > 0)
		nanosleep(&moment, NULL);
}

void rs_give_back(struct rs_store *s)
{
	if (s->sync.has_timer && in_quarantine(s) >= RS_FREED_PAGES_SOON)
		rs_timer_soon(s);
	if (!rs_alloc_has_surplus(&s->alloc))
		return;
	if (s->sync.has_timer)
		poke(s, &s->sync.punch);
	else
		punch(s);
}

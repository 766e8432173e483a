/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - locks over pthreads, with the order checked.
 *
 * Each thread keeps one bit for each rank it holds. Taking a lock of rank r
 * needs all bits from r up to be clear, which is one shift. The mask is kept
 * also where asserts are compiled out: it is one instruction.
 */

#include "regionstore/base/lock.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#define NS_PER_S 1000000000u

static _Thread_local uint64_t held;

static uint64_t bit(enum lock_rank rank)
{
	return UINT64_C(1) << rank;
}

/* All that is held is lower: the order, and no re-entry. */
static void note_take(enum lock_rank rank)
{
	assert((held >> rank) == 0);
	held |= bit(rank);
}

static void note_drop(enum lock_rank rank)
{
	assert(held & bit(rank));
	held &= ~bit(rank);
}

/* pthreads fail only when used wrongly. */
static void must(int err)
{
	assert(err == 0);
	(void)err;
}

void lock_init(struct lock *l, enum lock_rank rank)
{
	assert(rank < 64);
	l->rank = rank;
	must(pthread_mutex_init(&l->mutex, NULL));
}

void lock_finish(struct lock *l)
{
	must(pthread_mutex_destroy(&l->mutex));
}

NO_LOCK_ANALYSIS
void lock_take(struct lock *l)
{
	note_take(l->rank);
	must(pthread_mutex_lock(&l->mutex));
}

NO_LOCK_ANALYSIS
bool lock_try(struct lock *l)
{
	int err = pthread_mutex_trylock(&l->mutex);

	if (err == EBUSY)
		return false;
	must(err);
	note_take(l->rank);
	return true;
}

NO_LOCK_ANALYSIS
void lock_drop(struct lock *l)
{
	note_drop(l->rank);
	must(pthread_mutex_unlock(&l->mutex));
}

NO_LOCK_ANALYSIS
void lock_assert_held(const struct lock *l)
{
	assert(held & bit(l->rank));
	(void)l;
}

void rwlock_init(struct rwlock *l, enum lock_rank rank)
{
	pthread_rwlockattr_t attr;

	assert(rank < 64);
	l->rank = rank;
	must(pthread_rwlockattr_init(&attr));
	must(pthread_rwlockattr_setkind_np(
		&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP));
	must(pthread_rwlock_init(&l->rwlock, &attr));
	must(pthread_rwlockattr_destroy(&attr));
}

void rwlock_finish(struct rwlock *l)
{
	must(pthread_rwlock_destroy(&l->rwlock));
}

NO_LOCK_ANALYSIS
void rwlock_read(struct rwlock *l)
{
	note_take(l->rank);
	must(pthread_rwlock_rdlock(&l->rwlock));
}

NO_LOCK_ANALYSIS
void rwlock_write(struct rwlock *l)
{
	note_take(l->rank);
	must(pthread_rwlock_wrlock(&l->rwlock));
}

NO_LOCK_ANALYSIS
void rwlock_drop(struct rwlock *l)
{
	note_drop(l->rank);
	must(pthread_rwlock_unlock(&l->rwlock));
}

void cond_init(struct cond *c)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr));
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	must(pthread_cond_init(&c->cond, &attr));
	must(pthread_condattr_destroy(&attr));
}

void cond_finish(struct cond *c)
{
	must(pthread_cond_destroy(&c->cond));
}

/* A thread that sleeps on l while it holds a higher lock would take l again
 * out of order.
 */
static void assert_last(const struct lock *l)
{
	assert((held >> l->rank) == 1);
	(void)l;
}

NO_LOCK_ANALYSIS
void cond_wait(struct cond *c, struct lock *l)
{
	assert_last(l);
	must(pthread_cond_wait(&c->cond, &l->mutex));
}

uint64_t cond_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

NO_LOCK_ANALYSIS
bool cond_wait_until(struct cond *c, struct lock *l, uint64_t deadline_ns)
{
	const struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / NS_PER_S),
		.tv_nsec = (long)(deadline_ns % NS_PER_S),
	};
	int err;

	assert_last(l);
	err = pthread_cond_timedwait(&c->cond, &l->mutex, &deadline);
	assert(err == 0 || err == ETIMEDOUT);
	return err == 0;
}

void cond_wake_one(struct cond *c)
{
	must(pthread_cond_signal(&c->cond));
}

void cond_wake_all(struct cond *c)
{
	must(pthread_cond_broadcast(&c->cond));
}

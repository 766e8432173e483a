/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h - locks that know their place.
 *
 * Every lock has a rank, and a thread takes locks in rising rank only, never
 * two of one rank. That alone makes a deadlock impossible, and it is checked:
 * a wrong order fails an assert in the first test that takes it, without
 * needing the unlucky moment. What each rank guards is in docs/design.md.
 *
 * Who must hold what is checked when clang builds:
 *
 *	struct counter {
 *		struct lock lock;
 *		uint64_t n GUARDED;
 *	};
 *
 *	static void bump_locked(struct counter *c) REQUIRES(c->lock);
 *	void counter_bump(struct counter *c) EXCLUDES(c->lock);
 *
 * The public function takes the lock, calls its *_locked and drops the lock:
 * one take, one drop, no return in between.
 *
 * A struct cond goes with a struct lock. Its clock is CLOCK_MONOTONIC.
 * Nothing here fails: a lock that cannot be made or taken is our own mistake.
 */

#ifndef REGIONSTORE_BASE_LOCK_H
#define REGIONSTORE_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "regionstore/base/attr.h"

#ifdef __clang__
#define LOCK_ATTR(x) __attribute__((x))
#else
#define LOCK_ATTR(x)
#endif

#define CAPABILITY(name) LOCK_ATTR(capability(name))

/* On a field: it is touched only while some lock is held. C cannot name the
 * lock here, the struct's comment does.
 */
#define GUARDED LOCK_ATTR(guarded_var)

/* On a function: the caller holds the lock, for writing or at least for
 * reading; the caller does not hold it.
 */
#define REQUIRES(...)	     LOCK_ATTR(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) LOCK_ATTR(requires_shared_capability(__VA_ARGS__))
#define EXCLUDES(...)	     LOCK_ATTR(locks_excluded(__VA_ARGS__))

/* On a function that returns with the lock taken, or dropped. */
#define ACQUIRES(...)	     LOCK_ATTR(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRES(l)	     LOCK_ATTR(try_acquire_capability(true, l))
#define ACQUIRES_SHARED(...) LOCK_ATTR(acquire_shared_capability(__VA_ARGS__))
#define RELEASES(...)	     LOCK_ATTR(release_capability(__VA_ARGS__))
#define RELEASES_ANY(...)    LOCK_ATTR(release_generic_capability(__VA_ARGS__))
#define ASSERTS_HELD(...)    LOCK_ATTR(assert_capability(__VA_ARGS__))

/* On a function that clang shall not look into. */
#define NO_LOCK_ANALYSIS LOCK_ATTR(no_thread_safety_analysis)

/* In the order they are taken. Each is below 64. */
enum lock_rank {
	LOCK_SESSION = 8,
	LOCK_INODES = 10,
	LOCK_HANDLE = 15,
	LOCK_SNAPS = 16,
	LOCK_COMMIT = 18, /* settles sets while it is held */
	LOCK_RECALL = 19,
	LOCK_SET = 20,
	LOCK_TXN = 30,
	LOCK_ROOT = 34,
	LOCK_SWEEP = 36,
	LOCK_SPARE = 38,
	LOCK_ALLOC = 40,
	LOCK_PINS = 44,
	LOCK_SYNC = 46,
	LOCK_OPENS = 47,
	LOCK_QUEUE = 48,
	LOCK_MEMBERS = 49,
	LOCK_ERRLOG = 50,
	LOCK_MAKERS = 51, /* of the result of an expression */
};

struct CAPABILITY("mutex") lock {
	pthread_mutex_t mutex;
	enum lock_rank rank;
};

void lock_init(struct lock *l, enum lock_rank rank);
void lock_finish(struct lock *l);
void lock_take(struct lock *l) ACQUIRES(*l);
void lock_drop(struct lock *l) RELEASES(*l);
/* Take it if it is free; true when it was. */
MUST_CHECK bool lock_try(struct lock *l) TRY_ACQUIRES(*l);

/* Assert that this thread holds a lock of l's rank. */
void lock_assert_held(const struct lock *l) ASSERTS_HELD(*l);

/* Many readers or one writer. A waiting writer goes before new readers, so
 * readers that come and come cannot keep it out.
 */
struct CAPABILITY("rwlock") rwlock {
	pthread_rwlock_t rwlock;
	enum lock_rank rank;
};

void rwlock_init(struct rwlock *l, enum lock_rank rank);
void rwlock_finish(struct rwlock *l);
void rwlock_read(struct rwlock *l) ACQUIRES_SHARED(*l);
void rwlock_write(struct rwlock *l) ACQUIRES(*l);
void rwlock_drop(struct rwlock *l) RELEASES_ANY(*l);

struct cond {
	pthread_cond_t cond;
};

void cond_init(struct cond *c);
void cond_finish(struct cond *c);

/* Let go of l, wait for a wake-up, take l again. Wake-ups may be spurious. l
 * is the last lock this thread took.
 */
void cond_wait(struct cond *c, struct lock *l) REQUIRES(*l);

/* The same until the monotonic clock passes deadline_ns: false when it did. */
bool cond_wait_until(struct cond *c, struct lock *l, uint64_t deadline_ns)
	REQUIRES(*l);
/* What that clock says now. */
uint64_t cond_now_ns(void);

void cond_wake_one(struct cond *c);
void cond_wake_all(struct cond *c);

#endif

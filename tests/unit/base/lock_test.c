/* SPDX-License-Identifier: Apache-2.0 */
/* lock_test.c - the order is checked, writers get in, sleepers wake.
 *
 * A wrong use must end the program by its assert: it is made in a child.
 */

#include "regionstore/base/lock.h"

#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS	20000

struct counter {
	struct lock lock;
	int n GUARDED;
};

static void *count(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&c->lock);
		c->n++;
		lock_drop(&c->lock);
	}
	return NULL;
}

static void one_thread_at_a_time(void **state)
{
	struct counter c = { .n = 0 };
	pthread_t t[THREADS];
	int n;

	(void)state;
	lock_init(&c.lock, LOCK_TXN);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count, &c), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	lock_take(&c.lock);
	n = c.n;
	lock_drop(&c.lock);
	assert_int_equal(n, THREADS * ROUNDS);
	lock_finish(&c.lock);
}

static void rising_ranks_are_taken_and_dropped_in_any_order(void **state)
{
	struct lock low;
	struct rwlock high;

	(void)state;
	lock_init(&low, LOCK_SET);
	rwlock_init(&high, LOCK_ALLOC);
	lock_take(&low);
	rwlock_read(&high);
	lock_drop(&low);
	rwlock_drop(&high);
	lock_take(&low);
	rwlock_write(&high);
	rwlock_drop(&high);
	lock_drop(&low);
	rwlock_finish(&high);
	lock_finish(&low);
}

/* Does wrong() end in an assert, said on a stderr that nobody reads? */
static bool dies(void (*wrong)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		wrong();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

NO_LOCK_ANALYSIS
static void falling_rank(void)
{
	struct lock high;
	struct lock low;

	lock_init(&high, LOCK_ALLOC);
	lock_init(&low, LOCK_SET);
	lock_take(&high);
	lock_take(&low);
}

NO_LOCK_ANALYSIS
static void same_rank(void)
{
	struct lock one;
	struct rwlock other;

	lock_init(&one, LOCK_SET);
	rwlock_init(&other, LOCK_SET);
	lock_take(&one);
	rwlock_read(&other);
}

NO_LOCK_ANALYSIS
static void drop_of_what_is_not_held(void)
{
	struct lock l;

	lock_init(&l, LOCK_SET);
	lock_drop(&l);
}

NO_LOCK_ANALYSIS
static void sleep_under_a_higher_lock(void)
{
	struct cond c;
	struct lock low;
	struct lock high;

	cond_init(&c);
	lock_init(&low, LOCK_SET);
	lock_init(&high, LOCK_ALLOC);
	lock_take(&low);
	lock_take(&high);
	cond_wait_until(&c, &low, 0);
}

static void wrong_order_dies_at_once(void **state)
{
	(void)state;
#ifdef NDEBUG
	skip();
#endif
	assert_true(dies(falling_rank));
	assert_true(dies(same_rank));
	assert_true(dies(drop_of_what_is_not_held));
	assert_true(dies(sleep_under_a_higher_lock));
}

struct mailbox {
	struct lock lock;
	struct cond filled;
	bool full GUARDED;
};

static void *fill(void *arg)
{
	struct mailbox *m = arg;

	lock_take(&m->lock);
	m->full = true;
	cond_wake_all(&m->filled);
	lock_drop(&m->lock);
	return NULL;
}

static void a_sleeper_sees_what_woke_it(void **state)
{
	struct mailbox m = { .full = false };
	pthread_t t;

	(void)state;
	lock_init(&m.lock, LOCK_COMMIT);
	cond_init(&m.filled);
	lock_take(&m.lock);
	assert_int_equal(pthread_create(&t, NULL, fill, &m), 0);
	while (!m.full)
		cond_wait(&m.filled, &m.lock);
	lock_drop(&m.lock);
	pthread_join(t, NULL);
	cond_finish(&m.filled);
	lock_finish(&m.lock);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void a_sleeper_gives_up_at_its_deadline(void **state)
{
	const uint64_t deadline = now_ns() + 20000000u;
	struct cond c;
	struct lock l;

	(void)state;
	cond_init(&c);
	lock_init(&l, LOCK_COMMIT);
	lock_take(&l);
	while (cond_wait_until(&c, &l, deadline))
		;
	lock_drop(&l);
	assert_true(now_ns() >= deadline);
	lock_finish(&l);
	cond_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread_at_a_time),
		cmocka_unit_test(
			rising_ranks_are_taken_and_dropped_in_any_order),
		cmocka_unit_test(wrong_order_dies_at_once),
		cmocka_unit_test(a_sleeper_sees_what_woke_it),
		cmocka_unit_test(a_sleeper_gives_up_at_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* worker_test.c - jobs on other threads. */
#include "tests/support/test.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "fs/worker.h"

struct count_job {
	struct fs_job job;
	_Atomic unsigned *ran;
	struct fs_workers *more; /* add another one */
};

static void run_count(struct fs_job *job)
{
	struct count_job *c = (struct count_job *)job;
	struct fs_workers *more = c->more;

	atomic_fetch_add(c->ran, 1);
	c->more = NULL;
	if (more)
		fs_worker_add(more, job);
	else
		free(c);
}

static void add(struct fs_workers *w, _Atomic unsigned *ran, bool twice)
{
	struct count_job *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->job.run = run_count;
	c->ran = ran;
	c->more = twice ? w : NULL;
	fs_worker_add(w, &c->job);
}

/* Stopping finishes every job that was added, and those that jobs add. */
static void stop_finishes_all(void **state)
{
	struct fs_workers w;
	_Atomic unsigned ran = 0;

	(void)state;
	assert_int_equal(fs_workers_start(&w, NULL), 0);
	for (unsigned i = 0; i < 1000; i++)
		add(&w, &ran, i % 2);
	fs_workers_stop(&w);
	assert_int_equal(ran, 1500);
}

/* Draining returns when all is done, and more can be added after. */
static void drain_waits_for_all(void **state)
{
	struct fs_workers w;
	_Atomic unsigned ran = 0;

	(void)state;
	assert_int_equal(fs_workers_start(&w, NULL), 0);
	for (unsigned round = 1; round < 20; round++) {
		for (unsigned i = 0; i < 50; i++)
			add(&w, &ran, i % 2);
		fs_workers_drain(&w);
		assert_int_equal(ran, 75 * round);
	}
	fs_workers_stop(&w);
}

/* What was never started can be stopped. */
static void stop_without_start(void **state)
{
	struct fs_workers w = { 0 };

	(void)state;
	fs_workers_stop(&w);
}

/* Threads that wait for work are woken to end. */
static void stop_when_idle(void **state)
{
	struct fs_workers w;

	(void)state;
	assert_int_equal(fs_workers_start(&w, NULL), 0);
	fs_workers_stop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_finishes_all),
		cmocka_unit_test(drain_waits_for_all),
		cmocka_unit_test(stop_without_start),
		cmocka_unit_test(stop_when_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

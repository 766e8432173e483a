/* SPDX-License-Identifier: Apache-2.0 */
/* ring_class_test.c - when does a thread starve, and what does it do then? */
#include "fs/ring_class.h"

#include "tests/support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void reads_what_the_kernel_prints(void **state)
{
	struct fs_ring_wait w;

	(void)state;
	assert_true(fs_ring_parse_wait("1234 5678901234 90\n", &w));
	assert_int_equal(w.waited_ns, 5678901234);
	assert_int_equal(w.turns, 90);
	assert_false(fs_ring_parse_wait("", &w));
	assert_false(fs_ring_parse_wait("1 2\n", &w));
	assert_false(fs_ring_parse_wait("a b c\n", &w));
}

static void starves_when_turns_are_waited_for(void **state)
{
	const struct fs_ring_wait before = { 5000, 10 };
	const struct fs_ring_wait quick = { 5000 + 4000 * 1000, 10 + 1000 };
	const struct fs_ring_wait equal = { 5000 + 300000 * 100, 10 + 100 };
	const struct fs_ring_wait starved = { 5000 + 163000000, 10 + 1 };

	(void)state;
	assert_true(fs_ring_is_idle_enough(true, before, before));
	assert_true(fs_ring_is_idle_enough(false, before, before));
	assert_true(fs_ring_is_idle_enough(true, before, quick));
	assert_true(fs_ring_is_idle_enough(false, before, quick));
	assert_true(fs_ring_is_idle_enough(true, before, equal));
	assert_false(fs_ring_is_idle_enough(false, before, equal));
	assert_false(fs_ring_is_idle_enough(true, before, starved));
	assert_false(fs_ring_is_idle_enough(false, before, starved));
}

/* --- a thread with too many neighbours ------------------------------------ */

static atomic_bool ended;

static void *run_on(void *arg)
{
	while (!atomic_load(&ended))
		;
	return arg;
}

static void sleep_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

struct seen {
	bool began_idle, starved, gave_up;
};

static struct fs_ring_wait wait_of_thread(void)
{
	struct fs_ring_wait w;
	char text[100] = "";
	FILE *f = fopen("/proc/thread-self/schedstat", "r");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_true(fs_ring_parse_wait(text, &w));
	return w;
}

static void *serve(void *arg)
{
	struct fs_ring_wait begin = wait_of_thread();
	struct seen *seen = arg;

	fs_ring_class_begin();
	seen->began_idle = sched_getscheduler(0) == SCHED_IDLE;
	for (int i = 0; i < 200 && !seen->gave_up; i++) {
		sleep_ms(5);
		fs_ring_class_look();
		seen->gave_up = sched_getscheduler(0) == SCHED_OTHER;
	}
	seen->starved = !fs_ring_is_idle_enough(true, begin, wait_of_thread());
	return NULL;
}

/* All on one CPU, so that no other one helps out. */
static void on_one_cpu(void)
{
	cpu_set_t all, one;
	size_t cpu = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

static void serves_as_everybody_when_it_starves(void **state)
{
	pthread_t busy[3], ring;
	struct seen seen = { 0 };

	(void)state;
	on_one_cpu();
	atomic_store(&ended, false);
	for (int i = 0; i < 3; i++)
		pthread_create(&busy[i], NULL, run_on, NULL);
	pthread_create(&ring, NULL, serve, &seen);
	pthread_join(ring, NULL);
	atomic_store(&ended, true);
	for (int i = 0; i < 3; i++)
		pthread_join(busy[i], NULL);
	assert_true(seen.began_idle);
	/* Below valgrind threads wait for each other and not for a CPU; and who
	 * is not root may not come back. */
	if (!seen.starved || geteuid() != 0)
		skip();
	assert_true(seen.gave_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_kernel_prints),
		cmocka_unit_test(starves_when_turns_are_waited_for),
		cmocka_unit_test(serves_as_everybody_when_it_starves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bitmap/crew.h"
#include "tests/support/test.h"

#include <stdbool.h>
#include <string.h>

#define PARTS 1000u

struct work {
	unsigned done[PARTS];	      /* how often */
	uint64_t sum_of[BM_CREW_MAX]; /* by each, without locks */
	uint64_t squares[PARTS];
};

static void square(void *arg, unsigned who, size_t i)
{
	struct work *w = arg;

	w->done[i]++;
	w->squares[i] = i * i;
	w->sum_of[who] += i;
}

/* What others did in the call before is there. */
static void mirror(void *arg, unsigned who, size_t i)
{
	struct work *w = arg;

	assert_true(w->squares[PARTS - 1 - i] ==
		    (PARTS - 1 - i) * (PARTS - 1 - i));
	w->sum_of[who] += i;
}

static void check(unsigned most, unsigned least)
{
	struct bm_crew c;

	bm_crew_begin(&c, most);
	assert_in_range(bm_crew_size(&c), least, most);
	for (size_t n = 0; n <= PARTS; n = n * 5 + 1) {
		struct work w = { { 0 }, { 0 }, { 0 } };
		uint64_t sum = 0;

		bm_crew_each(&c, square, &w, n);
		for (size_t i = 0; i < PARTS; i++)
			assert_int_equal(w.done[i], i < n);
		for (size_t i = 0; i < BM_CREW_MAX; i++)
			sum += w.sum_of[i];
		assert_int_equal(sum, n ? n * (n - 1) / 2 : 0);
	}
	for (unsigned i = 0; i < 200; i++) {
		struct work w = { { 0 }, { 0 }, { 0 } };

		bm_crew_each(&c, square, &w, PARTS);
		bm_crew_each(&c, mirror, &w, PARTS);
	}
	bm_crew_end(&c);
}

static void does_each_part_once(void **state)
{
	(void)state;
	for (unsigned most = 1; most <= BM_CREW_MAX; most++)
		check(most, most);
	for (unsigned i = 0; i < 100; i++) {
		struct bm_crew c;

		bm_crew_begin(&c, 4);
		bm_crew_end(&c);
	}
}

/* No thread has room for such a stack. */
static void does_alone_what_nobody_helps_with(void **state)
{
	pthread_attr_t usual;
	pthread_attr_t huge;

	(void)state;
	assert_int_equal(pthread_getattr_default_np(&usual), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	check(1, 1);
	for (unsigned most = 2; most <= BM_CREW_MAX; most *= 2) {
		struct bm_crew c;

		bm_crew_begin(&c, most);
		assert_int_equal(bm_crew_size(&c), 1);
		bm_crew_end(&c);
		check(most, 1);
	}
	assert_int_equal(pthread_setattr_default_np(&usual), 0);
	pthread_attr_destroy(&huge);
	pthread_attr_destroy(&usual);
}

static void is_as_many_as_cpus(void **state)
{
	(void)state;
	assert_in_range(bm_crew_usual(), 1, BM_CREW_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_each_part_once),
		cmocka_unit_test(does_alone_what_nobody_helps_with),
		cmocka_unit_test(is_as_many_as_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

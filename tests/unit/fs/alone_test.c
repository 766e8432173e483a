/* SPDX-License-Identifier: Apache-2.0 */
/* alone_test.c - when does a thread have one client only? */
#include "fs/alone.h"

#include "tests/support/test.h"

#include <time.h>

static void wait_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

static void nobody_is_not_alone(void **state)
{
	(void)state;
	fs_alone_note(0); /* the kernel is nobody */
	assert_false(fs_alone());
}

static void one_is_after_a_while(void **state)
{
	(void)state;
	fs_alone_note(7);
	assert_false(fs_alone());
	wait_ms(40);
	fs_alone_note(7);
	assert_true(fs_alone());
}

static void a_second_one_ends_it(void **state)
{
	(void)state;
	fs_alone_note(8);
	assert_false(fs_alone());
	fs_alone_note(7);
	assert_false(fs_alone());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_not_alone),
		cmocka_unit_test(one_is_after_a_while),
		cmocka_unit_test(a_second_one_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

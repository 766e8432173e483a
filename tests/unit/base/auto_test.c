/* SPDX-License-Identifier: Apache-2.0 */
/* auto_test.c - resources are released once, and only if still ours. */

#include "regionstore/base/auto.h"

#include "tests/support/test.h"

#include <fcntl.h>
#include <stdbool.h>

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void closes_at_the_end_of_the_block(void **state)
{
	int seen;

	(void)state;
	{
		AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		assert_true(fd >= 0);
		seen = fd;
	}
	assert_false(is_open(seen));
}

static void leaves_open_what_was_taken(void **state)
{
	int kept;

	(void)state;
	{
		AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		kept = take_fd(&fd);
		assert_int_equal(fd, -1);
	}
	assert_true(is_open(kept));
	close(kept);
}

static void keeps_errno_while_it_closes(void **state)
{
	(void)state;
	errno = ENOSPC;
	{
		AUTO_CLOSE int fd = 1 << 20; /* not open: close() fails */

		(void)fd;
	}
	assert_int_equal(errno, ENOSPC);
}

/* A second free would be seen by the sanitizers and by glibc. */
static void a_taken_pointer_is_not_freed(void **state)
{
	char *kept;

	(void)state;
	{
		AUTO_FREE char *p = malloc(1);
		AUTO_FREE char *none = NULL;

		assert_null(none);
		kept = take_ptr(&p);
		assert_null(p);
	}
	assert_non_null(kept);
	*kept = 'x';
	free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_at_the_end_of_the_block),
		cmocka_unit_test(leaves_open_what_was_taken),
		cmocka_unit_test(keeps_errno_while_it_closes),
		cmocka_unit_test(a_taken_pointer_is_not_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

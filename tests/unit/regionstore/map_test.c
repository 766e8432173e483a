/* SPDX-License-Identifier: Apache-2.0 */
/* map_test.c - tests regionstore/map.c. */
#include "regionstore/map.h"

#include "regionstore/format.h"
#include "tests/support/test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 200u

/* A file of PAGES pages, mapped. */
struct fixture {
	int fd;
	uint8_t *base;
	struct rs_map map;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[] = "/tmp/map_test.XXXXXX";
	uint8_t page[RS_PAGE_SIZE];

	assert_non_null(f);
	f->fd = mkstemp(path);
	assert_true(f->fd >= 0);
	unlink(path);
	memset(page, 'x', sizeof(page));
	for (unsigned i = 0; i < PAGES; i++)
		assert_int_equal(write(f->fd, page, sizeof(page)),
				 sizeof(page));
	f->base = mmap(NULL, PAGES * RS_PAGE_SIZE, PROT_READ, MAP_SHARED, f->fd,
		       0);
	assert_ptr_not_equal(f->base, MAP_FAILED);
	assert_int_equal(rs_map_init(&f->map, f->base, PAGES * RS_PAGE_SIZE),
			 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rs_map_finish(&f->map);
	munmap(f->base, PAGES * RS_PAGE_SIZE);
	close(f->fd);
	free(f);
	return 0;
}

/* cmocka puts its own handlers in place before each test; ours shall be the
 * newer one. */
static struct fixture *arm(void **state)
{
	struct fixture *f = *state;

	rs_map_finish(&f->map);
	assert_int_equal(rs_map_init(&f->map, f->base, PAGES * RS_PAGE_SIZE),
			 0);
	return f;
}

static void a_run_is_verified_when_all_its_pages_are(void **state)
{
	struct fixture *f = *state;

	rs_map_set_verified(&f->map, 10, 120);
	assert_true(rs_map_is_verified(&f->map, 10, 120));
	assert_true(rs_map_is_verified(&f->map, 63, 2));
	assert_false(rs_map_is_verified(&f->map, 9, 2));
	assert_false(rs_map_is_verified(&f->map, 129, 2));
	rs_map_forget(&f->map, 64, 1);
	assert_false(rs_map_is_verified(&f->map, 10, 120));
	assert_true(rs_map_is_verified(&f->map, 65, 64));
}

/* Somebody cuts the file: zeros, an error, and life goes on. */
static void a_page_that_is_gone_reads_as_zeros_and_is_an_error(void **state)
{
	struct fixture *f = arm(state);
	const volatile uint8_t *page = f->base + 150 * RS_PAGE_SIZE;

	rs_map_set_verified(&f->map, 0, PAGES);
	rs_map_watch();
	assert_int_equal(page[0], 'x');
	assert_int_equal(rs_map_check(), 0);
	assert_int_equal(ftruncate(f->fd, 100 * RS_PAGE_SIZE), 0);
	rs_map_watch();
	assert_int_equal(page[17], 0);
	assert_int_equal(rs_map_check(), -EIO);
	assert_int_equal(rs_map_check(), 0); /* said once */
	assert_false(rs_map_is_verified(&f->map, 150, 1));
	assert_true(rs_map_is_verified(&f->map, 149, 1));
	assert_true(rs_map_is_bad(&f->map, 149, 2));
	assert_false(rs_map_is_bad(&f->map, 151, 40));
}

/* The fault that counts is the one since watching began. */
static void a_fault_before_is_none_of_ours(void **state)
{
	struct fixture *f = arm(state);
	const volatile uint8_t *page = f->base + 150 * RS_PAGE_SIZE;

	assert_int_equal(ftruncate(f->fd, 100 * RS_PAGE_SIZE), 0);
	assert_int_equal(page[0], 0);
	rs_map_watch();
	assert_int_equal(rs_map_check(), 0);
}

/* A SIGBUS that is not ours still kills. */
static void a_foreign_fault_is_passed_on(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t pid;

	assert_int_equal(ftruncate(f->fd, 100 * RS_PAGE_SIZE), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = { 0 };
		const volatile uint8_t *other;

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGBUS, SIG_DFL);
		arm(state);
		other = mmap(NULL, PAGES * RS_PAGE_SIZE, PROT_READ, MAP_SHARED,
			     f->fd, 0);

		_exit(other[150 * RS_PAGE_SIZE]);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_run_is_verified_when_all_its_pages_are),
		TEST(a_page_that_is_gone_reads_as_zeros_and_is_an_error),
		TEST(a_fault_before_is_none_of_ours),
		TEST(a_foreign_fault_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

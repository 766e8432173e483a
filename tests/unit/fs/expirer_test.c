/* SPDX-License-Identifier: Apache-2.0 */
/* expirer_test.c - tests fs/expirer.c: the thread, by a clock of our own.
 *
 * What the thread shall do is waited for, as long as the test may run.
 */
#include "tests/unit/fs/fs_fixture.h"

#include <time.h>

#include "fs/ours.h"

static void wait_until_gone(struct fs *fs, uint64_t ino)
{
	const struct timespec moment = { .tv_nsec = 2000000 };

	while (fsf_exists(fs, ino))
		nanosleep(&moment, NULL);
}

static void set_ttl(struct fs *fs, uint64_t ino, const char *ttl)
{
	const struct fs_ours_change x = { .what = "ttl",
					  .value = ttl,
					  .len = strlen(ttl) };

	assert_int_equal(fs_ours_set(fs, ino, &x), 0);
}

/* News wake it, and the clock set forward is seen. */
static void goes_by_the_clock(void **state)
{
	struct fs *fs = *state;
	uint64_t a = fsf_set(fs, "a"), b = fsf_set(fs, "b");

	atomic_store(&fs->clock_ns, 1000000000);
	assert_int_equal(fs_expirer_start(fs), 0);
	set_ttl(fs, a, "5");
	set_ttl(fs, b, "1h");
	atomic_store(&fs->clock_ns, 8000000000);
	wait_until_gone(fs, a);
	assert_true(fsf_exists(fs, b));
	fs_expirer_stop(fs);
	assert_true(fsf_exists(fs, b));
}

/* What was due while nobody was there goes at the start. */
static void goes_at_the_start(void **state)
{
	struct fs *fs = *state;
	uint64_t a = fsf_set(fs, "a");

	atomic_store(&fs->clock_ns, 1000000000);
	set_ttl(fs, a, "5");
	atomic_store(&fs->clock_ns, 8000000000);
	assert_int_equal(fs_expirer_start(fs), 0);
	wait_until_gone(fs, a);
	fs_expirer_stop(fs);
}

/* It only looks at a store that may not be changed. */
static void read_only_stays(void **state)
{
	struct fs *fs = *state;
	uint64_t a = fsf_set(fs, "a");

	atomic_store(&fs->clock_ns, 1000000000);
	set_ttl(fs, a, "5");
	atomic_store(&fs->clock_ns, 8000000000);
	fs->read_only = true;
	assert_int_equal(fs_expirer_start(fs), 0);
	fs_expirer_stop(fs);
	assert_true(fsf_exists(fs, a));
	fs_expirer_stop(fs);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fsf_setup, fsf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_by_the_clock),
		TEST(goes_at_the_start),
		TEST(read_only_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* as_sizes_test.c - sizes that are remembered, for one version each. */

#include "fs/as_sizes.h"
#include "tests/support/test.h"

static const struct fs_as_version version = {
	.ino = 77,
	.format = BM_FORMAT_ROARING,
	.ctime_ns = 5,
	.info = { .count = 3, .min = 1, .max = 9, .segments = 1 },
};

static int setup(void **state)
{
	static struct fs_as_sizes s;

	fs_as_sizes_init(&s);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	fs_as_sizes_finish(*state);
	return 0;
}

static void remembers_a_version(void **state)
{
	uint64_t size = 0;

	assert_false(fs_as_sizes_find(*state, &version, &size));
	fs_as_sizes_note(*state, &version, 1234);
	assert_true(fs_as_sizes_find(*state, &version, &size));
	assert_int_equal(size, 1234);
}

/* Whatever differs, it is another version. */
static void knows_versions_apart(void **state)
{
	struct fs_as_version other[7];
	uint64_t size = 0;

	fs_as_sizes_note(*state, &version, 1234);
	for (unsigned i = 0; i < 7; i++)
		other[i] = version;
	other[0].ino += FS_AS_SIZES;
	other[1].format = BM_FORMAT_RANGES;
	other[2].ctime_ns++;
	other[3].info.count++;
	other[4].info.min++;
	other[5].info.max++;
	other[6].info.stored++;
	for (unsigned i = 0; i < 7; i++)
		assert_false(fs_as_sizes_find(*state, &other[i], &size));
}

/* The one that was noted last has the slot. */
static void the_newest_stays(void **state)
{
	struct fs_as_version next = version;
	uint64_t size = 0;

	next.ctime_ns++;
	fs_as_sizes_note(*state, &version, 1);
	fs_as_sizes_note(*state, &next, 2);
	assert_false(fs_as_sizes_find(*state, &version, &size));
	assert_true(fs_as_sizes_find(*state, &next, &size));
	assert_int_equal(size, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(remembers_a_version, setup,
						teardown),
		cmocka_unit_test_setup_teardown(knows_versions_apart, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_newest_stays, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

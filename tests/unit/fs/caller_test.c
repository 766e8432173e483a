/* SPDX-License-Identifier: Apache-2.0 */
/* caller_test.c - permission bits, as the kernel has them. */
#include "fs/caller.h"
#include "tests/support/test.h"

static bool in_seven(const struct fs_caller *c, uint32_t gid)
{
	(void)c;
	return gid == 7;
}

static void expect(uint32_t uid, uint32_t gid, uint32_t mode, bool may)
{
	const struct fs_caller c = { .uid = uid,
				     .gid = gid,
				     .in_group = in_seven };
	const struct fs_attr a = { .mode = mode, .uid = 100, .gid = 200 };

	assert_int_equal(fs_caller_may(&c, &a, FS_MAY_READ), may);
}

static void one_class_decides(void **state)
{
	(void)state;
	expect(100, 1, 0400, true);
	expect(100, 200, 0044, false); /* the owner is nobody else */
	expect(1, 200, 0040, true);
	expect(1, 200, 0404, false); /* nor is his group */
	expect(1, 1, 0004, true);
	expect(1, 1, 0440, false);
	expect(0, 0, 0000, true);
}

static void other_groups_count(void **state)
{
	const struct fs_caller c = { .uid = 1, .gid = 1, .in_group = in_seven };
	struct fs_attr a = { .mode = 0040, .uid = 100, .gid = 7 };

	(void)state;
	assert_true(fs_caller_may(&c, &a, FS_MAY_READ));
	a.gid = 8;
	assert_false(fs_caller_may(&c, &a, FS_MAY_READ));
	a.mode = 0004;
	a.gid = 7;
	assert_false(fs_caller_may(&c, &a, FS_MAY_READ));
}

static void all_that_is_asked(void **state)
{
	const struct fs_caller c = { .uid = 1, .gid = 1 };
	struct fs_attr a = { .mode = 0701, .uid = 2, .gid = 2 };

	(void)state;
	assert_true(fs_caller_may(&c, &a, FS_MAY_SEARCH));
	assert_false(fs_caller_may(&c, &a, FS_MAY_SEARCH | FS_MAY_READ));
	a.mode = 0705;
	assert_true(fs_caller_may(&c, &a, FS_MAY_SEARCH | FS_MAY_READ));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_class_decides),
		cmocka_unit_test(other_groups_count),
		cmocka_unit_test(all_that_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* unkept_test.c - for how long the kernel keeps no names. */

#include "fs/unkept.h"
#include "regionstore/base/lock.h"
#include "tests/support/test.h"

static void begins_with_what_goes_out(void **state)
{
	uint64_t now = cond_now_ns();
	struct fs_unkept u = { 0 };
	uint64_t until;

	(void)state;
	assert_false(fs_unkept_out(&u));
	assert_false(fs_unkept_all(&u, now));
	until = fs_unkept_begin(&u, now);
	/* The kernel has yet to forget what went out before. */
	assert_true(fs_unkept_out(&u));
	assert_false(fs_unkept_all(&u, now));
	fs_unkept_forgotten(&u, until);
	assert_true(fs_unkept_out(&u));
	assert_true(fs_unkept_all(&u, now));
}

/* First there is something to tell again, and long after that names last. */
static void ends_the_other_way_round(void **state)
{
	uint64_t now = cond_now_ns();
	struct fs_unkept u = { 0 };

	(void)state;
	fs_unkept_forgotten(&u, fs_unkept_begin(&u, now - FS_UNKEPT_NS));
	assert_false(fs_unkept_all(&u, now));
	assert_true(fs_unkept_all(&u, now - 1));
	assert_true(fs_unkept_out(&u));
	u = (struct fs_unkept){ 0 };
	fs_unkept_begin(&u, now - FS_UNKEPT_NS - FS_UNKEPT_MORE_NS);
	assert_false(fs_unkept_out(&u));
}

/* Of two who begin, the later one says when it ends. */
static void only_moves_on(void **state)
{
	uint64_t now = cond_now_ns();
	struct fs_unkept u = { 0 };
	uint64_t first, second;

	(void)state;
	first = fs_unkept_begin(&u, now - FS_UNKEPT_NS);
	second = fs_unkept_begin(&u, now);
	fs_unkept_forgotten(&u, second);
	fs_unkept_forgotten(&u, first);
	assert_true(fs_unkept_all(&u, now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_what_goes_out),
		cmocka_unit_test(ends_the_other_way_round),
		cmocka_unit_test(only_moves_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fresh_test.c - attributes that the kernel may keep for a moment. */

#include <stdlib.h>
#include <time.h>

#include "fs/fresh.h"
#include "regionstore/base/lock.h"
#include "tests/support/test.h"

enum {
	TEXT,
	LE64 = 3
};
#define INO   77u
#define OTHER (INO + FS_FRESH_SLOTS) /* of the same slot */

static int make(void **state)
{
	*state = calloc(1, sizeof(struct fs_fresh));
	return *state ? 0 : -1;
}

static int drop(void **state)
{
	free(*state);
	return 0;
}

/* Who comes through the same face never waits, nor who wants another set. */
static void is_fresh_for_other_faces_only(void **state)
{
	struct fs_fresh *f = *state;

	assert_false(fs_fresh_elsewhere(f, INO, LE64));
	assert_true(fs_fresh_note(f, INO, TEXT));
	assert_true(fs_fresh_elsewhere(f, INO, LE64));
	assert_false(fs_fresh_elsewhere(f, INO, TEXT));
	assert_false(fs_fresh_elsewhere(f, OTHER, LE64));
}

/* Two faces never have a moment at once, nor two sets one slot. */
static void gives_a_slot_once(void **state)
{
	struct fs_fresh *f = *state;

	assert_true(fs_fresh_note(f, INO, TEXT));
	assert_true(fs_fresh_note(f, INO, TEXT));
	assert_false(fs_fresh_note(f, INO, LE64));
	assert_false(fs_fresh_note(f, OTHER, TEXT));
}

/* The moment passes, and then there is room for the next one. */
static void lasts_a_moment(void **state)
{
	uint64_t begin = cond_now_ns();
	struct fs_fresh *f = *state;

	assert_true(fs_fresh_note(f, INO, TEXT));
	fs_fresh_wait(f, INO, LE64);
	assert_true(cond_now_ns() - begin >= FS_FRESH_NS);
	assert_false(fs_fresh_elsewhere(f, INO, LE64));
	assert_true(fs_fresh_note(f, OTHER, LE64));
}

/* Who took too long to read the attributes gives them for no moment: on their
 * way they would outlive it.
 */
static void what_took_long_does_not_last(void **state)
{
	uint64_t begin = cond_now_ns();
	struct fs_fresh *f = *state;
	bool lasts;

	assert_false(fs_fresh_lasts(f, INO, TEXT));
	assert_true(fs_fresh_note(f, INO, TEXT));
	lasts = fs_fresh_lasts(f, INO, TEXT);
	if (cond_now_ns() - begin < FS_FRESH_NS - FS_FRESH_LEFT_NS)
		assert_true(lasts);
	assert_false(fs_fresh_lasts(f, INO, LE64));
	assert_false(fs_fresh_lasts(f, OTHER, TEXT));
	nanosleep(&(struct timespec){ .tv_nsec = FS_FRESH_NS -
						 FS_FRESH_LEFT_NS + 2000000 },
		  NULL);
	assert_false(fs_fresh_lasts(f, INO, TEXT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_fresh_for_other_faces_only,
						make, drop),
		cmocka_unit_test_setup_teardown(gives_a_slot_once, make, drop),
		cmocka_unit_test_setup_teardown(lasts_a_moment, make, drop),
		cmocka_unit_test_setup_teardown(what_took_long_does_not_last,
						make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

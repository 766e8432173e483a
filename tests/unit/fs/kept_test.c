/* SPDX-License-Identifier: Apache-2.0 */
/* kept_test.c - which sets' attributes the kernel may keep. */

#include <stdlib.h>

#include "fs/kept.h"
#include "tests/support/test.h"

#define INO   77u
#define OTHER (INO + FS_KEPT_SLOTS) /* of the same slot */
#define NOW   ((uint64_t)1000 * 1000 * 1000 * 1000)

static int make(void **state)
{
	*state = calloc(1, sizeof(struct fs_kept));
	return *state ? 0 : -1;
}

static int drop(void **state)
{
	free(*state);
	return 0;
}

static void knows_what_was_noted(void **state)
{
	struct fs_kept *k = *state;

	assert_false(fs_kept_has(k, INO, NOW));
	assert_false(fs_kept_has(k, 0, NOW));
	assert_true(fs_kept_note(k, INO, NOW));
	assert_true(fs_kept_has(k, INO, NOW));
	assert_false(fs_kept_has(k, OTHER, NOW));
	assert_false(fs_kept_has(k, INO + 1, NOW));
}

/* What is noted is never forgotten for the sake of another one. */
static void gives_a_slot_once(void **state)
{
	struct fs_kept *k = *state;

	assert_true(fs_kept_note(k, INO, NOW));
	assert_false(fs_kept_note(k, OTHER, NOW));
	assert_true(fs_kept_note(k, INO, NOW));
	assert_true(fs_kept_has(k, INO, NOW));
}

/* Longer than the kernel has them, and then the slot is free. */
static void lasts_longer_than_they_are_kept(void **state)
{
	struct fs_kept *k = *state;

	assert_true(FS_KEPT_NS / 1e9 >= 10 * FS_KEPT);
	assert_true(fs_kept_note(k, INO, NOW));
	assert_true(fs_kept_has(k, INO, NOW + FS_KEPT_NS));
	assert_false(fs_kept_note(k, OTHER, NOW + FS_KEPT_NS));
	assert_true(fs_kept_note(k, INO, NOW + FS_KEPT_NS));
	assert_true(fs_kept_has(k, INO, NOW + 2 * FS_KEPT_NS));
	assert_false(fs_kept_has(k, INO, NOW + 3 * FS_KEPT_NS));
	assert_true(fs_kept_note(k, OTHER, NOW + 3 * FS_KEPT_NS));
	assert_false(fs_kept_has(k, INO, NOW + 3 * FS_KEPT_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knows_what_was_noted, make,
						drop),
		cmocka_unit_test_setup_teardown(gives_a_slot_once, make, drop),
		cmocka_unit_test_setup_teardown(lasts_longer_than_they_are_kept,
						make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

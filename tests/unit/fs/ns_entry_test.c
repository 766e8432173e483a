/* SPDX-License-Identifier: Apache-2.0 */
/* ns_entry_test.c - tests fs/ns_entry.c. */
#include "fs/ns_entry.h"
#include "tests/unit/fs/ns_fixture.h"

/* 9 bytes, a number that is not 0, a kind there is. */
static void refuses_damaged_targets(void **state)
{
	const uint8_t good[9] = { 17, 0, 0, 0, 0, 0, 0, 0, RS_KIND_SET };
	const uint8_t none[9] = { 0, 0, 0, 0, 0, 0, 0, 0, RS_KIND_SET };
	const uint8_t kind[9] = { 17, 0, 0, 0, 0, 0, 0, 0, 9 };
	struct fs_target target;

	(void)state;
	assert_int_equal(fs_target_decode(good, 9, &target), 0);
	assert_int_equal(target.ino, 17);
	assert_int_equal(target.kind, RS_KIND_SET);
	assert_int_equal(fs_target_decode(good, 8, &target), -EUCLEAN);
	assert_int_equal(fs_target_decode(none, 9, &target), -EUCLEAN);
	assert_int_equal(fs_target_decode(kind, 9, &target), -EUCLEAN);
}

/* A name that leads to nothing, or to something else, is damage. */
static void target_must_be_there(void **state)
{
	struct ns *n = *state;
	struct fs_target missing = { 999, RS_KIND_DIR };
	struct fs_target wrong = { FS_INO_REGIONS, RS_KIND_SET };
	struct fs_inode in;

	assert_int_equal(fs_target_inode(ns_view(n), &missing, &in), -EUCLEAN);
	assert_int_equal(fs_target_inode(n->view, &wrong, &in), -EUCLEAN);
}

/* The entries of the next directory are not this one's. */
static void knows_an_empty_directory(void **state)
{
	struct ns *n = *state;
	bool any;

	assert_true(ns_make(n, FS_INO_REGIONS, "x", S_IFREG) > 0);
	assert_int_equal(fs_entry_any(ns_view(n), FS_INO_BITMAPS, &any), 0);
	assert_false(any);
	assert_int_equal(fs_entry_any(n->view, FS_INO_REGIONS, &any), 0);
	assert_true(any);
}

/* The longest name of any bytes is a key like another. */
static void longest_name_fits(void **state)
{
	struct ns *n = *state;
	char name[FS_NAME_MAX + 1] = { 0 };
	int64_t ino;

	for (unsigned i = 0; i < FS_NAME_MAX; i++)
		name[i] = (char)(i + 1 == '/' ? 'x' : i + 1);
	ino = ns_make(n, FS_INO_REGIONS, name, S_IFREG);
	assert_true(ino > 0);
	assert_int_equal(ns_find(n, FS_INO_REGIONS, name), ino);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses_damaged_targets,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(target_must_be_there, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(knows_an_empty_directory,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(longest_name_fits, ns_setup,
						ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

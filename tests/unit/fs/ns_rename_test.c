/* SPDX-License-Identifier: Apache-2.0 */
/* ns_rename_test.c - tests fs/ns_rename.c. */
#include <stdio.h>

#include "tests/unit/fs/ns_fixture.h"

#define R FS_INO_REGIONS
#define B FS_INO_BITMAPS

static uint64_t make(struct ns *n, uint64_t dir, const char *name,
		     uint32_t mode)
{
	int64_t ino = ns_make(n, dir, name, mode);

	assert_true(ino > 0);
	return (uint64_t)ino;
}

static void moves_between_directories(void **state)
{
	struct ns *n = *state;
	uint64_t d = make(n, R, "d", S_IFDIR);
	uint64_t f = make(n, R, "f", S_IFREG);

	assert_int_equal(ns_rename(n, R, "f", d, "g", 0), 0);
	assert_int_equal(n->orphan, 0);
	assert_int_equal(ns_find(n, R, "f"), -ENOENT);
	assert_int_equal(ns_find(n, d, "g"), f);
	assert_int_equal(ns_inode(n, R).attr.mtime_ns, n->now);
	assert_int_equal(ns_inode(n, d).attr.ctime_ns, n->now);
	assert_int_equal(ns_inode(n, f).attr.ctime_ns, n->now);
}

/* ".." of the directory and the links of both parents follow it. */
static void moved_directory_changes_parents(void **state)
{
	struct ns *n = *state;
	uint64_t a = make(n, R, "a", S_IFDIR);
	uint64_t d = make(n, R, "d", S_IFDIR);

	assert_int_equal(ns_rename(n, R, "d", a, "d", 0), 0);
	assert_int_equal(ns_nlink(n, R), 3);
	assert_int_equal(ns_nlink(n, a), 3);
	assert_int_equal(ns_inode(n, d).attr.parent, a);
}

static void replaces_a_file(void **state)
{
	struct ns *n = *state;
	uint64_t f = make(n, R, "f", S_IFREG);
	uint64_t g = make(n, R, "g", S_IFREG);

	assert_int_equal(ns_rename(n, R, "f", R, "g", 0), 0);
	assert_int_equal(n->orphan, g);
	assert_int_equal(ns_nlink(n, g), 0);
	assert_int_equal(ns_find(n, R, "g"), f);
}

static void replaced_file_may_have_other_names(void **state)
{
	struct ns *n = *state;
	uint64_t g = make(n, R, "g", S_IFREG);

	make(n, R, "f", S_IFREG);
	assert_int_equal(ns_link(n, g, R, "h"), 0);
	assert_int_equal(ns_rename(n, R, "f", R, "g", 0), 0);
	assert_int_equal(n->orphan, 0);
	assert_int_equal(ns_nlink(n, g), 1);
	assert_int_equal(ns_inode(n, g).attr.ctime_ns, n->now);
}

static void replaces_an_empty_directory(void **state)
{
	struct ns *n = *state;
	uint64_t a = make(n, R, "a", S_IFDIR);
	uint64_t d = make(n, R, "d", S_IFDIR);
	uint64_t e = make(n, a, "e", S_IFDIR);

	assert_int_equal(ns_rename(n, R, "d", a, "e", 0), 0);
	assert_int_equal(n->orphan, e);
	assert_int_equal(ns_nlink(n, R), 3);
	assert_int_equal(ns_nlink(n, a), 3);
	assert_int_equal(ns_find(n, a, "e"), d);
}

static void replaces_an_empty_directory_beside_it(void **state)
{
	struct ns *n = *state;

	make(n, R, "a", S_IFDIR);
	make(n, R, "b", S_IFDIR);
	assert_int_equal(ns_rename(n, R, "a", R, "b", 0), 0);
	assert_int_equal(ns_nlink(n, R), 3);
}

/* POSIX: two names of one file, nothing happens, both stay. */
static void same_inode_is_left_alone(void **state)
{
	struct ns *n = *state;
	uint64_t f = make(n, R, "f", S_IFREG);
	uint64_t d = make(n, R, "d", S_IFDIR);

	make(n, d, "x", S_IFREG);
	assert_int_equal(ns_link(n, f, R, "g"), 0);
	assert_int_equal(ns_rename(n, R, "f", R, "g", 0), 0);
	assert_int_equal(ns_find(n, R, "f"), f);
	assert_int_equal(ns_nlink(n, f), 2);
	assert_int_equal(ns_rename(n, R, "d", R, "d", 0), 0);
}

static void refuses_what_rename_refuses(void **state)
{
	struct ns *n = *state;
	uint64_t d = make(n, R, "d", S_IFDIR);
	uint64_t f = make(n, R, "f", S_IFREG);

	make(n, R, "e", S_IFDIR);
	make(n, d, "x", S_IFREG);
	assert_int_equal(ns_rename(n, R, "x", R, "y", 0), -ENOENT);
	assert_int_equal(ns_rename(n, R, "e", R, "f", 0), -ENOTDIR);
	assert_int_equal(ns_rename(n, R, "f", R, "e", 0), -EISDIR);
	assert_int_equal(ns_rename(n, R, "e", R, "d", 0), -ENOTEMPTY);
	assert_int_equal(ns_rename(n, R, "e", f, "x", 0), -ENOTDIR);
	assert_int_equal(ns_rename(n, R, "f", B, "f", 0), -EXDEV);
	assert_int_equal(ns_rename(n, R, "f", 1, "f", 0), -EPERM);
	assert_int_equal(ns_rename(n, 1, "regions", R, "r", 0), -EPERM);
	assert_int_equal(ns_rename(n, 1, "regions", 1, "r", 0), -EPERM);
	assert_int_equal(ns_rename(n, R, "f", R, "d", RENAME_NOREPLACE),
			 -EEXIST);
	assert_int_equal(ns_rename(n, R, "f", R, "y", RENAME_EXCHANGE),
			 -ENOENT);
	assert_int_equal(ns_rename(n, R, "f", R, "y",
				   RENAME_EXCHANGE | RENAME_NOREPLACE),
			 -EINVAL);
	assert_int_equal(ns_rename(n, R, "f", R, "y", RENAME_WHITEOUT),
			 -EINVAL);
	assert_int_equal(ns_rename(n, R, "f", R, "y", RENAME_NOREPLACE), 0);
}

/* A directory below itself would be cut off from the root. */
static void refuses_to_make_a_circle(void **state)
{
	struct ns *n = *state;
	uint64_t a = make(n, R, "a", S_IFDIR);
	uint64_t b = make(n, a, "b", S_IFDIR);
	uint64_t c = make(n, b, "c", S_IFDIR);
	uint64_t side = make(n, R, "side", S_IFDIR);

	assert_int_equal(ns_rename(n, R, "a", a, "x", 0), -EINVAL);
	assert_int_equal(ns_rename(n, R, "a", c, "x", 0), -EINVAL);
	assert_int_equal(ns_rename(n, R, "a", b, "c", RENAME_EXCHANGE),
			 -EINVAL);
	assert_int_equal(ns_rename(n, b, "c", R, "a", RENAME_EXCHANGE),
			 -EINVAL);
	assert_int_equal(ns_rename(n, b, "c", R, "a", 0), -ENOTEMPTY);
	assert_int_equal(ns_rename(n, R, "a", side, "a", 0), 0);
}

static void parent_full_of_links_is_emlink(void **state)
{
	struct ns *n = *state;
	uint64_t a = make(n, R, "a", S_IFDIR);
	struct fs_inode in = ns_inode(n, a);

	make(n, R, "d", S_IFDIR);
	make(n, R, "f", S_IFREG);
	in.attr.nlink = FS_LINK_MAX;
	assert_int_equal(ns_put(n, &in), 0);
	assert_int_equal(ns_rename(n, R, "d", a, "d", 0), -EMLINK);
	assert_int_equal(ns_rename(n, R, "f", a, "f", 0), 0);
	assert_int_equal(ns_rename(n, R, "d", a, "f", RENAME_EXCHANGE),
			 -EMLINK);
}

static void exchanges_a_directory_and_a_file(void **state)
{
	struct ns *n = *state;
	uint64_t a = make(n, R, "a", S_IFDIR);
	uint64_t d = make(n, R, "d", S_IFDIR);
	uint64_t f = make(n, a, "f", S_IFREG);

	make(n, d, "inside", S_IFREG);
	assert_int_equal(ns_rename(n, R, "d", a, "f", RENAME_EXCHANGE), 0);
	assert_int_equal(ns_find(n, a, "f"), d);
	assert_int_equal(ns_find(n, R, "d"), f);
	assert_int_equal(ns_nlink(n, a), 3);
	assert_int_equal(ns_nlink(n, R), 3);
	assert_int_equal(ns_inode(n, d).attr.parent, a);
	assert_int_equal(ns_inode(n, f).attr.parent, 0);
	assert_int_equal(ns_inode(n, f).attr.ctime_ns, n->now);
	assert_int_equal(ns_rename(n, R, "d", a, "f", RENAME_EXCHANGE), 0);
	assert_int_equal(ns_nlink(n, a), 2);
	assert_int_equal(ns_nlink(n, R), 4);
}

static void exchanges_two_directories(void **state)
{
	struct ns *n = *state;
	uint64_t a = make(n, R, "a", S_IFDIR);
	uint64_t d = make(n, R, "d", S_IFDIR);
	uint64_t e = make(n, a, "e", S_IFDIR);

	assert_int_equal(ns_rename(n, a, "e", R, "d", RENAME_EXCHANGE), 0);
	assert_int_equal(ns_nlink(n, a), 3);
	assert_int_equal(ns_nlink(n, R), 4);
	assert_int_equal(ns_inode(n, d).attr.parent, a);
	assert_int_equal(ns_inode(n, e).attr.parent, R);
}

/* --- scratch files -------------------------------------------------------- */

static uint64_t scratch_of(struct ns *n, const char *from, const char *to,
			   unsigned flags)
{
	struct fs_rename r = { B, B, from, to, flags, 1 };
	uint64_t ino;

	assert_int_equal(fs_rename_scratch(ns_view(n), &r, &ino), 0);
	return ino;
}

/* The caller must parse it first; nothing has changed. */
static void scratch_to_set_is_eagain(void **state)
{
	struct ns *n = *state;
	uint64_t s = make(n, B, ".s", S_IFREG);

	assert_int_equal(scratch_of(n, ".s", "s", 0), s);
	assert_int_equal(ns_rename(n, B, ".s", B, "s", 0), -EAGAIN);
	assert_int_equal(ns_find(n, B, ".s"), s);
	assert_int_equal(ns_find(n, B, "s"), -ENOENT);
}

static void other_renames_below_bitmaps_convert_nothing(void **state)
{
	struct ns *n = *state;

	make(n, B, ".s", S_IFREG);
	make(n, B, "set", S_IFREG);
	make(n, B, ".fifo", S_IFIFO);
	assert_int_equal(scratch_of(n, ".s", ".t", 0), 0);
	assert_int_equal(ns_rename(n, B, ".s", B, ".t", 0), 0);
	assert_int_equal(ns_rename(n, B, "set", B, ".set", 0), 0);
	assert_int_equal(ns_rename(n, B, ".set", B, "set", 0), 0);
	assert_int_equal(ns_rename(n, B, ".fifo", B, "fifo", 0), 0);
}

/* Whichever way round an exchange is asked for, the scratch converts. */
static void exchange_finds_the_scratch(void **state)
{
	struct ns *n = *state;
	uint64_t s = make(n, B, ".s", S_IFREG);

	make(n, B, "set", S_IFREG);
	assert_int_equal(scratch_of(n, ".s", "set", RENAME_EXCHANGE), s);
	assert_int_equal(scratch_of(n, "set", ".s", RENAME_EXCHANGE), s);
	assert_int_equal(ns_rename(n, B, "set", B, ".s", RENAME_EXCHANGE),
			 -EAGAIN);
}

/* Checks come first: a caller told -EAGAIN does not parse for nothing. */
static void errors_come_before_eagain(void **state)
{
	struct ns *n = *state;

	make(n, B, ".s", S_IFREG);
	make(n, B, "d", S_IFDIR);
	assert_int_equal(ns_rename(n, B, ".s", B, "d", 0), -EISDIR);
	assert_int_equal(ns_rename(n, B, ".s", R, "x", 0), -EXDEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(moves_between_directories,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(moved_directory_changes_parents,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(replaces_a_file, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(
			replaced_file_may_have_other_names, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(replaces_an_empty_directory,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(
			replaces_an_empty_directory_beside_it, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(same_inode_is_left_alone,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_what_rename_refuses,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(refuses_to_make_a_circle,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(parent_full_of_links_is_emlink,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(
			exchanges_a_directory_and_a_file, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(exchanges_two_directories,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(scratch_to_set_is_eagain,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(
			other_renames_below_bitmaps_convert_nothing, ns_setup,
			ns_teardown),
		cmocka_unit_test_setup_teardown(exchange_finds_the_scratch,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(errors_come_before_eagain,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_check_test.c - tests fs/ns_check.c.
 *
 * That sets are looked into is in cli/check.sh and in the tests of bitmap/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/ns_check.h"
#include "tests/unit/fs/ns_fixture.h"

#define R FS_INO_REGIONS

static char all[8192];

static void collect(void *arg, const char *text)
{
	size_t len = strlen(all);

	(void)arg;
	snprintf(all + len, sizeof(all) - len, "%s\n", text);
}

static uint64_t check(struct ns *n)
{
	struct rs_check_result result = { .findings = 99 };

	all[0] = '\0';
	assert_int_equal(fs_check_store(n->store, collect, NULL, &result), 0);
	return result.findings;
}

static void set_xattr(struct ns *n, uint64_t ino, size_t len)
{
	char *val = calloc(1, len);
	struct rs_txn *t;

	assert_non_null(val);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_xattr_set(t, ino, "user.x", val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	free(val);
}

static void take_snapshot(struct ns *n, const char *name)
{
	struct rs_snap snap;

	assert_int_equal(rs_snap_create(n->store, name, &snap), 0);
}

static void make_paged(struct ns *n)
{
	char target[3000];

	memset(target, 't', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	assert_true(ns_symlink(n, R, "long", target) > 0);
	set_xattr(n, R, 60000);
}

/* Pages of values and targets have an owner, live and in snapshots, also
 * where a snapshot shares some and has others alone. */
static void sound_store_has_no_findings(void **state)
{
	struct ns *n = *state;

	assert_int_equal(check(n), 0);
	make_paged(n);
	assert_int_equal(check(n), 0);
	take_snapshot(n, "a");
	assert_int_equal(check(n), 0);
	set_xattr(n, R, 5000);
	take_snapshot(n, "b");
	assert_int_equal(ns_unlink(n, R, "long"), 0);
	assert_int_equal(ns_reap(n, n->orphan), 1);
	set_xattr(n, FS_INO_BITMAPS, 5000);
	assert_int_equal(check(n), 0);
	assert_int_equal(rs_snap_drop(n->store, "a"), 0);
	assert_int_equal(check(n), 0);
	assert_int_equal(rs_snap_drop(n->store, "b"), 0);
	assert_int_equal(check(n), 0);
	assert_string_equal(all, "");
}

static void says_in_which_tree(void **state)
{
	struct ns *n = *state;
	struct fs_inode in;

	in = ns_inode(n, (uint64_t)ns_make(n, R, "f", S_IFREG));
	in.attr.nlink = 5;
	assert_int_equal(ns_put(n, &in), 0);
	take_snapshot(n, "s");
	in.attr.nlink = 1;
	assert_int_equal(ns_put(n, &in), 0);
	assert_int_equal(check(n), 1);
	assert_string_equal(all, "snapshot 's': inode 16 ('regions/f'): has 5 "
				 "links and should have 1\n");
}

/* A record that lost its pages' pointer: they are marked, and nobody's. */
static void notices_pages_without_owner(void **state)
{
	struct fs_key k = fs_key_name(RS_KEY_XATTR, R, "user.x");
	struct ns *n = *state;
	struct rs_txn *t;

	set_xattr(n, R, 5000);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_put(t, k.b, k.len, "\0", 1, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_true(check(n) > 0);
	assert_non_null(strstr(all, "page"));
}

/* Its checksum lies in the last bytes of the record. */
static void reads_values_that_have_pages(void **state)
{
	struct fs_key k = fs_key_name(RS_KEY_XATTR, R, "user.x");
	uint8_t val[RS_VAL_MAX];
	struct ns *n = *state;
	struct rs_txn *t;
	size_t len;

	set_xattr(n, R, 5000);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_get(rs_txn_view(t), k.b, k.len, val, sizeof(val),
				&len, NULL),
			 0);
	val[len - 1] ^= 1;
	assert_int_equal(rs_put(t, k.b, k.len, val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(check(n), 1);
	assert_non_null(strstr(all, "its attribute cannot be read"));
}

/* A region's finding says which file that is now. */
static void gives_a_path_to_a_number(void **state)
{
	struct ns *n = *state;
	uint64_t ino = (uint64_t)ns_make(n, R, "f", S_IFREG);
	struct fs_inode in = ns_inode(n, ino);

	in.obj.body[8] = 77; /* bytes stored, where there are none */
	assert_int_equal(ns_put(n, &in), 0);
	assert_true(check(n) > 0);
	assert_non_null(strstr(all, "\n'regions/f': region 16"));
	take_snapshot(n, "s");
	in.obj.body[8] = 0;
	assert_int_equal(ns_put(n, &in), 0);
	assert_int_equal(ns_rename(n, R, "f", R, "g", 0), 0);
	assert_true(check(n) > 0);
	assert_null(strstr(all, "regions/g"));
	assert_non_null(strstr(all, "\nsnapshot 's': 'regions/f': region 16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sound_store_has_no_findings,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(says_in_which_tree, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(notices_pages_without_owner,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(reads_values_that_have_pages,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(gives_a_path_to_a_number,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

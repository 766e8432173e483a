/* SPDX-License-Identifier: Apache-2.0 */
/* mend_names_test.c - tests fs/mend_names.c and its steps.
 *
 * Each test takes a record away. What is left stays where it was, as far as
 * that is known, and the check finds nothing.
 */
#include "fs/mend.h"
#include "fs/ns_entry.h"
#include "tests/unit/fs/ns_fixture.h"

#include <stdio.h>
#include <string.h>

static void lose_inode(struct ns *n, uint64_t ino)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_object_del(t, ino), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* The last thing that was said. */
static void say(void *arg, const char *text)
{
	snprintf(arg, 200, "%s", text);
}

static void mend(struct ns *n, char said[200])
{
	struct fs_mend m = { .s = n->store, .say = say, .arg = said };

	assert_int_equal(fs_mend(&m), 0);
	assert_int_equal(m.said, 1);
	assert_int_equal(ns_findings(n), 0);
}

/* It knew its owner, and which directory it is in; its entries know the rest.
 */
static void a_directory_comes_back_with_its_names(void **state)
{
	struct ns *n = *state;
	int64_t dir = ns_make(n, FS_INO_BITMAPS, "dir", S_IFDIR | 0700);
	int64_t inner = ns_make(n, (uint64_t)dir, "inner", S_IFDIR | 0700);
	int64_t a = ns_make(n, (uint64_t)inner, "a", S_IFREG | 0600);
	int64_t b = ns_make(n, (uint64_t)inner, "b", S_IFREG | 0600);
	char said[200];

	lose_inode(n, (uint64_t)inner);
	mend(n, said);
	assert_non_null(strstr(said, "mode and times of this directory"));
	assert_int_equal(ns_find(n, (uint64_t)dir, "inner"), inner);
	assert_int_equal(ns_find(n, (uint64_t)inner, "a"), a);
	assert_int_equal(ns_find(n, (uint64_t)inner, "b"), b);
	assert_int_equal(ns_inode(n, (uint64_t)inner).attr.parent, dir);
	assert_int_equal(ns_inode(n, (uint64_t)inner).attr.realm,
			 FS_REALM_BITMAPS);
}

static void a_name_that_leads_nowhere_goes(void **state)
{
	struct ns *n = *state;
	int64_t a = ns_make(n, FS_INO_REGIONS, "a", S_IFREG | 0600);
	int64_t b = ns_make(n, FS_INO_REGIONS, "b", S_IFREG | 0600);
	char said[200];

	lose_inode(n, (uint64_t)a);
	mend(n, said);
	assert_non_null(strstr(said, "what it led to is lost"));
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "a"), -ENOENT);
	assert_int_equal(ns_find(n, FS_INO_REGIONS, "b"), b);
}

static void what_has_no_name_gets_one(void **state)
{
	struct ns *n = *state;
	int64_t ino = ns_make(n, FS_INO_REGIONS, "a", S_IFREG | 0600);
	struct rs_txn *t;
	int64_t found;
	char said[200];

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_entry_del(t, FS_INO_REGIONS, "a"), 0);
	assert_int_equal(rs_txn_end(t), 0);
	mend(n, said);
	assert_non_null(strstr(said, "kept, its name is lost"));
	found = ns_find(n, FS_INO_REGIONS, "lost+found");
	assert_true(found > 0);
	snprintf(said, sizeof(said), "%d", (int)ino);
	assert_int_equal(ns_find(n, (uint64_t)found, said), ino);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ns_setup, ns_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_directory_comes_back_with_its_names),
		TEST(a_name_that_leads_nowhere_goes),
		TEST(what_has_no_name_gets_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

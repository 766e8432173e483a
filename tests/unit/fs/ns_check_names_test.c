/* SPDX-License-Identifier: Apache-2.0 */
/* ns_check_names_test.c - tests fs/ns_check_names.c and ns_check_record.c.
 *
 * Each test damages one thing and wants to read about it.
 */
#include <stdio.h>
#include <string.h>

#include "fs/ns_check.h"
#include "tests/unit/fs/ns_fixture.h"

static char all[8192];

static void collect(void *arg, const char *text)
{
	size_t len = strlen(all);

	(void)arg;
	snprintf(all + len, sizeof(all) - len, "%s\n", text);
}

/* The findings, one on a line. */
static const char *check(struct ns *n)
{
	const struct fs_check_ops ops = { .report = collect };
	uint64_t findings = 99, lines = 0;

	all[0] = '\0';
	assert_int_equal(fs_check_names(ns_view(n), &ops, NULL, &findings), 0);
	for (const char *p = all; *p; p++)
		lines += *p == '\n';
	assert_int_equal(findings, lines);
	return all;
}

static void put(struct ns *n, const struct fs_key *k, const void *val,
		size_t len)
{
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	if (val)
		assert_int_equal(rs_put(t, k->b, k->len, val, len, 0), 0);
	else
		assert_int_equal(rs_del(t, k->b, k->len), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void sound_tree_has_no_findings(void **state)
{
	struct ns *n = *state;
	int64_t d = ns_make(n, FS_INO_BITMAPS, "d", S_IFDIR);
	int64_t f = ns_make(n, (uint64_t)d, "f", S_IFREG);

	assert_int_equal(ns_link(n, (uint64_t)f, FS_INO_BITMAPS, "g"), 0);
	assert_true(ns_make(n, FS_INO_BITMAPS, ".s", S_IFREG) > 0);
	assert_true(ns_symlink(n, FS_INO_REGIONS, "l", "t") > 0);
	assert_true(ns_make(n, FS_INO_REGIONS, "o", S_IFREG) > 0);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "o"), 0);
	assert_string_equal(check(n), "");
}

static void wrong_link_count(void **state)
{
	struct ns *n = *state;
	struct fs_inode in;

	in = ns_inode(n, (uint64_t)ns_make(n, FS_INO_REGIONS, "f", S_IFREG));
	in.attr.nlink = 2;
	assert_int_equal(ns_put(n, &in), 0);
	assert_string_equal(check(n), "inode 16 ('regions/f'): has 2 links "
				      "and should have 1\n");
}

static void wrong_link_count_of_directory(void **state)
{
	struct ns *n = *state;
	struct fs_inode in = ns_inode(n, FS_INO_BITMAPS);

	in.attr.nlink = 3;
	assert_int_equal(ns_put(n, &in), 0);
	assert_string_equal(check(n), "inode 2 ('bitmaps'): has 3 links "
				      "and should have 2\n");
}

static void entry_that_leads_nowhere(void **state)
{
	struct ns *n = *state;
	uint64_t f = (uint64_t)ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct fs_key k = fs_key_first(RS_KEY_OBJECT, f);

	put(n, &k, NULL, 0);
	assert_string_equal(check(n), "inode 3 ('regions'): 'f' in it leads "
				      "to nothing\n");
}

static void object_without_a_name(void **state)
{
	struct ns *n = *state;
	struct fs_key k = fs_key_name(RS_KEY_ENTRY, FS_INO_REGIONS, "f");

	assert_true(ns_make(n, FS_INO_REGIONS, "f", S_IFREG) > 0);
	put(n, &k, NULL, 0);
	assert_non_null(strstr(check(n), "has no name and is no orphan"));
}

static void orphan_with_a_name(void **state)
{
	struct ns *n = *state;
	uint64_t f = (uint64_t)ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct fs_key k = fs_key_first(RS_KEY_ORPHAN, f);

	put(n, &k, "", 0);
	assert_string_equal(check(n), "inode 16 ('regions/f'): is an orphan "
				      "and has a name\n");
}

static void entry_of_another_kind(void **state)
{
	const uint8_t val[9] = { 16, 0, 0, 0, 0, 0, 0, 0, RS_KIND_FIFO };
	struct fs_key k = fs_key_name(RS_KEY_ENTRY, FS_INO_REGIONS, "f");
	struct ns *n = *state;

	assert_true(ns_make(n, FS_INO_REGIONS, "f", S_IFREG) > 0);
	put(n, &k, val, sizeof(val));
	assert_non_null(strstr(check(n), "'f' in it leads to another kind"));
	put(n, &k, val, 8);
	assert_non_null(strstr(check(n), "'f' in it does not decode"));
}

static void entry_in_a_file(void **state)
{
	const uint8_t val[9] = { 16, 0, 0, 0, 0, 0, 0, 0, RS_KIND_REGION };
	struct fs_key k = fs_key_name(RS_KEY_ENTRY, 16, "x");
	struct ns *n = *state;

	assert_true(ns_make(n, FS_INO_REGIONS, "f", S_IFREG) > 0);
	put(n, &k, val, sizeof(val));
	assert_non_null(strstr(check(n), "is no directory and has entries"));
}

/* Two directories in each other: nothing leads there from the root. */
static void circle(void **state)
{
	struct ns *n = *state;
	uint64_t a = (uint64_t)ns_make(n, FS_INO_REGIONS, "a", S_IFDIR);
	uint64_t b = (uint64_t)ns_make(n, a, "b", S_IFDIR);
	struct fs_key gone = fs_key_name(RS_KEY_ENTRY, FS_INO_REGIONS, "a");
	struct fs_key made = fs_key_name(RS_KEY_ENTRY, b, "a");
	uint8_t val[9] = { (uint8_t)a, 0, 0, 0, 0, 0, 0, 0, RS_KIND_DIR };
	struct fs_inode in = ns_inode(n, a);

	in.attr.parent = b;
	assert_int_equal(ns_put(n, &in), 0);
	put(n, &gone, NULL, 0);
	put(n, &made, val, sizeof(val));
	check(n);
	assert_non_null(strstr(all, "inode 16 ("));
	assert_non_null(strstr(all, "the root is not above it"));
}

static void wrong_parent(void **state)
{
	struct ns *n = *state;
	uint64_t a = (uint64_t)ns_make(n, FS_INO_REGIONS, "a", S_IFDIR);
	struct fs_inode in = ns_inode(n, a);

	in.attr.parent = FS_INO_BITMAPS;
	assert_int_equal(ns_put(n, &in), 0);
	assert_non_null(
		strstr(check(n), "is in directory 3 and says it is in 2"));
}

static void region_under_the_name_of_a_set(void **state)
{
	struct ns *n = *state;
	uint64_t s = (uint64_t)ns_make(n, FS_INO_BITMAPS, ".s", S_IFREG);
	struct fs_key gone = fs_key_name(RS_KEY_ENTRY, FS_INO_BITMAPS, ".s");
	struct fs_key made = fs_key_name(RS_KEY_ENTRY, FS_INO_BITMAPS, "s");
	uint8_t val[9] = { (uint8_t)s, 0, 0, 0, 0, 0, 0, 0, RS_KIND_REGION };

	put(n, &gone, NULL, 0);
	put(n, &made, val, sizeof(val));
	assert_string_equal(check(n), "inode 16 ('bitmaps/s'): has the name "
				      "of a set and is none\n");
}

static void damaged_object(void **state)
{
	struct ns *n = *state;
	uint64_t f = (uint64_t)ns_make(n, FS_INO_REGIONS, "f", S_IFREG);
	struct fs_key k = fs_key_first(RS_KEY_OBJECT, f);
	struct fs_inode in = ns_inode(n, f);

	in.obj.body_len = 3;
	assert_int_equal(ns_put(n, &in), 0);
	assert_string_equal(check(n), "inode 16 ('regions/f'): the body does "
				      "not decode\n");
	put(n, &k, "\2", 1);
	assert_non_null(strstr(check(n), "the attributes do not decode"));
}

static void attribute_of_nothing(void **state)
{
	struct fs_key k = fs_key_name(RS_KEY_XATTR, 99, "user.a");
	struct ns *n = *state;

	put(n, &k, "\0v", 2);
	assert_string_equal(check(n), "inode 99: has an attribute and does "
				      "not exist\n");
	put(n, &k, "\7", 1);
	assert_non_null(strstr(check(n), "an attribute does not decode"));
}

static void entry_that_is_no_name(void **state)
{
	const uint8_t val[9] = { 16, 0, 0, 0, 0, 0, 0, 0, RS_KIND_REGION };
	struct fs_key k = fs_key_name(RS_KEY_ENTRY, FS_INO_REGIONS, "a/b");
	struct ns *n = *state;

	assert_true(ns_make(n, FS_INO_REGIONS, "f", S_IFREG) > 0);
	put(n, &k, val, sizeof(val));
	assert_non_null(strstr(check(n), "holds an entry that is no name"));
}

static void missing_root(void **state)
{
	struct fs_key k = fs_key_first(RS_KEY_OBJECT, FS_INO_ROOT);
	struct ns *n = *state;

	put(n, &k, NULL, 0);
	assert_non_null(strstr(check(n), "bitmaps/ or regions/ is missing"));
}

/* A content that a writer has begun is an object without attributes. With its
 * orphan record it is sound; without, nobody would ever free it. */
static void knows_a_set_in_the_making(void **state)
{
	struct ns *n = *state;
	struct rs_object obj = { .attr_len = 0 };
	struct rs_txn *t;
	uint64_t ino;

	bm_object_init(&obj);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	ino = rs_txn_new_id(t);
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(fs_orphan_put(t, ino), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(ns_findings(n), 0);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_orphan_del(t, ino), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(ns_findings(n), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knows_a_set_in_the_making,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(sound_tree_has_no_findings,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(wrong_link_count, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(wrong_link_count_of_directory,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(entry_that_leads_nowhere,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(object_without_a_name, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(orphan_with_a_name, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(entry_of_another_kind, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(entry_in_a_file, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(circle, ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(wrong_parent, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(region_under_the_name_of_a_set,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(damaged_object, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(attribute_of_nothing, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(entry_that_is_no_name, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(missing_root, ns_setup,
						ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_reap_test.c - tests fs/ns_reap.c. */
#include <string.h>

#include "fs/ns_entry.h"
#include "tests/unit/fs/ns_fixture.h"

static uint64_t records(struct ns *n)
{
	uint8_t end[2] = { 0xff, 0xff };
	struct rs_sum sum;

	assert_int_equal(rs_sum_before(ns_view(n), end, 2, &sum), 0);
	return sum.count;
}

static void write_at(struct ns *n, uint64_t ino, uint64_t off)
{
	struct fs_inode in = ns_inode(n, ino);
	char data[5000] = "x";
	struct rs_write *w;
	struct rs_txn *t;

	assert_int_equal(rs_write_prepare(n->store, off, data, 5000, &w), 0);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(rs_write_apply(t, ino, &in.obj, w), 0);
	assert_int_equal(fs_inode_put(t, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	rs_write_drop(w);
}

static void set_xattr(struct ns *n, uint64_t ino, unsigned i)
{
	char name[] = "user.aa", big[3000] = "x";
	struct rs_txn *t;

	name[5] = (char)('a' + (char)(i / 26));
	name[6] = (char)('a' + (char)(i % 26));
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	assert_int_equal(fs_xattr_set(t, ino, name, big, i % 2 ? 3000 : 3, 0),
			 0);
	assert_int_equal(rs_txn_end(t), 0);
}

/* Every kind, with attributes: afterwards nothing is left of it. */
static void nothing_is_left(void **state)
{
	const uint32_t modes[] = { S_IFREG, S_IFDIR, S_IFIFO };
	struct ns *n = *state;
	uint64_t before = records(n);

	for (unsigned i = 0; i < 3; i++) {
		int64_t ino = ns_make(n, FS_INO_BITMAPS, "x", modes[i]);

		set_xattr(n, (uint64_t)ino, 0);
		if (modes[i] == S_IFDIR)
			assert_int_equal(ns_rmdir(n, FS_INO_BITMAPS, "x"), 0);
		else
			assert_int_equal(ns_unlink(n, FS_INO_BITMAPS, "x"), 0);
		assert_int_equal(ns_reap(n, n->orphan), 1);
		assert_int_equal(records(n), before);
	}
}

static void long_symlink_goes_with_its_page(void **state)
{
	struct ns *n = *state;
	uint64_t before = records(n);
	char target[2000];

	memset(target, 't', sizeof(target));
	target[1999] = '\0';
	assert_true(ns_symlink(n, FS_INO_REGIONS, "l", target) > 0);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "l"), 0);
	assert_int_equal(ns_reap(n, n->orphan), 1);
	assert_int_equal(records(n), before);
}

/* A large region goes slice by slice and stays an orphan in between. */
static void large_region_goes_in_slices(void **state)
{
	struct ns *n = *state;
	uint64_t before = records(n);
	int64_t ino = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);

	write_at(n, (uint64_t)ino, 0);
	write_at(n, (uint64_t)ino, (uint64_t)600 << 20);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "f"), 0);
	assert_int_equal(ns_reap(n, n->orphan), 2);
	assert_int_equal(records(n), before);
}

/* Where there is nothing, there is nothing to slice. */
static void hole_costs_nothing(void **state)
{
	struct ns *n = *state;
	int64_t ino = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);

	write_at(n, (uint64_t)ino, 0);
	write_at(n, (uint64_t)ino, (uint64_t)1 << 50);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "f"), 0);
	assert_in_range(ns_reap(n, n->orphan), 1, 3);
}

static void many_attributes_go_in_slices(void **state)
{
	struct ns *n = *state;
	uint64_t before = records(n);
	int64_t ino = ns_make(n, FS_INO_REGIONS, "f", S_IFREG);

	for (unsigned i = 0; i < 100; i++)
		set_xattr(n, (uint64_t)ino, i);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "f"), 0);
	assert_int_equal(ns_reap(n, n->orphan), 2);
	assert_int_equal(records(n), before);
}

static void reaps_all_orphans_of_a_crash(void **state)
{
	struct ns *n = *state;
	uint64_t before = records(n);

	assert_true(ns_make(n, FS_INO_REGIONS, "a", S_IFREG) > 0);
	assert_true(ns_make(n, FS_INO_REGIONS, "b", S_IFREG) > 0);
	assert_true(ns_make(n, FS_INO_REGIONS, "c", S_IFREG) > 0);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "a"), 0);
	assert_int_equal(ns_unlink(n, FS_INO_REGIONS, "b"), 0);
	assert_int_equal(fs_reap_all(n->store), 0);
	assert_int_equal(records(n), before + 2);
	assert_true(ns_find(n, FS_INO_REGIONS, "c") > 0);
}

/* A writer was about to replace a set, and a large content is an object from
 * the start; of another one there is nothing but the orphan record. */
static void reaps_sets_in_the_making(void **state)
{
	struct ns *n = *state;
	struct rs_object obj = { .attr_len = 0 };
	uint64_t before = records(n);
	struct rs_txn *t;
	uint64_t ino;

	bm_object_init(&obj);
	assert_int_equal(rs_txn_begin(n->store, &t), 0);
	ino = rs_txn_new_id(t);
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(fs_orphan_put(t, ino), 0);
	assert_int_equal(fs_orphan_put(t, ino + 1), 0);
	assert_int_equal(rs_txn_end(t), 0);
	assert_int_equal(fs_reap_all(n->store), 0);
	assert_int_equal(records(n), before);
	assert_int_equal(ns_findings(n), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_left, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(long_symlink_goes_with_its_page,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(large_region_goes_in_slices,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(hole_costs_nothing, ns_setup,
						ns_teardown),
		cmocka_unit_test_setup_teardown(many_attributes_go_in_slices,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(reaps_all_orphans_of_a_crash,
						ns_setup, ns_teardown),
		cmocka_unit_test_setup_teardown(reaps_sets_in_the_making,
						ns_setup, ns_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

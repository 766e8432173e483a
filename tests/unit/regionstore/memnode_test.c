/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/memnode.h"
#include "tests/support/test.h"
#include "tests/support/treekit.h"

#include <string.h>

static void add(struct rs_node *n, unsigned pos, const char *key,
		struct rs_node *child)
{
	struct rs_disk_child value = { .count = le64_put(1) };
	struct rs_item item = { .key = (const uint8_t *)key,
				.key_len = (unsigned)strlen(key),
				.val = (const uint8_t *)&value,
				.val_len = sizeof(value) };

	assert_true(rs_node_insert(n, pos, &item, child));
}

struct fixture {
	struct treekit k;
	struct rs_edit ed;
	struct rs_node *branch;
	struct rs_node *leaf[3];
};

static void setup(struct fixture *f)
{
	kit_init(&f->k);
	kit_begin(&f->k, &f->ed);
	f->branch = rs_node_new(&f->ed, 1);
	for (unsigned i = 0; i < 3; i++)
		f->leaf[i] = rs_node_new(&f->ed, 0);
	add(f->branch, 0, "a", f->leaf[0]);
	add(f->branch, 1, "c", f->leaf[2]);
	add(f->branch, 1, "b", f->leaf[1]);
}

static void teardown(struct fixture *f)
{
	rs_node_put(f->branch);
	rs_edit_finish(&f->ed);
	kit_finish(&f->k);
}

/* Children stay beside their entries. */
static void children_move_with_entries(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned i = 0; i < 3; i++)
		assert_ptr_equal(f.branch->child[i], f.leaf[i]);
	rs_node_remove(f.branch, 1);
	assert_ptr_equal(f.branch->child[0], f.leaf[0]);
	assert_ptr_equal(f.branch->child[1], f.leaf[2]);
	assert_null(f.branch->child[2]);
	teardown(&f);
}

/* A copy shares the children; each holds its own references. */
static void copies_share_children(void **state)
{
	struct fixture f;
	struct rs_node *copy;

	(void)state;
	setup(&f);
	copy = rs_node_copy(&f.ed, f.branch);
	assert_non_null(copy);
	assert_int_equal(atomic_load(&f.leaf[1]->refs), 2);
	assert_ptr_equal(copy->child[1], f.leaf[1]);
	rs_node_put(f.branch);
	assert_int_equal(atomic_load(&f.leaf[1]->refs), 1);
	f.branch = copy;
	teardown(&f);
}

/* A split and a merge hand children over without touching references. */
static void splits_and_merges_children(void **state)
{
	struct fixture f;
	struct rs_item sep = { .key = (const uint8_t *)"b", .key_len = 1 };
	struct rs_node *right;

	(void)state;
	setup(&f);
	right = rs_node_new(&f.ed, 1);
	rs_node_split(f.branch, right, 1);
	assert_ptr_equal(f.branch->child[0], f.leaf[0]);
	assert_null(f.branch->child[1]);
	assert_ptr_equal(right->child[0], f.leaf[1]);
	assert_ptr_equal(right->child[1], f.leaf[2]);
	rs_node_merge(f.branch, right, &sep);
	rs_node_put(right);
	for (unsigned i = 0; i < 3; i++) {
		assert_ptr_equal(f.branch->child[i], f.leaf[i]);
		assert_int_equal(atomic_load(&f.leaf[i]->refs), 1);
	}
	teardown(&f);
}

/* Inserts that each go behind the last are a run. */
static void notices_runs(void **state)
{
	struct fixture f;
	char key[3] = "m0";

	(void)state;
	setup(&f);
	assert_false(rs_node_is_run(f.branch, 2));
	for (unsigned i = 0; i < 6; i++) {
		key[1] = (char)('0' + i);
		add(f.branch, 3 + i, key, NULL);
	}
	assert_true(rs_node_is_run(f.branch, 9));
	assert_false(rs_node_is_run(f.branch, 3));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_move_with_entries),
		cmocka_unit_test(copies_share_children),
		cmocka_unit_test(splits_and_merges_children),
		cmocka_unit_test(notices_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

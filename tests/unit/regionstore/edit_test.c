/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"
#include "tests/support/treekit.h"

#include <string.h>

static bool has(struct treekit *k, const struct rs_root *root, uint32_t n)
{
	uint8_t key[KIT_KEY], val[RS_VAL_MAX];
	size_t len;

	kit_key(key, n);
	return rs_tree_get(&k->env, root, key, sizeof(key), val, sizeof(val),
			   &len, NULL) == 0;
}

/* An edit changes its own root and nobody else's. */
static void the_old_root_stays(void **state)
{
	struct treekit k;
	struct rs_edit ed;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 1000, 20);
	kit_begin(&k, &ed);
	assert_int_equal(kit_del(&ed, 500), 0);
	assert_int_equal(kit_put(&ed, 5000, 20, 9), 0);
	assert_true(has(&k, &k.root, 500) && !has(&k, &k.root, 5000));
	assert_true(!has(&k, &ed.root, 500) && has(&k, &ed.root, 5000));
	assert_true(ed.root.sum.weight == k.root.sum.weight + 8);
	rs_edit_finish(&ed);
	assert_int_equal(kit_walk(&k), 0);
	assert_int_equal(k.findings, 0);
	kit_finish(&k);
}

/* The second change on a path allocates nothing. */
static void an_owned_path_costs_no_memory(void **state)
{
	struct treekit k;
	struct rs_edit ed;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 1000, 20);
	kit_begin(&k, &ed);
	assert_int_equal(kit_put(&ed, 500, 20, 2), 0);
	kit_let_alloc();
	assert_int_equal(kit_put(&ed, 500, 20, 3), 0);
	assert_int_equal(kit_del(&ed, 501), 0);
	assert_int_equal(kit_put(&ed, 501, 20, 3), 0);
	assert_int_equal(kit_allocs(), 0);
	rs_edit_finish(&ed);
	kit_finish(&k);
}

static void refuses_what_is_too_large(void **state)
{
	uint8_t key[RS_KEY_MAX + 1] = { 0 };
	struct treekit k;
	struct rs_edit ed;

	(void)state;
	kit_init(&k);
	kit_begin(&k, &ed);
	assert_int_equal(rs_tree_put(&ed, key, sizeof(key), NULL, 0, 0),
			 -E2BIG);
	assert_int_equal(rs_tree_put(&ed, key, 0, NULL, 0, 0), -EINVAL);
	assert_int_equal(kit_put(&ed, 1, RS_VAL_MAX + 1, 0), -E2BIG);
	assert_int_equal(kit_put(&ed, 1, RS_VAL_MAX, 0), 0);
	rs_edit_finish(&ed);
	kit_finish(&k);
}

/* The sum of weights stays below 2^63, replaced ones not counted twice. */
static void refuses_too_much_weight(void **state)
{
	struct treekit k;
	struct rs_edit ed;

	(void)state;
	kit_init(&k);
	kit_begin(&k, &ed);
	assert_int_equal(kit_put(&ed, 1, 0, RS_WEIGHT_MAX), -EFBIG);
	assert_int_equal(kit_put(&ed, 1, 0, RS_WEIGHT_MAX - 1), 0);
	assert_int_equal(kit_put(&ed, 2, 0, 1), -EFBIG);
	assert_int_equal(kit_put(&ed, 1, 0, RS_WEIGHT_MAX - 2), 0);
	assert_int_equal(kit_put(&ed, 2, 0, 1), 0);
	assert_true(ed.root.sum.weight == RS_WEIGHT_MAX - 1);
	rs_edit_finish(&ed);
	kit_finish(&k);
}

/* Removing what is not there copies and drops nothing. */
static void a_missing_record_changes_nothing(void **state)
{
	struct treekit k;
	struct rs_edit ed;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 100, 20);
	kit_commit(&k);
	kit_begin(&k, &ed);
	assert_int_equal(kit_del(&ed, 1000), -ENOENT);
	assert_int_equal(ed.drops.n_ptrs, 0);
	assert_null(ed.root.mem);
	rs_edit_finish(&ed);
	kit_finish(&k);
}

/* Ascending puts leave full pages behind. */
static void ascending_puts_fill_pages(void **state)
{
	struct treekit k;
	uint64_t bytes = 20000 * (20 + 5 + 2 + 2); /* without prefix */

	(void)state;
	kit_init(&k);
	kit_fill(&k, 20000, 20);
	kit_commit(&k);
	assert_true(kit_pages(&k) < bytes / 4064 * 11 / 10);
	kit_finish(&k);
}

/* Deletes give pages back, and the last one leaves no root. */
static void deletes_shrink_the_tree(void **state)
{
	struct treekit k;
	struct rs_edit ed;
	uint64_t full;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 20000, 20);
	kit_commit(&k);
	full = kit_pages(&k);
	kit_begin(&k, &ed);
	for (uint32_t i = 0; i < 20000; i++)
		if (i % 10)
			assert_int_equal(kit_del(&ed, i), 0);
	kit_publish(&k, &ed);
	kit_commit(&k);
	assert_true(kit_pages(&k) < full / 4);
	kit_begin(&k, &ed);
	for (uint32_t i = 0; i < 20000; i += 10)
		assert_int_equal(kit_del(&ed, i), 0);
	kit_publish(&k, &ed);
	assert_true(!k.root.mem && k.root.ptr.pgno == 0);
	assert_true(k.root.sum.count == 0 && k.root.sum.weight == 0);
	kit_finish(&k);
}

/* The first child of a branch may go without the branch losing its key. */
static void first_children_may_go(void **state)
{
	struct treekit k;
	struct rs_edit ed;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 2000, 400);
	kit_commit(&k);
	for (uint32_t i = 0; i < 1990; i++) {
		kit_begin(&k, &ed);
		assert_int_equal(kit_del(&ed, i), 0);
		kit_publish(&k, &ed);
		assert_int_equal(kit_walk(&k), 0);
		assert_string_equal(k.finding, "");
	}
	kit_begin(&k, &ed);
	assert_int_equal(kit_put(&ed, 0, 400, 1), 0);
	kit_publish(&k, &ed);
	assert_true(has(&k, &k.root, 0) && has(&k, &k.root, 1995));
	kit_finish(&k);
}

/* One edit of every kind of change; fails with the code of the first. */
static int much_work(struct rs_edit *ed)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < 60; i++)
		err = kit_put(ed, 300 + i, 900, 1);
	for (uint32_t i = 0; !err && i < 300; i++)
		err = kit_del(ed, i);
	return err;
}

/* Whichever allocation fails: -ENOMEM, the old root whole, nothing leaked. */
static void survives_each_failed_allocation(void **state)
{
	struct treekit k;
	struct rs_edit ed;
	int err = -ENOMEM;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 400, 100);
	kit_commit(&k);
	for (uint64_t n = 0; err; n++) {
		kit_begin(&k, &ed);
		kit_fail_alloc(n);
		err = much_work(&ed);
		kit_let_alloc();
		assert_true(err == 0 || err == -ENOMEM);
		rs_edit_finish(&ed);
		assert_int_equal(kit_walk(&k), 0);
		assert_int_equal(k.findings, 0);
		assert_true(n < 1000);
	}
	kit_finish(&k);
}

/* Neighbours whose pages lie about their keys are not merged. */
static void does_not_merge_out_of_order(void **state)
{
	struct treekit k;
	struct rs_edit ed;
	int err = 0;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 60, 400);
	kit_commit(&k);
	/* Page 1 is the first leaf: its keys become larger than all. */
	kit_break(&k, 1)[RS_PAGE_SIZE - 4] = 'z'; /* in the prefix */
	kit_begin(&k, &ed);
	for (uint32_t i = 10; !err && i < 20; i++)
		err = kit_del(&ed, i);
	assert_int_equal(err, -EUCLEAN);
	rs_edit_finish(&ed);
	kit_finish(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_root_stays),
		cmocka_unit_test(an_owned_path_costs_no_memory),
		cmocka_unit_test(refuses_what_is_too_large),
		cmocka_unit_test(refuses_too_much_weight),
		cmocka_unit_test(a_missing_record_changes_nothing),
		cmocka_unit_test(ascending_puts_fill_pages),
		cmocka_unit_test(deletes_shrink_the_tree),
		cmocka_unit_test(first_children_may_go),
		cmocka_unit_test(survives_each_failed_allocation),
		cmocka_unit_test(does_not_merge_out_of_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

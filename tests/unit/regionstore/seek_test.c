/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/format.h"
#include "tests/support/test.h"
#include "tests/support/treekit.h"

#include <string.h>

/* Even numbers to 4000, each with weight 1, on pages. */
static void setup(struct treekit *k)
{
	struct rs_edit ed;

	kit_init(k);
	kit_begin(k, &ed);
	for (uint32_t i = 0; i <= 4000; i += 2)
		assert_int_equal(kit_put(&ed, i, 30, i % 4 == 0 ? 3 : 0), 0);
	kit_publish(k, &ed);
	kit_commit(k);
}

static uint32_t number(const struct rs_cursor *c)
{
	return (uint32_t)c->key[3] << 8 | c->key[4];
}

/* The first not smaller, the last not larger, across all leaves. */
static void seeks_and_floors_between_records(void **state)
{
	struct rs_cursor c = { 0 };
	uint8_t key[KIT_KEY];
	struct treekit k;

	(void)state;
	setup(&k);
	for (uint32_t i = 0; i <= 4000; i++) {
		kit_key(key, i);
		assert_int_equal(
			rs_tree_seek(&k.env, &k.root, &c, key, KIT_KEY), 0);
		assert_int_equal(number(&c), i + i % 2);
		assert_int_equal(
			rs_tree_floor(&k.env, &k.root, &c, key, KIT_KEY), 0);
		assert_int_equal(number(&c), i - i % 2);
	}
	rs_tree_release(&c);
	kit_finish(&k);
}

/* Where there is no record the cursor stays where it was. */
static void stays_when_there_is_none(void **state)
{
	struct rs_cursor c = { 0 };
	struct treekit k;

	(void)state;
	setup(&k);
	assert_int_equal(rs_tree_nth(&k.env, &k.root, &c, 2000), 0);
	assert_int_equal(number(&c), 4000);
	assert_int_equal(rs_tree_next(&k.env, &k.root, &c), -ENOENT);
	assert_int_equal(rs_tree_seek(&k.env, &k.root, &c, "z", 1), -ENOENT);
	assert_int_equal(rs_tree_floor(&k.env, &k.root, &c, "a", 1), -ENOENT);
	assert_int_equal(rs_tree_nth(&k.env, &k.root, &c, 2001), -ENOENT);
	assert_int_equal(number(&c), 4000);
	rs_tree_release(&c);
	kit_finish(&k);
}

/* A cursor that was never placed stands before the first record. */
static void next_begins_at_the_start(void **state)
{
	struct rs_cursor c = { 0 };
	struct treekit k;
	uint32_t n = 0;

	(void)state;
	setup(&k);
	while (rs_tree_next(&k.env, &k.root, &c) == 0)
		assert_int_equal(number(&c), 2 * n++);
	assert_int_equal(n, 2001);
	rs_tree_release(&c);
	kit_finish(&k);
}

/* Units of weight are in records that have weight. */
static void weighs_over_light_records(void **state)
{
	struct rs_cursor c = { 0 };
	struct treekit k;
	uint64_t before;

	(void)state;
	setup(&k);
	for (uint64_t w = 0; w < k.root.sum.weight; w++) {
		assert_int_equal(rs_tree_weigh(&k.env, &k.root, &c, w, &before),
				 0);
		assert_int_equal(number(&c), w / 3 * 4);
		assert_true(before == w / 3 * 3);
	}
	assert_int_equal(
		rs_tree_weigh(&k.env, &k.root, &c, k.root.sum.weight, &before),
		-ENOENT);
	rs_tree_release(&c);
	kit_finish(&k);
}

/* A leaf outlives its tree as long as a cursor stands on it. */
static void a_cursor_keeps_its_leaf(void **state)
{
	struct rs_cursor c = { 0 };
	struct treekit k;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 10, 30);
	assert_int_equal(rs_tree_seek(&k.env, &k.root, &c, "", 0), 0);
	rs_root_put(&k.root);
	assert_int_equal(rs_tree_next(&k.env, &k.root, &c), 0);
	assert_int_equal(number(&c), 1);
	assert_int_equal(((const uint8_t *)c.val)[0], 1);
	rs_tree_release(&c);
	kit_finish(&k);
}

/* Keys that go backwards end a walk instead of leading it round. */
static void refuses_to_go_backwards(void **state)
{
	struct rs_cursor c = { 0 };
	struct le16 *slots;
	struct le16 first;
	struct treekit k;

	(void)state;
	setup(&k);
	slots = (struct le16 *)(kit_break(&k, 1) + sizeof(struct rs_disk_node));
	first = slots[0];
	slots[0] = slots[5];
	slots[5] = first;
	assert_int_equal(rs_tree_nth(&k.env, &k.root, &c, 4), 0);
	assert_int_equal(rs_tree_next(&k.env, &k.root, &c), -EUCLEAN);
	rs_tree_release(&c);
	kit_finish(&k);
}

/* A sum that promises more than there is. */
static void refuses_sums_that_lie(void **state)
{
	struct rs_cursor c = { 0 };
	struct treekit k;

	(void)state;
	setup(&k);
	k.root.sum.count += 10;
	assert_int_equal(rs_tree_nth(&k.env, &k.root, &c, 2005), -EUCLEAN);
	rs_tree_release(&c);
	kit_finish(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeks_and_floors_between_records),
		cmocka_unit_test(stays_when_there_is_none),
		cmocka_unit_test(next_begins_at_the_start),
		cmocka_unit_test(weighs_over_light_records),
		cmocka_unit_test(a_cursor_keeps_its_leaf),
		cmocka_unit_test(refuses_to_go_backwards),
		cmocka_unit_test(refuses_sums_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

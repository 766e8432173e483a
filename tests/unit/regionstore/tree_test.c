/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/format.h"
#include "tests/support/test.h"
#include "tests/support/treekit.h"

#include <string.h>

static int get(struct treekit *k, uint32_t n, size_t cap, size_t *ret_len,
	       uint64_t *ret_weight)
{
	uint8_t key[KIT_KEY], val[RS_VAL_MAX];

	kit_key(key, n);
	return rs_tree_get(&k->env, &k->root, key, sizeof(key), val, cap,
			   ret_len, ret_weight);
}

/* An empty tree has nothing, before any key. */
static void an_empty_tree_answers(void **state)
{
	struct rs_sum sum = { 1, 1 };
	struct treekit k;
	size_t len;

	(void)state;
	kit_init(&k);
	assert_int_equal(get(&k, 1, RS_VAL_MAX, &len, NULL), -ENOENT);
	assert_int_equal(rs_tree_sum_before(&k.env, &k.root, "x", 1, &sum), 0);
	assert_true(sum.count == 0 && sum.weight == 0);
	kit_finish(&k);
}

/* The value is copied whole or not at all. */
static void a_small_buffer_is_refused(void **state)
{
	struct treekit k;
	uint64_t weight;
	size_t len = 99;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 10, 20);
	assert_int_equal(get(&k, 3, 19, &len, &weight), -ERANGE);
	assert_int_equal(len, 99);
	assert_int_equal(get(&k, 3, 20, &len, &weight), 0);
	assert_int_equal(len, 20);
	assert_true(weight == 1);
	kit_finish(&k);
}

/* Ordinals of keys that are there and of those between. */
static void sums_before_any_key(void **state)
{
	uint8_t key[KIT_KEY + 1] = { 0 };
	struct rs_sum sum;
	struct treekit k;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 5000, 20);
	kit_commit(&k);
	for (uint32_t i = 0; i < 5000; i += 7) {
		kit_key(key, i);
		assert_int_equal(
			rs_tree_sum_before(&k.env, &k.root, key, KIT_KEY, &sum),
			0);
		assert_true(sum.count == i && sum.weight == i);
		assert_int_equal(rs_tree_sum_before(&k.env, &k.root, key,
						    KIT_KEY + 1, &sum),
				 0);
		assert_true(sum.count == i + 1);
	}
	kit_finish(&k);
}

/* A page that is not what its parent says is an error, not an answer. */
static void checksums_are_passed_on(void **state)
{
	struct treekit k;
	size_t len;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 5000, 20);
	kit_commit(&k);
	k.mp.page[1][2000] ^= 1;
	assert_int_equal(get(&k, 0, RS_VAL_MAX, &len, NULL), -EBADMSG);
	assert_int_equal(get(&k, 4999, RS_VAL_MAX, &len, NULL), 0);
	kit_finish(&k);
}

/* A child must be one level lower, or there would be no end. */
static void a_page_that_is_its_own_child_ends(void **state)
{
	struct treekit k;
	uint64_t root;
	size_t len;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 5000, 20);
	kit_commit(&k);
	root = k.root.ptr.pgno;
	/* Every pointer to page 1, the first leaf, becomes one to the root. */
	for (size_t i = sizeof(struct rs_disk_node); i < RS_PAGE_SIZE - 8;
	     i++) {
		uint8_t *p = kit_break(&k, root) + i;

		if (memcmp(p, "\1\0\0\0\0\0\1\0", 8) == 0)
			p[0] = (uint8_t)root;
	}
	assert_int_equal(get(&k, 0, RS_VAL_MAX, &len, NULL), -EUCLEAN);
	kit_finish(&k);
}

/* A good node of another place or another time is not this one. */
static void a_misplaced_page_is_refused(void **state)
{
	struct rs_disk_node *h;
	struct treekit k;
	size_t len;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 10, 20);
	kit_commit(&k);
	h = (struct rs_disk_node *)kit_break(&k, 1);
	h->birth = le64_put(le64_get(h->birth) + 1);
	assert_int_equal(get(&k, 0, RS_VAL_MAX, &len, NULL), -EUCLEAN);
	k.env.tree_id = 2;
	assert_int_equal(get(&k, 0, RS_VAL_MAX, &len, NULL), -EUCLEAN);
	kit_finish(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_tree_answers),
		cmocka_unit_test(a_small_buffer_is_refused),
		cmocka_unit_test(sums_before_any_key),
		cmocka_unit_test(checksums_are_passed_on),
		cmocka_unit_test(a_page_that_is_its_own_child_ends),
		cmocka_unit_test(a_misplaced_page_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

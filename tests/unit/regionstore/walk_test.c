/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/format.h"
#include "tests/support/test.h"
#include "tests/support/treekit.h"

#include <string.h>

static void setup(struct treekit *k)
{
	kit_init(k);
	kit_fill(k, 2000, 30);
	kit_commit(k);
}

static void assert_finds(struct treekit *k, const char *what)
{
	assert_int_equal(kit_walk(k), 0);
	assert_true(k->findings > 0);
	if (!strstr(k->finding, what))
		fail_msg("'%s' is not '%s'", k->finding, what);
}

/* A good tree has no findings, on pages and in memory. */
static void a_good_tree_has_none(void **state)
{
	struct treekit k;

	(void)state;
	kit_init(&k);
	assert_int_equal(kit_walk(&k), 0);
	kit_fill(&k, 2000, 30);
	assert_int_equal(kit_walk(&k), 0);
	assert_int_equal(k.findings, 0);
	kit_commit(&k);
	assert_int_equal(kit_walk(&k), 0);
	assert_int_equal(k.findings, 0);
	kit_finish(&k);
}

/* The sum of the whole tree is recomputed. */
static void finds_a_wrong_total(void **state)
{
	struct treekit k;

	(void)state;
	setup(&k);
	k.root.sum.weight++;
	assert_finds(&k, "the sum of the tree");
	kit_finish(&k);
}

/* A leaf that lost a record, with everything else in order. */
static void finds_a_wrong_sum(void **state)
{
	struct rs_disk_node *h;
	uint8_t *page;
	struct treekit k;

	(void)state;
	setup(&k);
	page = kit_break(&k, 1);
	h = (struct rs_disk_node *)page;
	h->count = le16_put((uint16_t)(le16_get(h->count) - 1));
	h->garbage = le16_put(7 + 1 + 30 - 1); /* 5, a weight, a key byte */
	assert_finds(&k, "a sum is not that of the child");
	kit_finish(&k);
}

/* One bit anywhere is found by the checksum, and the walk goes on. */
static void finds_an_unreadable_page(void **state)
{
	struct treekit k;

	(void)state;
	setup(&k);
	k.mp.page[1][100] ^= 1;
	k.mp.page[3][100] ^= 1;
	assert_finds(&k, "node on page 1, born in 1: it cannot be read");
	assert_int_equal(k.findings, 2);
	kit_finish(&k);
}

/* Keys that do not belong between the separators above. */
static void finds_keys_outside_the_fences(void **state)
{
	struct treekit k;

	(void)state;
	setup(&k);
	kit_break(&k, 2)[RS_PAGE_SIZE - 4] = 'a'; /* the end of the prefix */
	assert_int_equal(kit_walk(&k), 0);
	assert_true(k.findings > 0);
	kit_finish(&k);
}

static int stop_at_ten(void *arg, const struct rs_cursor *c)
{
	unsigned *n = arg;

	assert_int_equal(c->key_len, KIT_KEY);
	return ++*n == 10 ? -ECANCELED : 0;
}

static int prune(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	unsigned *n = arg;

	(void)ptr;
	++*n;
	return level == 0 ? -EALREADY : 0;
}

static void not_expected(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

/* The caller may stop the walk, and may leave out what it has seen. */
static void stops_and_prunes(void **state)
{
	struct rs_tree_walk walk = { .finding = not_expected };
	unsigned n = 0;
	struct treekit k;

	(void)state;
	setup(&k);
	walk.arg = &n;
	walk.record = stop_at_ten;
	assert_int_equal(rs_tree_walk(&k.env, &k.root, &walk), -ECANCELED);
	assert_int_equal(n, 10);
	n = 0;
	walk.page = prune;
	assert_int_equal(rs_tree_walk(&k.env, &k.root, &walk), 0);
	assert_int_equal(n, kit_pages(&k));
	kit_finish(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_tree_has_none),
		cmocka_unit_test(finds_a_wrong_total),
		cmocka_unit_test(finds_a_wrong_sum),
		cmocka_unit_test(finds_an_unreadable_page),
		cmocka_unit_test(finds_keys_outside_the_fences),
		cmocka_unit_test(stops_and_prunes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

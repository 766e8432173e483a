/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/drops.h"
#include "regionstore/memnode.h"
#include "tests/support/test.h"
#include "tests/support/treekit.h"

static void add(struct treekit *k, struct rs_drops *d, uint64_t pgno)
{
	struct rs_ptr ptr = { .pgno = pgno, .npages = 1 };

	assert_int_equal(rs_drops_reserve(&k->env, d), 0);
	rs_drops_add_ptr(d, &ptr);
}

/* All of one goes behind the other, which is empty then. */
static void moves_everything(void **state)
{
	struct rs_drops a = { 0 }, b = { 0 };
	struct treekit k;

	(void)state;
	kit_init(&k);
	for (uint64_t i = 1; i <= 20; i++)
		add(&k, i <= 3 ? &a : &b, i);
	assert_int_equal(rs_drops_move(&a, &b), 0);
	assert_int_equal(b.n_ptrs, 0);
	assert_int_equal(a.n_ptrs, 20);
	for (uint64_t i = 0; i < 20; i++)
		assert_true(a.ptrs[i].pgno == i + 1);
	assert_int_equal(rs_drops_move(&a, &b), 0); /* nothing */
	rs_drops_finish(&a);
	rs_drops_finish(&b);
	kit_finish(&k);
}

/* A node is held until its page is known. */
static void resolves_nodes(void **state)
{
	struct rs_drops d = { 0 };
	struct treekit k;
	struct rs_ptr ptr;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 5, 20);
	assert_int_equal(rs_drops_reserve(&k.env, &d), 0);
	rs_drops_add_node(&d, rs_node_ref(k.root.mem));
	rs_tree_flush(&k.root, 1, &k.mp.placer, &ptr);
	rs_root_put(&k.root);
	assert_int_equal(rs_drops_resolve(&d), 0);
	assert_int_equal(d.n_ptrs, 1);
	assert_int_equal(d.n_nodes, 0);
	assert_true(d.ptrs[0].pgno == ptr.pgno && d.ptrs[0].csum == ptr.csum);
	rs_drops_finish(&d);
	kit_finish(&k);
}

/* Without memory nothing is reserved, and what there was stays. */
static void reserving_may_fail(void **state)
{
	struct rs_drops d = { 0 };
	struct treekit k;

	(void)state;
	kit_init(&k);
	for (uint64_t i = 1; i <= 16; i++)
		add(&k, &d, i);
	kit_fail_alloc(0);
	assert_int_equal(rs_drops_reserve(&k.env, &d), -ENOMEM);
	kit_let_alloc();
	assert_int_equal(d.n_ptrs, 16);
	assert_true(d.ptrs[15].pgno == 16);
	rs_drops_finish(&d);
	kit_finish(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_everything),
		cmocka_unit_test(resolves_nodes),
		cmocka_unit_test(reserving_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

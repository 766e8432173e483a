/* SPDX-License-Identifier: Apache-2.0 */
#include "regionstore/format.h"
#include "regionstore/memnode.h"
#include "tests/support/test.h"
#include "tests/support/treekit.h"

#include <pthread.h>
#include <string.h>

/* An empty tree has nothing to write and points nowhere. */
static void an_empty_tree_is_clean(void **state)
{
	struct treekit k;
	struct rs_ptr ptr = { .pgno = 1 };

	(void)state;
	kit_init(&k);
	assert_int_equal(rs_tree_dirty(&k.root), 0);
	rs_tree_flush(&k.root, 1, &k.mp.placer, &ptr);
	assert_true(ptr.pgno == 0);
	rs_tree_clean(&k.root);
	kit_finish(&k);
}

/* Only what changed since the last commit is written. */
static void writes_only_the_changed_path(void **state)
{
	struct treekit k;
	struct rs_edit ed;
	size_t all;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 1000, 20);
	all = rs_tree_dirty(&k.root);
	assert_true(all > 5);
	kit_commit(&k);
	assert_int_equal(rs_tree_dirty(&k.root), 0);
	kit_begin(&k, &ed);
	assert_int_equal(kit_put(&ed, 3, 20, 5), 0);
	kit_publish(&k, &ed);
	assert_int_equal(rs_tree_dirty(&k.root), 2);
	kit_commit(&k);
	assert_int_equal(k.drops.n_ptrs, 2);
	assert_int_equal(kit_walk(&k), 0);
	assert_int_equal(k.findings, 0);
	kit_finish(&k);
}

/* A page on disk says where it is, and holds no bytes of removed records. */
static void pages_are_compact_and_signed(void **state)
{
	const struct rs_disk_node *h;
	struct treekit k;
	struct rs_edit ed;

	(void)state;
	kit_init(&k);
	kit_begin(&k, &ed);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(kit_put(&ed, i, 100, 0), 0);
	for (uint32_t i = 0; i < 20; i += 2)
		assert_int_equal(kit_del(&ed, i), 0);
	kit_publish(&k, &ed);
	k.txid = 77;
	kit_commit(&k);
	h = (const struct rs_disk_node *)k.mp.page[1];
	assert_true(le64_get(h->pgno) == 1 && le64_get(h->birth) == 77);
	assert_int_equal(le16_get(h->garbage), 0);
	assert_int_equal(le16_get(h->count), 10);
	kit_finish(&k);
}

/* What readers look at is not touched by a flush. */
static void flush_leaves_images_alone(void **state)
{
	uint8_t before[RS_PAGE_SIZE];
	struct treekit k;
	struct rs_ptr ptr;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 1000, 20);
	memcpy(before, k.root.mem->page, sizeof(before));
	rs_tree_flush(&k.root, 1, &k.mp.placer, &ptr);
	assert_memory_equal(before, k.root.mem->page, sizeof(before));
	assert_non_null(k.root.mem->child[0]);
	kit_finish(&k);
}

/* A node replaced while its page is being written is dropped by its page. */
static void drops_wait_for_their_page(void **state)
{
	struct rs_root frozen;
	struct treekit k;
	struct rs_edit ed;
	struct rs_ptr ptr;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 10, 20);
	rs_root_ref(&frozen, &k.root);
	k.txid++;
	kit_begin(&k, &ed);
	assert_int_equal(kit_put(&ed, 3, 20, 5), 0);
	kit_publish(&k, &ed);
	assert_int_equal(k.drops.n_nodes, 1);
	rs_tree_flush(&frozen, 1, &k.mp.placer, &ptr);
	assert_int_equal(rs_drops_resolve(&k.drops), 0);
	assert_int_equal(k.drops.n_nodes, 0);
	assert_int_equal(k.drops.n_ptrs, 1);
	assert_true(k.drops.ptrs[0].pgno == ptr.pgno);
	rs_root_put(&frozen);
	kit_finish(&k);
}

/* What an edit of the same commit made never had a page: no drop. */
static void no_drops_within_a_commit(void **state)
{
	struct treekit k;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 10, 20);
	kit_fill(&k, 20, 20);
	assert_int_equal(k.drops.n_nodes + k.drops.n_ptrs, 0);
	kit_finish(&k);
}

struct reader {
	const struct rs_tree_env *env;
	struct rs_root root; /* its own reference */
	int err;
};

/* Read the frozen root from end to end, again and again. */
static void *read_on(void *arg)
{
	struct reader *r = arg;

	for (unsigned i = 0; i < 20 && !r->err; i++) {
		struct rs_cursor c = { 0 };
		uint64_t n = 0;

		while ((r->err = rs_tree_next(r->env, &r->root, &c)) == 0)
			n++;
		rs_tree_release(&c);
		r->err = n == r->root.sum.count && r->err == -ENOENT ? 0 : -1;
	}
	rs_root_put(&r->root);
	return NULL;
}

/* One reads the frozen root, one flushes it, one edits what comes next. */
static void readers_need_no_lock(void **state)
{
	struct treekit k;
	struct reader r = { .env = &k.env };
	struct rs_root frozen;
	struct rs_edit ed;
	struct rs_ptr ptr;
	pthread_t thread;

	(void)state;
	kit_init(&k);
	kit_fill(&k, 3000, 20);
	rs_root_ref(&frozen, &k.root);
	rs_root_ref(&r.root, &k.root);
	k.txid++;
	assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
	for (uint32_t i = 0; i < 400; i++) {
		kit_begin(&k, &ed);
		assert_int_equal(kit_put(&ed, i * 8, 40, 5), 0);
		assert_int_equal(kit_del(&ed, i * 7 + 1), 0);
		if (i == 200)
			rs_tree_flush(&frozen, 1, &k.mp.placer, &ptr);
		kit_publish(&k, &ed);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(r.err, 0);
	rs_root_put(&frozen);
	kit_commit(&k);
	assert_int_equal(kit_walk(&k), 0);
	assert_int_equal(k.findings, 0);
	kit_finish(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_tree_is_clean),
		cmocka_unit_test(writes_only_the_changed_path),
		cmocka_unit_test(pages_are_compact_and_signed),
		cmocka_unit_test(flush_leaves_images_alone),
		cmocka_unit_test(drops_wait_for_their_page),
		cmocka_unit_test(no_drops_within_a_commit),
		cmocka_unit_test(readers_need_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

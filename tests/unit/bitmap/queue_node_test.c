/* SPDX-License-Identifier: Apache-2.0 */
/* queue_node_test.c - which batches have a code. */

#include "bitmap/journal_code.h"
#include "bitmap/queue.h"
#include "tests/support/test.h"

#include <errno.h>

static struct bm_node *node_of(uint64_t n, bool descending)
{
	struct bm_node *node;
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(bm_batch_add(&b, descending ? n - i : i), 0);
	assert_int_equal(bm_node_new(&b, 5, &node), 0);
	assert_true(bm_node_shares(node) == (n > 8));
	if (bm_node_shares(node))
		bm_batch_init(&b);
	else
		bm_batch_finish(&b);
	assert_int_equal(node->when_ns, 5);
	assert_int_equal(node->batch.n_members, n);
	return node;
}

/* The code says what the batch says, in whatever order that was written. */
static void small_ones_have_one(void **state)
{
	const uint64_t sizes[] = { 1, 8, 9, 40, 60, 8192 };
	struct bm_head head = { 0 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct bm_node *node = node_of(sizes[i], true);
		struct bm_code_reader r;
		struct buf out = { 0 };
		struct bm_batch b;

		head = (struct bm_head){ 0 };
		assert_true(node->code_len > 0);
		assert_int_equal(bm_code_append(&out, &head,
						&(struct bm_head){ 1, 2, 3 },
						node->code, node->code_len),
				 0);
		bm_code_reader_init(&r, buf_data(&out), out.len);
		bm_batch_init(&b);
		assert_int_equal(bm_code_next(&r, &head, &b), 0);
		assert_int_equal(b.n_members, sizes[i]);
		assert_memory_equal(b.members, node->batch.members,
				    sizes[i] * sizeof(uint64_t));
		bm_batch_finish(&b);
		buf_finish(&out);
		bm_node_free(node);
	}
}

static void large_ones_do_not(void **state)
{
	struct bm_node *node = node_of(8193, false);

	(void)state;
	assert_int_equal(node->code_len, 0);
	assert_true(node->bytes > 8193 * sizeof(uint64_t));
	bm_node_free(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_ones_have_one),
		cmocka_unit_test(large_ones_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

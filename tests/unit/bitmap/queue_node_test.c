/* SPDX-License-Identifier: Apache-2.0 */
/* queue_node_test.c - which batches have a code, and rows of them. */

#include "bitmap/journal_code.h"
#include "bitmap/queue.h"
#include "tests/support/test.h"

#include <errno.h>

static void make_batch(struct bm_batch *b, uint64_t first, uint64_t n,
		       bool descending)
{
	bm_batch_init(b);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(
			bm_batch_add(b, first + (descending ? n - 1 - i : i)),
			0);
}

/* The code says what the batch says, in whatever order that was written. */
static void small_ones_have_one(void **state)
{
	const uint64_t sizes[] = { 1, 8, 9, 40, 60, 8192 };
	const struct bm_head first = { 1, 2, 3 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct bm_head head = { 0 };
		struct buf out = { 0 };
		struct bm_code_reader r;
		struct bm_batch b, read;
		struct bm_code code;

		make_batch(&b, 100, sizes[i], true);
		assert_int_equal(bm_code_make(&b, &code), 0);
		assert_true(code.len > 0);
		assert_int_equal(bm_code_append(&out, &head, &first, code.data,
						code.len),
				 0);
		bm_code_reader_init(&r, buf_data(&out), out.len);
		bm_batch_init(&read);
		assert_int_equal(bm_code_next(&r, &head, &read), 0);
		assert_int_equal(read.n_members, sizes[i]);
		for (uint64_t k = 0; k < sizes[i]; k++)
			assert_int_equal(read.members[k], 100 + k);
		bm_code_finish(&code);
		bm_batch_finish(&read);
		bm_batch_finish(&b);
		buf_finish(&out);
	}
}

static void large_ones_do_not(void **state)
{
	struct bm_code code;
	struct bm_node *node;
	struct bm_batch b;

	(void)state;
	make_batch(&b, 0, 8193, false);
	assert_int_equal(bm_code_make(&b, &code), 0);
	assert_int_equal(code.len, 0);
	bm_code_finish(&code);
	node = bm_node_new(&b);
	assert_non_null(node);
	assert_true(bm_batch_empty(&b)); /* the node has them */
	assert_int_equal(node->batch.n_members, 8193);
	assert_true(node->bytes > 8193 * sizeof(uint64_t));
	bm_node_free(node);
}

static bool join(struct bm_node *node, uint64_t first, uint64_t n, bool down)
{
	struct bm_batch b;
	bool takes;

	make_batch(&b, first, n, down);
	takes = bm_node_takes(node, &b);
	if (takes)
		assert_int_equal(bm_node_join(node, &b), 0);
	bm_batch_finish(&b);
	return takes;
}

/* From the node's own room into memory, and on. */
static void rows_grow(void **state)
{
	struct bm_node *node;
	struct bm_batch b;
	size_t bytes;

	(void)state;
	make_batch(&b, 0, 3, false);
	node = bm_node_new(&b);
	assert_non_null(node);
	assert_int_equal(b.n_members, 3); /* they were copied */
	bm_batch_finish(&b);
	bytes = node->bytes;
	for (uint64_t n = 3; n < 300; n += 3)
		assert_true(join(node, n, 3, false));
	assert_true(node->batch.ascending);
	assert_int_equal(node->batch.n_members, 300);
	for (uint64_t i = 0; i < 300; i++)
		assert_int_equal(node->batch.members[i], i);
	assert_true(node->bytes >= bytes + 292 * sizeof(uint64_t));
	assert_false(join(node, 300, 65, false)); /* not worth copying */
	assert_true(join(node, 299, 1, false));
	assert_false(node->batch.ascending);
	bm_node_free(node);
}

static void rows_have_one_op(void **state)
{
	struct bm_node *node;
	struct bm_batch b;

	(void)state;
	make_batch(&b, 5, 1, false);
	node = bm_node_new(&b);
	bm_batch_finish(&b);
	assert_int_equal(bm_batch_range(&b, 6, 6, BM_REMOVE), 0);
	assert_false(bm_node_takes(node, &b));
	bm_batch_finish(&b);
	assert_int_equal(bm_batch_range(&b, 6, 8, BM_ADD), 0);
	assert_false(bm_node_takes(node, &b));
	bm_batch_finish(&b);
	bm_node_free(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_ones_have_one),
		cmocka_unit_test(large_ones_do_not),
		cmocka_unit_test(rows_grow),
		cmocka_unit_test(rows_have_one_op),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

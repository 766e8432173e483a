/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

static struct row row;

static int clear(void **state)
{
	(void)state;
	row_clear(&row);
	return 0;
}

/* n members from first on, step apart, into segments. */
static void build(uint64_t first, uint64_t step, size_t n)
{
	uint64_t *adds = malloc(n * sizeof(*adds));
	struct bm_delta d = { .members = adds, .n_members = n };
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);
	bool changed;

	assert_non_null(adds);
	for (size_t i = 0; i < n; i++)
		adds[i] = first + i * step;
	assert_int_equal(bm_merge(NULL, &d, p, &changed), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	bm_packer_free(p);
	free(adds);
}

/* One member in a container: 8 bytes and not 10. */
static void sparse_sets_are_lists(void **state)
{
	(void)state;
	build(12345, UINT64_C(1) << 20, 100000);
	assert_int_equal(row.n, 49);
	for (size_t i = 0; i < row.n; i++)
		assert_int_equal(row.segs[i].kind, BM_SEG_U64);
	assert_true(row.segs[0].len > 16384 - 64);
}

/* Two in most containers: P32 up to each high half, and no splinters. */
static void pieces_end_at_high_halves(void **state)
{
	(void)state;
	build(0, 30000, 500000);
	for (size_t i = 0; i < row.n; i++) {
		assert_int_equal(row.segs[i].kind, BM_SEG_P32);
		assert_int_equal(bm_seg_min(&row.segs[i]) >> 32,
				 bm_seg_max(&row.segs[i]) >> 32);
	}
	assert_true(row.n < 230);
}

/* A dense container is exactly two pages. */
static void dense_containers_are_bitsets(void **state)
{
	(void)state;
	build(0, 2, 65536 * 10 / 2);
	assert_int_equal(row.n, 10);
	for (size_t i = 0; i < row.n; i++) {
		assert_int_equal(row.segs[i].kind, BM_SEG_BITSET);
		assert_int_equal(row.segs[i].len, 8192);
	}
}

/* 4,096 members as P32 are 8,208 bytes, three pages; as bits two. */
static void the_largest_array_is_a_bitset(void **state)
{
	(void)state;
	build(0, 16, 4096);
	assert_int_equal(row.segs[0].kind, BM_SEG_BITSET);
	row_clear(&row);
	build(0, 16, 4000);
	assert_int_equal(row.segs[0].kind, BM_SEG_P32);
}

/* Containers of 6,000 bytes: two fill three pages, a third none. */
static void pieces_fill_their_pages(void **state)
{
	size_t bytes = 0;
	size_t pages = 0;

	(void)state;
	build(0, 22, 2979 * 60);
	for (size_t i = 0; i < row.n; i++) {
		bytes += row.segs[i].len;
		pages += (row.segs[i].len + 4095) / 4096;
	}
	assert_true(bytes * 100 >= pages * 4096 * 95);
}

/* A range of 10^12 members does not make its neighbours cost 16 bytes. */
static void a_huge_range_among_others_is_cut_off(void **state)
{
	const uint64_t far = UINT64_C(1) << 41;
	struct bm_command ops[601];
	size_t len = 0;

	(void)state;
	ops[0] = (struct bm_command)ADD(70000, UINT64_C(1) << 40);
	for (uint64_t i = 0; i < 600; i++)
		ops[1 + i] = (struct bm_command)ADD(far + 3 * i, far + 3 * i);
	merge_to(&row, NULL, ops, 601);
	for (size_t i = 0; i < row.n; i++)
		len += row.segs[i].len;
	assert_int_equal(row.n, 2);
	assert_int_equal(row.segs[0].kind, BM_SEG_RUN64);
	assert_int_equal(row.segs[1].kind, BM_SEG_P32);
	assert_true(len < 1300);
}

/* But one more member somewhere is not worth a segment. */
static void few_bytes_are_not_worth_a_segment(void **state)
{
	const struct bm_command ops[] = { ADD(5, 5), ADD(1 << 20, 1 << 30),
					  ADD(UINT64_C(1) << 50,
					      UINT64_C(1) << 50) };

	(void)state;
	merge_to(&row, NULL, ops, 3);
	assert_int_equal(row.n, 1);
	assert_int_equal(row.segs[0].kind, BM_SEG_RUN64);
	assert_int_equal(row.segs[0].len, 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sparse_sets_are_lists, clear),
		cmocka_unit_test_teardown(pieces_end_at_high_halves, clear),
		cmocka_unit_test_teardown(dense_containers_are_bitsets, clear),
		cmocka_unit_test_teardown(the_largest_array_is_a_bitset, clear),
		cmocka_unit_test_teardown(pieces_fill_their_pages, clear),
		cmocka_unit_test_teardown(a_huge_range_among_others_is_cut_off,
					  clear),
		cmocka_unit_test_teardown(few_bytes_are_not_worth_a_segment,
					  clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

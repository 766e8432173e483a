/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include <errno.h>

#define T12 UINT64_C(1000000000000)

static struct bytes bytes;
static struct row row, next;

static int clear(void **state)
{
	(void)state;
	row_clear(&row);
	row_clear(&next);
	return 0;
}

/* The range of 10^12 members of `seq`: 16 bytes. */
static void a_huge_range_is_one_pair(void **state)
{
	const struct bm_command ops[] = { ADD(1, T12) };

	(void)state;
	assert_true(merge_to(&row, NULL, ops, 1));
	assert_int_equal(row.n, 1);
	assert_int_equal(row.segs[0].kind, BM_SEG_RUN64);
	assert_int_equal(row.segs[0].len, 16);
	assert_int_equal(row.segs[0].card, T12);
}

/* A hole in it costs a pair, and filling it joins the two again. */
static void holes_in_a_huge_range(void **state)
{
	const struct bm_command ops[] = { ADD(1, T12) };
	const struct bm_command hole[] = { REMOVE(T12 / 2, T12 / 2 + 99999) };
	const struct bm_command fill[] = { ADD(T12 / 3, T12 - 1) };

	(void)state;
	merge_to(&row, NULL, ops, 1);
	assert_true(merge_to(&next, &row.segs[0], hole, 1));
	assert_int_equal(next.segs[0].len, 32);
	assert_int_equal(next.segs[0].card, T12 - 100000);
	row_clear(&row);
	assert_true(merge_to(&row, &next.segs[0], fill, 1));
	assert_int_equal(row.segs[0].len, 16);
	assert_int_equal(row.segs[0].card, T12);
}

/* More members than text can hold: refused, and not in an hour. */
static void too_many_members_are_refused(void **state)
{
	const struct bm_command all = ADD(0, UINT64_MAX);
	struct bm_delta d = { .ops = &all, .n_ops = 1 };
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);
	bool changed;

	(void)state;
	assert_int_equal(bm_merge(NULL, &d, p, &changed), 0);
	assert_int_equal(bm_packer_flush(p), -EFBIG);
	bm_packer_free(p);
}

static void removing_all_leaves_nothing(void **state)
{
	const struct bm_command ops[] = { ADD(7, T12), ADD(2 * T12, 2 * T12) };
	const struct bm_command all[] = { REMOVE(0, UINT64_MAX) };

	(void)state;
	merge_to(&row, NULL, ops, 2);
	assert_true(merge_to(&next, &row.segs[0], all, 1));
	assert_int_equal(next.n, 0);
	assert_false(merge_to(&next, NULL, all, 1));
}

/* Nothing is handed to the packer when nothing changes, in any kind. */
static void no_effect_hands_out_nothing(void **state)
{
	const struct bm_command ops[] = { ADD(65536 + 1, 65536 + 3),
					  REMOVE(65536 + 9, 5 * 65536 + 6),
					  ADD(5 * 65536 + 7, 5 * 65536 + 7),
					  REMOVE(6 * 65536, UINT64_MAX) };
	struct bm_seg seg = two_arrays(&bytes);

	(void)state;
	assert_int_equal(bm_seg_open(&seg), 0);
	assert_false(merge_to(&row, &seg, ops, 4));
	assert_int_equal(row.n, 0);
}

/* What comes before the first change is there, and byte for byte. */
static void untouched_containers_are_copied(void **state)
{
	const struct bm_command ops[] = { ADD(5 * 65536 + 8, 5 * 65536 + 8) };
	struct bm_seg seg = two_arrays(&bytes);

	(void)state;
	assert_int_equal(bm_seg_open(&seg), 0);
	assert_true(merge_to(&row, &seg, ops, 1));
	assert_int_equal(row.n, 1);
	assert_int_equal(row.segs[0].len, bytes.n + 2);
	assert_memory_equal(row.segs[0].data + 24, bytes.b + 24, 6);
	assert_int_equal(row.segs[0].lo, 1 << 16);
}

/* Keys that descend are refused, not followed. */
static void a_base_out_of_order_is_refused(void **state)
{
	const struct bm_command ops[] = { ADD(9 << 16, 9 << 16) };
	struct bm_delta d = { .ops = ops, .n_ops = 1 };
	struct bm_seg seg = two_arrays(&bytes);
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);
	bool changed;

	(void)state;
	bytes.b[12] = 1; /* the second key: 1 as well */
	assert_int_equal(bm_seg_open(&seg), 0);
	assert_int_equal(bm_merge(&seg, &d, p, &changed), -EUCLEAN);
	bm_packer_free(p);
}

/* Adds and removals on both sides of a high half. */
static void crosses_high_halves(void **state)
{
	const uint64_t edge = UINT64_C(7) << 32;
	const struct bm_command ops[] = { ADD(edge - 100000, edge + 100000) };
	const struct bm_command hole[] = { REMOVE(edge - 1, edge) };
	uint64_t card = 0;

	(void)state;
	merge_to(&row, NULL, ops, 1);
	assert_int_equal(row.segs[0].card, 200001);
	merge_to(&next, &row.segs[0], hole, 1);
	for (size_t i = 0; i < next.n; i++)
		card += next.segs[i].card;
	assert_int_equal(card, 199999);
}

/* Containers of a hundred, to just below the size of a segment. */
static void fill_a_segment(void)
{
	static uint64_t adds[7500];
	struct bm_delta d = { .members = adds, .n_members = 7500 };
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);
	bool changed;

	for (uint64_t i = 0; i < 7500; i++)
		adds[i] = (i / 100) << 16 | (i % 100 * 600);
	assert_int_equal(bm_merge(NULL, &d, p, &changed), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	bm_packer_free(p);
	assert_int_equal(row.n, 1);
	assert_true(row.segs[0].len > 15000);
}

/* 800 more, from key on, twenty to a container. */
static void add_some(uint64_t key)
{
	static struct bm_command ops[800];

	for (uint64_t i = 0; i < 800; i++) {
		uint64_t member = (key + i / 20) << 16 | (i % 20 * 3000 + 7);

		ops[i] = (struct bm_command)ADD(member, member);
	}
	assert_true(merge_to(&next, &row.segs[0], ops, 800));
	assert_int_equal(next.n, 2);
}

/* Too many for one segment: both parts get room to grow. */
static void a_full_segment_is_halved(void **state)
{
	(void)state;
	fill_a_segment();
	add_some(20);
	assert_true(next.segs[0].len <= 12288);
	assert_true(next.segs[1].len <= 12288);
}

/* At the end nobody adds to the left part again: it stays full. */
static void appending_leaves_a_full_segment(void **state)
{
	(void)state;
	fill_a_segment();
	add_some(100);
	assert_true(next.segs[0].len > 15000);
	assert_true(next.segs[1].len < 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_huge_range_is_one_pair, clear),
		cmocka_unit_test_teardown(holes_in_a_huge_range, clear),
		cmocka_unit_test_teardown(too_many_members_are_refused, clear),
		cmocka_unit_test_teardown(removing_all_leaves_nothing, clear),
		cmocka_unit_test_teardown(no_effect_hands_out_nothing, clear),
		cmocka_unit_test_teardown(untouched_containers_are_copied,
					  clear),
		cmocka_unit_test_teardown(a_base_out_of_order_is_refused,
					  clear),
		cmocka_unit_test_teardown(crosses_high_halves, clear),
		cmocka_unit_test_teardown(a_full_segment_is_halved, clear),
		cmocka_unit_test_teardown(appending_leaves_a_full_segment,
					  clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

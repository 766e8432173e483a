/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include "bitmap/source.h"

static void adds_are_grouped_by_container(void **state)
{
	static const uint64_t adds[] = { 1, 2, 65535, 65536, 9 << 16 };
	struct bm_delta d = { .members = adds, .n_members = 5 };
	struct bm_dsrc ds;

	(void)state;
	bm_dsrc_init(&ds, &d);
	assert_int_equal(ds.key, 0);
	assert_int_equal(ds.part.n, 3);
	assert_false(ds.full);
	bm_dsrc_skip(&ds, 1);
	assert_int_equal(ds.key, 1);
	assert_ptr_equal(ds.part.lows, adds + 3);
	assert_int_equal(bm_part_low(&ds.part, 0), 0);
	bm_dsrc_skip(&ds, 1);
	assert_int_equal(ds.key, 9);
	bm_dsrc_skip(&ds, 1);
	assert_true(ds.key == BM_KEY_END);
}

static void crowds_are_containers(void **state)
{
	static const uint16_t lows[65538] = { [1] = 5 };
	const struct bm_crowd crowds[] = { { 3, 0, 2 }, { 4, 2, 65536 } };
	struct bm_delta d = { .crowds = crowds,
			      .n_crowds = 2,
			      .lows = lows,
			      .n_members = 65538,
			      .op = BM_REMOVE };
	struct bm_dsrc ds;

	(void)state;
	bm_dsrc_init(&ds, &d);
	assert_int_equal(ds.key, 3);
	assert_int_equal(ds.part.n, 2);
	assert_int_equal(ds.part.op, BM_REMOVE);
	assert_int_equal(bm_part_low(&ds.part, 1), 5);
	assert_false(ds.full);
	bm_dsrc_skip(&ds, 1);
	assert_int_equal(ds.key, 4);
	assert_true(ds.full && ds.op == BM_REMOVE);
	bm_dsrc_skip(&ds, 1);
	assert_true(ds.key == BM_KEY_END);
}

/* 65,536 adds to one container are as good as a range. */
static void all_of_a_container_is_full(void **state)
{
	uint64_t *adds = malloc(8 * 65537);
	struct bm_delta d = { .members = adds, .n_members = 65537 };
	struct bm_dsrc ds;

	(void)state;
	assert_non_null(adds);
	for (uint64_t i = 0; i < 65537; i++)
		adds[i] = (UINT64_C(3) << 16) + i;
	bm_dsrc_init(&ds, &d);
	assert_true(ds.full && ds.op == BM_ADD);
	bm_dsrc_skip(&ds, 1);
	assert_int_equal(ds.part.n, 1);
	free(adds);
}

static void commands_become_parts_and_spans(void **state)
{
	const struct bm_command ops[] = { REMOVE(5, 5), ADD(10, 4 * 65536 + 9),
					  REMOVE(4 * 65536 + 10, UINT64_MAX) };
	struct bm_delta d = { .ops = ops, .n_ops = 3 };
	struct bm_dsrc ds;

	(void)state;
	bm_dsrc_init(&ds, &d);
	assert_int_equal(ds.part.n, 2);
	bm_dsrc_skip(&ds, 1);
	assert_true(ds.full && ds.op == BM_ADD);
	assert_int_equal(ds.key, 1);
	assert_int_equal(ds.span, 3);
	bm_dsrc_skip(&ds, 3);
	assert_false(ds.full);
	assert_int_equal(ds.key, 4);
	assert_int_equal(ds.part.n, 2);
	bm_dsrc_skip(&ds, 1);
	assert_true(ds.full && ds.op == BM_REMOVE);
	assert_true(ds.key + ds.span == BM_KEY_END);
	bm_dsrc_skip(&ds, ds.span);
	assert_true(ds.key == BM_KEY_END);
}

static void nothing_has_no_pieces(void **state)
{
	struct bm_delta d = { 0 };
	struct bm_dsrc ds;

	(void)state;
	bm_dsrc_init(&ds, &d);
	assert_true(ds.key == BM_KEY_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_are_grouped_by_container),
		cmocka_unit_test(crowds_are_containers),
		cmocka_unit_test(all_of_a_container_is_full),
		cmocka_unit_test(commands_become_parts_and_spans),
		cmocka_unit_test(nothing_has_no_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

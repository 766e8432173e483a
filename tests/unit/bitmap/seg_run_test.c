/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include <errno.h>

#define T12 UINT64_C(1000000000000)

static struct bytes bytes;

static struct bm_seg ranges(const uint64_t *pairs, size_t n, uint64_t card)
{
	struct bm_seg seg;

	bytes.n = 0;
	for (size_t i = 0; i < 2 * n; i++)
		put(&bytes, pairs[i], 8);
	seg = seg_of(&bytes, BM_SEG_RUN64, 0, card);
	assert_int_equal(bm_seg_open(&seg), 0);
	return seg;
}

/* 10^12 members and one more: no question counts them. */
static void answers_without_counting(void **state)
{
	static const uint64_t pairs[] = { 1, T12 - 1, 5 * T12, 0 };
	struct bm_seg seg = ranges(pairs, 2, T12 + 1);
	struct bm_seg_iter it;
	uint64_t buf[4];
	uint64_t member;

	(void)state;
	assert_int_equal(bm_seg_validate(&seg), 0);
	assert_int_equal(bm_seg_min(&seg), 1);
	assert_int_equal(bm_seg_max(&seg), 5 * T12);
	assert_true(bm_seg_contains(&seg, T12));
	assert_false(bm_seg_contains(&seg, T12 + 1));
	assert_int_equal(bm_seg_rank(&seg, 0), 0);
	assert_int_equal(bm_seg_rank(&seg, T12 / 2), T12 / 2);
	assert_int_equal(bm_seg_rank(&seg, UINT64_MAX), T12 + 1);
	assert_int_equal(bm_seg_select(&seg, T12 - 1, &member), 0);
	assert_int_equal(member, T12);
	bm_seg_iter_init(&it, &seg);
	bm_seg_iter_seek(&it, T12);
	assert_int_equal(bm_seg_iter_read(&it, buf, 4), 2);
	assert_int_equal(buf[1], 5 * T12);
	bm_seg_iter_nth(&it, 2);
	assert_int_equal(bm_seg_iter_read(&it, buf, 1), 1);
	assert_int_equal(buf[0], 3);
}

static void validate_finds_lies(void **state)
{
	static const uint64_t touching[] = { 1, 1, 3, 1 };
	static const uint64_t overlap[] = { 1, 5, 3, 9 };
	static const uint64_t wraps[] = { UINT64_MAX - 2, 5 };
	struct bm_seg seg = ranges(touching, 2, 4);

	(void)state;
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
	seg = ranges(overlap, 2, 16);
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
	seg = ranges(wraps, 1, 6);
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
	seg = ranges(touching, 1, 3);
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
}

/* 2^64 members do not fit a count: refused, and reading them still ends. */
static void all_members_are_too_many(void **state)
{
	static const uint64_t all[] = { 0, UINT64_MAX };
	struct bm_seg seg = ranges(all, 1, 5);
	struct bm_seg_iter it;
	uint64_t buf[10];

	(void)state;
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
	bm_seg_iter_init(&it, &seg);
	assert_int_equal(bm_seg_iter_read(&it, buf, 10), 5);
	assert_int_equal(bm_seg_iter_read(&it, buf, 10), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_without_counting),
		cmocka_unit_test(validate_finds_lies),
		cmocka_unit_test(all_members_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

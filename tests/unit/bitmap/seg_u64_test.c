/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include <errno.h>

static struct bytes bytes;

static struct bm_seg list(const uint64_t *members, size_t n)
{
	struct bm_seg seg;

	bytes.n = 0;
	for (size_t i = 0; i < n; i++)
		put(&bytes, members[i], 8);
	seg = seg_of(&bytes, BM_SEG_U64, 0, n);
	assert_int_equal(bm_seg_open(&seg), 0);
	return seg;
}

static void answers_from_a_list(void **state)
{
	static const uint64_t m[] = { 5, 70000, (uint64_t)1 << 40, UINT64_MAX };
	struct bm_seg seg = list(m, 4);
	struct bm_seg_iter it;
	uint64_t buf[5];

	(void)state;
	assert_int_equal(bm_seg_validate(&seg), 0);
	assert_int_equal(bm_seg_min(&seg), 5);
	assert_true(bm_seg_max(&seg) == UINT64_MAX);
	assert_true(bm_seg_contains(&seg, UINT64_MAX));
	assert_false(bm_seg_contains(&seg, 6));
	assert_int_equal(bm_seg_rank(&seg, 4), 0);
	assert_int_equal(bm_seg_rank(&seg, 70000), 2);
	assert_int_equal(bm_seg_rank(&seg, UINT64_MAX), 4);
	bm_seg_iter_init(&it, &seg);
	bm_seg_iter_seek(&it, 6);
	assert_int_equal(bm_seg_iter_read(&it, buf, 5), 3);
	assert_memory_equal(buf, m + 1, 24);
	bm_seg_iter_nth(&it, 4);
	assert_int_equal(bm_seg_iter_read(&it, buf, 5), 0);
}

static void validate_finds_what_is_out_of_order(void **state)
{
	static const uint64_t twice[] = { 5, 5 };
	static const uint64_t low[] = { 5, 70000 };
	struct bm_seg seg = list(twice, 2);

	(void)state;
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
	seg = list(low, 2);
	assert_int_equal(bm_seg_validate(&seg), 0);
	seg.lo = 65536;
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
}

/* 4,097 in one container are smaller in any other kind: not ours. */
static void validate_refuses_dense_containers(void **state)
{
	static uint64_t m[4097];
	struct bm_seg seg;

	(void)state;
	for (uint64_t i = 0; i < 4097; i++)
		m[i] = 2 * i;
	seg = list(m, 4096);
	assert_int_equal(bm_seg_validate(&seg), 0);
	seg = list(m, 4097);
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_from_a_list),
		cmocka_unit_test(validate_finds_what_is_out_of_order),
		cmocka_unit_test(validate_refuses_dense_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

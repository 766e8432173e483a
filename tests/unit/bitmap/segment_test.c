/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

static struct bytes bytes;

/* An iterator never reads more than card says, whatever the bytes are. */
static void card_bounds_the_iterator(void **state)
{
	struct bm_seg seg = two_arrays(&bytes);
	struct bm_seg_iter it;
	uint64_t buf[9];

	(void)state;
	seg.card = 4;
	assert_int_equal(bm_seg_open(&seg), 0);
	bm_seg_iter_init(&it, &seg);
	assert_int_equal(bm_seg_iter_read(&it, buf, 9), 4);
	assert_int_equal(bm_seg_iter_read(&it, buf, 9), 0);
	bm_seg_iter_nth(&it, 4);
	assert_int_equal(bm_seg_iter_read(&it, buf, 9), 0);
}

/* Nothing asked for, nothing read, and the place is kept. */
static void reading_none_moves_nothing(void **state)
{
	struct bm_seg seg = two_arrays(&bytes);
	struct bm_seg_iter it;
	uint64_t buf[1];

	(void)state;
	assert_int_equal(bm_seg_open(&seg), 0);
	bm_seg_iter_init(&it, &seg);
	assert_int_equal(bm_seg_iter_read(&it, buf, 0), 0);
	assert_int_equal(bm_seg_iter_read(&it, buf, 1), 1);
	assert_int_equal(buf[0], 1 << 16 | 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(card_bounds_the_iterator),
		cmocka_unit_test(reading_none_moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

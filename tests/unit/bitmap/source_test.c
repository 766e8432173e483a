/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include "bitmap/source.h"

#include <errno.h>

static struct bytes bytes;
static struct bm_src_mem mem;

static int begin(struct bm_src *src, struct bm_seg *seg)
{
	assert_int_equal(bm_seg_open(seg), 0);
	return bm_src_init(src, seg, &mem);
}

static void no_segment_has_no_pieces(void **state)
{
	struct bm_src src;

	(void)state;
	assert_int_equal(bm_src_init(&src, NULL, &mem), 0);
	assert_true(src.key == BM_KEY_END);
}

static void containers_are_handed_out_as_they_lie(void **state)
{
	struct bm_seg seg = two_arrays(&bytes);
	struct bm_src src;

	(void)state;
	assert_int_equal(begin(&src, &seg), 0);
	assert_int_equal(src.key, 1);
	assert_ptr_equal(src.cont.data, bytes.b + 24);
	assert_int_equal(bm_src_seek(&src, 2), 0);
	assert_int_equal(src.key, 5);
	assert_int_equal(bm_src_skip(&src, 1), 0);
	assert_true(src.key == BM_KEY_END);
}

/* Members of one container become one array. */
static void lists_become_arrays(void **state)
{
	struct bm_seg seg;
	struct bm_src src;

	(void)state;
	bytes.n = 0;
	put(&bytes, 70000, 8);
	put(&bytes, 70005, 8);
	put(&bytes, UINT64_MAX, 8);
	seg = seg_of(&bytes, BM_SEG_U64, 0, 3);
	assert_int_equal(begin(&src, &seg), 0);
	assert_int_equal(src.key, 1);
	assert_int_equal(src.cont.card, 2);
	assert_int_equal(bm_src_skip(&src, 1), 0);
	assert_true(src.key == BM_KEY_MAX);
	assert_true(bm_cont_contains(&src.cont, 0xffff));
}

/* 5..5 and 10..4*65536+9: parts, two full ones, a part. */
static void ranges_become_parts_and_spans(void **state)
{
	struct bm_seg seg;
	struct bm_src src;

	(void)state;
	bytes.n = 0;
	put(&bytes, 5, 8);
	put(&bytes, 0, 8);
	put(&bytes, 10, 8);
	put(&bytes, 3 * 65536 + 9 - 10, 8);
	seg = seg_of(&bytes, BM_SEG_RUN64, 0, 3 * 65536 + 1);
	assert_int_equal(begin(&src, &seg), 0);
	assert_false(src.full);
	assert_int_equal(src.cont.n, 2);
	assert_int_equal(src.cont.card, 65536 - 10 + 1);
	assert_int_equal(bm_src_skip(&src, 1), 0);
	assert_true(src.full);
	assert_int_equal(src.key, 1);
	assert_int_equal(src.span, 2);
	assert_int_equal(bm_src_skip(&src, 1), 0);
	assert_int_equal(src.key, 2);
	assert_int_equal(src.span, 1);
	assert_int_equal(bm_src_skip(&src, 1), 0);
	assert_false(src.full);
	assert_int_equal(src.cont.card, 10);
	assert_int_equal(bm_src_skip(&src, 1), 0);
	assert_true(src.key == BM_KEY_END);
}

/* All 2^64 members are one span. */
static void the_longest_range_is_one_span(void **state)
{
	struct bm_seg seg;
	struct bm_src src;

	(void)state;
	bytes.n = 0;
	put(&bytes, 0, 8);
	put(&bytes, UINT64_MAX, 8);
	seg = seg_of(&bytes, BM_SEG_RUN64, 0, 1);
	assert_int_equal(begin(&src, &seg), 0);
	assert_true(src.span == BM_KEY_MAX + 1);
	assert_int_equal(bm_src_seek(&src, 12345), 0);
	assert_int_equal(src.key, 12345);
	assert_int_equal(bm_src_skip(&src, src.span), 0);
	assert_true(src.key == BM_KEY_END);
}

static void bytes_that_lie_are_refused(void **state)
{
	struct bm_seg seg;
	struct bm_src src;

	(void)state;
	bytes.n = 0;
	put(&bytes, UINT64_MAX, 8); /* wraps */
	put(&bytes, 1, 8);
	seg = seg_of(&bytes, BM_SEG_RUN64, 0, 2);
	assert_int_equal(begin(&src, &seg), -EUCLEAN);
	bytes.n = 0;
	put(&bytes, 10, 8); /* overlap */
	put(&bytes, 10, 8);
	put(&bytes, 15, 8);
	put(&bytes, 10, 8);
	seg = seg_of(&bytes, BM_SEG_RUN64, 0, 22);
	assert_int_equal(begin(&src, &seg), -EUCLEAN);
	bytes.n = 0;
	put(&bytes, 10, 8); /* below lo */
	seg = seg_of(&bytes, BM_SEG_U64, 1 << 16, 1);
	assert_int_equal(begin(&src, &seg), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_segment_has_no_pieces),
		cmocka_unit_test(containers_are_handed_out_as_they_lie),
		cmocka_unit_test(lists_become_arrays),
		cmocka_unit_test(ranges_become_parts_and_spans),
		cmocka_unit_test(the_longest_range_is_one_span),
		cmocka_unit_test(bytes_that_lie_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

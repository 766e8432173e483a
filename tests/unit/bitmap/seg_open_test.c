/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include "bitmap/seg_kinds.h"

#include <errno.h>

static struct bytes bytes;

static void finds_the_parts_of_p32(void **state)
{
	struct bm_seg seg = two_arrays(&bytes);
	struct bm_cont c;
	uint64_t key;

	(void)state;
	assert_int_equal(bm_seg_open(&seg), 0);
	assert_int_equal(seg.n_cont, 2);
	assert_null(seg.runs);
	assert_int_equal(bm_seg_cont(&seg, 1, &c, &key), 0);
	assert_int_equal(key, 5);
	assert_int_equal(c.card, 2);
	assert_true(bm_cont_contains(&c, 9));
	assert_int_equal(bm_seg_cont_from(&seg, 2), 1);
	assert_int_equal(bm_seg_cont_from(&seg, 6), 2);
}

/* Fewer than four containers with runs among them: there are no offsets. */
static void steps_over_containers_without_offsets(void **state)
{
	static const uint16_t rest[] = { 1, 9, 2, 1,	  /* keys and cards */
					 1, 5, 9, 4, 6 }; /* run 5..14; 4, 6 */
	struct bm_seg seg;
	struct bm_cont c;
	uint64_t key;

	(void)state;
	bytes.n = 0;
	put(&bytes, 12347 | 1 << 16, 4);
	put(&bytes, 1, 1);
	for (size_t i = 0; i < 9; i++)
		put(&bytes, rest[i], 2);
	seg = seg_of(&bytes, BM_SEG_P32, (uint64_t)7 << 32, 12);
	assert_int_equal(bm_seg_open(&seg), 0);
	assert_null(seg.offsets);
	assert_int_equal(bm_seg_validate(&seg), 0);
	assert_int_equal(bm_seg_cont(&seg, 1, &c, &key), 0);
	assert_int_equal(key, 7 << 16 | 2);
	assert_int_equal(c.form, BM_ARRAY);
	assert_true(bm_seg_contains(&seg, (uint64_t)7 << 32 | 2 << 16 | 6));
}

/* A table cut off at any byte is refused. */
static void refuses_a_table_that_is_not_there(void **state)
{
	struct bm_seg seg = two_arrays(&bytes);

	(void)state;
	for (size_t len = 0; len <= 24; len++) {
		seg.len = len;
		assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
	}
	seg.len = 25;
	assert_int_equal(bm_seg_open(&seg), 0);
}

static void refuses_counts_that_wrap(void **state)
{
	struct bm_seg seg = two_arrays(&bytes);
	uint32_t many = 0x40000001;

	(void)state;
	memcpy(bytes.b + 4, &many, 4);
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
	memset(bytes.b + 4, 0, 4);
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
}

/* Found when somebody asks for the container, not by reading there. */
static void refuses_a_container_outside(void **state)
{
	struct bm_seg seg = two_arrays(&bytes);
	struct bm_cont c;
	uint64_t key;
	uint64_t member;

	(void)state;
	bytes.b[20] = 31; /* one byte further: the last one is missing */
	assert_int_equal(bm_seg_open(&seg), 0);
	assert_int_equal(bm_seg_cont(&seg, 1, &c, &key), -EUCLEAN);
	assert_int_equal(bm_seg_cont(&seg, 0, &c, &key), 0);
	assert_false(bm_seg_contains(&seg, 5 << 16 | 7));
	assert_int_equal(bm_seg_select(&seg, 4, &member), -EUCLEAN);
	assert_int_equal(bm_seg_validate(&seg), -EUCLEAN);
}

static void other_kinds_need_their_length(void **state)
{
	struct bm_seg seg = {
		.kind = BM_SEG_U64, .data = bytes.b, .len = 24, .card = 3
	};

	(void)state;
	assert_int_equal(bm_seg_open(&seg), 0);
	seg.card = 4;
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
	seg.kind = BM_SEG_RUN64;
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
	seg.len = 32;
	assert_int_equal(bm_seg_open(&seg), 0);
	seg.lo = 1;
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
	seg = (struct bm_seg){ .kind = BM_SEG_BITSET,
			       .data = bytes.b,
			       .len = 8192,
			       .card = 65536 };
	assert_int_equal(bm_seg_open(&seg), 0);
	seg.card++;
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
	seg.card = 3072; /* would be an array */
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
	seg.kind = (enum bm_seg_kind)9;
	assert_int_equal(bm_seg_open(&seg), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_parts_of_p32),
		cmocka_unit_test(steps_over_containers_without_offsets),
		cmocka_unit_test(refuses_a_table_that_is_not_there),
		cmocka_unit_test(refuses_counts_that_wrap),
		cmocka_unit_test(refuses_a_container_outside),
		cmocka_unit_test(other_kinds_need_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

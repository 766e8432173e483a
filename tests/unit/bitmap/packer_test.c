/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bitmap/seg_help.h"

#include "bitmap/packer.h"

#include <errno.h>

static struct row row;

static int clear(void **state)
{
	(void)state;
	row_clear(&row);
	return 0;
}

/* An array container of n even members. */
static int push(struct bm_packer *p, uint64_t key, uint32_t n)
{
	static uint16_t lows[4096];
	struct bm_cont c = { .form = BM_ARRAY,
			     .card = n,
			     .n = n,
			     .data = (const uint8_t *)lows };

	for (uint32_t i = 0; i < n; i++)
		lows[i] = (uint16_t)(2 * i);
	return bm_packer_push(p, key, &c);
}

static void refuses_odd_sizes(void **state)
{
	struct bm_packer *p;

	(void)state;
	assert_int_equal(bm_packer_new(4095, row_take, &row, &p), -EINVAL);
	assert_int_equal(bm_packer_new(65537, row_take, &row, &p), -EINVAL);
	bm_packer_free(NULL);
}

static void refuses_keys_that_descend(void **state)
{
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);

	(void)state;
	assert_int_equal(push(p, 9, 5), 0);
	assert_int_equal(push(p, 9, 5), -EUCLEAN);
	assert_int_equal(bm_packer_push_full(p, 8, 1), -EUCLEAN);
	assert_int_equal(bm_packer_push_full(p, 10, 3), 0);
	assert_int_equal(push(p, 12, 5), -EUCLEAN);
	assert_int_equal(push(p, 13, 5), 0);
	bm_packer_free(p);
}

/* What is appended leaves full segments behind. */
static void appended_segments_are_full(void **state)
{
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);

	(void)state;
	for (uint64_t key = 0; key < 1000; key++)
		assert_int_equal(push(p, key, 100), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	assert_true(row.n > 10);
	for (size_t i = 0; i + 1 < row.n; i++) {
		assert_true(row.segs[i].len > 12000);
		assert_true(row.segs[i].len % 4096 > 4096 - 250);
	}
	bm_packer_free(p);
}

/* A little too much for one segment: two that both have room to grow. */
static void balanced_segments_share(void **state)
{
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);

	(void)state;
	p->balanced = true;
	for (uint64_t key = 0; key < 85; key++)
		assert_int_equal(push(p, key, 100), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	assert_int_equal(row.n, 2);
	assert_true(row.segs[0].len <= 12288);
	assert_true(row.segs[1].len <= 12288);
	bm_packer_free(p);
}

/* Full containers that touch are one span, however they come. */
static void spans_grow(void **state)
{
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);

	(void)state;
	for (uint64_t key = 0; key < 100000; key++)
		assert_int_equal(bm_packer_push(p, key, &bm_cont_all), 0);
	assert_int_equal(bm_packer_push_full(p, 100000, 5000), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	assert_int_equal(row.n, 1);
	assert_int_equal(row.segs[0].len, 16);
	assert_int_equal(row.segs[0].card, (uint64_t)105000 << 16);
	bm_packer_free(p);
}

/* After a flush another sequence may begin, at any key. */
static void is_used_again_after_a_flush(void **state)
{
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);

	(void)state;
	assert_int_equal(bm_packer_flush(p), 0);
	assert_int_equal(row.n, 0);
	push(p, 50, 10);
	assert_int_equal(bm_packer_flush(p), 0);
	assert_int_equal(push(p, 3, 10), 0);
	assert_int_equal(bm_packer_flush(p), 0);
	assert_int_equal(row.n, 2);
	bm_packer_free(p);
}

/* Cards that lie must not fill the window beyond its memory. */
static void refuses_cards_below_their_bytes(void **state)
{
	static uint8_t zeros[8192];
	struct bm_cont bits = { .form = BM_BITS, .card = 1, .data = zeros };
	struct bm_cont runs = {
		.form = BM_RUNS, .card = 1, .n = 2000, .data = zeros
	};
	struct bm_packer *p = packer_to(&row, BM_SEG_DEFAULT);

	(void)state;
	assert_int_equal(bm_packer_push(p, 1, &bits), -EUCLEAN);
	assert_int_equal(bm_packer_push(p, 1, &runs), -EUCLEAN);
	bm_packer_free(p);
}

static int refuse(void *arg, const struct bm_seg *seg)
{
	(void)arg;
	(void)seg;
	return -ENOSPC;
}

static void errors_of_the_taker_come_back(void **state)
{
	struct bm_packer *p;

	(void)state;
	assert_int_equal(bm_packer_new(8192, refuse, NULL, &p), 0);
	assert_int_equal(push(p, 1, 10), 0);
	assert_int_equal(bm_packer_flush(p), -ENOSPC);
	bm_packer_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_odd_sizes),
		cmocka_unit_test_teardown(refuses_keys_that_descend, clear),
		cmocka_unit_test_teardown(appended_segments_are_full, clear),
		cmocka_unit_test_teardown(balanced_segments_share, clear),
		cmocka_unit_test_teardown(spans_grow, clear),
		cmocka_unit_test_teardown(is_used_again_after_a_flush, clear),
		cmocka_unit_test_teardown(refuses_cards_below_their_bytes,
					  clear),
		cmocka_unit_test(errors_of_the_taker_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

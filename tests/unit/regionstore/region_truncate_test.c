/* SPDX-License-Identifier: Apache-2.0 */
/* region_truncate_test.c - a region ends elsewhere, or has a hole. */

#include "tests/support/test.h"

#include "tests/support/region_store.h"

#include <string.h>

static void write(struct region_fixture *f, uint64_t off, size_t len)
{
	assert_int_equal(region_write(f->s, REGION_INO, off, f->data, len), 0);
}

static void truncate_to(struct region_fixture *f, uint64_t size)
{
	assert_int_equal(region_truncate(f->s, REGION_INO, size), 0);
}

static void punch(struct region_fixture *f, uint64_t off, uint64_t len)
{
	assert_int_equal(region_punch(f->s, REGION_INO, off, len), 0);
}

static void assert_stored(struct region_fixture *f, uint64_t size,
			  uint64_t stored)
{
	struct rs_region_info info = region_info(f->s, REGION_INO);

	assert_int_equal(info.size, size);
	assert_int_equal(info.stored, stored);
}

/* All the pages of a region are gone with its last byte, and it is inline. */
static void returns_all_pages_at_0(void **state)
{
	struct region_fixture *f = *state;

	write(f, 0, 600000);
	assert_int_equal(store_pages(f->s), f->pages + 147);
	truncate_to(f, 0);
	assert_int_equal(store_pages(f->s), f->pages);
	write(f, 0, 1000);
	assert_stored(f, 1000, 1000);
}

/* What is cut off does not come back when the region grows. */
static void forgets_what_is_cut_off(void **state)
{
	static const uint64_t cuts[] = { 599999, 524289, 524288, 524287, 262144,
					 4097,	 4096,	 4095,	 1 };
	struct region_fixture *f = *state;
	static uint8_t want[600000];

	write(f, 0, 600000);
	memcpy(want, f->data, sizeof(want));
	for (size_t i = 0; i < 9; i++) {
		truncate_to(f, cuts[i]);
		assert_stored(f, cuts[i], (cuts[i] + 4095) / 4096 * 4096);
		truncate_to(f, 600000);
		memset(want + cuts[i], 0, sizeof(want) - cuts[i]);
		assert_region_equal(f->s, REGION_INO, want, sizeof(want));
	}
	assert_int_equal(store_pages(f->s), f->pages + 1);
}

/* Growing makes a hole, of any size, for nothing. */
static void grows_by_a_hole(void **state)
{
	struct region_fixture *f = *state;

	truncate_to(f, RS_REGION_MAX);
	assert_stored(f, RS_REGION_MAX, 0);
	assert_int_equal(store_pages(f->s), f->pages);
	assert_int_equal(region_truncate(f->s, REGION_INO, RS_REGION_MAX + 1),
			 -EFBIG);
	assert_int_equal(region_truncate(f->s, REGION_INO, UINT64_MAX), -EFBIG);
	truncate_to(f, 0);
	assert_stored(f, 0, 0);
}

/* Data at both ends of the largest region, all of it cut off. */
static void cuts_over_the_widest_hole(void **state)
{
	struct region_fixture *f = *state;

	write(f, 0, 4096);
	write(f, RS_REGION_MAX - 4096, 4096);
	truncate_to(f, 5000);
	assert_stored(f, 5000, 4096);
	assert_int_equal(store_pages(f->s), f->pages + 1);
}

static void truncates_inline_bytes(void **state)
{
	struct region_fixture *f = *state;
	static uint8_t want[700];

	write(f, 0, 1000);
	truncate_to(f, 300);
	assert_stored(f, 300, 300);
	truncate_to(f, 700);
	assert_stored(f, 700, 300);
	memcpy(want, f->data, 300);
	assert_region_equal(f->s, REGION_INO, want, 700);
}

/* Whole blocks go, blocks that are cut are zeroed in part. */
static void punches_blocks_and_parts(void **state)
{
	static const struct {
		uint64_t off, len, gone;
	} cases[] = { { 4096, 4096, 1 },     { 8192 + 1, 4096, 0 },
		      { 20001, 20000, 4 },   { 100, 50, 0 },
		      { 261144, 3000, 0 },   { 262144, 262144, 64 },
		      { 530000, 100000, 17 } };
	struct region_fixture *f = *state;
	static uint8_t want[600000];
	uint64_t stored = 147 * 4096;

	write(f, 0, 600000);
	memcpy(want, f->data, sizeof(want));
	for (size_t i = 0; i < 7; i++) {
		size_t end = cases[i].off + cases[i].len;

		punch(f, cases[i].off, cases[i].len);
		end = end < sizeof(want) ? end : sizeof(want);
		memset(want + cases[i].off, 0, end - cases[i].off);
		stored -= cases[i].gone * 4096;
		assert_region_equal(f->s, REGION_INO, want, sizeof(want));
		assert_stored(f, 600000, stored);
	}
	assert_int_equal(store_pages(f->s), f->pages + stored / 4096);
}

/* A hole that reaches the end takes the last, short block with it. */
static void punches_the_last_block(void **state)
{
	struct region_fixture *f = *state;

	write(f, 0, 5000);
	punch(f, 4096, 904);
	assert_stored(f, 5000, 4096);
	punch(f, 0, RS_REGION_MAX);
	assert_stored(f, 5000, 0);
}

/* Behind the end, or over nothing, a punch changes nothing. */
static void punches_nothing(void **state)
{
	struct region_fixture *f = *state;

	punch(f, 0, 10);
	punch(f, 1000, RS_REGION_MAX - 1000);
	write(f, 0, 5000);
	punch(f, 5000, 5000);
	punch(f, 100, 0);
	assert_region_equal(f->s, REGION_INO, f->data, 5000);
	assert_int_equal(region_punch(f->s, REGION_INO, 1, RS_REGION_MAX),
			 -EFBIG);
	assert_int_equal(region_punch(f->s, REGION_INO, UINT64_MAX, UINT64_MAX),
			 -EFBIG);
}

static void punches_inline_bytes(void **state)
{
	struct region_fixture *f = *state;
	static uint8_t want[1000];

	write(f, 0, 1000);
	memcpy(want, f->data, 1000);
	punch(f, 100, 50);
	memset(want + 100, 0, 50);
	assert_region_equal(f->s, REGION_INO, want, 1000);
	assert_stored(f, 1000, 1000);
	punch(f, 900, 4000);
	memset(want + 900, 0, 100);
	assert_region_equal(f->s, REGION_INO, want, 1000);
	assert_stored(f, 1000, 900);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, region_setup, region_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(returns_all_pages_at_0), TEST(forgets_what_is_cut_off),
		TEST(grows_by_a_hole),	      TEST(cuts_over_the_widest_hole),
		TEST(truncates_inline_bytes), TEST(punches_blocks_and_parts),
		TEST(punches_the_last_block), TEST(punches_nothing),
		TEST(punches_inline_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* region_seek_test.c - where data begins and where it ends. */

#include "tests/support/test.h"

#include "tests/support/region_store.h"

static void write(struct region_fixture *f, uint64_t off, size_t len)
{
	assert_int_equal(region_write(f->s, REGION_INO, off, f->data, len), 0);
}

static void assert_seek(struct region_fixture *f, uint64_t off, uint64_t data,
			uint64_t hole)
{
	uint64_t got = 5;

	assert_int_equal(region_seek(f->s, REGION_INO, off, true, &got), 0);
	assert_int_equal(got, hole);
	assert_int_equal(region_seek(f->s, REGION_INO, off, false, &got), 0);
	assert_int_equal(got, data);
}

static void assert_no_data(struct region_fixture *f, uint64_t off)
{
	uint64_t got = 5;

	assert_int_equal(region_seek(f->s, REGION_INO, off, false, &got),
			 -ENXIO);
	assert_int_equal(got, 5);
}

static void assert_past_the_end(struct region_fixture *f, uint64_t off)
{
	uint64_t got = 5;

	assert_no_data(f, off);
	assert_int_equal(region_seek(f->s, REGION_INO, off, true, &got),
			 -ENXIO);
	assert_int_equal(got, 5);
}

/* Inline bytes are data; what a truncate added behind them is a hole. */
static void finds_inline_bytes(void **state)
{
	struct region_fixture *f = *state;

	assert_past_the_end(f, 0);
	write(f, 0, 100);
	assert_seek(f, 0, 0, 100);
	assert_seek(f, 99, 99, 100);
	assert_past_the_end(f, 100);
	assert_int_equal(region_truncate(f->s, REGION_INO, 5000), 0);
	assert_seek(f, 50, 50, 100);
	assert_no_data(f, 100);
	assert_no_data(f, 4999);
	assert_past_the_end(f, 5000);
}

/* The end is a hole, although the last block goes on. */
static void ends_with_a_hole(void **state)
{
	struct region_fixture *f = *state;

	write(f, 0, 5000);
	assert_seek(f, 0, 0, 5000);
	assert_seek(f, 4999, 4999, 5000);
	assert_past_the_end(f, 5000);
	assert_past_the_end(f, 1 << 20);
	assert_past_the_end(f, UINT64_MAX);
}

/* Data far behind, over chunks that are not there. */
static void finds_data_over_holes(void **state)
{
	struct region_fixture *f = *state;

	write(f, 3 << 20, 4096);
	assert_seek(f, (3 << 20) + 7, (3 << 20) + 7, (3 << 20) + 4096);
	for (uint64_t off = 0; off < 3 << 20; off += 99991)
		assert_seek(f, off, 3 << 20, off);
	assert_int_equal(region_truncate(f->s, REGION_INO, 9 << 20), 0);
	assert_no_data(f, (3 << 20) + 4096);
	assert_no_data(f, 5 << 20);
}

/* Data goes on over the border of chunks, until it does not. */
static void finds_holes_over_data(void **state)
{
	struct region_fixture *f = *state;

	write(f, 0, 600000);
	assert_seek(f, 10, 10, 600000);
	assert_int_equal(region_punch(f->s, REGION_INO, 524288, 4096), 0);
	assert_seek(f, 10, 10, 524288);
	assert_seek(f, 524288, 528384, 524288);
	assert_seek(f, 524289, 528384, 524289);
	assert_seek(f, 528384, 528384, 600000);
}

/* A whole chunk that is gone between two that are there. */
static void finds_the_chunk_that_is_missing(void **state)
{
	struct region_fixture *f = *state;

	write(f, 0, 600000);
	assert_int_equal(region_punch(f->s, REGION_INO, 262144, 262144), 0);
	assert_seek(f, 0, 0, 262144);
	assert_seek(f, 262144, 524288, 262144);
	assert_seek(f, 300000, 524288, 300000);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, region_setup, region_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_inline_bytes),
		TEST(ends_with_a_hole),
		TEST(finds_data_over_holes),
		TEST(finds_holes_over_data),
		TEST(finds_the_chunk_that_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

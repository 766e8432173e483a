/* SPDX-License-Identifier: Apache-2.0 */
/* region_block_test.c - blocks of a region come and go. */

#include "tests/support/test.h"

#include "regionstore/region.h"
#include "tests/support/region_store.h"

#include <string.h>

/* Run one step on the region in a txn of its own. */
static void change(struct region_fixture *f, struct rs_region *ret_r,
		   int (*step)(struct rs_txn *t, struct rs_region *r))
{
	struct rs_object obj;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), REGION_INO, &obj), 0);
	assert_int_equal(rs_region_decode(&obj, ret_r), 0);
	assert_int_equal(step(t, ret_r), 0);
	assert_int_equal(rs_region_encode(ret_r, &obj), 0);
	assert_int_equal(rs_object_put(t, REGION_INO, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static int drop_middle(struct rs_txn *t, struct rs_region *r)
{
	return rs_region_drop(t, REGION_INO, r, 60, 130);
}

static int zero_some(struct rs_txn *t, struct rs_region *r)
{
	int err = rs_region_zero(t, REGION_INO, r, 1, 10, 20);

	return err ? err : rs_region_zero(t, REGION_INO, r, 999, 0, 4096);
}

static int put_two(struct rs_txn *t, struct rs_region *r)
{
	uint8_t block[RS_BLOCK_SIZE];
	int err;

	memset(block, 0x77, sizeof(block));
	err = rs_region_put_block(t, REGION_INO, r, 0, block);
	return err ? err : rs_region_put_block(t, REGION_INO, r, 145, block);
}

static int release_twice(struct rs_txn *t, struct rs_region *r)
{
	struct rs_chunk c;
	int err = rs_chunk_load(rs_txn_view(t), REGION_INO, 0, &c);

	if (!err)
		err = rs_region_release(t, r, &c, 3, 6);
	if (!err)
		err = rs_region_release(t, r, &c, 0, 7); /* a hole inside */
	return err ? err : rs_chunk_store(t, REGION_INO, 0, &c);
}

static void write(struct region_fixture *f, size_t len)
{
	assert_int_equal(region_write(f->s, REGION_INO, 0, f->data, len), 0);
}

/* Blocks of three chunks go at once, the ends of two remain. */
static void drops_blocks_of_several_chunks(void **state)
{
	struct region_fixture *f = *state;
	static uint8_t want[600000];
	struct rs_region r;

	write(f, 600000);
	change(f, &r, drop_middle);
	memcpy(want, f->data, sizeof(want));
	memset(want + 60 * 4096, 0, 70 * 4096);
	assert_region_equal(f->s, REGION_INO, want, sizeof(want));
	assert_int_equal(r.stored, 77 * 4096);
	assert_int_equal(store_pages(f->s), f->pages + 77);
}

/* Part of a block becomes zeros; a hole stays a hole. */
static void zeroes_parts_of_blocks(void **state)
{
	struct region_fixture *f = *state;
	static uint8_t want[9000];
	struct rs_region r;

	write(f, 9000);
	change(f, &r, zero_some);
	memcpy(want, f->data, sizeof(want));
	memset(want + 4096 + 10, 0, 10);
	assert_region_equal(f->s, REGION_INO, want, sizeof(want));
	assert_int_equal(r.stored, 3 * 4096);
}

/* A block takes the place of another, or of a hole. */
static void puts_blocks(void **state)
{
	struct region_fixture *f = *state;
	struct rs_region r;

	write(f, 8192);
	assert_int_equal(region_truncate(f->s, REGION_INO, 600000), 0);
	change(f, &r, put_two);
	assert_int_equal(r.stored, 3 * 4096);
	assert_int_equal(store_pages(f->s), f->pages + 3);
}

static void releases_what_is_there_once(void **state)
{
	struct region_fixture *f = *state;
	struct rs_region r;

	write(f, 10 * 4096);
	change(f, &r, release_twice);
	assert_int_equal(r.stored, 3 * 4096);
	assert_int_equal(store_pages(f->s), f->pages + 3);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, region_setup, region_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drops_blocks_of_several_chunks),
		TEST(zeroes_parts_of_blocks),
		TEST(puts_blocks),
		TEST(releases_what_is_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

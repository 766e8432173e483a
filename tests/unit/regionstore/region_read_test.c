/* SPDX-License-Identifier: Apache-2.0 */
/* region_read_test.c - bytes of a region, from its object or the mapping. */

#include "tests/support/test.h"

#include "regionstore/region.h"
#include "tests/support/region_store.h"

#include <string.h>

static void assert_reads(struct region_fixture *f, uint64_t off, size_t len,
			 const uint8_t *want, size_t want_len)
{
	static uint8_t buf[700000];
	size_t got;

	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(region_read(f->s, REGION_INO, off, buf, len, &got), 0);
	assert_int_equal(got, want_len);
	assert_memory_equal(buf, want, want_len);
	assert_int_equal(buf[got], 0xee);
}

static void write(struct region_fixture *f, uint64_t off, size_t len)
{
	assert_int_equal(region_write(f->s, REGION_INO, off, f->data, len), 0);
}

/* At and behind the end there is nothing, wherever that is. */
static void is_short_at_the_end(void **state)
{
	struct region_fixture *f = *state;

	assert_reads(f, 0, 10, f->data, 0);
	write(f, 0, 100);
	assert_reads(f, 90, 100, f->data + 90, 10);
	assert_reads(f, 100, 10, f->data, 0);
	assert_reads(f, UINT64_MAX, 10, f->data, 0);
	write(f, 0, 5000);
	assert_reads(f, 4990, 100, f->data + 4990, 10);
	assert_reads(f, 5000, 100, f->data, 0);
	assert_reads(f, UINT64_MAX - 5, 100, f->data, 0);
	assert_reads(f, 17, 0, f->data, 0);
}

/* Any piece of a region of several chunks, whatever runs it lies in. */
static void reads_across_blocks_and_chunks(void **state)
{
	static const size_t at[] = { 0,	     1,	     4095,   4096,  5000,
				     262143, 262144, 300001, 524287 };
	struct region_fixture *f = *state;

	write(f, 0, sizeof(f->data));
	for (size_t i = 0; i < 9; i++) {
		assert_reads(f, at[i], 1, f->data + at[i], 1);
		assert_reads(f, at[i], 4097, f->data + at[i], 4097);
		assert_reads(f, at[i], 600000, f->data + at[i], 600000 - at[i]);
	}
}

/* Holes of blocks, of whole chunks, and behind inline bytes are zeros. */
static void reads_holes_as_zeros(void **state)
{
	static uint8_t want[2000000];
	struct region_fixture *f = *state;

	write(f, 0, 10);
	assert_int_equal(region_truncate(f->s, REGION_INO, 1500), 0);
	memcpy(want, f->data, 10);
	assert_reads(f, 0, 2000, want, 1500);
	assert_reads(f, 5, 100, want + 5, 100);
	assert_reads(f, 700, 100, want + 700, 100);
	write(f, 1000000, 8192);
	memcpy(want + 1000000, f->data, 8192);
	assert_reads(f, 0, 50000, want, 50000);
	assert_reads(f, 990000, 18192, want + 990000, 18192);
	assert_reads(f, 999990, 20, want + 999990, 20);
	assert_int_equal(region_truncate(f->s, REGION_INO, 2000000), 0);
	assert_reads(f, 1000000, 500000, want + 1000000, 500000);
}

/* The page of a block, on the disk. */
static uint8_t *page_of(struct region_fixture *f, unsigned block)
{
	struct rs_chunk c;
	struct rs_view *v;

	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(rs_chunk_load(v, REGION_INO, 0, &c), 0);
	rs_view_put(v);
	return f->disk->mem + c.pgno[block] * RS_PAGE_SIZE;
}

static void reopen(struct region_fixture *f)
{
	assert_int_equal(rs_close(f->s), 0);
	f->s = store_open(disk_io(f->disk));
}

/* A page that is not what was written is not returned. */
static void refuses_pages_that_changed(void **state)
{
	struct region_fixture *f = *state;
	uint8_t buf[4096];
	size_t got = 5;

	write(f, 0, 8192);
	page_of(f, 1)[77] ^= 1;
	reopen(f);
	assert_int_equal(region_read(f->s, REGION_INO, 4000, buf, 200, &got),
			 -EBADMSG);
	assert_int_equal(got, 5);
	assert_int_equal(region_read(f->s, REGION_INO, 0, buf, 4096, &got), 0);
	assert_memory_equal(buf, f->data, 4096);
	page_of(f, 1)[77] ^= 1; /* sound again, for the teardown */
}

/* A record that does not decode is no hole. */
static void refuses_records_that_do_not_decode(void **state)
{
	struct region_fixture *f = *state;
	uint8_t key[RS_CHUNK_KEY_SIZE], buf[10];
	struct rs_txn *t;
	size_t got;

	write(f, 0, 8192);
	assert_int_equal(rs_txn_begin(f->s, &t), 0);
	rs_chunk_key(REGION_INO, 0, key);
	assert_int_equal(rs_put(t, key, sizeof(key), "rubbish", 7, 0), 0);
	assert_int_equal(
		rs_region_read(rs_txn_view(t), REGION_INO, 0, buf, 10, &got),
		-EUCLEAN);
	rs_txn_abort(t);
}

/* A view shows what it showed, whatever is written afterwards. */
static void reads_the_past_in_an_old_view(void **state)
{
	struct region_fixture *f = *state;
	struct rs_view *v;
	uint8_t buf[9000];
	size_t got;

	write(f, 0, 9000);
	assert_int_equal(rs_view_live(f->s, &v), 0);
	assert_int_equal(region_write(f->s, REGION_INO, 0, f->data + 7, 5000),
			 0);
	assert_int_equal(region_truncate(f->s, REGION_INO, 3), 0);
	assert_int_equal(rs_region_read(v, REGION_INO, 0, buf, 9000, &got), 0);
	assert_int_equal(got, 9000);
	assert_memory_equal(buf, f->data, 9000);
	rs_view_put(v);
}

/* No object, no bytes. */
static void needs_an_object(void **state)
{
	struct region_fixture *f = *state;
	uint8_t buf[1];
	size_t got;

	assert_int_equal(region_read(f->s, 99, 0, buf, 1, &got), -ENOENT);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, region_setup, region_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_short_at_the_end),
		TEST(reads_across_blocks_and_chunks),
		TEST(reads_holes_as_zeros),
		TEST(refuses_pages_that_changed),
		TEST(refuses_records_that_do_not_decode),
		TEST(reads_the_past_in_an_old_view),
		TEST(needs_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

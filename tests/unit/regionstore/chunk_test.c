/* SPDX-License-Identifier: Apache-2.0 */
/* chunk_test.c - where 256 KiB of a region lie. */

#include "tests/support/test.h"

#include "regionstore/chunk.h"
#include "regionstore/format.h"
#include "tests/support/rng.h"

#include <string.h>

#define RUN_SIZE sizeof(struct rs_disk_run)

static void set(struct rs_chunk *c, unsigned first, unsigned len, uint64_t pgno,
		uint64_t birth)
{
	struct rs_run run = {
		.first = first, .len = len, .pgno = pgno, .birth = birth
	};
	uint64_t csum[RS_CHUNK_BLOCKS];

	for (unsigned i = 0; i < len; i++)
		csum[i] = ~(pgno + i);
	rs_chunk_set(c, &run, csum);
}

static unsigned count_runs(const struct rs_chunk *c)
{
	struct rs_run run;
	unsigned n = 0;

	for (unsigned a = 0; rs_chunk_run(c, a, RS_CHUNK_BLOCKS, &run);
	     a = run.first + run.len)
		n++;
	return n;
}

/* A chunk of two runs, blocks 1 to 2 and block 63, and its record. */
static size_t valid(uint8_t val[RS_CHUNK_VAL_MAX])
{
	struct rs_chunk c = { 0 };

	set(&c, 1, 2, 1100, 7);
	set(&c, 63, 1, 1200, 8);
	return rs_chunk_encode(&c, val);
}

static struct rs_disk_run *nth_run(uint8_t *val, unsigned n)
{
	return (struct rs_disk_run *)(val + sizeof(struct rs_disk_chunk) +
				      n * RUN_SIZE);
}

static void assert_refused(const uint8_t *val, size_t len)
{
	struct rs_chunk c = { .pgno = { 5 } };

	assert_int_equal(rs_chunk_decode(val, len, &c), -EUCLEAN);
	assert_int_equal(c.pgno[0], 5);
}

/* What is encoded is what is decoded, and is as long as the format says. */
static void keeps_what_it_is_given(void **state)
{
	uint8_t val[RS_CHUNK_VAL_MAX];
	struct rs_chunk c;

	(void)state;
	assert_int_equal(valid(val), 4 + 2 * RUN_SIZE + 3 * 8);
	assert_int_equal(rs_chunk_decode(val, 4 + 2 * RUN_SIZE + 3 * 8, &c), 0);
	assert_int_equal(c.pgno[0], 0);
	assert_int_equal(c.pgno[1], 1100);
	assert_int_equal(c.pgno[2], 1101);
	assert_int_equal(c.pgno[3], 0);
	assert_int_equal(c.pgno[63], 1200);
	assert_int_equal(c.birth[2], 7);
	assert_int_equal(c.birth[63], 8);
	assert_int_equal(c.csum[2], ~(uint64_t)1101);
	assert_int_equal(c.csum[63], ~(uint64_t)1200);
}

/* A chunk that is one hole has no record. */
static void has_no_record_when_empty(void **state)
{
	uint8_t val[RS_CHUNK_VAL_MAX];
	struct rs_chunk c = { 0 };

	(void)state;
	assert_int_equal(rs_chunk_encode(&c, val), 0);
}

/* 64 blocks of 64 runs still fit. */
static void holds_the_worst_case(void **state)
{
	uint8_t val[RS_CHUNK_VAL_MAX];
	struct rs_chunk c = { 0 }, d;

	(void)state;
	for (unsigned b = 0; b < RS_CHUNK_BLOCKS; b++)
		set(&c, b, 1, 1000 - 2 * b, b);
	assert_int_equal(count_runs(&c), RS_CHUNK_BLOCKS);
	assert_int_equal(rs_chunk_encode(&c, val), RS_CHUNK_VAL_MAX);
	assert_int_equal(rs_chunk_decode(val, RS_CHUNK_VAL_MAX, &d), 0);
	assert_memory_equal(&c, &d, sizeof(c));
}

/* Blocks that follow each other on the disk and in time are one run. */
static void joins_runs_that_touch(void **state)
{
	struct rs_chunk c = { 0 };

	(void)state;
	set(&c, 4, 4, 100, 7);
	set(&c, 8, 4, 104, 7);
	assert_int_equal(count_runs(&c), 1);
	set(&c, 12, 1, 108, 8); /* of another commit */
	assert_int_equal(count_runs(&c), 2);
	set(&c, 2, 1, 98, 7); /* not beside */
	assert_int_equal(count_runs(&c), 3);
}

/* A run is cut off where the range that was asked for ends. */
static void cuts_runs_at_the_range(void **state)
{
	struct rs_chunk c = { 0 };
	struct rs_run run;

	(void)state;
	set(&c, 10, 20, 100, 7);
	assert_true(rs_chunk_run(&c, 15, 18, &run));
	assert_int_equal(run.first, 15);
	assert_int_equal(run.len, 3);
	assert_int_equal(run.pgno, 105);
	assert_true(rs_chunk_run(&c, 0, 11, &run));
	assert_int_equal(run.first, 10);
	assert_int_equal(run.len, 1);
	assert_false(rs_chunk_run(&c, 0, 10, &run));
	assert_false(rs_chunk_run(&c, 30, 64, &run));
	assert_false(rs_chunk_run(&c, 64, 64, &run));
}

/* Dropping from the middle of a run leaves both ends. */
static void drops_blocks(void **state)
{
	struct rs_chunk c = { 0 };

	(void)state;
	set(&c, 0, 64, 100, 7);
	rs_chunk_drop(&c, 10, 12);
	assert_int_equal(count_runs(&c), 2);
	assert_int_equal(rs_chunk_count(&c), 62);
	assert_int_equal(rs_chunk_find(&c, 0, true), 10);
	assert_int_equal(rs_chunk_find(&c, 10, false), 12);
	assert_int_equal(rs_chunk_find(&c, 12, true), 64);
	rs_chunk_drop(&c, 0, 64);
	assert_int_equal(rs_chunk_count(&c), 0);
}

/* A record that is too short for what it says, or longer, is refused. */
static void refuses_wrong_lengths(void **state)
{
	uint8_t val[RS_CHUNK_VAL_MAX + 1] = { 0 };
	size_t len = valid(val);

	(void)state;
	for (size_t n = 0; n < sizeof(val); n++) {
		if (n != len)
			assert_refused(val, n);
	}
}

/* No runs, or more than blocks. */
static void refuses_wrong_counts(void **state)
{
	uint8_t val[RS_CHUNK_VAL_MAX];

	(void)state;
	valid(val);
	val[0] = 0;
	assert_refused(val, 4);
	val[0] = 65;
	assert_refused(val, sizeof(val));
}

/* Runs lie in the chunk, in order, and do not overlap. */
static void refuses_wrong_blocks(void **state)
{
	uint8_t val[RS_CHUNK_VAL_MAX];
	size_t len = valid(val);

	(void)state;
	nth_run(val, 1)->first = 64;
	assert_refused(val, len);
	nth_run(val, 1)->first = 2;
	assert_refused(val, len);
	nth_run(val, 1)->first = 0;
	assert_refused(val, len);
	nth_run(val, 1)->first = 63;
	nth_run(val, 1)->len = 2;
	assert_refused(val, len + 8);
	nth_run(val, 1)->len = 0;
	assert_refused(val, len - 8);
	nth_run(val, 1)->len = 1;
	assert_int_equal(rs_chunk_decode(val, len, &(struct rs_chunk){ 0 }), 0);
}

/* A page before the groups, one of the log, a slot of a bitmap, a run into the
 * next group. */
static void refuses_pages_that_hold_no_payload(void **state)
{
	static const uint64_t bad[] = { 0,	     1,		  4,
					259,	     260,	  261,
					260 + 32256, 261 + 32256, 259 + 32256 };
	uint8_t val[RS_CHUNK_VAL_MAX];
	size_t len = valid(val);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct le64 pgno = le64_put(bad[i]);

		memcpy(nth_run(val, 0)->pgno, pgno.b, 6);
		assert_refused(val, len);
	}
	memset(nth_run(val, 0)->pgno, 0xff, 6); /* beyond the last page */
	assert_refused(val, len);
}

/* Reserved bytes are not looked at. */
static void ignores_reserved_bytes(void **state)
{
	uint8_t val[RS_CHUNK_VAL_MAX];
	size_t len = valid(val);
	struct rs_chunk c;

	(void)state;
	val[2] = 9;
	assert_int_equal(rs_chunk_decode(val, len, &c), 0);
}

/* Any sequence of changes gives what the same changes to an array give, and
 * survives the disk. */
static void equals_its_twin(void **state)
{
	uint64_t twin[RS_CHUNK_BLOCKS] = { 0 };
	struct rs_chunk c = { 0 }, d;
	uint8_t val[RS_CHUNK_VAL_MAX];
	struct rng r;

	(void)state;
	rng_init(&r, rng_seed());
	for (unsigned step = 0; step < 2000; step++) {
		unsigned a = (unsigned)rng_below(&r, 64);
		unsigned len = 1 + (unsigned)rng_below(&r, 64 - a);
		uint64_t pgno = RS_GROUP_FIRST + 2 + rng_below(&r, 300);
		bool is_set = rng_one_in(&r, 2);

		if (is_set)
			set(&c, a, len, pgno, rng_below(&r, 2));
		else
			rs_chunk_drop(&c, a, a + len);
		for (unsigned i = 0; i < len; i++)
			twin[a + i] = is_set ? pgno + i : 0;
		assert_memory_equal(c.pgno, twin, sizeof(twin));
		len = (unsigned)rs_chunk_encode(&c, val);
		if (!len)
			continue;
		assert_int_equal(rs_chunk_decode(val, len, &d), 0);
		assert_memory_equal(&c, &d, sizeof(c));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_is_given),
		cmocka_unit_test(has_no_record_when_empty),
		cmocka_unit_test(holds_the_worst_case),
		cmocka_unit_test(joins_runs_that_touch),
		cmocka_unit_test(cuts_runs_at_the_range),
		cmocka_unit_test(drops_blocks),
		cmocka_unit_test(refuses_wrong_lengths),
		cmocka_unit_test(refuses_wrong_counts),
		cmocka_unit_test(refuses_wrong_blocks),
		cmocka_unit_test(refuses_pages_that_hold_no_payload),
		cmocka_unit_test(ignores_reserved_bytes),
		cmocka_unit_test(equals_its_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

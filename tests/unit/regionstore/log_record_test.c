/* SPDX-License-Identifier: Apache-2.0 */
/* log_record_test.c - tests regionstore/log_record.c. */
#include "regionstore/log_record.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define SEED 5u

static uint8_t entries[RS_LOG_RECORD_MAX];
static uint8_t *record;

static const struct rs_log_head head = {
	.epoch = 8, .txid = 9, .next_id = 70, .page = 3, .len = 5000
};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(entries); i++)
		entries[i] = (uint8_t)(i * 7 + 1);
	record = malloc(RS_LOG_RECORD_PAGES * RS_PAGE_SIZE);
	assert_non_null(record);
	rs_log_seal(&head, entries, SEED, record);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(record);
	return 0;
}

static bool opens(void)
{
	struct rs_log_head h;

	return rs_log_open(record, 2, SEED, head.epoch, head.page, &h);
}

static void what_is_sealed_opens(void **state)
{
	struct rs_log_head h;

	(void)state;
	assert_int_equal(rs_log_pages(head.len), 2);
	assert_true(rs_log_open(record, 9, SEED, 8, 3, &h));
	assert_int_equal(h.epoch, 8);
	assert_int_equal(h.txid, 9);
	assert_int_equal(h.next_id, 70);
	assert_int_equal(h.page, 3);
	assert_int_equal(h.len, 5000);
	assert_memory_equal(rs_log_entries(record), entries, 5000);
}

static void another_place_is_none(void **state)
{
	struct rs_log_head h;

	(void)state;
	assert_false(rs_log_open(record, 2, SEED, 6, 3, &h));
	assert_false(rs_log_open(record, 2, SEED, 8, 4, &h));
	assert_false(rs_log_open(record, 2, SEED + 1, 8, 3, &h));
	assert_false(rs_log_open(record, 1, SEED, 8, 3, &h));
	assert_false(rs_log_open(record, 0, SEED, 8, 3, &h));
}

/* The zeros behind the entries as well. */
static void any_byte_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * RS_PAGE_SIZE; i++) {
		record[i] ^= 0x10;
		assert_false(opens());
		record[i] ^= 0x10;
	}
	assert_true(opens());
}

static void the_largest_fits(void **state)
{
	struct rs_log_head h = head;

	(void)state;
	h.len = RS_LOG_RECORD_MAX;
	assert_int_equal(rs_log_pages(h.len), RS_LOG_RECORD_PAGES);
	rs_log_seal(&h, entries, SEED, record);
	assert_true(rs_log_open(record, RS_LOG_RECORD_PAGES, SEED, 8, 3, &h));
	assert_memory_equal(rs_log_entries(record), entries, h.len);
}

static void entries_follow_one_another(void **state)
{
	struct rs_log_entry en;
	struct buf b = { 0 };
	size_t at = 0, mark;

	(void)state;
	for (unsigned kind = RS_ENTRY_TXN; kind <= RS_ENTRY_LAYER; kind++) {
		mark = b.len;
		assert_int_equal(rs_log_entry_begin(&b, kind), 0);
		assert_int_equal(buf_append(&b, entries, kind * 10), 0);
		assert_true(rs_log_entry_end(&b, mark));
	}
	for (unsigned kind = RS_ENTRY_TXN; kind <= RS_ENTRY_LAYER; kind++) {
		assert_int_equal(
			rs_log_entry_next(buf_data(&b), b.len, &at, &en), 0);
		assert_int_equal(en.kind, kind);
		assert_int_equal(en.len, kind * 10);
		assert_memory_equal(en.data, entries, en.len);
	}
	assert_int_equal(rs_log_entry_next(buf_data(&b), b.len, &at, &en),
			 -ENOENT);
	mark = b.len;
	assert_int_equal(rs_log_entry_begin(&b, RS_ENTRY_TXN), 0);
	assert_false(rs_log_entry_end(&b, mark));
	buf_finish(&b);
}

static void bytes_that_are_no_entry(void **state)
{
	static const uint8_t kind_0[8] = { 0 }, kind_4[8] = { 4 };
	static const uint8_t too_long[9] = { 1, 0, 0, 0, 2 };
	struct rs_log_entry en;
	size_t at = 0;

	(void)state;
	assert_int_equal(rs_log_entry_next(kind_0, 8, &at, &en), -EUCLEAN);
	assert_int_equal(rs_log_entry_next(kind_4, 8, &at, &en), -EUCLEAN);
	assert_int_equal(rs_log_entry_next(too_long, 9, &at, &en), -EUCLEAN);
	assert_int_equal(rs_log_entry_next(too_long, 7, &at, &en), -EUCLEAN);
	assert_int_equal(at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_sealed_opens, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_place_is_none, setup,
						teardown),
		cmocka_unit_test_setup_teardown(any_byte_counts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_largest_fits, setup,
						teardown),
		cmocka_unit_test_setup_teardown(entries_follow_one_another,
						setup, teardown),
		cmocka_unit_test(bytes_that_are_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

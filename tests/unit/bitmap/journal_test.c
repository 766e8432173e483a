/* SPDX-License-Identifier: Apache-2.0 */
/* journal_test.c - writing and clearing the journal. */

#include "tests/unit/bitmap/journal_kit.h"

/* Few bytes lie in the record, many on pages; all of it goes again. */
static void records_of_any_size(void **state)
{
	const unsigned sizes[] = { 1, 100, 400, 2000, 8000 };
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t members = 0;
	uint64_t bytes;

	for (unsigned i = 0; i < 5; i++) {
		struct bm_batch b;

		bm_batch_init(&b);
		for (unsigned k = 0; k < sizes[i]; k++)
			assert_int_equal(bm_batch_add(&b, members++ * 9000), 0);
		assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
		kit_sync(ss);
		set_store_check(ss);
	}
	assert_int_equal(kit_records(ss, &bytes), 5);
	set_store_crash(ss);
	set_store_check(ss);
	assert_int_equal(set_store_info(ss, ino).count, members);
	assert_int_equal(bm_fold(ss->db), 0);
	assert_int_equal(kit_records(ss, &bytes), 0);
}

/* More records than are removed at a time. */
static void many_records_are_cleared(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t bytes;

	for (unsigned i = 0; i < 200; i++) {
		set_store_write(ss, ino, "7\n");
		kit_sync(ss);
	}
	assert_int_equal(kit_records(ss, &bytes), 200);
	assert_int_equal(bm_fold(ss->db), 0);
	assert_int_equal(kit_records(ss, &bytes), 0);
}

/* What cannot be written now is written later. */
static void a_full_disk_takes_it_later(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t limit = ss->disk->limit;
	uint64_t bytes;

	kit_sync(ss);
	ss->disk->limit = ss->disk->n_backed;
	for (unsigned i = 0; i < 300; i++) {
		struct bm_batch b;

		bm_batch_init(&b);
		for (uint64_t k = 0; k < 500; k++)
			assert_int_equal(bm_batch_add(&b, k * 7001 + i), 0);
		assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	}
	assert_int_equal(rs_sync(ss->store), -ENOSPC);
	assert_int_equal(kit_records(ss, &bytes), 0);
	ss->disk->limit = limit;
	kit_sync(ss);
	assert_int_equal(kit_records(ss, &bytes), 1);
	set_store_crash(ss);
	assert_int_equal(set_store_info(ss, ino).count, 150000);
}

/* The record of numbers is written once in a while, not each time. */
static void numbers_are_reserved_in_steps(void **state)
{
	const uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	uint64_t first = 0;
	uint8_t val[8];
	uint64_t below;
	size_t len;

	for (unsigned i = 0; i < 4; i++) {
		struct rs_view *v;

		set_store_write(ss, ino, "1\n");
		kit_sync(ss);
		if (i == 1)
			set_store_crash(ss);
		assert_int_equal(rs_view_live(ss->store, &v), 0);
		assert_int_equal(rs_get(v, key, 9, val, 8, &len, NULL), 0);
		rs_view_put(v);
		assert_int_equal(bm_numbers_decode(val, len, &below), 0);
		if (i == 0)
			first = below;
		if (i < 2)
			assert_int_equal(below, first);
		else
			assert_true(below > first);
	}
	assert_int_equal(bm_numbers_decode(val, 7, &below), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(records_of_any_size),
		SET_STORE_TEST(many_records_are_cleared),
		SET_STORE_TEST(a_full_disk_takes_it_later),
		SET_STORE_TEST(numbers_are_reserved_in_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

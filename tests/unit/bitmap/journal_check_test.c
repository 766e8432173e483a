/* SPDX-License-Identifier: Apache-2.0 */
/* journal_check_test.c - damage of the journal is found and named. */

#include "bitmap/set.h"
#include "tests/unit/bitmap/journal_kit.h"

static void expect_finding(struct set_store *ss, const char *words)
{
	char text[200];

	assert_true(set_store_findings(ss, text) > 0);
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, text);
}

/* Number 1: 12 bytes of header, a batch of set 16 with member 7. */
static const uint8_t good[] = { 1, 0, 0, 0, 5,	0, 0, 0, 1,
				0, 0, 0, 1, 32, 0, 2, 7 };

/* What is put later is not what a crash left. */
static void recall(struct set_store *ss)
{
	assert_int_equal(bm_recall(ss->db), 0);
}

static void put(struct set_store *ss, uint64_t seq, const uint8_t *val,
		size_t len)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct rs_txn *t;

	be64_put(key + 1, seq);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	if (val)
		assert_int_equal(rs_put(t, key, sizeof(key), val, len, 0), 0);
	else
		assert_int_equal(rs_del(t, key, sizeof(key)), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void put_numbers(struct set_store *ss, const void *val, size_t len)
{
	const uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_put(t, key, sizeof(key), val, len, 0), 0);
	assert_int_equal(rs_txn_end(t), 0);
}

static void finds_nothing_in_a_good_one(void **state)
{
	struct set_store *ss = *state;

	recall(ss);
	put_numbers(ss, "\x40\0\0\0\0\0\0\0", 8);
	put(ss, 1, good, sizeof(good));
	set_store_check(ss);
}

static void finds_records_that_are_damaged(void **state)
{
	const struct {
		size_t at;
		uint8_t byte;
		const char *words;
	} rows[] = {
		{ 0, 2, "record of the journal" }, { 4, 9, "of the journal" },
		{ 8, 2, "journal 1: damaged" },	   { 8, 0, "of the journal" },
		{ 12, 2, "journal 1: damaged" },   { 12, 0, "damaged" },
		{ 15, 4, "journal 1: damaged" },   { 15, 3, "damaged" },
	};
	struct set_store *ss = *state;

	recall(ss);
	put_numbers(ss, "\x40\0\0\0\0\0\0\0", 8);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bad[sizeof(good)];

		memcpy(bad, good, sizeof(bad));
		bad[rows[i].at] = rows[i].byte;
		put(ss, 1, bad, sizeof(bad));
		expect_finding(ss, rows[i].words);
	}
	put(ss, 1, good, sizeof(good));
	put(ss, 2, good, sizeof(good)); /* batch 1 again */
	expect_finding(ss, "journal 2: damaged");
	put(ss, 2, NULL, 0);
}

static void finds_numbers_that_are_not_reserved(void **state)
{
	struct set_store *ss = *state;
	uint64_t ino = set_store_create(ss);
	struct rs_object obj;
	struct rs_txn *t;

	recall(ss);
	put(ss, 1, good, sizeof(good));
	expect_finding(ss, "journal 1: its number is not reserved");
	put_numbers(ss, "\x40\0\0\0\0\0\0", 7);
	expect_finding(ss, "numbers of batches are damaged");
	put_numbers(ss, "\x40\0\0\0\0\0\0\0", 8);
	set_store_check(ss);
	assert_int_equal(rs_txn_begin(ss->store, &t), 0);
	assert_int_equal(rs_object_get(rs_txn_view(t), ino, &obj), 0);
	assert_true(bm_set_fold(&obj, 0x40));
	assert_int_equal(rs_object_put(t, ino, &obj), 0);
	assert_int_equal(rs_txn_end(t), 0);
	expect_finding(ss, "a set has batch 64");
	put_numbers(ss, "\x41\0\0\0\0\0\0\0", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_STORE_TEST(finds_nothing_in_a_good_one),
		SET_STORE_TEST(finds_records_that_are_damaged),
		SET_STORE_TEST(finds_numbers_that_are_not_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

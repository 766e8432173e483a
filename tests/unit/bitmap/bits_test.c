/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "bitmap/bits.h"

static uint64_t words[BM_BITS_WORDS];
static const uint8_t *bytes = (const uint8_t *)words;

static int zero(void **state)
{
	(void)state;
	memset(words, 0, sizeof(words));
	return 0;
}

/* Ones are counted in the words asked for and no others. */
static void counts_the_first_words(void **state)
{
	(void)state;
	words[0] = 7;
	words[4] = ~(uint64_t)0;
	words[5] = 1;
	assert_int_equal(bm_bits_count(bytes, 0), 0);
	assert_int_equal(bm_bits_count(bytes, 1), 3);
	assert_int_equal(bm_bits_count(bytes, 5), 67);
	assert_int_equal(bm_bits_count(bytes, BM_BITS_WORDS), 68);
}

/* A run goes on over the end of a word. */
static void counts_runs_across_words(void **state)
{
	(void)state;
	assert_int_equal(bm_bits_runs(bytes, 100), 0);
	bm_bits_set(words, 10, 200);
	bm_bits_set(words, 202, 202);
	bm_bits_set(words, 65535, 65535);
	assert_int_equal(bm_bits_runs(bytes, 100), 3);
}

/* More runs than asked for are not all counted, but said to be too many. */
static void stops_counting_runs(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 65536; i += 2)
		bm_bits_set(words, i, i);
	assert_true(bm_bits_runs(bytes, 10) > 10);
	assert_int_equal(bm_bits_runs(bytes, 40000), 32768);
}

/* Only bits that were different count as changed. */
static void says_how_many_changed(void **state)
{
	(void)state;
	assert_int_equal(bm_bits_set(words, 60, 70), 11);
	assert_int_equal(bm_bits_set(words, 0, 65535), 65536 - 11);
	assert_int_equal(bm_bits_clear(words, 63, 64), 2);
	assert_int_equal(bm_bits_clear(words, 0, 127), 126);
	assert_int_equal(bm_bits_count(bytes, BM_BITS_WORDS), 65536 - 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counts_the_first_words, zero),
		cmocka_unit_test_setup(counts_runs_across_words, zero),
		cmocka_unit_test_setup(stops_counting_runs, zero),
		cmocka_unit_test_setup(says_how_many_changed, zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "bitmap/bits.h"
#include "bitmap/container.h"

#include <errno.h>

/* The same members in each form: 10..19, 30, 65535. */
static const uint16_t lows[] = { 10, 11, 12, 13, 14, 15,
				 16, 17, 18, 19, 30, 65535 };
static const uint16_t pairs[] = { 10, 9, 30, 0, 65535, 0 };
static uint64_t words[BM_BITS_WORDS];
static struct bm_cont forms[3];

static int make(void **state)
{
	(void)state;
	memset(words, 0, sizeof(words));
	bm_bits_set(words, 10, 19);
	bm_bits_set(words, 30, 30);
	bm_bits_set(words, 65535, 65535);
	forms[0] = (struct bm_cont){ .form = BM_ARRAY,
				     .card = 12,
				     .n = 12,
				     .data = (const uint8_t *)lows };
	forms[1] = (struct bm_cont){ .form = BM_BITS,
				     .card = 12,
				     .data = (const uint8_t *)words };
	forms[2] = (struct bm_cont){ .form = BM_RUNS,
				     .card = 12,
				     .n = 3,
				     .data = (const uint8_t *)pairs };
	return 0;
}

/* Every form gives the same answers about the same members. */
static void all_forms_answer_alike(void **state)
{
	(void)state;
	for (int f = 0; f < 3; f++) {
		const struct bm_cont *c = &forms[f];
		uint16_t low;

		assert_int_equal(bm_cont_check(c), 0);
		assert_true(bm_cont_contains(c, 10));
		assert_false(bm_cont_contains(c, 9));
		assert_false(bm_cont_contains(c, 20));
		assert_true(bm_cont_contains(c, 65535));
		assert_int_equal(bm_cont_rank(c, 9), 0);
		assert_int_equal(bm_cont_rank(c, 12), 3);
		assert_int_equal(bm_cont_rank(c, 29), 10);
		assert_int_equal(bm_cont_rank(c, 65535), 12);
		for (uint32_t i = 0; i < 12; i++) {
			assert_true(bm_cont_select(c, i, &low));
			assert_int_equal(low, lows[i]);
		}
		assert_false(bm_cont_select(c, 12, &low));
	}
}

static void give_lows(const struct bm_cont *c, size_t piece)
{
	uint64_t place = bm_cont_seek(c, 11);
	uint16_t room[13];
	const uint8_t *at;
	size_t got = 1;
	size_t n;

	while ((n = bm_cont_lows(c, &place, room, piece, &at)) > 0) {
		assert_in_range(n, 1, piece);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(bm_u16_at(at, i), lows[got + i]);
		got += n;
	}
	assert_int_equal(got, 12);
}

/* What is read as lows is what is read as members, in pieces of any size. */
static void all_forms_give_lows(void **state)
{
	(void)state;
	for (int f = 0; f < 3; f++)
		for (size_t piece = 1; piece <= 13; piece++)
			give_lows(&forms[f], piece);
}

/* From any place on, in pieces of any size, the rest is read in order. */
static void all_forms_read_on_from_a_place(void **state)
{
	(void)state;
	for (int f = 0; f < 3; f++) {
		const struct bm_cont *c = &forms[f];
		uint64_t place = bm_cont_seek(c, 13);
		uint64_t buf[12];

		assert_int_equal(bm_cont_read(c, &place, 1 << 16, buf, 2), 2);
		assert_int_equal(buf[0], 65536 + 13);
		assert_int_equal(bm_cont_read(c, &place, 0, buf, 12), 7);
		assert_int_equal(buf[0], 15);
		assert_int_equal(buf[6], 65535);
		assert_int_equal(bm_cont_read(c, &place, 0, buf, 12), 0);
		place = bm_cont_nth(c, 10);
		assert_int_equal(bm_cont_read(c, &place, 0, buf, 1), 1);
		assert_int_equal(buf[0], 30);
		place = bm_cont_seek(c, 20);
		assert_int_equal(bm_cont_read(c, &place, 0, buf, 1), 1);
		assert_int_equal(buf[0], 30);
	}
}

static void all_forms_become_the_same_bits(void **state)
{
	uint64_t bits[BM_BITS_WORDS];

	(void)state;
	for (int f = 0; f < 3; f++) {
		bm_cont_to_bits(&forms[f], bits);
		assert_memory_equal(bits, words, sizeof(bits));
	}
}

static void knows_the_full_one(void **state)
{
	uint64_t place = 65535;
	uint16_t low;

	(void)state;
	assert_true(bm_cont_full(&bm_cont_all));
	assert_false(bm_cont_full(&forms[2]));
	assert_int_equal(bm_cont_check(&bm_cont_all), 0);
	assert_true(bm_cont_select(&bm_cont_all, 65535, &low));
	assert_int_equal(low, place);
}

/* Each lie a container can tell is found. */
static void check_finds_lies(void **state)
{
	static const uint16_t twice[] = { 5, 5 };
	static const uint16_t touching[] = { 5, 4, 10, 0 };
	static const uint16_t outside[] = { 65535, 1 };
	struct bm_cont c = forms[0];

	(void)state;
	c.card = 11;
	assert_int_equal(bm_cont_check(&c), -EUCLEAN);
	c = (struct bm_cont){ .form = BM_ARRAY,
			      .card = 2,
			      .n = 2,
			      .data = (const uint8_t *)twice };
	assert_int_equal(bm_cont_check(&c), -EUCLEAN);
	c = (struct bm_cont){ .form = BM_RUNS,
			      .card = 6,
			      .n = 2,
			      .data = (const uint8_t *)touching };
	assert_int_equal(bm_cont_check(&c), -EUCLEAN);
	c = (struct bm_cont){ .form = BM_RUNS,
			      .card = 2,
			      .n = 1,
			      .data = (const uint8_t *)outside };
	assert_int_equal(bm_cont_check(&c), -EUCLEAN);
	assert_int_equal(bm_cont_run(&c, 0).last, 65535);
	c = forms[1];
	c.card++;
	assert_int_equal(bm_cont_check(&c), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_answer_alike),
		cmocka_unit_test(all_forms_give_lows),
		cmocka_unit_test(all_forms_read_on_from_a_place),
		cmocka_unit_test(all_forms_become_the_same_bits),
		cmocka_unit_test(knows_the_full_one),
		cmocka_unit_test(check_finds_lies),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}

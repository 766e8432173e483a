/* SPDX-License-Identifier: Apache-2.0 */
/* group_rec_test.c - tests regionstore/group_rec.c. */
#include "regionstore/group_rec.h"

#include "regionstore/layout.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <string.h>

static struct rs_group_rec valid(void)
{
	return (struct rs_group_rec){
		.slot = 1,
		.free = 2,
		.largest_run = 3,
		.txid = 4,
		.csum = 5,
		.n_flips = 3,
		.flips = { { 2, 10 }, { 13, 1 }, { RS_GROUP_PAGES - 5, 5 } },
	};
}

static void comes_back_with_any_room(void **state)
{
	struct rs_group_rec rec = valid(), back;
	uint8_t val[RS_GROUP_VAL_MAX], again[RS_GROUP_VAL_MAX];

	(void)state;
	for (unsigned room = 3; room <= RS_FLIPS_MAX; room++) {
		size_t len = RS_GROUP_VAL(room);

		rs_group_rec_encode(&rec, room, val);
		assert_int_equal(rs_group_rec_decode(val, len, &back), 0);
		assert_int_equal(back.n_flips, 3);
		assert_int_equal(back.csum, 5);
		rs_group_rec_encode(&back, room, again);
		assert_memory_equal(again, val, len);
	}
}

static int decode(const struct rs_group_rec *rec)
{
	struct rs_group_rec back;
	uint8_t val[RS_GROUP_VAL(8)];

	rs_group_rec_encode(rec, 8, val);
	return rs_group_rec_decode(val, sizeof(val), &back);
}

static void impossible_records_are_refused(void **state)
{
	struct rs_group_rec back;
	uint8_t val[RS_GROUP_VAL_MAX + 4];

	(void)state;
#define REFUSES(change)                                   \
	do {                                              \
		struct rs_group_rec rec = valid();        \
		change;                                   \
		assert_int_equal(decode(&rec), -EUCLEAN); \
	} while (0)
	REFUSES(rec.slot = 2);
	REFUSES(rec.flips[0].first = 1);  /* a slot's own page */
	REFUSES(rec.flips[1].first = 12); /* touches the one before */
	REFUSES(rec.flips[1].first = 5);
	REFUSES(rec.flips[2].len = 6); /* behind the end */
	REFUSES(rec.flips[1].len = 0); /* and another one follows */
	REFUSES(rec.flips[0].len = UINT16_MAX);
	memset(val, 0, sizeof(val));
	assert_int_equal(rs_group_rec_decode(val, 31, &back), -EUCLEAN);
	assert_int_equal(rs_group_rec_decode(val, 34, &back), -EUCLEAN);
	assert_int_equal(rs_group_rec_decode(val, sizeof(val), &back),
			 -EUCLEAN);
	assert_int_equal(rs_group_rec_decode(val, 32, &back), 0);
}

static void flips_lead_from_one_to_the_other(void **state)
{
	static struct rs_bits from, to, was;
	struct rs_group_rec rec;
	struct rng r;

	(void)state;
	rng_init(&r, rng_seed());
	for (unsigned round = 0; round < 300; round++) {
		unsigned n = (unsigned)rng_below(&r, RS_FLIPS_MAX);

		to = was = from;
		for (unsigned i = 0; i < n; i++) {
			uint32_t at = (uint32_t)rng_below(&r, RS_GROUP_PAGES);
			uint32_t most = RS_GROUP_PAGES - at;

			rs_bits_flip(&to, at,
				     at + (uint32_t)rng_below(&r, most) % 99);
		}
		assert_true(rs_group_rec_diff(&rec, &from, &to));
		assert_true(rec.n_flips <= n);
		rs_group_rec_flip(&rec, &from);
		assert_memory_equal(&from, &to, sizeof(to));
		rs_group_rec_flip(&rec, &from);
		assert_memory_equal(&from, &was, sizeof(was));
		from = to;
	}
}

static void too_many_are_said_to_be(void **state)
{
	static struct rs_bits none, many;
	struct rs_group_rec rec;

	(void)state;
	for (uint32_t i = 0; i < RS_FLIPS_MAX; i++)
		rs_bits_set(&many, 10 + 2 * i, 11 + 2 * i);
	assert_true(rs_group_rec_diff(&rec, &none, &many));
	assert_int_equal(rec.n_flips, RS_FLIPS_MAX);
	rs_bits_set(&many, 9000, 9001);
	assert_false(rs_group_rec_diff(&rec, &none, &many));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_with_any_room),
		cmocka_unit_test(impossible_records_are_refused),
		cmocka_unit_test(flips_lead_from_one_to_the_other),
		cmocka_unit_test(too_many_are_said_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

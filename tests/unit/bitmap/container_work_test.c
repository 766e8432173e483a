/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "bitmap/container_work.h"

#include <stdlib.h>

#define KEY ((uint64_t)9)

static struct bm_work work;
static struct bm_work kept; /* what a container made before lies in */

static bool apply(const struct bm_cont *base, const struct bm_command *op,
		  struct bm_cont *ret)
{
	struct bm_part part = { .key = KEY, .ops = op, .n = 1 };
	bool changed;

	bm_cont_apply(base, &part, &work, ret, &changed);
	if (changed) {
		assert_true(!ret->card || bm_cont_check(ret) == 0);
		kept = work;
		if (ret->n || ret->form == BM_BITS)
			ret->data = (const uint8_t *)&kept +
				    (ret->data - (const uint8_t *)&work);
	}
	return changed;
}

static struct bm_command op(uint64_t lo, uint64_t hi, enum bm_op what)
{
	return (struct bm_command){ .lo = KEY << 16 | lo,
				    .hi = KEY << 16 | hi,
				    .op = what };
}

static bool apply_adds(const struct bm_cont *base, uint64_t first,
		       uint64_t step, size_t n, struct bm_cont *ret)
{
	uint64_t *adds = malloc(n * sizeof(*adds));
	struct bm_part part = { .key = KEY,
				.lows = (const uint8_t *)adds,
				.step = sizeof(*adds),
				.n = n };
	bool changed;

	assert_non_null(adds);
	for (size_t i = 0; i < n; i++)
		adds[i] = KEY << 16 | (first + i * step);
	bm_cont_apply(base, &part, &work, ret, &changed);
	if (changed) {
		assert_int_equal(bm_cont_check(ret), 0);
		kept = work;
		ret->data = (const uint8_t *)&kept +
			    (ret->data - (const uint8_t *)&work);
	}
	free(adds);
	return changed;
}

/* 4,096 members are an array, one more makes it bits. */
static void array_becomes_bits(void **state)
{
	struct bm_cont c;
	struct bm_command one = op(1, 1, BM_ADD);

	(void)state;
	assert_true(apply_adds(NULL, 0, 2, 4096, &c));
	assert_int_equal(c.form, BM_ARRAY);
	assert_true(apply(&c, &one, &c));
	assert_int_equal(c.form, BM_BITS);
	assert_int_equal(c.card, 4097);
}

/* Bits stay bits until they have lost so many that it pays. */
static void bits_are_kept_for_a_while(void **state)
{
	struct bm_cont c;
	struct bm_command some = op(0, 200, BM_REMOVE);
	struct bm_command most = op(0, 10000, BM_REMOVE);

	(void)state;
	apply_adds(NULL, 0, 3, 4200, &c);
	assert_true(apply(&c, &some, &c));
	assert_int_equal(c.card, 4200 - 67);
	some.hi += 600;
	assert_true(apply(&c, &some, &c));
	assert_true(c.card < 4096);
	assert_int_equal(c.form, BM_BITS);
	assert_true(apply(&c, &most, &c));
	assert_int_equal(c.form, BM_ARRAY);
}

static void runs_are_made_and_kept(void **state)
{
	struct bm_cont c;
	struct bm_command range = op(100, 40000, BM_ADD);
	struct bm_command hole = op(200, 200, BM_REMOVE);

	(void)state;
	assert_true(apply(NULL, &range, &c));
	assert_int_equal(c.form, BM_RUNS);
	assert_int_equal(c.n, 1);
	assert_true(apply(&c, &hole, &c));
	assert_int_equal(c.form, BM_RUNS);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.card, 39900);
	assert_false(bm_cont_contains(&c, 200));
}

/* Three in a row are 6 bytes as an array and 6 as a run: an array. */
static void short_runs_stay_an_array(void **state)
{
	struct bm_cont c;

	(void)state;
	apply_adds(NULL, 7, 1, 3, &c);
	assert_int_equal(c.form, BM_ARRAY);
	apply_adds(NULL, 7, 1, 4, &c);
	assert_int_equal(c.form, BM_RUNS);
}

/* What is there already, or not there at all, changes nothing. */
static void no_effect_is_no_change(void **state)
{
	struct bm_command there = op(12, 12, BM_ADD);
	struct bm_command absent = op(13, 13, BM_REMOVE);
	struct bm_cont sets[2];
	struct bm_cont none;

	(void)state;
	assert_false(apply(NULL, &absent, &none));
	for (size_t n = 100; n <= 10000; n += 9900) {
		apply_adds(NULL, 0, 4, n, &sets[0]);
		assert_false(apply(&sets[0], &there, &none));
		assert_false(apply(&sets[0], &absent, &none));
		assert_false(apply_adds(&sets[0], 8, 4, 50, &none));
	}
}

/* A command that begins before and ends behind the container covers it. */
static void commands_may_reach_beyond(void **state)
{
	struct bm_command all = { .lo = 0, .hi = UINT64_MAX, .op = BM_ADD };
	struct bm_command none = { .lo = 0, .hi = UINT64_MAX, .op = BM_REMOVE };
	struct bm_cont c;

	(void)state;
	assert_true(apply(NULL, &all, &c));
	assert_true(bm_cont_full(&c));
	assert_true(apply(&c, &none, &c));
	assert_int_equal(c.card, 0);
}

/* An array out of order gives wrong members and nothing worse. */
static void bytes_may_lie(void **state)
{
	uint16_t lows[4000];
	struct bm_cont base = { .form = BM_ARRAY,
				.card = 4000,
				.n = 4000,
				.data = (const uint8_t *)lows };
	uint64_t adds[] = { KEY << 16 | 5, KEY << 16 | 0xffff };
	struct bm_part part = { .key = KEY,
				.lows = (const uint8_t *)adds,
				.step = sizeof(*adds),
				.n = 2 };
	struct bm_cont c;
	bool changed;

	(void)state;
	for (unsigned i = 0; i < 4000; i++)
		lows[i] = (uint16_t)(i % 2 ? 0 : 65535 - i);
	bm_cont_apply(&base, &part, &work, &c, &changed);
	part.n = 1;
	bm_cont_apply(&base, &part, &work, &c, &changed);
}

/* What is kept because of what may come next is let go. */
static void tidy_is_as_from_the_beginning(void **state)
{
	struct bm_cont bits, few, tidy;
	struct bm_command cut =
		op(KEY << 16 | 35000, KEY << 16 | 65535, BM_REMOVE);

	(void)state;
	assert_true(apply_adds(NULL, 0, 10, 5000, &bits));
	assert_true(apply(&bits, &cut, &few));
	assert_int_equal(few.form, BM_BITS);
	bm_cont_tidy(&few, &work, &tidy);
	assert_int_equal(tidy.form, BM_ARRAY);
	assert_int_equal(tidy.card, 3500);
	assert_int_equal(bm_cont_check(&tidy), 0);
}

/* Added to nothing they are an array where they lie, or fewer bytes. */
static void lows_are_an_array(void **state)
{
	uint16_t lows[] = { 3, 9, 10, 11, 12, 13 };
	struct bm_part part = { .key = KEY,
				.lows = (const uint8_t *)lows,
				.step = sizeof(*lows),
				.n = 3 };
	struct bm_cont c;
	bool changed;

	(void)state;
	bm_cont_apply(NULL, &part, &work, &c, &changed);
	assert_true(changed && c.form == BM_ARRAY && c.card == 3);
	assert_ptr_equal(c.data, lows);
	part.n = 6;
	bm_cont_apply(NULL, &part, &work, &c, &changed);
	assert_true(changed && c.form == BM_RUNS && c.card == 6 && c.n == 2);
	assert_int_equal(bm_cont_check(&c), 0);
	part.op = BM_REMOVE;
	bm_cont_apply(NULL, &part, &work, &c, &changed);
	assert_false(changed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(array_becomes_bits),
		cmocka_unit_test(bits_are_kept_for_a_while),
		cmocka_unit_test(runs_are_made_and_kept),
		cmocka_unit_test(short_runs_stay_an_array),
		cmocka_unit_test(no_effect_is_no_change),
		cmocka_unit_test(commands_may_reach_beyond),
		cmocka_unit_test(bytes_may_lie),
		cmocka_unit_test(lows_are_an_array),
		cmocka_unit_test(tidy_is_as_from_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cont_runs_test.c - the stretches of a container, whatever its form. */

#include "bitmap/bits.h"
#include "bitmap/cont_runs.h"
#include "tests/support/test.h"

static const struct bm_cont_run want[] = {
	{ 0, 0 }, { 2, 70 }, { 127, 128 }, { 65535, 65535 }
};
#define N_WANT (sizeof(want) / sizeof(want[0]))

static void expect_runs(const struct bm_cont *c)
{
	struct bm_run_iter it = { .c = c };
	struct bm_cont_run r;

	assert_int_equal(bm_cont_count_runs(c), N_WANT);
	for (size_t i = 0; i < N_WANT; i++) {
		assert_true(bm_run_next(&it, &r));
		assert_int_equal(r.first, want[i].first);
		assert_int_equal(r.last, want[i].last);
	}
	assert_false(bm_run_next(&it, &r));
	assert_false(bm_run_next(&it, &r));
}

static void every_form_has_the_same_runs(void **state)
{
	static uint64_t bits[BM_BITS_WORDS];
	uint16_t lows[100];
	uint16_t pairs[2 * N_WANT];
	uint32_t n = 0;
	struct bm_cont c = { .data = (const uint8_t *)lows };

	(void)state;
	for (size_t i = 0; i < N_WANT; i++) {
		for (uint32_t low = want[i].first; low <= want[i].last; low++)
			lows[n++] = (uint16_t)low;
		bm_bits_set(bits, want[i].first, want[i].last);
		pairs[2 * i] = want[i].first;
		pairs[2 * i + 1] = (uint16_t)(want[i].last - want[i].first);
	}
	c.card = n;
	c.form = BM_ARRAY;
	c.n = n;
	expect_runs(&c);
	c.form = BM_BITS;
	c.n = 0;
	c.data = (const uint8_t *)bits;
	expect_runs(&c);
	c.form = BM_RUNS;
	c.n = N_WANT;
	c.data = (const uint8_t *)pairs;
	expect_runs(&c);
}

/* Numbers that descend or repeat: it ends, whatever it says. */
static void bytes_that_lie_end(void **state)
{
	static const uint16_t lows[] = { 65535, 0, 1, 1, 0, 65535 };
	struct bm_cont c = { .form = BM_ARRAY,
			     .card = 6,
			     .n = 6,
			     .data = (const uint8_t *)lows };
	struct bm_run_iter it = { .c = &c };
	struct bm_cont_run r;
	unsigned n = 0;

	(void)state;
	while (bm_run_next(&it, &r))
		n++;
	assert_int_equal(n, bm_cont_count_runs(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_has_the_same_runs),
		cmocka_unit_test(bytes_that_lie_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

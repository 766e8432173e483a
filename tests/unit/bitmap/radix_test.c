/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "bitmap/radix.h"
#include "tests/support/rng.h"

#define N 5000u

static uint64_t keys[N], tmp[N];
static struct bm_keyed elems[N], etmp[N];

static void sorts(struct rng *r, size_t n, unsigned shift)
{
	uint64_t sum = 0;
	uint64_t *s;

	for (size_t i = 0; i < n; i++) {
		keys[i] = rng_u64(r) >> shift;
		sum += keys[i];
	}
	s = bm_radix_sort(keys, tmp, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || s[i - 1] <= s[i]);
		sum -= s[i];
	}
	assert_int_equal(sum, 0);
}

static void sorts_any_number_of_any_width(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (unsigned shift = 0; shift < 64; shift += 7) {
		sorts(&r, 0, shift);
		sorts(&r, 1, shift);
		sorts(&r, 40, shift);
		sorts(&r, 300, shift);
		sorts(&r, N, shift);
	}
}

/* What comes with equal keys stays in its order. */
static void keeps_the_order_of_equals(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 2);
	for (size_t n = 20; n <= N; n *= 15) {
		struct bm_keyed *s;

		for (size_t i = 0; i < n; i++)
			elems[i] = (struct bm_keyed){
				.key = rng_below(&r, 10) << 40,
				.what = i,
			};
		s = bm_radix_sort_keyed(elems, etmp, n);
		for (size_t i = 1; i < n; i++)
			assert_true(s[i - 1].key < s[i].key ||
				    (s[i - 1].key == s[i].key &&
				     s[i - 1].what < s[i].what));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_any_number_of_any_width),
		cmocka_unit_test(keeps_the_order_of_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

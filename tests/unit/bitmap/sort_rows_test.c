/* SPDX-License-Identifier: Apache-2.0 */
#include "bitmap/sort_rows.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define N 60000u

static uint64_t keys[N], out[N], want[N];

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The first n of keys in up to five rows, against qsort. */
static void expect_sorted(struct rng *r, size_t n)
{
	static const unsigned crews[] = { 1, 2, 3, 16 };
	struct bm_row rows[5] = { { 0 } };
	size_t kept = 0;
	size_t at = 0;
	size_t got;

	for (size_t i = 0; i < 5; i++) {
		size_t most = n - at;

		rows[i].keys = keys + at;
		rows[i].n = i == 4 ? most : rng_below(r, most + 1);
		at += rows[i].n;
	}
	memcpy(want, keys, n * sizeof(*keys));
	qsort(want, n, sizeof(*want), by_value);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || want[i] != want[i - 1])
			want[kept++] = want[i];
	assert_int_equal(
		bm_sort_rows(rows, 5, n, crews[rng_below(r, 4)], out, &got), 0);
	assert_int_equal(got, kept);
	assert_memory_equal(out, want, kept * sizeof(*out));
}

static const size_t sizes[] = { 1, 100, 8191, 8192, 20000, N };
#define N_SIZES (sizeof(sizes) / sizeof(*sizes))

static void sorts_numbers_of_any_width(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (size_t s = 0; s < N_SIZES; s++)
		for (unsigned shift = 0; shift < 64; shift += 5) {
			for (size_t i = 0; i < sizes[s]; i++)
				keys[i] = rng_u64(&r) >> shift;
			expect_sorted(&r, sizes[s]);
		}
}

/* One far away, so that all others are in one bucket; all the same; from the
 * least number to the greatest. */
static void sorts_numbers_that_crowd(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 2);
	for (size_t i = 0; i < N; i++)
		keys[i] = 1000000 + rng_below(&r, 2 * N);
	keys[77] = UINT64_MAX;
	expect_sorted(&r, N);
	keys[78] = 0;
	expect_sorted(&r, N);
	for (size_t i = 0; i < N; i++)
		keys[i] = UINT64_MAX;
	expect_sorted(&r, N);
	for (size_t i = 0; i < N; i++)
		keys[i] = i % 2 ? N - i : UINT64_MAX - i;
	expect_sorted(&r, N);
}

/* A bucket begins where a power of two does, not at the least number. */
static void sorts_numbers_around_a_boundary(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3);
	for (unsigned bits = 10; bits < 63; bits++) {
		uint64_t middle = UINT64_C(1) << bits;

		for (size_t i = 0; i < 9000; i++)
			keys[i] = middle - 700 + rng_below(&r, middle);
		expect_sorted(&r, 9000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_numbers_of_any_width),
		cmocka_unit_test(sorts_numbers_that_crowd),
		cmocka_unit_test(sorts_numbers_around_a_boundary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

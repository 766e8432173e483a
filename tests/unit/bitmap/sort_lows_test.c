/* SPDX-License-Identifier: Apache-2.0 */
#include "bitmap/sort_lows.h"
#include "tests/support/oom.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N 60000u

static uint64_t keys[N], out[N], want[N];

/* The first n of keys in up to five rows. */
static void cut_rows(struct rng *r, size_t n, struct bm_row *rows)
{
	size_t at = 0;

	for (size_t i = 0; i < 5; i++) {
		size_t most = n - at;

		rows[i].keys = keys + at;
		rows[i].n = i == 4 ? most : rng_below(r, most + 1);
		at += rows[i].n;
	}
}

/* Not empty, each behind the last one and of a key above its. */
static size_t list(const struct bm_crowds *c)
{
	uint32_t end = 0;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct bm_crowd *crowd = &c->of[i];

		assert_true(crowd->n > 0);
		assert_true(crowd->first >= end);
		end = crowd->first + crowd->n;
		assert_true(i == 0 || crowd->key > c->of[i - 1].key);
		for (uint32_t k = 0; k < crowd->n; k++)
			out[n++] = crowd->key << 16 | c->lows[crowd->first + k];
	}
	return n;
}

/* Against sort_rows.c, by one or by many. */
static bool is_sorted(struct rng *r, size_t n)
{
	static const unsigned crews[] = { 1, 2, 3, 16 };
	struct bm_row rows[5] = { { 0 } };
	struct bm_crowds c;
	size_t kept;
	bool done;

	cut_rows(r, n, rows);
	assert_int_equal(
		bm_sort_lows(rows, 5, n, crews[rng_below(r, 4)], &c, &done), 0);
	if (!done)
		return false;
	assert_int_equal(bm_sort_rows(rows, 5, n, 1, want, &kept), 0);
	assert_int_equal(list(&c), kept);
	assert_memory_equal(out, want, kept * sizeof(*out));
	bm_crowds_finish(&c);
	return true;
}

/* Numbers of so many bits, as long as they are dense: from two different ones
 * to four for each container. */
static void sorts_what_is_dense(void **state)
{
	static const size_t sizes[] = { 8192, 20000, N };
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (size_t s = 0; s < 3; s++)
		for (unsigned bits = 1; bits <= 28; bits++) {
			for (size_t i = 0; i < sizes[s]; i++)
				keys[i] = rng_u64(&r) >> (64 - bits);
			assert_true(is_sorted(&r, sizes[s]) ==
				    (1u << bits >> 16 <= sizes[s] / 4));
		}
}

/* Anywhere: they need not begin where a container, a bucket or 2^32 does. */
static void sorts_around_a_boundary(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 2);
	for (unsigned bits = 12; bits < 64; bits++)
		for (unsigned width = 8; width <= bits && width <= 28;
		     width += 4) {
			uint64_t base = (UINT64_C(1) << bits) -
					rng_below(&r, (UINT64_C(1) << width));

			for (size_t i = 0; i < N; i++)
				keys[i] = base +
					  rng_below(&r, UINT64_C(1) << width);
			assert_true(is_sorted(&r, N));
		}
	for (size_t i = 0; i < N; i++)
		keys[i] = UINT64_MAX - rng_below(&r, 1 << 26);
	keys[N / 2] = UINT64_MAX;
	assert_true(is_sorted(&r, N));
}

/* What the sample did not show: near enough, and too far away. */
static void finds_what_lies_outside(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 3);
	for (size_t i = 0; i < N; i++)
		keys[i] = 500000000 + rng_below(&r, 1 << 22);
	keys[N - 1] = 1;
	assert_true(is_sorted(&r, N));
	keys[N - 2] = 900000000;
	assert_true(is_sorted(&r, N));
	keys[N - 1] = UINT64_MAX;
	assert_false(is_sorted(&r, N));
}

static void leaves_what_is_few_or_sparse(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 4);
	for (size_t i = 0; i < N; i++)
		keys[i] = i;
	assert_false(is_sorted(&r, 8191));
	for (size_t i = 0; i < N; i++)
		keys[i] = rng_u64(&r) >> 32;
	assert_false(is_sorted(&r, N));
	for (size_t i = 0; i < N; i++)
		keys[i] = rng_u64(&r);
	assert_false(is_sorted(&r, N));
}

static void says_that_memory_is_out(void **state)
{
	struct bm_row row = { .keys = keys, .n = N };
	struct bm_crowds c;
	uint64_t n = 0;
	bool done;

	(void)state;
	for (size_t i = 0; i < N; i++)
		keys[i] = (i * 40503) % (1 << 20);
	for (oom_fail(1, false);
	     bm_sort_lows(&row, 1, N, 16, &c, &done) == -ENOMEM;
	     oom_fail(++n + 1, false))
		assert_int_equal(oom_hits(), 1);
	assert_int_equal(oom_hits(), 0);
	oom_fail(0, false);
	assert_true(done && n >= 5);
	bm_crowds_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_what_is_dense),
		cmocka_unit_test(sorts_around_a_boundary),
		cmocka_unit_test(finds_what_lies_outside),
		cmocka_unit_test(leaves_what_is_few_or_sparse),
		cmocka_unit_test(says_that_memory_is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bitmap/deal.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdlib.h>

#define N 5000u

static uint64_t keys[N], out64[N], sum[BM_BUCKETS_MAX];
static uint32_t out32[N];

/* Rows of any length, empty ones among them. */
static size_t cut_rows(struct rng *r, struct bm_row rows[20])
{
	size_t at = 0;

	for (size_t i = 0; i < 20; i++) {
		size_t n = rng_below(r, N / 10);

		if (i == 19 || n > N - at)
			n = N - at;
		rows[i] = (struct bm_row){ .keys = keys + at, .n = n };
		at += n;
	}
	return 20;
}

/* Each bucket has its own, and all of them. */
static void check_buckets(const struct bm_deal *d)
{
	assert_int_equal(d->starts[0], 0);
	assert_int_equal(d->starts[d->n], N);
	for (size_t b = 0; b < d->n; b++) {
		uint64_t left = sum[b];

		for (uint32_t i = d->starts[b]; i < d->starts[b + 1]; i++) {
			assert_true(out64[i] >> d->shift == d->first + b);
			assert_int_equal(out32[i], (uint32_t)out64[i]);
			left -= out64[i];
		}
		assert_true(left == 0);
	}
}

static void deal_by(struct rng *r, unsigned crew)
{
	struct bm_row rows[20];
	size_t n_rows = cut_rows(r, rows);
	struct bm_span span;
	struct bm_deal d;

	assert_int_equal(bm_deal_begin(&d, rows, n_rows, N, crew), 0);
	span = bm_deal_span_all(&d);
	d.shift = bm_bits_of(span.most - span.least) - 8;
	d.first = span.least >> d.shift;
	d.n = (size_t)((span.most >> d.shift) - d.first) + 1;
	for (size_t b = 0; b < d.n; b++)
		sum[b] = 0;
	for (size_t i = 0; i < N; i++)
		sum[(keys[i] >> d.shift) - d.first] += keys[i];
	assert_true(bm_deal_count(&d));
	bm_deal_place(&d);
	bm_deal_out64(&d, out64);
	assert_true(bm_deal_count(&d));
	assert_true(bm_deal_place(&d) >= N / d.n);
	bm_deal_out32(&d, out32);
	check_buckets(&d);
	d.n--; /* the last bucket is none */
	assert_false(bm_deal_count(&d));
	bm_deal_end(&d);
}

static void deals_all_to_their_buckets(void **state)
{
	static const unsigned crews[] = { 1, 2, 3, 16 };
	struct rng r;

	(void)state;
	rng_init(&r, 1);
	for (unsigned bits = 10; bits <= 64; bits += 3)
		for (size_t c = 0; c < 4; c++) {
			for (size_t i = 0; i < N; i++)
				keys[i] = rng_u64(&r) >> (64 - bits);
			deal_by(&r, crews[c]);
		}
}

static void is_shared_when_it_is_much(void **state)
{
	(void)state;
	assert_int_equal(bm_deal_crew(0, 16), 1);
	assert_int_equal(bm_deal_crew(2 * BM_SHARD_MIN - 1, 16), 1);
	assert_int_equal(bm_deal_crew(2 * BM_SHARD_MIN, 16), 2);
	assert_int_equal(bm_deal_crew(2 * BM_SHARD_MIN, 1), 1);
	assert_int_equal(bm_deal_crew(UINT32_MAX, 16), 16);
	assert_int_equal(bm_deal_crew(UINT32_MAX, 0), bm_crew_usual());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deals_all_to_their_buckets),
		cmocka_unit_test(is_shared_when_it_is_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

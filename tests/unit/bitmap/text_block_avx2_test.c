/* SPDX-License-Identifier: Apache-2.0 */
/* text_block_avx2_test.c - lines made from the lower halves of members are
 * those that the portable twin makes of the members: of every size, near and
 * far, across each power of ten and each multiple of 10^8, into any room.
 */

#include "bitmap/bits.h"
#include "bitmap/digits.h"
#include "bitmap/text_render.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define N    2000u
#define ROOM (N * 21u)

static void expect_twins(uint64_t base, const uint16_t *lows, size_t n,
			 unsigned skip, size_t len)
{
	static char a[ROOM + 64], b[ROOM + 64];
	static uint64_t members[N];
	struct bm_render x, y;

	for (size_t i = 0; i < n; i++)
		members[i] = base + lows[i];
	memset(a, '~', sizeof(a));
	memset(b, '~', sizeof(b));
	bm_render_init(&x, a, len, skip);
	bm_render_init(&y, b, len, skip);
	bm_render_by(bm_lines_portable, &x, members, n);
	bm_render_lows(&y, base, (const uint8_t *)lows, n);
	assert_int_equal(bm_render_size(&x), bm_render_size(&y));
	assert_memory_equal(a, b, bm_render_size(&x));
	for (size_t i = len; i < sizeof(b); i++)
		assert_int_equal(b[i], '~');
}

/* From first on, gaps of random size up to limit. */
static size_t ascend(struct rng *r, uint16_t *lows, uint32_t first,
		     uint32_t limit)
{
	size_t n = 0;

	for (uint32_t v = first; v < 65536 && n < N; n++) {
		lows[n] = (uint16_t)v;
		v += 1 + (uint32_t)rng_below(r, limit);
	}
	return n;
}

static void same_anywhere(void **state)
{
	uint16_t lows[N];
	struct rng r;

	(void)state;
	rng_init(&r, 7);
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t base = rng_any_size(&r) >> 16 << 16;
		uint32_t first = (uint32_t)rng_below(&r, 65536);
		uint32_t limit = 1u << rng_below(&r, 12);
		size_t n = ascend(&r, lows, i % 2 ? first : 0, limit);

		expect_twins(base, lows, n, 0, ROOM);
		expect_twins(base, lows, 1 + rng_below(&r, n), 1,
			     rng_below(&r, ROOM));
	}
}

/* Multiples of 10^8, and of 10^4, lie at any place of a container. */
static void same_across_blocks(void **state)
{
	uint16_t lows[N];
	struct rng r;

	(void)state;
	rng_init(&r, 8);
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t block = (1 + rng_below(&r, 40000)) * 100000000u;
		size_t n = ascend(&r, lows, (uint32_t)rng_below(&r, 300), 100);

		expect_twins(block >> 16 << 16, lows, n, 0, ROOM);
	}
}

static void same_around_powers_of_ten(void **state)
{
	uint16_t lows[N];

	(void)state;
	for (unsigned d = 1; d < 20; d++)
		for (unsigned before = 0; before < 20; before++) {
			uint64_t last = bm_digits_last(d);
			uint32_t low = last & 0xffff;
			size_t n = 0;

			low = low > before ? low - before : 0;
			for (; n < 60 && low < 65536; n++, low++)
				lows[n] = (uint16_t)low;
			expect_twins(last >> 16 << 16, lows, n, 0, ROOM);
		}
}

/* Bytes that lie: anything may be written, but not beyond the room. */
static void out_of_order_stays_inside(void **state)
{
	static char b[ROOM + 64];
	uint16_t lows[N];
	struct bm_render x;
	struct rng r;

	(void)state;
	rng_init(&r, 9);
	for (unsigned i = 0; i < 2000; i++) {
		size_t n = 1 + rng_below(&r, N), len = rng_below(&r, ROOM);

		for (size_t k = 0; k < n; k++)
			lows[k] = (uint16_t)rng_u64(&r);
		memset(b, '~', sizeof(b));
		bm_render_init(&x, b, len, 0);
		bm_render_lows(&x, rng_any_size(&r) >> 16 << 16,
			       (const uint8_t *)lows, n);
		assert_true(bm_render_size(&x) <= len);
		for (size_t k = len; k < sizeof(b); k++)
			assert_int_equal(b[k], '~');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_anywhere),
		cmocka_unit_test(same_across_blocks),
		cmocka_unit_test(same_around_powers_of_ten),
		cmocka_unit_test(out_of_order_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

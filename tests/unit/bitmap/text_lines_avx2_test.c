/* SPDX-License-Identifier: Apache-2.0 */
/* text_lines_avx2_test.c - the vectors write what the portable twin writes:
 * members of every size, near and far, around each power of ten.
 */

#include "bitmap/digits.h"
#include "bitmap/text_render.h"
#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define N    600u
#define ROOM (N * 21u)

/* Both, into room of len bytes; nothing beyond it may change. */
static void expect_twins(const uint64_t *members, size_t n, unsigned skip,
			 size_t len)
{
	static char a[ROOM + 64];
	static char b[ROOM + 64];
	struct bm_render x;
	struct bm_render y;

	memset(a, '~', sizeof(a));
	memset(b, '~', sizeof(b));
	bm_render_init(&x, a, len, skip);
	bm_render_init(&y, b, len, skip);
	bm_render_by(bm_lines_portable, &x, members, n);
	bm_render_by(bm_lines_best(), &y, members, n);
	assert_int_equal(bm_render_size(&x), bm_render_size(&y));
	assert_memory_equal(a, b, bm_render_size(&x));
	for (size_t i = len; i < sizeof(b); i++)
		assert_int_equal(b[i], '~');
}

/* From first on, gaps of random size up to limit bits. */
static size_t ascend(struct rng *r, uint64_t *members, uint64_t first,
		     unsigned bits)
{
	size_t n = 0;

	for (uint64_t v = first; n < N; n++) {
		uint64_t gap = (rng_u64(r) >> (64 - bits)) + 1;

		members[n] = v;
		if (v + gap < v)
			return n + 1;
		v += gap;
	}
	return n;
}

static void same_for_random_members(void **state)
{
	uint64_t members[N];
	struct rng r;

	(void)state;
	rng_init(&r, 5);
	for (unsigned i = 0; i < 5000; i++) {
		unsigned bits = 1 + (unsigned)rng_below(&r, 60);
		size_t n = ascend(&r, members, rng_any_size(&r), bits);

		expect_twins(members, n, 0, ROOM);
		expect_twins(members, rng_below(&r, n + 1), 0,
			     rng_below(&r, ROOM));
	}
}

/* A group of four meets each power at each of its places. */
static void same_around_powers_of_ten(void **state)
{
	uint64_t members[N];

	(void)state;
	for (unsigned d = 1; d < 20; d++)
		for (uint64_t before = 0; before < 9; before++) {
			uint64_t first = bm_digits_last(d) - before;

			for (unsigned i = 0; i < 40; i++)
				members[i] = first + i;
			expect_twins(members, 40, 0, ROOM);
			expect_twins(members, 40, d > 1, ROOM);
		}
}

static void same_at_the_end_of_numbers(void **state)
{
	uint64_t members[N];

	(void)state;
	for (unsigned n = 1; n < 20; n++) {
		for (unsigned i = 0; i < n; i++)
			members[i] = UINT64_MAX - n + i + 1;
		expect_twins(members, n, 0, ROOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_for_random_members),
		cmocka_unit_test(same_around_powers_of_ten),
		cmocka_unit_test(same_at_the_end_of_numbers),
	};

	if (bm_lines_best() == bm_lines_portable) {
		fprintf(stderr, "skipped: no AVX2 here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Counting what two containers have in common: each two forms against bits, and
 * the vectors against the loops. */

#include "bitmap/algebra_count.h"

#include "tests/support/rng.h"
#include "tests/support/test.h"

#include <stdlib.h>

#define ROUNDS 400u

/* A container and its bits. */
struct made {
	struct bm_cont c;
	uint64_t bits[BM_BITS_WORDS];
	union {
		uint16_t lows[BM_CONT_ARRAY_MAX + 1];
		uint64_t bits[BM_BITS_WORDS + 1];
	} room;
};

static bool has(const struct made *m, uint32_t low)
{
	return m->bits[low / 64] >> (low % 64) & 1;
}

static void fill(struct made *m, struct rng *r, enum bm_form form)
{
	static const uint32_t widths[] = { 40, 700, 9000, 65536 };
	uint32_t width = widths[rng_below(r, 4)];
	uint32_t base = (uint32_t)rng_below(r, BM_CONT_MEMBERS - width + 1);
	uint64_t n = 1 + rng_below(r, rng_one_in(r, 3) ? 4000 : 300);

	memset(m->bits, 0, sizeof(m->bits));
	if (form == BM_BITS)
		n = 3000 + rng_below(r, 60000);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t lo = base + (uint32_t)rng_below(r, width);
		uint32_t len = form == BM_RUNS ? (uint32_t)rng_below(r, 60) : 0;
		uint32_t hi = lo + len < BM_CONT_MEMBERS ? lo + len
							 : BM_CONT_MEMBERS - 1;

		bm_bits_set(m->bits, lo, hi);
	}
}

/* The bytes begin at an odd address, as they may in a segment. */
static uint8_t *odd(struct made *m)
{
	return (uint8_t *)&m->room + 1;
}

static void add_low(struct made *m, uint32_t low)
{
	uint16_t v = (uint16_t)low;

	memcpy(odd(m) + 2 * (size_t)m->c.n++, &v, sizeof(v));
}

static void add_run(struct made *m, uint32_t lo, uint32_t hi)
{
	uint16_t pair[2] = { (uint16_t)lo, (uint16_t)(hi - lo) };

	memcpy(odd(m) + 4 * (size_t)m->c.n++, pair, sizeof(pair));
}

/* From its bits; some are left out when an array or runs would be too long. */
static void make(struct made *m, enum bm_form form)
{
	m->c = (struct bm_cont){ .form = form, .data = odd(m) };
	for (uint32_t lo = 0; lo < BM_CONT_MEMBERS; lo++) {
		uint32_t hi = lo;

		if (!has(m, lo))
			continue;
		if (form == BM_RUNS) {
			while (hi + 1 < BM_CONT_MEMBERS && has(m, hi + 1))
				hi++;
			if (m->c.n == BM_CONT_RUNS_MAX)
				bm_bits_clear(m->bits, lo, hi);
			else
				add_run(m, lo, hi);
		} else if (form == BM_ARRAY) {
			if (m->c.n == BM_CONT_ARRAY_MAX)
				bm_bits_clear(m->bits, lo, lo);
			else
				add_low(m, lo);
		}
		lo = hi;
	}
	if (form == BM_BITS)
		memcpy(odd(m), m->bits, sizeof(m->bits));
	m->c.card = bm_bits_count((const uint8_t *)m->bits, BM_BITS_WORDS);
}

static uint32_t in_common(const struct made *a, const struct made *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < BM_BITS_WORDS; i++)
		n += (uint32_t)__builtin_popcountll(a->bits[i] & b->bits[i]);
	return n;
}

static void each_two_forms_are_counted(void **state)
{
	struct made *a = malloc(sizeof(*a));
	struct made *b = malloc(sizeof(*b));
	struct rng r;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	rng_init(&r, rng_seed());
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t both;

		fill(a, &r, (enum bm_form)(i % 3));
		fill(b, &r, (enum bm_form)(i / 3 % 3));
		make(a, (enum bm_form)(i % 3));
		make(b, (enum bm_form)(i / 3 % 3));
		both = in_common(a, b);
		assert_int_equal(bm_cont_and_count(&a->c, &b->c), both);
		assert_int_equal(bm_cont_pair_count(BM_AND, &a->c, &b->c),
				 both);
		assert_int_equal(bm_cont_pair_count(BM_OR, &a->c, &b->c),
				 a->c.card + b->c.card - both);
		assert_int_equal(bm_cont_pair_count(BM_XOR, &a->c, &b->c),
				 a->c.card + b->c.card - 2 * both);
		assert_int_equal(bm_cont_pair_count(BM_MINUS, &a->c, &b->c),
				 a->c.card - both);
	}
	free(a);
	free(b);
}

/* The bytes of an array end with the memory, so that valgrind and ASan see
 * whoever reads more. */
static uint8_t *own(const struct bm_cont *c)
{
	uint8_t *p = malloc(2 * (size_t)c->n);

	assert_non_null(p);
	memcpy(p, c->data, 2 * (size_t)c->n);
	return p;
}

static void vectors_count_arrays_as_the_loop_does(void **state)
{
#ifdef __x86_64__
	struct made *a = malloc(sizeof(*a));
	struct made *b = malloc(sizeof(*b));
	struct rng r;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	if (!__builtin_cpu_supports("avx2"))
		skip();
	rng_init(&r, rng_seed());
	for (unsigned i = 0; i < 2 * ROUNDS; i++) {
		uint8_t *x;
		uint8_t *y;

		fill(a, &r, BM_ARRAY);
		fill(b, &r, BM_ARRAY);
		make(a, BM_ARRAY);
		make(b, BM_ARRAY);
		if (a->c.n < BM_LOWS_BLOCK || b->c.n < BM_LOWS_BLOCK)
			continue;
		x = own(&a->c);
		y = own(&b->c);
		assert_int_equal(bm_lows_and_avx2(x, a->c.n, y, b->c.n),
				 in_common(a, b));
		assert_int_equal(bm_lows_and_portable(x, a->c.n, y, b->c.n),
				 in_common(a, b));
		free(x);
		free(y);
	}
	free(a);
	free(b);
#else
	(void)state;
	skip();
#endif
}

static void vectors_count_bits_as_the_loop_does(void **state)
{
#ifdef __x86_64__
	struct made *a = malloc(sizeof(*a));
	struct made *b = malloc(sizeof(*b));
	struct rng r;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	if (!__builtin_cpu_supports("avx2"))
		skip();
	rng_init(&r, rng_seed());
	for (unsigned i = 0; i < ROUNDS; i++) {
		fill(a, &r, BM_BITS);
		fill(b, &r, BM_BITS);
		if (i == 0) { /* no sum is too small for all */
			memset(a->bits, 0xff, sizeof(a->bits));
			memset(b->bits, 0xff, sizeof(b->bits));
		}
		make(a, BM_BITS);
		make(b, BM_BITS);
		assert_int_equal(bm_bits_and_avx2(a->c.data, b->c.data),
				 in_common(a, b));
		assert_int_equal(bm_bits_and_portable(a->c.data, b->c.data),
				 in_common(a, b));
	}
	free(a);
	free(b);
#else
	(void)state;
	skip();
#endif
}

/* Arrays out of order and runs that overlap: some number, no bad read. */
static void bytes_that_lie_end(void **state)
{
	struct made *a = malloc(sizeof(*a));
	struct made *b = malloc(sizeof(*b));
	struct rng r;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	rng_init(&r, rng_seed());
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct made *of[2] = { a, b };

		for (unsigned k = 0; k < 2; k++) {
			struct made *m = of[k];
			enum bm_form form = (enum bm_form)rng_below(&r, 3);
			uint32_t most = form == BM_RUNS ? BM_CONT_RUNS_MAX
							: BM_CONT_ARRAY_MAX;

			for (uint32_t w = 0; w < BM_BITS_WORDS; w++)
				m->room.bits[w] = rng_u64(&r);
			m->c = (struct bm_cont){
				.form = form,
				.card = (uint32_t)rng_below(&r, 65537),
				.n = 1 + (uint32_t)rng_below(&r, most),
				.data = (const uint8_t *)m->room.bits,
			};
		}
		for (enum bm_algebra op = BM_AND; op <= BM_MINUS; op++)
			(void)bm_cont_pair_count(op, &a->c, &b->c);
	}
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_two_forms_are_counted),
		cmocka_unit_test(vectors_count_arrays_as_the_loop_does),
		cmocka_unit_test(vectors_count_bits_as_the_loop_does),
		cmocka_unit_test(bytes_that_lie_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Counting what two containers have in common: each two forms against bits, and
 * the vectors against the loops. */

#include "bitmap/algebra_count.h"

#include "tests/support/conts.h"
#include "tests/support/test.h"

#include <stdlib.h>

#define ROUNDS 400u

static uint32_t in_common(const struct made_cont *a, const struct made_cont *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < BM_BITS_WORDS; i++)
		n += (uint32_t)__builtin_popcountll(a->bits[i] & b->bits[i]);
	return n;
}

static void each_two_forms_are_counted(void **state)
{
	struct made_cont *a = malloc(sizeof(*a));
	struct made_cont *b = malloc(sizeof(*b));
	struct rng r;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	rng_init(&r, rng_seed());
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t both;

		made_cont_draw(a, &r, (enum bm_form)(i % 3));
		made_cont_draw(b, &r, (enum bm_form)(i / 3 % 3));
		made_cont_build(a, (enum bm_form)(i % 3));
		made_cont_build(b, (enum bm_form)(i / 3 % 3));
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
	struct made_cont *a = malloc(sizeof(*a));
	struct made_cont *b = malloc(sizeof(*b));
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

		made_cont_draw(a, &r, BM_ARRAY);
		made_cont_draw(b, &r, BM_ARRAY);
		made_cont_build(a, BM_ARRAY);
		made_cont_build(b, BM_ARRAY);
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
	struct made_cont *a = malloc(sizeof(*a));
	struct made_cont *b = malloc(sizeof(*b));
	struct rng r;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	if (!__builtin_cpu_supports("avx2"))
		skip();
	rng_init(&r, rng_seed());
	for (unsigned i = 0; i < ROUNDS; i++) {
		made_cont_draw(a, &r, BM_BITS);
		made_cont_draw(b, &r, BM_BITS);
		if (i == 0) { /* no sum is too small for all */
			memset(a->bits, 0xff, sizeof(a->bits));
			memset(b->bits, 0xff, sizeof(b->bits));
		}
		made_cont_build(a, BM_BITS);
		made_cont_build(b, BM_BITS);
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
	struct made_cont *a = malloc(sizeof(*a));
	struct made_cont *b = malloc(sizeof(*b));
	struct rng r;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	rng_init(&r, rng_seed());
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct made_cont *of[2] = { a, b };

		for (unsigned k = 0; k < 2; k++) {
			struct made_cont *m = of[k];
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Two containers to one: each two forms against bits. */

#include "bitmap/algebra.h"

#include "tests/support/conts.h"
#include "tests/support/test.h"

#include <stdlib.h>

#define ROUNDS 300u

struct work {
	struct rng r;
	struct made_cont a, b;
	union bm_cont_room room;
	uint64_t bits[BM_BITS_WORDS];
};

static int setup(void **state)
{
	struct work *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	rng_init(&w->r, rng_seed());
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static uint64_t word_of(enum bm_algebra op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BM_AND:
		return a & b;
	case BM_OR:
		return a | b;
	case BM_XOR:
		return a ^ b;
	case BM_MINUS:
		break;
	}
	return a & ~b;
}

static void expect(struct work *w, enum bm_algebra op)
{
	struct bm_cont c;
	uint32_t card = 0;

	bm_cont_pair(op, &w->a.c, &w->b.c, &w->room, &c);
	bm_cont_to_bits(&c, w->bits);
	for (uint32_t i = 0; i < BM_BITS_WORDS; i++) {
		uint64_t want = word_of(op, w->a.bits[i], w->b.bits[i]);

		assert_int_equal(w->bits[i], want);
		card += (uint32_t)__builtin_popcountll(want);
	}
	assert_int_equal(c.card, card);
	if (c.form == BM_ARRAY)
		assert_int_equal(c.n, card);
}

static void each_two_forms_are_put_together(void **state)
{
	struct work *w = *state;

	for (unsigned i = 0; i < ROUNDS; i++) {
		made_cont_draw(&w->a, &w->r, (enum bm_form)(i % 3));
		made_cont_draw(&w->b, &w->r, (enum bm_form)(i / 3 % 3));
		made_cont_build(&w->a, (enum bm_form)(i % 3));
		made_cont_build(&w->b, (enum bm_form)(i / 3 % 3));
		for (enum bm_algebra op = BM_AND; op <= BM_MINUS; op++)
			expect(w, op);
	}
}

static void members_are_added_to_bits(void **state)
{
	struct work *w = *state;

	for (unsigned i = 0; i < ROUNDS; i++) {
		enum bm_form form = (enum bm_form)(i % 3);

		made_cont_draw(&w->a, &w->r, form);
		made_cont_draw(&w->b, &w->r, BM_BITS);
		made_cont_build(&w->a, form);
		memcpy(w->bits, w->b.bits, sizeof(w->bits));
		bm_cont_or_into(&w->a.c, w->bits);
		for (uint32_t k = 0; k < BM_BITS_WORDS; k++)
			assert_int_equal(w->bits[k],
					 w->a.bits[k] | w->b.bits[k]);
	}
}

/* Arrays out of order and runs that overlap: some members, no bad write. */
static void bytes_that_lie_end(void **state)
{
	struct work *w = *state;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct made_cont *of[2] = { &w->a, &w->b };
		enum bm_algebra op = (enum bm_algebra)(i % 4);
		struct bm_cont c;

		for (unsigned k = 0; k < 2; k++) {
			enum bm_form form = (enum bm_form)rng_below(&w->r, 3);
			uint32_t most = form == BM_RUNS ? BM_CONT_RUNS_MAX
							: BM_CONT_ARRAY_MAX;

			for (uint32_t n = 0; n < BM_BITS_WORDS; n++)
				of[k]->room.bits[n] = rng_u64(&w->r);
			of[k]->c = (struct bm_cont){
				.form = form,
				.card = (uint32_t)rng_below(&w->r, 65537),
				.n = 1 + (uint32_t)rng_below(&w->r, most),
				.data = (const uint8_t *)of[k]->room.bits,
			};
		}
		bm_cont_pair(op, &w->a.c, &w->b.c, &w->room, &c);
		assert_true(c.card <= BM_CONT_MEMBERS);
	}
}

#define WORK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORK_TEST(each_two_forms_are_put_together),
		WORK_TEST(members_are_added_to_bits),
		WORK_TEST(bytes_that_lie_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

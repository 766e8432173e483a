/* SPDX-License-Identifier: Apache-2.0 */
/* conts.c - containers drawn at random, and their bits. */

#include "tests/support/conts.h"

static bool has(const struct made_cont *m, uint32_t low)
{
	return m->bits[low / 64] >> (low % 64) & 1;
}

void made_cont_draw(struct made_cont *m, struct rng *r, enum bm_form form)
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
static uint8_t *odd(struct made_cont *m)
{
	return (uint8_t *)&m->room + 1;
}

static void add_low(struct made_cont *m, uint32_t low)
{
	uint16_t v = (uint16_t)low;

	memcpy(odd(m) + 2 * (size_t)m->c.n++, &v, sizeof(v));
}

static void add_run(struct made_cont *m, uint32_t lo, uint32_t hi)
{
	uint16_t pair[2] = { (uint16_t)lo, (uint16_t)(hi - lo) };

	memcpy(odd(m) + 4 * (size_t)m->c.n++, pair, sizeof(pair));
}

void made_cont_build(struct made_cont *m, enum bm_form form)
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

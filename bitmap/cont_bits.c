/* SPDX-License-Identifier: Apache-2.0 */
/* cont_bits.c - the bits way: any form becomes bits, and they are changed.
 *
 * At some 2 us for any form and any commands there is no point in more ways.
 * What is done in bits is counted again, so it is true afterwards.
 */
#include "bitmap/cont_ways.h"

/* --- the change ----------------------------------------------------------- */

static bool bits_adds(struct bm_work *w, const struct bm_part *part)
{
	uint64_t news = 0;

	for (size_t i = 0; i < part->n; i++) {
		uint32_t low = bm_part_low(part, i);
		uint64_t bit = (uint64_t)1 << (low % 64);

		news |= bit & ~w->bits[low / 64];
		w->bits[low / 64] |= bit;
	}
	return news != 0;
}

static bool bits_removals(struct bm_work *w, const struct bm_part *part)
{
	uint64_t gone = 0;

	for (size_t i = 0; i < part->n; i++) {
		uint32_t low = bm_part_low(part, i);
		uint64_t bit = (uint64_t)1 << (low % 64);

		gone |= bit & w->bits[low / 64];
		w->bits[low / 64] &= ~bit;
	}
	return gone != 0;
}

static bool bits_members(struct bm_work *w, const struct bm_part *part)
{
	return part->op == BM_ADD ? bits_adds(w, part) : bits_removals(w, part);
}

static bool bits_ops(struct bm_work *w, const struct bm_part *part)
{
	uint32_t changes = 0;

	for (size_t i = 0; i < part->n; i++) {
		struct bm_span s = bm_part_span(part, i);

		if (part->ops[i].op == BM_ADD)
			changes += bm_bits_set(w->bits, s.lo, s.hi);
		else
			changes += bm_bits_clear(w->bits, s.lo, s.hi);
	}
	return changes > 0;
}

/* --- the result ----------------------------------------------------------- */

static void runs_of_bits(struct bm_work *w)
{
	uint64_t ends = 0; /* all ones while inside a run */
	uint32_t at = 0;

	for (uint32_t i = 0; i < BM_BITS_WORDS; i++) {
		uint64_t word = w->bits[i];
		uint64_t edges = word ^ (word << 1 | (ends & 1));

		for (; edges; edges &= edges - 1)
			w->runs[at++] =
				(uint16_t)(i * 64 +
					   (uint32_t)__builtin_ctzll(edges));
		ends = word >> 63;
	}
	if (at % 2) /* the last run ends with the container */
		w->runs[at++] = 0;
	for (uint32_t k = 0; k < at; k += 2)
		w->runs[k + 1] = (uint16_t)(w->runs[k + 1] - w->runs[k] - 1);
}

static void lows_of_bits(struct bm_work *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < BM_BITS_WORDS; i++) {
		for (uint64_t word = w->bits[i]; word; word &= word - 1)
			w->lows[n++] =
				(uint16_t)(i * 64 +
					   (uint32_t)__builtin_ctzll(word));
	}
}

void bm_cont_of_bits(const struct bm_cont *base, struct bm_work *w,
		     struct bm_cont *ret_cont)
{
	const uint8_t *bits = (const uint8_t *)w->bits;
	uint32_t card = bm_bits_count(bits, BM_BITS_WORDS);
	uint32_t array =
		card <= BM_CONT_ARRAY_MAX ? 2 * card : BM_CONT_BITS_SIZE;
	uint32_t most = bm_cont_runs_most(base, array);
	uint32_t runs = bm_bits_runs(bits, most);
	bool keep = base && base->form == BM_BITS && card >= BM_CONT_BITS_MIN;
	struct bm_cont c = { .form = BM_BITS, .card = card, .data = bits };

	if (runs && runs <= most) {
		runs_of_bits(w);
		c.form = BM_RUNS;
		c.n = runs;
		c.data = (const uint8_t *)w->runs;
	} else if (card <= BM_CONT_ARRAY_MAX && !keep) {
		lows_of_bits(w);
		c.form = BM_ARRAY;
		c.n = card;
		c.data = (const uint8_t *)w->lows;
	}
	*ret_cont = c;
}

bool bm_cont_apply_bits(const struct bm_cont *base, const struct bm_part *part,
			struct bm_work *w, struct bm_cont *ret_cont)
{
	bool changed;

	bm_cont_to_bits(base ? base : &bm_cont_none, w->bits);
	changed = part->lows ? bits_members(w, part) : bits_ops(w, part);
	if (changed)
		bm_cont_of_bits(base, w, ret_cont);
	return changed;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cont_runs.c - the stretches of members of one container. */

#include "bitmap/cont_runs.h"

#include "bitmap/bits.h"

static bool next_of_array(struct bm_run_iter *it, struct bm_cont_run *ret_run)
{
	const struct bm_cont *c = it->c;
	uint32_t i = it->at;
	uint16_t last;

	if (i >= c->n)
		return false;
	last = bm_u16_at(c->data, i);
	ret_run->first = last;
	while (++i < c->n && (uint16_t)(bm_u16_at(c->data, i) - last) == 1)
		last++;
	ret_run->last = last;
	it->at = i;
	return true;
}

/* The first bit from at on that is a one, or, flip, a zero. */
static uint32_t find_bit(const uint8_t *bits, uint32_t at, bool flip)
{
	uint64_t mask = flip ? ~(uint64_t)0 : 0;
	uint64_t word;

	if (at >= BM_CONT_MEMBERS)
		return BM_CONT_MEMBERS;
	word = (bm_u64_at(bits, at / 64) ^ mask) & ~(uint64_t)0 << (at % 64);
	for (at /= 64; !word; word = bm_u64_at(bits, at) ^ mask) {
		if (++at == BM_BITS_WORDS)
			return BM_CONT_MEMBERS;
	}
	return at * 64 + (uint32_t)__builtin_ctzll(word);
}

static bool next_of_bits(struct bm_run_iter *it, struct bm_cont_run *ret_run)
{
	uint32_t first = find_bit(it->c->data, it->at, false);

	if (first == BM_CONT_MEMBERS)
		return false;
	it->at = find_bit(it->c->data, first, true);
	ret_run->first = (uint16_t)first;
	ret_run->last = (uint16_t)(it->at - 1);
	return true;
}

bool bm_run_next(struct bm_run_iter *it, struct bm_cont_run *ret_run)
{
	switch (it->c->form) {
	case BM_ARRAY:
		return next_of_array(it, ret_run);
	case BM_BITS:
		return next_of_bits(it, ret_run);
	case BM_RUNS:
		break;
	}
	if (it->at >= it->c->n)
		return false;
	*ret_run = bm_cont_run(it->c, it->at++);
	return true;
}

uint32_t bm_cont_count_runs(const struct bm_cont *c)
{
	switch (c->form) {
	case BM_ARRAY:
		return c->n ? bm_u16_gaps(c->data, c->n) + 1 : 0;
	case BM_BITS:
		return bm_bits_runs(c->data, BM_CONT_MEMBERS);
	case BM_RUNS:
		break;
	}
	return c->n;
}

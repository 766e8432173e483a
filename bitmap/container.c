/* SPDX-License-Identifier: Apache-2.0 */
/* container.c - questions to one container: how large, and about one member.
 *
 * Members and runs are searched by halving, bits are at their place.
 */
#include "bitmap/cont_form.h"

/* Members of an array below low. The loop has no branch to guess wrong. */
static uint32_t array_below(const struct bm_cont *c, uint16_t low)
{
	uint32_t at = 0;
	uint32_t len = c->n;

	while (len > 1) {
		uint32_t half = len / 2;

		at += bm_u16_at(c->data, at + half - 1) < low ? half : 0;
		len -= half;
	}
	return at + (len && bm_u16_at(c->data, at) < low);
}

/* Runs that begin at or below low. */
static uint32_t runs_upto(const struct bm_cont *c, uint16_t low)
{
	uint32_t at = 0;
	uint32_t len = c->n;

	while (len) {
		uint32_t half = len / 2;

		if (bm_run_first(c, at + half) > low) {
			len = half;
		} else {
			at += half + 1;
			len -= half + 1;
		}
	}
	return at;
}

static const uint8_t all_run[4] = { 0, 0, 0xff, 0xff };
const struct bm_cont bm_cont_all = {
	.form = BM_RUNS,
	.card = BM_CONT_MEMBERS,
	.n = 1,
	.data = all_run,
};

bool bm_cont_full(const struct bm_cont *c)
{
	return c->form == BM_RUNS && c->n == 1 && bm_run_first(c, 0) == 0 &&
	       bm_run_last(c, 0) == BM_CONT_MEMBERS - 1;
}

size_t bm_cont_size(const struct bm_cont *c)
{
	switch (c->form) {
	case BM_ARRAY:
		return 2 * (size_t)c->n;
	case BM_BITS:
		break;
	case BM_RUNS:
		return 4 * (size_t)c->n;
	}
	return BM_CONT_BITS_SIZE;
}

struct bm_cont_run bm_cont_run(const struct bm_cont *c, uint32_t i)
{
	uint32_t last = bm_run_last(c, i);

	if (last >= BM_CONT_MEMBERS)
		last = BM_CONT_MEMBERS - 1;
	return (struct bm_cont_run){ .first = (uint16_t)bm_run_first(c, i),
				     .last = (uint16_t)last };
}

void bm_cont_to_bits(const struct bm_cont *c, uint64_t *words)
{
	if (c->form == BM_BITS) {
		memcpy(words, c->data, BM_CONT_BITS_SIZE);
		return;
	}
	memset(words, 0, BM_CONT_BITS_SIZE);
	for (uint32_t i = 0; i < c->n; i++) {
		struct bm_cont_run r;

		if (c->form == BM_RUNS) {
			r = bm_cont_run(c, i);
			bm_bits_set(words, r.first, r.last);
		} else {
			uint16_t low = bm_u16_at(c->data, i);

			words[low / 64] |= (uint64_t)1 << (low % 64);
		}
	}
}

bool bm_cont_contains(const struct bm_cont *c, uint16_t low)
{
	uint32_t i;

	switch (c->form) {
	case BM_ARRAY:
		i = array_below(c, low);
		return i < c->n && bm_u16_at(c->data, i) == low;
	case BM_BITS:
		return c->data[low / 8] >> (low % 8) & 1;
	case BM_RUNS:
		i = runs_upto(c, low);
		return i && bm_run_last(c, i - 1) >= low;
	}
	return false;
}

static uint32_t bits_rank(const struct bm_cont *c, uint16_t low)
{
	uint64_t word = bm_u64_at(c->data, low / 64);

	word &= ~(uint64_t)0 >> (63 - low % 64);
	return bm_bits_count(c->data, low / 64) +
	       (uint32_t)__builtin_popcountll(word);
}

static uint32_t runs_rank(const struct bm_cont *c, uint16_t low)
{
	uint32_t upto = runs_upto(c, low);
	uint32_t rank = 0;

	for (uint32_t i = 0; i < upto; i++) {
		uint32_t last = bm_run_last(c, i);

		rank += (last < low ? last : low) - bm_run_first(c, i) + 1;
	}
	return rank;
}

uint32_t bm_cont_rank(const struct bm_cont *c, uint16_t low)
{
	uint32_t i;

	switch (c->form) {
	case BM_ARRAY:
		i = array_below(c, low);
		return i + (i < c->n && bm_u16_at(c->data, i) == low);
	case BM_BITS:
		return bits_rank(c, low);
	case BM_RUNS:
		return runs_rank(c, low);
	}
	return 0;
}

uint64_t bm_cont_seek(const struct bm_cont *c, uint16_t low)
{
	uint32_t i;

	switch (c->form) {
	case BM_ARRAY:
		return array_below(c, low);
	case BM_BITS:
		return low;
	case BM_RUNS:
		i = runs_upto(c, low);
		if (i && bm_run_last(c, i - 1) >= low)
			return bm_run_place(i - 1,
					    low - bm_run_first(c, i - 1));
		return bm_run_place(i, 0);
	}
	return 0;
}

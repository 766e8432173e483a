/* SPDX-License-Identifier: Apache-2.0 */
/* container.c - questions to one container. */
#include "bitmap/container.h"

#include "bitmap/bits.h"

#include <errno.h>

static uint32_t run_first(const struct bm_cont *c, uint32_t i)
{
	return bm_u16_at(c->data, 2 * (size_t)i);
}

/* Both included; above 65,535 when the bytes lie. */
static uint32_t run_last(const struct bm_cont *c, uint32_t i)
{
	return run_first(c, i) + bm_u16_at(c->data, 2 * (size_t)i + 1);
}

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

		if (run_first(c, at + half) > low) {
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
	return c->form == BM_RUNS && c->n == 1 && run_first(c, 0) == 0 &&
	       run_last(c, 0) == BM_CONT_MEMBERS - 1;
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
	uint32_t last = run_last(c, i);

	if (last >= BM_CONT_MEMBERS)
		last = BM_CONT_MEMBERS - 1;
	return (struct bm_cont_run){ .first = (uint16_t)run_first(c, i),
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
		return i && run_last(c, i - 1) >= low;
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
		uint32_t last = run_last(c, i);

		rank += (last < low ? last : low) - run_first(c, i) + 1;
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

/* Of the n-th one; 65,536 when there are not so many. Steps of 32 words first,
 * as counting many words at once is faster. */
static uint32_t bits_nth(const struct bm_cont *c, uint32_t n)
{
	uint32_t i = 0;
	uint64_t word;
	uint32_t ones;

	for (; i < BM_BITS_WORDS; i += 32) {
		ones = bm_bits_count(c->data + 8 * (size_t)i, 32);
		if (n < ones)
			break;
		n -= ones;
	}
	for (; i < BM_BITS_WORDS; i++) {
		word = bm_u64_at(c->data, i);
		ones = (uint32_t)__builtin_popcountll(word);
		if (n < ones)
			break;
		n -= ones;
	}
	if (i == BM_BITS_WORDS)
		return BM_CONT_MEMBERS;
	for (; n; n--)
		word &= word - 1;
	return i * 64 + (uint32_t)__builtin_ctzll(word);
}

/* A place among runs: which one, and how far into it. */
static uint64_t run_place(uint32_t i, uint32_t off)
{
	return ((uint64_t)1 << 32) * i + off;
}

static uint64_t runs_nth(const struct bm_cont *c, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < c->n; i++) {
		uint32_t len = run_last(c, i) - run_first(c, i) + 1;

		if (n < len)
			return run_place(i, n);
		n -= len;
	}
	return run_place(i, 0);
}

uint64_t bm_cont_nth(const struct bm_cont *c, uint32_t n)
{
	switch (c->form) {
	case BM_ARRAY:
		return n;
	case BM_BITS:
		return bits_nth(c, n);
	case BM_RUNS:
		return runs_nth(c, n);
	}
	return 0;
}

bool bm_cont_select(const struct bm_cont *c, uint32_t n, uint16_t *ret_low)
{
	uint64_t place = bm_cont_nth(c, n);
	uint64_t member;

	if (!bm_cont_read(c, &place, 0, &member, 1))
		return false;
	*ret_low = (uint16_t)member;
	return true;
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
		if (i && run_last(c, i - 1) >= low)
			return run_place(i - 1, low - run_first(c, i - 1));
		return run_place(i, 0);
	}
	return 0;
}

static size_t array_read(const struct bm_cont *c, uint64_t *place,
			 uint64_t base, uint64_t *buf, size_t n)
{
	size_t at = *place < c->n ? (size_t)*place : c->n;

	if (n > c->n - at)
		n = c->n - at;
	for (size_t i = 0; i < n; i++)
		buf[i] = base + bm_u16_at(c->data, at + i);
	*place = at + n;
	return n;
}

static size_t bits_read(const struct bm_cont *c, uint64_t *place, uint64_t base,
			uint64_t *buf, size_t n)
{
	uint64_t at = *place;
	size_t got = 0;

	while (got < n && at < BM_CONT_MEMBERS) {
		uint64_t word = bm_u64_at(c->data, at / 64);
		uint64_t start = at - at % 64;

		word &= ~(uint64_t)0 << (at % 64);
		for (; word && got < n; word &= word - 1)
			buf[got++] =
				base + start + (uint64_t)__builtin_ctzll(word);
		at = start + (word ? (uint64_t)__builtin_ctzll(word) : 64);
	}
	*place = at;
	return got;
}

static size_t runs_read(const struct bm_cont *c, uint64_t *place, uint64_t base,
			uint64_t *buf, size_t n)
{
	uint32_t i = (uint32_t)(*place >> 32);
	uint32_t off = (uint32_t)*place;
	size_t got = 0;

	while (got < n && i < c->n) {
		uint64_t first = base + run_first(c, i) + off;
		size_t there = run_last(c, i) - run_first(c, i) + 1 - off;
		size_t take = there < n - got ? there : n - got;

		for (size_t k = 0; k < take; k++)
			buf[got + k] = first + k;
		got += take;
		off += (uint32_t)take;
		if (take == there) {
			i++;
			off = 0;
		}
	}
	*place = run_place(i, off);
	return got;
}

size_t bm_cont_read(const struct bm_cont *c, uint64_t *place, uint64_t base,
		    uint64_t *buf, size_t n)
{
	switch (c->form) {
	case BM_ARRAY:
		return array_read(c, place, base, buf, n);
	case BM_BITS:
		return bits_read(c, place, base, buf, n);
	case BM_RUNS:
		return runs_read(c, place, base, buf, n);
	}
	return 0;
}

static size_t bits_lows(const struct bm_cont *c, uint64_t *place,
			uint16_t *room, size_t n)
{
	uint32_t at = (uint32_t)*place;
	size_t got = 0;

	while (got < n && at < BM_CONT_MEMBERS) {
		uint64_t word = bm_u64_at(c->data, at / 64);
		uint32_t start = at - at % 64;

		word &= ~(uint64_t)0 << (at % 64);
		for (; word && got < n; word &= word - 1)
			room[got++] =
				(uint16_t)(start +
					   (uint32_t)__builtin_ctzll(word));
		at = start + (word ? (uint32_t)__builtin_ctzll(word) : 64);
	}
	*place = at;
	return got;
}

static size_t runs_lows(const struct bm_cont *c, uint64_t *place,
			uint16_t *room, size_t n)
{
	uint32_t i = (uint32_t)(*place >> 32);
	uint32_t off = (uint32_t)*place;
	size_t got = 0;

	while (got < n && i < c->n) {
		uint32_t first = run_first(c, i) + off;
		size_t there = run_last(c, i) - first + 1;
		size_t take = there < n - got ? there : n - got;

		for (size_t k = 0; k < take; k++)
			room[got + k] = (uint16_t)(first + k);
		got += take;
		off += (uint32_t)take;
		if (take == there) {
			i++;
			off = 0;
		}
	}
	*place = run_place(i, off);
	return got;
}

size_t bm_cont_lows(const struct bm_cont *c, uint64_t *place, uint16_t *room,
		    size_t n, const uint8_t **ret_lows)
{
	size_t at;

	*ret_lows = (const uint8_t *)room;
	switch (c->form) {
	case BM_ARRAY:
		at = *place < c->n ? (size_t)*place : c->n;
		n = n < c->n - at ? n : c->n - at;
		*ret_lows = c->data + 2 * at;
		*place = at + n;
		return n;
	case BM_BITS:
		return bits_lows(c, place, room, n);
	case BM_RUNS:
		return runs_lows(c, place, room, n);
	}
	return 0;
}

static bool array_ok(const struct bm_cont *c)
{
	for (uint32_t i = 1; i < c->n; i++) {
		if (bm_u16_at(c->data, i - 1) >= bm_u16_at(c->data, i))
			return false;
	}
	return c->n == c->card && c->n <= BM_CONT_ARRAY_MAX;
}

/* Runs that touch each other must be one. */
static bool runs_ok(const struct bm_cont *c)
{
	uint64_t card = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (i && run_first(c, i) <= run_last(c, i - 1) + 1)
			return false;
		if (run_last(c, i) >= BM_CONT_MEMBERS)
			return false;
		card += run_last(c, i) - run_first(c, i) + 1;
	}
	return card == c->card && c->n <= BM_CONT_RUNS_MAX;
}

int bm_cont_check(const struct bm_cont *c)
{
	bool ok = false;

	switch (c->form) {
	case BM_ARRAY:
		ok = array_ok(c);
		break;
	case BM_BITS:
		ok = bm_bits_count(c->data, BM_BITS_WORDS) == c->card;
		break;
	case BM_RUNS:
		ok = runs_ok(c);
		break;
	}
	return ok && c->card ? 0 : -EUCLEAN;
}

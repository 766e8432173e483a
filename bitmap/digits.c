/* SPDX-License-Identifier: Apache-2.0 */
/* digits.c - counts by digits: sizes and places in a text. */

#include "bitmap/digits.h"
#include "bitmap/bitmap.h"
#include "regionstore/base/ck.h"

#include <assert.h>
#include <errno.h>

static const uint64_t powers[BM_DIGITS_MAX] = {
	1u,
	10u,
	100u,
	1000u,
	10000u,
	100000u,
	1000000u,
	10000000u,
	100000000u,
	1000000000u,
	10000000000u,
	100000000000u,
	1000000000000u,
	10000000000000u,
	100000000000000u,
	1000000000000000u,
	10000000000000000u,
	100000000000000000u,
	1000000000000000000u,
	10000000000000000000u,
};

unsigned bm_digits_of(uint64_t member)
{
	/* 1233 / 4096 is just below log10(2): the estimate is the answer or
	 * one too many, which the power decides. */
	unsigned bits = 64 - (unsigned)__builtin_clzll(member | 1);
	unsigned d = bits * 1233 >> 12;

	return d + (d == BM_DIGITS_MAX ? 0 : (member | 1) >= powers[d]);
}

uint64_t bm_digits_last(unsigned d)
{
	assert(d >= 1 && d <= BM_DIGITS_MAX);
	return d == BM_DIGITS_MAX ? UINT64_MAX : powers[d] - 1;
}

int bm_digits_total(const struct bm_digits *d, uint64_t *ret_total)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < BM_DIGITS_MAX; i++)
		if (!ck_add(total, d->count[i], &total))
			return -EUCLEAN;
	if (total > BM_MEMBERS_MAX)
		return -EUCLEAN;
	*ret_total = total;
	return 0;
}

/* 21 bytes a line at most, and 21 x 2^58 is below 2^63. */
uint64_t bm_digits_text_size(const struct bm_digits *d)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < BM_DIGITS_MAX; i++)
		size += d->count[i] * (i + 2);
	return size;
}

bool bm_digits_locate(const struct bm_digits *d, uint64_t off,
		      struct bm_text_pos *ret_pos)
{
	uint64_t rank = 0;

	for (unsigned i = 0; i < BM_DIGITS_MAX; i++) {
		uint64_t line = i + 2;
		uint64_t bytes = d->count[i] * line;

		if (off < bytes) {
			ret_pos->rank = rank + off / line;
			ret_pos->within = (unsigned)(off % line);
			return true;
		}
		off -= bytes;
		rank += d->count[i];
	}
	return false;
}

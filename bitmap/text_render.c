/* SPDX-License-Identifier: Apache-2.0 */
/* text_render.c - members to lines of text: the portable lines.
 *
 * Members ascend, so most share their upper digits with the one before. Those
 * are made once per BLOCK of numbers that share them and copied, always 16
 * bytes. In a dense set a block is 10,000 numbers, and a line is a comparison,
 * two moves, two look-ups in a table of pairs and the newline. Where
 * members are hundreds apart a block would change on every few lines, each
 * time unpredictably, so there a block is 10^8 numbers and the last eight
 * digits are calculated, in parallel within one word.
 *
 * The prefix is kept in the two words it was made in: a wider load from them
 * would wait for the stores.
 *
 * The 16 bytes may reach beyond the line, so all this is done while there is
 * room for SAFE bytes; the last line or two, the first when it is not wanted
 * whole, and numbers too small for a block are made in a buffer and copied.
 *
 * Where the processor can do more at once, other lines take their place
 * (text_lines_avx2.c); what they leave is made in the buffer, too.
 */

#include "bitmap/text_render.h"
#include "bitmap/bits.h"
#include "bitmap/digits.h"
#include "regionstore/base/le.h"

#include <string.h>

#define DENSE	 10000u	    /* numbers that differ in four digits */
#define SPARSE	 100000000u /* in eight */
#define GAP	 500u	    /* between members, from which on they are sparse */
#define SAFE	 32	    /* bytes one fast line may touch */
#define UNPACKED 64	    /* members, of lows, at a time */

__extension__ typedef unsigned __int128 u128;

static const char pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

void bm_render_init(struct bm_render *r, char *buf, size_t len, unsigned skip)
{
	*r = (struct bm_render){
		.start = buf,
		.p = buf,
		.end = buf + len,
		.skip = skip,
	};
}

/* The eight digits of v, below 10^8, the first in the lowest byte: halves are
 * split into fours, fours into twos, twos into ones, all at the same time. */
static uint64_t eight(uint64_t v)
{
	uint64_t x = v / 10000 | v % 10000 << 32;
	uint64_t q = (x * 10486 >> 20) & 0x0000007f0000007f;

	x = q | (x - 100 * q) << 16;
	q = (x * 103 >> 10) & 0x000f000f000f000f;
	x = q | (x - 10 * q) << 8;
	return x | 0x3030303030303030;
}

/* The last width digits of v, below 10^16: 16 bytes, NULs behind them. */
static void sixteen(struct le64 out[2], uint64_t v, unsigned width)
{
	u128 text = (u128)eight(v % 100000000) << 64 | eight(v / 100000000);

	text = width ? text >> (16 - width) * 8 : 0;
	out[0] = le64_put((uint64_t)text);
	out[1] = le64_put((uint64_t)(text >> 64));
}

/* Anywhere: any member, any room, any skip. */
static void slow_line(struct bm_render *r, uint64_t member)
{
	unsigned width = bm_digits_of(member);
	size_t room = (size_t)(r->end - r->p);
	unsigned above = width > 16 ? width - 16 : 0;
	struct le64 part[2];
	char line[2 * sizeof(part)];
	size_t n = width + 1 - r->skip;

	sixteen(part, member / 10000000000000000, above);
	memcpy(line, part, sizeof(part));
	sixteen(part, member % 10000000000000000, width - above);
	memcpy(line + above, part, sizeof(part));
	line[width] = '\n';
	n = n < room ? n : room;
	memcpy(r->p, line + r->skip, n);
	r->p += n;
	r->skip = 0;
}

/* The block of size members that member lies in; tail digits of each line
 * differ within it, and member has that many at least. */
static void enter_block(struct bm_render *r, uint64_t member, uint64_t size,
			unsigned tail)
{
	uint64_t above = member / size;

	r->base = above * size;
	r->width = bm_digits_of(member);
	sixteen(r->prefix, above, r->width - tail);
}

/* As many members as there is safe room for; how many were rendered. */
static size_t dense_lines(struct bm_render *r, const uint64_t *members,
			  size_t n)
{
	char *p = r->p;
	size_t i;

	for (i = 0; i < n && r->end - p >= SAFE; i++) {
		uint64_t low = members[i] - r->base;
		char *tail;

		if (low >= DENSE) {
			enter_block(r, members[i], DENSE, 4);
			low = members[i] - r->base;
		}
		memcpy(p, &r->prefix[0], 8);
		memcpy(p + 8, &r->prefix[1], 8);
		tail = p + r->width - 4;
		memcpy(tail, pairs + low / 100 * 2, 2);
		memcpy(tail + 2, pairs + low % 100 * 2, 2);
		tail[4] = '\n';
		p = tail + 5;
	}
	r->p = p;
	return i;
}

static size_t sparse_lines(struct bm_render *r, const uint64_t *members,
			   size_t n)
{
	char *p = r->p;
	size_t i;

	for (i = 0; i < n && r->end - p >= SAFE; i++) {
		uint64_t low = members[i] - r->base;
		struct le64 last8;
		char *tail;

		if (low >= SPARSE) {
			enter_block(r, members[i], SPARSE, 8);
			low = members[i] - r->base;
		}
		memcpy(p, &r->prefix[0], 8);
		memcpy(p + 8, &r->prefix[1], 8);
		tail = p + r->width - 8;
		last8 = le64_put(eight(low));
		memcpy(tail, last8.b, 8);
		tail[8] = '\n';
		p = tail + 9;
	}
	r->p = p;
	return i;
}

size_t bm_lines_portable(struct bm_render *r, const uint64_t *members, size_t n)
{
	bool sparse = n > 1 && (members[n - 1] - members[0]) / n > GAP;

	r->base = 0; /* no block: those are above it */
	if (members[0] < DENSE)
		return 0;
	return sparse && members[0] >= SPARSE ? sparse_lines(r, members, n)
					      : dense_lines(r, members, n);
}

void bm_render_by(bm_lines_fn *lines, struct bm_render *r,
		  const uint64_t *members, size_t n)
{
	size_t i = 0;

	while (i < n && !bm_render_full(r)) {
		if (r->skip == 0)
			i += lines(r, members + i, n - i);
		if (i < n && !bm_render_full(r))
			slow_line(r, members[i++]);
	}
}

void bm_render(struct bm_render *r, const uint64_t *members, size_t n)
{
	bm_render_by(bm_lines_best(), r, members, n);
}

#ifndef __x86_64__
#define bm_lows_avx2(r, base, lows, n) 0
#endif

void bm_render_lows(struct bm_render *r, uint64_t base, const uint8_t *lows,
		    size_t n)
{
	size_t i = 0;

	while (i < n && !bm_render_full(r)) {
		uint64_t members[UNPACKED];
		size_t k;

		if (r->skip == 0 && bm_render_has_avx2())
			i += bm_lows_avx2(r, base, lows + 2 * i, n - i);
		for (k = 0; k < UNPACKED && i < n; k++, i++)
			members[k] = base + bm_u16_at(lows, i);
		if (k)
			bm_render(r, members, k);
	}
}

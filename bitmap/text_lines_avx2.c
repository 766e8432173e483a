/* SPDX-License-Identifier: Apache-2.0 */
/* text_lines_avx2.c - members to lines, four at a time.
 *
 * Four members that follow each other mostly have the same number of digits,
 * so their lines begin at places known beforehand, and mostly the same digits
 * but for the last eight:
 *
 *	top (4)  mid (8)   low (8)
 *	1844     67440737  09551615	17 to 20 digits
 *	         42        94967295	9 to 16
 *	                   00004711	up to 8
 *
 * Where the four share all but low, a subtraction gives the four low parts;
 * else they are divided. Eight digits of four numbers are made in one go, by
 * multiplications: halves, quarters, digits. Parts are stored from left to
 * right, each over what the one before wrote too much.
 */

#include "bitmap/text_render.h"

#ifdef __x86_64__

#include "bitmap/digits.h"

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

#define LOW    100000000u /* 10^8 */
#define LINES  4u
#define BEYOND 16 /* bytes that may be written behind the last line */

/* Members from base on that differ in their low part alone. */
struct block {
	uint64_t base;
	__m256i mid, top; /* their digits, four times */
};

struct parts {
	__m256i low, mid, top;
};

/* Never by way of memory: the load would wait for the four stores. */
AVX2 static __m256i four_of(const uint64_t x[LINES])
{
	return _mm256_set_epi64x((int64_t)x[3], (int64_t)x[2], (int64_t)x[1],
				 (int64_t)x[0]);
}

/* The eight digits of four numbers below 10^8, the first in the lowest
 * byte. */
AVX2 static __m256i eight(__m256i x)
{
	const __m256i myriad = _mm256_set1_epi32(10000);
	const __m256i hundred = _mm256_set1_epi16(100);
	const __m256i ten = _mm256_set1_epi8(10);
	__m256i q = _mm256_srli_epi64(
		_mm256_mul_epu32(x, _mm256_set1_epi32((int)0xd1b71759)), 45);

	x = _mm256_sub_epi64(x, _mm256_mul_epu32(q, myriad));
	x = _mm256_or_si256(q, _mm256_slli_epi64(x, 32));
	q = _mm256_srli_epi16(_mm256_mulhi_epu16(x, _mm256_set1_epi16(5243)),
			      3);
	x = _mm256_sub_epi16(x, _mm256_mullo_epi16(q, hundred));
	x = _mm256_or_si256(q, _mm256_slli_epi32(x, 16));
	q = _mm256_mulhi_epu16(x, _mm256_set1_epi16(6554));
	x = _mm256_sub_epi16(x,
			     _mm256_mullo_epi16(q, _mm256_srli_epi16(ten, 8)));
	x = _mm256_or_si256(q, _mm256_slli_epi16(x, 8));
	return _mm256_add_epi8(x, _mm256_set1_epi8('0'));
}

AVX2 static __m256i last_of(__m256i v)
{
	return _mm256_permute4x64_epi64(v, 0xff);
}

/* Eight bytes of each of the four, stride apart. */
AVX2 static void store(char *p, size_t stride, __m256i v)
{
	__m128i a = _mm256_castsi256_si128(v);
	__m128i b = _mm256_extracti128_si256(v, 1);

	_mm_storel_epi64((void *)p, a);
	_mm_storeh_pd((void *)(p + stride), _mm_castsi128_pd(a));
	_mm_storel_epi64((void *)(p + 2 * stride), b);
	_mm_storeh_pd((void *)(p + 3 * stride), _mm_castsi128_pd(b));
}

/* The last n of eight digits, moved to the begin. */
AVX2 static __m256i last_digits(__m256i v, unsigned n)
{
	return _mm256_srl_epi64(v, _mm_cvtsi32_si128((int)(64 - 8 * n)));
}

/* x / 10^8 and, in *ret_rest, what is left. */
AVX2 static __m256i divide(const uint64_t x[LINES], uint64_t ret_above[LINES],
			   __m256i *ret_rest)
{
	uint64_t rest[LINES];

	for (unsigned i = 0; i < LINES; i++) {
		ret_above[i] = x[i] / LOW;
		rest[i] = x[i] - ret_above[i] * LOW;
	}
	*ret_rest = four_of(rest);
	return four_of(ret_above);
}

/* All parts of four members anew, and the block of the last. */
AVX2 static struct parts divide_all(const uint64_t *members, unsigned width,
				    struct block *b)
{
	uint64_t above[LINES];
	uint64_t top[LINES];
	struct parts p;

	p.mid = divide(members, above, &p.low);
	p.top = p.mid;
	if (width > 16) {
		p.top = divide(above, top, &p.mid);
		p.top = last_digits(eight(p.top), width - 16);
	}
	p.mid = eight(p.mid);
	if (width > 8 && width < 16)
		p.mid = last_digits(p.mid, width - 8);
	b->base = above[3] * LOW;
	b->mid = last_of(p.mid);
	b->top = last_of(p.top);
	return p;
}

/* Four lines of members with width digits at p. */
AVX2 static void four_lines(char *p, const uint64_t *members, unsigned width,
			    struct block *b)
{
	struct parts x = { .mid = b->mid, .top = b->top };
	size_t stride = width + 1;
	char *end = p + width;

	if (members[0] >= b->base && members[3] - b->base < LOW)
		x.low = _mm256_sub_epi64(
			_mm256_loadu_si256((const void *)members),
			_mm256_set1_epi64x((int64_t)b->base));
	else
		x = divide_all(members, width, b);
	x.low = eight(x.low);
	if (width > 16)
		store(p, stride, x.top);
	if (width > 8) {
		store(end - (width < 16 ? width : 16), stride, x.mid);
		store(end - 8, stride, x.low);
	} else {
		store(p, stride, last_digits(x.low, width));
	}
	for (unsigned i = 0; i < LINES; i++)
		end[i * stride] = '\n';
}

AVX2 size_t bm_lines_avx2(struct bm_render *r, const uint64_t *members,
			  size_t n)
{
	struct block b = { .base = UINT64_MAX };
	/* What has as many digits as the members before: nothing yet. */
	uint64_t least = UINT64_MAX;
	uint64_t last = 0;
	unsigned width = 0;
	char *p = r->p;
	size_t i;

	for (i = 0; i + LINES <= n; i += LINES) {
		if (members[i + 3] > last) {
			width = bm_digits_of(members[i + 3]);
			last = bm_digits_last(width);
			least = width > 1 ? bm_digits_last(width - 1) + 1 : 0;
			b.base = UINT64_MAX;
		}
		if (members[i] < least ||
		    (size_t)(r->end - p) < LINES * (width + 1) + BEYOND)
			break;
		four_lines(p, members + i, width, &b);
		p += LINES * (width + 1);
	}
	r->p = p;
	return i;
}

#endif

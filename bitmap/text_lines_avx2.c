/* SPDX-License-Identifier: Apache-2.0 */
/* text_lines_avx2.c - members to lines, eight or four at a time.
 *
 * Members that follow each other mostly have the same number of digits, so
 * their lines begin at places known beforehand, and mostly the same digits but
 * for the last eight:
 *
 *	top (4)  mid (8)   low (8)
 *	1844     67440737  09551615	17 to 20 digits
 *	         42        94967295	9 to 16
 *	                   00004711	up to 8
 *
 * EIGHT that share all but low are made in text_block_avx2.c. FOUR that do not
 * share that much are divided here. Eight digits of four numbers are made in
 * one go, by multiplications: halves, quarters, digits. Parts are stored from
 * left to right, each over what the one before wrote too much.
 */

#include "bitmap/text_block_avx2.h"

#ifdef __x86_64__

#include "bitmap/digits.h"

#define AVX2 BM_AVX2

#define LOW   BM_LOW
#define LINES 4u

struct parts {
	__m256i low, mid, top;
};

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
	*ret_rest = bm_four_of(rest);
	return bm_four_of(ret_above);
}

/* All parts of four members. */
AVX2 static struct parts divide_all(const uint64_t *members, unsigned width)
{
	uint64_t above[LINES];
	uint64_t top[LINES];
	struct parts p;

	p.mid = divide(members, above, &p.low);
	p.top = p.mid;
	if (width > 16) {
		p.top = divide(above, top, &p.mid);
		p.top = last_digits(bm_eight(p.top), width - 16);
	}
	p.mid = bm_eight(p.mid);
	if (width > 8 && width < 16)
		p.mid = last_digits(p.mid, width - 8);
	p.low = bm_eight(p.low);
	return p;
}

/* Four lines of members with width digits at p. */
AVX2 static void four_lines(char *p, const uint64_t *members, unsigned width)
{
	struct parts x = divide_all(members, width);
	size_t stride = width + 1;
	char *end = p + width;

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

/* Numbers of as many digits. */
struct width {
	unsigned digits;
	uint64_t least, last;
};

static bool is_of_width(struct width *w, const uint64_t *members)
{
	uint64_t last = members[LINES - 1];

	if (last > w->last || last < w->least) {
		w->digits = bm_digits_of(last);
		w->last = bm_digits_last(w->digits);
		w->least =
			w->digits > 1 ? bm_digits_last(w->digits - 1) + 1 : 0;
	}
	return members[0] >= w->least;
}

AVX2 size_t bm_lines_avx2(struct bm_render *r, const uint64_t *members,
			  size_t n)
{
	struct width w = { .least = UINT64_MAX };
	char *p = r->p;
	size_t i = 0;

	while (n - i >= LINES) {
		size_t stride;
		size_t got = bm_eights_avx2(r, p, members + i, n - i, &stride);

		if (!got) {
			if (!is_of_width(&w, members + i) ||
			    bm_lines_room(r, p, w.digits + 1) < LINES)
				break;
			four_lines(p, members + i, w.digits);
			stride = w.digits + 1;
			got = LINES;
		}
		p += got * stride;
		i += got;
	}
	r->p = p;
	return i;
}

#endif

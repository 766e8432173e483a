/* SPDX-License-Identifier: Apache-2.0 */
/* text_block_avx2.c - lines of one block, eight at a time.
 *
 * Members of a BLOCK share all digits but the last eight, and have as many. A
 * subtraction gives their low parts, or an addition does when the lower halves
 * of members come as containers have them, two bytes each: they are not
 * unpacked first. The digits are made in one go, by multiplications: halves,
 * quarters, digits. What surrounds them in a line, the digits before and the
 * newline, is the same for all of the block. So up to 15 digits a line is one
 * shuffle, one OR and one store of 16 bytes; a longer one is stored in two
 * parts, the first of which is the same for all.
 */

#include "bitmap/text_block_avx2.h"

#ifdef __x86_64__

#include "bitmap/bits.h"
#include "bitmap/digits.h"

#include <string.h>

#define AVX2 BM_AVX2

#define LOW   BM_LOW
#define LINES 4u
#define MANY  8u
#define SHORT 15 /* digits of a line that is stored in one part */

/* Members from first to last, which differ in their low part alone. */
struct block {
	uint64_t first, last;
	uint64_t base; /* low is the distance from it */
	size_t stride; /* of the lines */
	size_t lead;   /* bytes of the part stored first, or 0 */
	__m128i leading;
	/* The other part, twice: where the digits of the one and of the other
	 * number of a lane go, and all that is the same, '0's included. */
	__m256i one, other, same;
};

AVX2 static __m128i iota(int from)
{
	const __m128i upto = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5,
					  4, 3, 2, 1, 0);

	return _mm_add_epi8(upto, _mm_set1_epi8((char)from));
}

/* The last n digits of v, at the begin; 0s behind them. */
AVX2 static __m128i digits_of(uint64_t v, unsigned n)
{
	const uint64_t halves[LINES] = { v / LOW, v % LOW };
	__m128i all = _mm256_castsi256_si128(bm_eight(bm_four_of(halves)));

	/* A shuffle takes nothing where the highest bit is set. */
	return _mm_shuffle_epi8(all, iota(0x70 + 16 - (int)n));
}

/* The block in which member, of width digits, lies. */
AVX2 static void enter(struct block *b, uint64_t member, unsigned width)
{
	unsigned rest = width > SHORT ? 8 : width; /* digits of the last part */
	__m128i digit = iota(8 - (int)rest);
	__m128i none = _mm_cmpgt_epi8(digit, _mm_set1_epi8(7));
	__m128i same = _mm_and_si128(
		_mm_cmpeq_epi8(iota(0), _mm_set1_epi8((char)rest)),
		_mm_set1_epi8('\n'));

	b->base = member / LOW * LOW;
	b->first = width > 8 ? b->base : bm_digits_last(width) / 10 + 1;
	b->last = width > 8 ? b->base + (LOW - 1) : bm_digits_last(width);
	if (b->last < b->base)
		b->last = UINT64_MAX;
	if (width == 1)
		b->first = 0;
	b->stride = width + 1;
	b->lead = width - rest;
	b->leading = digits_of(member / LOW, width > 8 ? width - 8 : 0);
	if (!b->lead)
		same = _mm_or_si128(same, b->leading);
	digit = _mm_or_si128(digit, none);
	same = _mm_or_si128(
		same,
		_mm_andnot_si128(_mm_cmpgt_epi8(_mm_setzero_si128(), digit),
				 _mm_set1_epi8('0')));
	b->one = _mm256_broadcastsi128_si256(digit);
	b->other = _mm256_or_si256(b->one, _mm256_set1_epi8(8));
	b->same = _mm256_broadcastsi128_si256(same);
}

/* x / 10,000, of numbers below 10^8. */
AVX2 static __m256i myriads(__m256i x)
{
	const __m256i inverse = _mm256_set1_epi32((int)0xd1b71759);
	__m256i even = _mm256_mul_epu32(x, inverse);
	__m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), inverse);

	return _mm256_blend_epi32(_mm256_srli_epi64(even, 45),
				  _mm256_srli_epi64(odd, 13), 0xaa);
}

/* Products of numbers below 100, in 16 bits each, with a small factor. There is
 * an instruction for any product, but a compiler makes shifts of that. */
AVX2 static inline __m256i times(__m256i v, short factor)
{
	return _mm256_maddubs_epi16(v, _mm256_set1_epi16(factor));
}

/* The four digits of numbers below 10,000, one for each 32 bits, as bytes. */
AVX2 static inline __m256i four_digits(__m256i v)
{
	__m256i q = _mm256_srli_epi16(
		_mm256_mulhi_epu16(v, _mm256_set1_epi16(5243)), 3);
	__m256i tens;

	v = _mm256_sub_epi16(v, times(q, 100));
	v = _mm256_or_si256(q, _mm256_slli_epi32(v, 16));
	tens = _mm256_mulhi_epu16(v, _mm256_set1_epi16(6554));
	v = _mm256_sub_epi16(v, times(tens, 10));
	return _mm256_or_si256(tens, _mm256_slli_epi16(v, 8));
}

/* One line, over what the one before wrote too much. */
AVX2 static inline char *store_line(char *p, const struct block *b,
				    __m128i line)
{
	if (b->lead)
		_mm_storeu_si128((void *)p, b->leading);
	_mm_storeu_si128((void *)(p + b->lead), line);
	return p + b->stride;
}

/* Four lines, of the numbers 0 to 3 in the order in which they lie. */
AVX2 static inline char *store_four(char *p, const struct block *b,
				    __m256i digits)
{
	__m256i even = _mm256_shuffle_epi8(digits, b->one);
	__m256i odd = _mm256_shuffle_epi8(digits, b->other);

	even = _mm256_or_si256(even, b->same);
	odd = _mm256_or_si256(odd, b->same);
	p = store_line(p, b, _mm256_castsi256_si128(even));
	p = store_line(p, b, _mm256_castsi256_si128(odd));
	p = store_line(p, b, _mm256_extracti128_si256(even, 1));
	return store_line(p, b, _mm256_extracti128_si256(odd, 1));
}

/* Products of numbers below 10^4 with 10^4. */
AVX2 static inline __m256i times_myriad(__m256i v)
{
	return _mm256_madd_epi16(v, _mm256_set1_epi32(10000));
}

/* The low parts of eight members, lanes of 0, 1, 4, 5 and 2, 3, 6, 7. */
AVX2 static inline __m256i low_parts(const uint64_t *members, __m256i base)
{
	__m256i lower = _mm256_loadu_si256((const void *)members);
	__m256i upper = _mm256_loadu_si256((const void *)(members + LINES));

	lower = _mm256_sub_epi64(lower, base);
	upper = _mm256_sub_epi64(upper, base);
	return _mm256_castps_si256(_mm256_shuffle_ps(
		_mm256_castsi256_ps(lower), _mm256_castsi256_ps(upper), 0x88));
}

/* The block of members from first on to last, unless they are not in one. */
AVX2 static bool find_block(struct block *b, uint64_t first, uint64_t last)
{
	if (last - first >= LOW)
		return false;
	enter(b, last, bm_digits_of(last));
	return first >= b->first;
}

/* Eight lines, of their upper and lower four digits. */
AVX2 static inline char *store_eight(char *p, const struct block *b,
				     __m256i upper, __m256i lower)
{
	p = store_four(p, b, _mm256_unpacklo_epi32(upper, lower));
	return store_four(p, b, _mm256_unpackhi_epi32(upper, lower));
}

/* Eights of the block, as long as they are; lines is no more than there is room
 * for. How many were made. */
AVX2 static size_t block_lines(char *p, const uint64_t *members, size_t lines,
			       const struct block *block)
{
	const struct block b = *block;
	__m256i base = _mm256_set1_epi64x((int64_t)b.base);
	size_t i;

	for (i = 0; i + MANY <= lines; i += MANY) {
		__m256i low, upper;

		if (members[i] < b.first || members[i + MANY - 1] > b.last)
			break;
		low = low_parts(members + i, base);
		upper = myriads(low);
		low = _mm256_sub_epi32(low, times_myriad(upper));
		p = store_eight(p, &b, four_digits(upper), four_digits(low));
	}
	return i;
}

size_t bm_eights_avx2(const struct bm_render *r, char *p,
		      const uint64_t *members, size_t n, size_t *ret_stride)
{
	struct block b;
	size_t room;

	if (n < MANY || !find_block(&b, members[0], members[MANY - 1]))
		return 0;
	*ret_stride = b.stride;
	room = bm_lines_room(r, p, b.stride);
	return block_lines(p, members, n < room ? n : room, &b);
}

/* --- from the lower halves of members ------------------------------------- */

/* How far lows lie from a myriad below all of them, and the digits of that one
 * and of the seven after it: more there are not in 65,536 numbers. */
struct myriads {
	__m256i more; /* to be added to lows */
	__m256i digits;
};

AVX2 static struct myriads myriads_from(uint32_t low, uint32_t first_low)
{
	uint32_t first = low / 10000;
	__m256i upto = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
	__m256i all = _mm256_add_epi32(_mm256_set1_epi32((int)first), upto);

	return (struct myriads){
		.more = _mm256_set1_epi32(
			(int)(low - first * 10000 - first_low)),
		.digits = four_digits(all),
	};
}

/* Eight lows in the order of low_parts(), as distances. */
AVX2 static inline __m256i distances(const uint8_t *lows, __m256i more)
{
	__m128i v = _mm_loadu_si128((const void *)lows);

	v = _mm_shuffle_epi32(v, 0xd8);
	return _mm256_add_epi32(_mm256_cvtepu16_epi32(v), more);
}

AVX2 static inline char *lows_eight(char *p, const struct block *b,
				    const struct myriads *m,
				    const uint8_t *lows)
{
	__m256i v = distances(lows, m->more);
	/* v / 10,000, which is v / 16 / 625 */
	__m256i q =
		_mm256_srli_epi16(_mm256_mulhi_epu16(_mm256_srli_epi32(v, 4),
						     _mm256_set1_epi32(53688)),
				  9);

	v = _mm256_sub_epi32(v, times_myriad(q));
	return store_eight(p, b, _mm256_permutevar8x32_epi32(m->digits, q),
			   four_digits(v));
}

/* n is at least 1, and there is room for it rounded up to eights: what is too
 * much in the last one the next lines are written over. */
AVX2 static void lows_lines(char *p, const uint8_t *lows, size_t n,
			    const struct block *block,
			    const struct myriads *myriads)
{
	struct block b = *block;
	const struct myriads m = *myriads;
	uint8_t rest[2 * MANY] = { 0 };
	size_t i;

	b.lead = 0; /* the caller looked; so the compiler knows it */
	for (i = 0; i + MANY <= n; i += MANY)
		p = lows_eight(p, &b, &m, lows + 2 * i);
	if (i == n)
		return;
	memcpy(rest, lows + 2 * i, 2 * (n - i));
	lows_eight(p, &b, &m, rest);
}

/* n, or as many in eights as there is room for. */
static size_t fitting(const struct bm_render *r, size_t n, size_t stride)
{
	if ((size_t)(r->end - r->p) >= (n + MANY) * stride + BM_BEYOND)
		return n;
	return bm_lines_room(r, r->p, stride) / MANY * MANY;
}

AVX2 size_t bm_lows_avx2(struct bm_render *r, uint64_t base,
			 const uint8_t *lows, size_t n)
{
	uint64_t first = base + bm_u16_at(lows, 0);
	struct myriads m;
	struct block b;
	size_t room;

	if (!find_block(&b, first, base + bm_u16_at(lows, n - 1)) || b.lead)
		return 0;
	room = fitting(r, n, b.stride);
	n = n < room ? n : room;
	if (n == 0)
		return 0;
	m = myriads_from((uint32_t)(first - b.base), bm_u16_at(lows, 0));
	lows_lines(r->p, lows, n, &b, &m);
	r->p += n * b.stride;
	return n;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* text_scan_avx2.c - plain lines to members, with the vectors of x86-64.
 *
 * Finding where a line ends, converting it, and only then knowing where the
 * next one begins is a chain of some fifteen cycles for each line, and the
 * processor waits in it. So it is done in two steps, each without a chain:
 *
 *	find     64 bytes at a time are compared with '\n', the bits of the
 *	         result become a list of places; bytes that are neither digits
 *	         nor newlines end the list
 *	convert  for each place: the 16 bytes where its line begins, shifted
 *	         right by a shuffle, and three multiplications of pairs
 *
 * The list is of SPAN bytes of text, to be made and used in the first cache.
 */

#include "bitmap/text_scan.h"

#ifdef __x86_64__

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi")))

#define BLOCK 64u
#define SPAN  1024u /* text at a time */
#define LOAD  16u   /* bytes read where a line begins */
#define LONG  20u   /* digits, at most */

/* What find() is told: does each line begin with '-'? It is known when this is
 * compiled, so plain lines do not pay for it. */
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

/* Where newlines are, from the begin of the span on. The bits of one block are
 * written eight at a time, whether there are so many or not. */
struct list {
	uint16_t at[SPAN + 8];
	size_t n;
};

/* --- find ----------------------------------------------------------------- */

AVX2 static uint64_t equal_to(__m256i a, __m256i b, char c)
{
	__m256i all = _mm256_set1_epi8(c);
	uint32_t lo = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, all));
	uint32_t hi = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, all));

	return lo | (uint64_t)hi << 32;
}

/* Bytes above 9 after '0' was taken away, without sign. */
AVX2 static uint64_t no_digits(__m256i a, __m256i b)
{
	__m256i zero = _mm256_set1_epi8('0');
	__m256i nine = _mm256_set1_epi8(9);

	a = _mm256_sub_epi8(a, zero);
	b = _mm256_sub_epi8(b, zero);
	return ~equal_to(_mm256_sub_epi8(_mm256_min_epu8(a, nine), a),
			 _mm256_sub_epi8(_mm256_min_epu8(b, nine), b), 0);
}

AVX2 static void add_places(struct list *l, uint64_t bits, unsigned base)
{
	size_t n = l->n + (size_t)__builtin_popcountll(bits);

	for (uint16_t *to = l->at + l->n; bits; to += 8)
		for (unsigned i = 0; i < 8; i++) {
			to[i] = (uint16_t)(base + _tzcnt_u64(bits));
			bits = _blsr_u64(bits);
		}
	l->n = n;
}

/* Signs where a line begins: after a newline of this block, or of the one
 * before (carry). */
AVX2 static uint64_t signs(__m256i a, __m256i b, uint64_t newlines,
			   uint64_t *carry)
{
	uint64_t begins = newlines << 1 | *carry;

	*carry = newlines >> 63;
	return equal_to(a, b, '-') & begins;
}

/* The newlines of the plain text at p, of which len bytes may be read. */
AVX2 ALWAYS_INLINE void find(struct list *l, const char *p, size_t len,
			     bool removes)
{
	uint64_t carry = 1;

	l->n = 0;
	for (unsigned at = 0; at < SPAN && len - at >= BLOCK; at += BLOCK) {
		__m256i a = _mm256_loadu_si256((const void *)(p + at));
		__m256i b = _mm256_loadu_si256((const void *)(p + at + 32));
		uint64_t newlines = equal_to(a, b, '\n');
		uint64_t bad = no_digits(a, b) & ~newlines;

		if (removes)
			bad &= ~signs(a, b, newlines, &carry);
		if (bad) {
			add_places(l, newlines & (_blsmsk_u64(bad)), at);
			return;
		}
		add_places(l, newlines, at);
	}
}

/* --- convert -------------------------------------------------------------- */

/* Loaded from byte n on it moves n bytes to the right end, and zeros before. */
static const int8_t to_the_right[32] = {
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15,
};

/* The n digits at p, at most 16. */
AVX2 static uint64_t sixteen(const char *p, size_t n)
{
	const __m128i tens = _mm_set1_epi16(1 << 8 | 10);
	const __m128i hundreds = _mm_set1_epi32(1 << 16 | 100);
	const __m128i myriads = _mm_set1_epi32(1 << 16 | 10000);
	__m128i v = _mm_loadu_si128((const void *)p);
	uint64_t halves;

	v = _mm_sub_epi8(v, _mm_set1_epi8('0'));
	v = _mm_shuffle_epi8(v,
			     _mm_loadu_si128((const void *)(to_the_right + n)));
	v = _mm_madd_epi16(_mm_maddubs_epi16(v, tens), hundreds);
	v = _mm_madd_epi16(_mm_packus_epi32(v, v), myriads);
	halves = (uint64_t)_mm_cvtsi128_si64(v);
	return (halves & UINT32_MAX) * 100000000 + (halves >> 32);
}

/* The n digits at p, more than 16; false when that is 2^64 or above. */
AVX2 static bool twenty(const char *p, size_t n, uint64_t *ret_number)
{
	uint64_t head;

	if (n > LONG)
		return false;
	head = sixteen(p, n - 16);
	return !__builtin_mul_overflow(head, 10000000000000000u, &head) &&
	       !__builtin_add_overflow(head, sixteen(p + n - 16, 16),
				       ret_number);
}

/* Do the members up to end ascend? That is asked until they once did not, and
 * of many at a time: where they are in no order, a jump that depends on it goes
 * wrong every other time, and that costs as much as to convert them. */
AVX2 static void note_order(struct bm_scan *s, const uint64_t *end)
{
	uint64_t descents = 0;
	uint64_t prev = s->prev;

	if (end == s->out)
		return;
	for (const uint64_t *m = s->out; s->ascending && m < end; m++) {
		descents |= *m <= prev;
		prev = *m;
	}
	s->prev = end[-1];
	s->ascending &= descents == 0;
}

/* The lines that end at the places: how many bytes that was. */
AVX2 ALWAYS_INLINE size_t convert(struct bm_scan *s, const struct list *l,
				  bool removes)
{
	uint64_t *out = s->out;
	size_t room = (size_t)(s->cap - out);
	size_t most = l->n < room ? l->n : room;
	size_t start = 0;
	size_t i;

	for (i = 0; i < most; i++) {
		/* l->n were written: NOLINTNEXTLINE(clang-analyzer-core.*) */
		size_t end = l->at[i];
		size_t from = start + removes;
		size_t n = end - from;
		uint64_t v;

		if (removes && (end <= from || s->p[start] != '-'))
			break;
		if (n <= 16)
			v = sixteen(s->p + from, n);
		else if (!twenty(s->p + from, n, &v))
			break;
		*out = v;
		out += n != 0;
		start = end + 1;
	}
	note_order(s, out);
	s->out = out;
	s->lines += i;
	return start;
}

AVX2 ALWAYS_INLINE void scan(struct bm_scan *s, bool removes)
{
	size_t used;

	do {
		struct list l;
		size_t len = (size_t)(s->end - s->p);

		if (len < BLOCK + LOAD || s->out == s->cap)
			break;
		find(&l, s->p, len - LOAD, removes);
		used = convert(s, &l, removes);
		s->p += used;
	} while (used);
}

AVX2 void bm_scan_avx2(struct bm_scan *s)
{
	if (s->removes)
		scan(s, true);
	else
		scan(s, false);
}

#endif

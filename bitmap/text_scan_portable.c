/* SPDX-License-Identifier: Apache-2.0 */
/* text_scan_portable.c - plain lines to members, eight bytes in a word.
 *
 * There is no branch per digit: lines of mixed lengths would mispredict it
 * once for each line, and that costs more than all the rest. Instead 16 bytes
 * are loaded, the first that is no digit is found by arithmetic, the digits
 * are shifted to the right end of the 16 and converted 8 at a time:
 *
 *	"4711\n815\n17..."  ->  n = 4  ->  "0000000000004711"  ->  4711
 *
 * (the conversion is the well-known one of three multiplications: pairs, then
 * fours, then eights.) Numbers of 17 to 20 digits do it with 8 bytes more.
 */

#include "bitmap/text_scan.h"
#include "regionstore/base/le.h"

#include <string.h>

/* What fast_line() may read at a place: three words. */
#define FAST_BYTES 24

__extension__ typedef unsigned __int128 u128;

static uint64_t load8(const char *p)
{
	struct le64 d;

	memcpy(d.b, p, sizeof(d.b));
	return le64_get(d);
}

/* The high bit of each byte of w, which was XORed with '0', that is above 9. */
static uint64_t above_nine(uint64_t w)
{
	const uint64_t low7 = 0x7f7f7f7f7f7f7f7f;

	return (((w & low7) + 0x7676767676767676) | w) & ~low7;
}

/* Eight bytes of 0 to 9, the first the most significant, as a number. */
static uint64_t eight_digits(uint64_t w)
{
	w = w * 10 + (w >> 8);
	return (((w & 0x000000ff000000ff) * 0x000f424000000064) +
		(((w >> 16) & 0x000000ff000000ff) * 0x0000271000000001)) >>
	       32;
}

/* How many digits begin the 16 bytes at p, and their number. */
static unsigned sixteen(const char *p, uint64_t *ret_number)
{
	const uint64_t zeros = 0x3030303030303030;
	uint64_t a = load8(p) ^ zeros;
	uint64_t b = load8(p + 8) ^ zeros;
	uint64_t stop_a = above_nine(a);
	uint64_t stop_b = above_nine(b);
	unsigned n;
	u128 digits = (u128)b << 64 | a;

	n = stop_a ? 0 : 8;
	stop_a = stop_a ? stop_a : stop_b;
	n = stop_a ? n + (unsigned)__builtin_ctzll(stop_a) / 8 : 16;
	if (n == 0)
		return 0;
	digits <<= (16 - n) * 8;
	*ret_number = eight_digits((uint64_t)digits) * 100000000 +
		      eight_digits((uint64_t)(digits >> 64));
	return n;
}

/* The number of 17 to 20 digits at p whose first 16 are *number: its length,
 * or 0 when it is longer or too large. */
static unsigned twenty(const char *p, uint64_t *number)
{
	static const uint64_t scale[] = { 1, 10, 100, 1000, 10000 };
	uint64_t w = load8(p + 16) ^ 0x3030303030303030;
	uint64_t stop = above_nine(w);
	unsigned n = stop ? (unsigned)__builtin_ctzll(stop) / 8 : 8;

	if (n == 0)
		return 16;
	if (n > 4 || __builtin_mul_overflow(*number, scale[n], number) ||
	    __builtin_add_overflow(*number, eight_digits(w << (8 - n) * 8),
				   number))
		return 0;
	return 16 + n;
}

/* A plain N with its newline at p, FAST_BYTES readable: its length, or 0 when
 * it is not plain. */
static unsigned fast_line(const char *p, uint64_t *ret_number)
{
	unsigned n = sixteen(p, ret_number);

	if (n == 16)
		n = twenty(p, ret_number);
	return n && p[n] == '\n' ? n + 1 : 0;
}

void bm_scan_portable(struct bm_scan *s)
{
	struct bm_scan at = *s; /* in registers */
	unsigned sign = at.removes;

	while (at.out < at.cap && at.end - at.p >= FAST_BYTES + 1) {
		uint64_t v;
		unsigned n = fast_line(at.p + sign, &v);

		if (n == 0 || (sign && *at.p != '-'))
			break;
		n += sign;
		at.ascending &= v > at.prev;
		at.prev = v;
		*at.out++ = v;
		at.p += n;
		at.lines++;
	}
	*s = at;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* text_parse.c - lines of text to commands (interface.md, section 2).
 *
 *	N +N		add N			-N !N		remove N
 *	A-B +A-B	add A to B		-A-B !A-B	remove A to B
 *	empty, #...	nothing			leading zeros, a final CR: fine
 *
 * Nearly all lines of nearly all writes are a plain N. Their loop, fast(),
 * has no branch per digit: lines of mixed lengths would mispredict it once
 * for each line, and that costs more than all the rest. Instead 16 bytes are
 * loaded, the first that is no digit is found by arithmetic, the digits are
 * shifted to the right end of the 16 and converted 8 at a time:
 *
 *	"4711\n815\n17..."  ->  n = 4  ->  "0000000000004711"  ->  4711
 *
 * (the conversion is the well-known one of three multiplications: pairs, then
 * fours, then eights.) Numbers of 17 to 20 digits do it with 8 bytes more.
 * Whatever is not a plain N, and the last lines of the text, where 16 bytes
 * cannot be loaded, go through parse_line(), which is also the definition of
 * what a line may be.
 *
 * A text is taken whole or not at all: the batch goes back to its mark.
 */

#include "bitmap/batch.h"
#include "regionstore/base/attr.h"
#include "regionstore/base/le.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What fast() may read at a place: three words. */
#define FAST_BYTES 24

__extension__ typedef unsigned __int128 u128;

struct line {
	const char *p, *end;
	const char *reason; /* when parsing it failed */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- one line, any form --------------------------------------------------- */

/* The digits at l->p, at least one. */
static int parse_number(struct line *l, const char *if_missing,
			uint64_t *ret_number)
{
	uint64_t v = 0;

	if (l->p == l->end || !is_digit(*l->p)) {
		l->reason = if_missing;
		return -EINVAL;
	}
	for (; l->p < l->end && is_digit(*l->p); l->p++) {
		unsigned digit = (unsigned)(*l->p - '0');

		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, digit, &v)) {
			l->reason = "number above 18446744073709551615";
			return -ERANGE;
		}
	}
	*ret_number = v;
	return 0;
}

static int parse_end(struct line *l)
{
	if (l->p == l->end)
		return 0;
	l->reason = *l->p == ' ' || *l->p == '\t' ? "white space in the line"
						  : "not a number or a range";
	return -EINVAL;
}

static const char *why_no_number(const struct line *l)
{
	if (l->p == l->end)
		return "a sign without a number";
	if (*l->p == ' ' || *l->p == '\t')
		return "white space in the line";
	return "not a number or a range";
}

/* A command: [sign] number [- number]. */
static int parse_command(struct line *l, struct bm_command *ret_cmd)
{
	struct bm_command cmd = { .op = BM_ADD };
	int err;

	if (*l->p == '-' || *l->p == '!')
		cmd.op = BM_REMOVE;
	if (cmd.op == BM_REMOVE || *l->p == '+')
		l->p++;
	err = parse_number(l, why_no_number(l), &cmd.lo);
	if (err)
		return err;
	cmd.hi = cmd.lo;
	if (l->p < l->end && *l->p == '-') {
		l->p++;
		err = parse_number(l, "a range without an end", &cmd.hi);
	}
	if (!err)
		err = parse_end(l);
	if (!err && cmd.lo > cmd.hi) {
		l->reason = "a range that ends before it begins";
		err = -EINVAL;
	}
	if (!err)
		*ret_cmd = cmd;
	return err;
}

/* One line without its newline; on error l->reason says why. */
static int parse_line(struct line *l, struct bm_batch *b)
{
	struct bm_command cmd;
	int err;

	if (l->p < l->end && *l->p == '#')
		return 0;
	if (l->end - l->p > BM_LINE_MAX) {
		l->reason = "longer than 256 bytes";
		return -EINVAL;
	}
	if (l->p < l->end && l->end[-1] == '\r')
		l->end--;
	if (l->p == l->end)
		return 0;
	err = parse_command(l, &cmd);
	if (err)
		return err;
	err = cmd.op == BM_ADD && cmd.lo == cmd.hi
		      ? bm_batch_add(b, cmd.lo)
		      : bm_batch_range(b, cmd.lo, cmd.hi, cmd.op);
	if (err)
		l->reason = "out of memory";
	return err;
}

/* --- plain numbers, many -------------------------------------------------- */

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
 * parse_line() must look at it. */
static unsigned fast_line(const char *p, uint64_t *ret_number)
{
	unsigned n = sixteen(p, ret_number);

	if (n == 16)
		n = twenty(p, ret_number);
	return n && p[n] == '\n' ? n + 1 : 0;
}

/* As many plain lines as come; moves *p behind them. */
static int fast(const char **p, const char *end, struct bm_batch *b,
		uint64_t *lines)
{
	/* Most members have 8 digits or more. */
	int err = bm_batch_reserve(b, (size_t)(end - *p) / 8 + 1);
	uint64_t *out = b->members + b->n_members;
	uint64_t *cap = b->members + b->cap_members;
	uint64_t prev = 0;
	bool ascending = b->ascending;
	bool first = b->n_members == 0;

	if (err)
		return err;
	if (!first)
		prev = out[-1];
	while (out < cap && end - *p >= FAST_BYTES) {
		uint64_t v;
		unsigned n = fast_line(*p, &v);

		if (n == 0)
			break;
		ascending &= first | (v > prev);
		first = false;
		prev = v;
		*out++ = v;
		*p += n;
	}
	*lines += (uint64_t)(out - (b->members + b->n_members));
	b->n_members = (size_t)(out - b->members);
	b->ascending = ascending;
	return 0;
}

/* --- the whole text ------------------------------------------------------- */

/* The line in printable characters, dots for what does not fit. */
static void quote(const char *p, const char *end, char *out, size_t cap)
{
	size_t dots = 0; /* the last place where they fit */
	size_t n = 0;

	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;
		bool plain = c >= ' ' && c <= '~' && c != '\\';

		if (n + (plain ? 1 : 4) >= cap) {
			n = dots +
			    (size_t)snprintf(out + dots, cap - dots, "...");
			break;
		}
		if (plain)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, cap - n, "\\x%02x", c);
		if (n + 3 < cap)
			dots = n;
	}
	out[n] = '\0';
}

static int fail(int err, const struct line *l, const char *p, uint64_t number,
		struct bm_text_error *ret_error)
{
	if (!ret_error)
		return err;
	*ret_error =
		(struct bm_text_error){ .line = number, .reason = l->reason };
	quote(p, l->end, ret_error->text, sizeof(ret_error->text));
	return err;
}

static int parse(const char *p, const char *end, struct bm_batch *b,
		 struct bm_text_error *ret_error)
{
	uint64_t lines = 0;
	int err = 0;

	while (p < end) {
		struct line l = { .p = p, .reason = "out of memory" };
		const char *nl;

		if (b->n_ops == 0 && end - p >= FAST_BYTES)
			err = fast(&p, end, b, &lines);
		nl = memchr(p, '\n', (size_t)(end - p));
		l.p = p;
		l.end = nl ? nl : end;
		lines++;
		if (!err)
			err = parse_line(&l, b);
		if (err)
			return fail(err, &l, p, lines, ret_error);
		p = nl ? nl + 1 : end;
	}
	return 0;
}

int bm_text_parse(const char *text, size_t len, bool last, struct bm_batch *b,
		  size_t *ret_used, struct bm_text_error *ret_error)
{
	struct bm_batch_mark mark = bm_batch_mark(b);
	const char *nl;
	size_t used = len;
	int err;

	if (!last && len) {
		nl = memrchr(text, '\n', len);
		used = nl ? (size_t)(nl - text) + 1 : 0;
	}
	err = used ? parse(text, text + used, b, ret_error) : 0;
	if (err) {
		bm_batch_undo(b, &mark);
		return err;
	}
	if (ret_used)
		*ret_used = used;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* text_parse.c - lines of text to commands (interface.md, section 2).
 *
 *	N +N		add N			-N !N		remove N
 *	A-B +A-B	add A to B		-A-B !A-B	remove A to B
 *	empty, #...	nothing			leading zeros, a final CR: fine
 *
 * Nearly all lines of nearly all writes are a plain N, or all are a plain -N.
 * A scanner (text_scan.h) takes those, many at a time. Whatever it leaves, and
 * the first line of all, goes through parse_line(), which is also the
 * definition of what a line may be.
 *
 * A text is taken whole or not at all: the batch goes back to its mark.
 */

#include "bitmap/batch.h"
#include "bitmap/text_scan.h"
#include "regionstore/base/attr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Text that is worth a call of a scanner. */
#define FAST_MIN 24

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

/* --- plain lines, many ---------------------------------------------------- */

/* As many plain lines as come; moves *p behind them. The batch has a member
 * already, that the first of them is compared with. */
static int fast(bm_scan_fn *scan, const char **p, const char *end,
		struct bm_batch *b, uint64_t *lines)
{
	/* Most members have 8 digits or more. */
	int err = bm_batch_reserve(b, (size_t)(end - *p) / 8 + 1);
	struct bm_scan s = { .p = *p, .end = end };

	if (err)
		return err;
	s.out = b->members + b->n_members;
	s.cap = b->members + b->cap_members;
	s.prev = s.out[-1];
	s.ascending = b->ascending;
	s.removes = b->op == BM_REMOVE;
	scan(&s);
	if (scan != bm_scan_portable) /* comes nearer to the end */
		bm_scan_portable(&s);
	b->n_members = (size_t)(s.out - b->members);
	b->ascending = s.ascending;
	*lines += s.lines;
	*p = s.p;
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

static int parse(bm_scan_fn *scan, const char *p, const char *end,
		 struct bm_batch *b, struct bm_text_error *ret_error)
{
	uint64_t lines = 0;
	int err = 0;

	while (p < end) {
		struct line l = { .p = p, .reason = "out of memory" };
		const char *nl;

		if (b->n_members && b->n_ops == 0 && end - p >= FAST_MIN)
			err = fast(scan, &p, end, b, &lines);
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

int bm_text_parse_by(bm_scan_fn *scan, const char *text, size_t len, bool last,
		     struct bm_batch *b, size_t *ret_used,
		     struct bm_text_error *ret_error)
{
	struct bm_batch_mark mark = bm_batch_mark(b);
	const char *nl;
	size_t used = len;
	int err;

	if (!last && len) {
		nl = memrchr(text, '\n', len);
		used = nl ? (size_t)(nl - text) + 1 : 0;
	}
	err = used ? parse(scan, text, text + used, b, ret_error) : 0;
	if (err) {
		bm_batch_undo(b, &mark);
		return err;
	}
	if (ret_used)
		*ret_used = used;
	return 0;
}

int bm_text_parse(const char *text, size_t len, bool last, struct bm_batch *b,
		  size_t *ret_used, struct bm_text_error *ret_error)
{
	return bm_text_parse_by(bm_scan_best(), text, len, last, b, ret_used,
				ret_error);
}

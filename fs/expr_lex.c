/* SPDX-License-Identifier: Apache-2.0 */
/* expr_lex.c - words, and what they stand for. */

#include "fs/expr_lex.h"

#include <string.h>

static const struct {
	const char *word;
	enum bm_algebra op;
} operators[] = {
	{ "and", BM_AND },  { "&", BM_AND },	   { "or", BM_OR },
	{ "|", BM_OR },	    { "xor", BM_XOR },	   { "^", BM_XOR },
	{ "\\", BM_MINUS }, { "minus", BM_MINUS },
};
#define N_OPERATORS (sizeof(operators) / sizeof(operators[0]))

static bool is_space(char c)
{
	return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
	return is_space(c) || c == '(' || c == ')';
}

static bool find_operator(struct fs_token *t)
{
	for (size_t i = 0; i < N_OPERATORS; i++) {
		if (strlen(operators[i].word) == t->len &&
		    memcmp(operators[i].word, t->p, t->len) == 0) {
			t->op = operators[i].op;
			return true;
		}
	}
	return false;
}

static void take_word(struct fs_lex *l, struct fs_token *t)
{
	while (l->next < l->end && !ends_word(*l->next))
		l->next++;
	t->len = (size_t)(l->next - t->p);
	t->kind = FS_TOKEN_WORD;
	if (find_operator(t)) {
		t->kind = FS_TOKEN_OP;
	} else if (l->next < l->end && *l->next == '(') {
		t->kind = FS_TOKEN_CALL;
		l->next++;
	}
}

void fs_lex_next(struct fs_lex *l, struct fs_token *ret_token)
{
	struct fs_token t = { .kind = FS_TOKEN_END };

	while (l->next < l->end && is_space(*l->next))
		l->next++;
	t.p = l->next;
	if (l->next < l->end && (*l->next == '(' || *l->next == ')')) {
		t.kind = *l->next == '(' ? FS_TOKEN_OPEN : FS_TOKEN_CLOSE;
		t.len = 1;
		l->next++;
	} else if (l->next < l->end) {
		take_word(l, &t);
	}
	*ret_token = t;
}

/* --- what a word stands for ----------------------------------------------- */

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at *p, which moves on; -1: no byte. */
static int take_byte(const char **p, const char *end, bool *ret_escaped)
{
	int high, low;

	*ret_escaped = **p == '%';
	if (!*ret_escaped)
		return (unsigned char)*(*p)++;
	if (end - *p < 3)
		return -1;
	high = hex_of((*p)[1]);
	low = hex_of((*p)[2]);
	*p += 3;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static const char *decode(const struct fs_token *t, bool path, bool glob,
			  char *to)
{
	const char *p = t->p;
	const char *end = t->p + t->len;

	while (p < end) {
		bool escaped;
		int c = take_byte(&p, end, &escaped);

		if (c < 0)
			return "after % come two hexadecimal digits; a % in a "
			       "name is %25";
		if (c == 0 || c == '/')
			return "no name has this byte in it; between directory "
			       "and name stands ':'";
		if (c == ':' && path && !escaped)
			c = '/';
		if (glob && escaped && strchr("*?[]\\!-", c))
			*to++ = '\\';
		*to++ = (char)c;
	}
	*to = '\0';
	return NULL;
}

const char *fs_lex_path(const struct fs_token *t, bool glob, char *ret_text)
{
	const char *why = decode(t, true, glob, ret_text);
	size_t len;

	if (why)
		return why;
	len = strlen(ret_text);
	if (ret_text[0] == '/' || ret_text[len - 1] == '/')
		return "a name neither begins nor ends with ':', which stands "
		       "between directory and name";
	return NULL;
}

const char *fs_lex_name(const struct fs_token *t, char *ret_text)
{
	return decode(t, false, false, ret_text);
}

/* Digits at *p, which moves behind them. */
static int take_number(const char **p, const char *end, uint64_t *ret_n)
{
	const char *start = *p;
	uint64_t n = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(**p - '0'), &n))
			return -ERANGE;
	}
	*ret_n = n;
	return *p > start ? 0 : -EINVAL;
}

int fs_lex_number(const struct fs_token *t, uint64_t *ret_lo, uint64_t *ret_hi)
{
	const char *end = t->p + t->len;
	const char *p = t->p;
	int err = take_number(&p, end, ret_lo);

	if (!err && ret_hi) {
		*ret_hi = *ret_lo;
		if (p < end && *p == '-') {
			p++;
			err = take_number(&p, end, ret_hi);
		}
	}
	return !err && p < end ? -EINVAL : err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* expr_parse.c - words to a program, by precedence climbing.
 *
 * Recursion goes as deep as parentheses do, which is bounded. All that words
 * stand for lies in one piece of memory of three times the text: what a word
 * becomes is at most twice as long, and a NUL.
 */

#include "fs/expr_lex.h"

#include <stdlib.h>
#include <string.h>

struct parser {
	struct fs_lex lex;
	struct fs_token t; /* the one to be looked at */
	struct fs_expr e;
	size_t cap_steps, cap_items;
	char *word;	  /* where the next one goes */
	const char *snap; /* of at(), or NULL */
	struct fs_expr_error *error;
};

static int fail_at(struct parser *p, const struct fs_token *t, int err,
		   const char *reason)
{
	size_t len = t->len;

	if (len >= sizeof(p->error->text))
		len = sizeof(p->error->text) - 1;
	memcpy(p->error->text, t->p, len);
	p->error->text[len] = '\0';
	p->error->at = (size_t)(t->p - p->lex.text) + 1;
	p->error->reason = reason;
	return err;
}

static int fail(struct parser *p, const char *reason)
{
	return fail_at(p, &p->t, -EINVAL, reason);
}

static void next(struct parser *p)
{
	fs_lex_next(&p->lex, &p->t);
}

/* --- what comes out ------------------------------------------------------- */

static int grow(void *pp, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *v;

	memcpy(&v, pp, sizeof(v));
	v = realloc(v, more * size);
	if (!v)
		return -ENOMEM;
	memcpy(pp, &v, sizeof(v));
	*cap = more;
	return 0;
}

static int emit(struct parser *p, const struct fs_token *t,
		const struct fs_expr_step *step)
{
	struct fs_expr_step *s;

	if (p->e.n_steps == FS_EXPR_STEPS_MAX)
		return fail_at(p, t, -E2BIG,
			       "too much for one expression: put a part of it "
			       "into a set of its own");
	if (p->e.n_steps == p->cap_steps &&
	    grow(&p->e.steps, &p->cap_steps, sizeof(*s)))
		return -ENOMEM;
	s = &p->e.steps[p->e.n_steps++];
	*s = *step;
	s->at = (size_t)(t->p - p->lex.text) + 1;
	s->snap = p->snap;
	return 0;
}

static int add_item(struct parser *p, uint64_t lo, uint64_t hi)
{
	if (p->e.n_items == p->cap_items &&
	    grow(&p->e.items, &p->cap_items, sizeof(*p->e.items)))
		return -ENOMEM;
	p->e.items[p->e.n_items++] = (struct bm_command){ lo, hi, BM_ADD };
	return 0;
}

/* The word at hand as a path, kept; the next one is looked at. */
static int take_path(struct parser *p, bool glob, const char **ret_text)
{
	const char *why = fs_lex_path(&p->t, glob, p->word);

	if (why)
		return fail(p, why);
	*ret_text = p->word;
	p->word += strlen(p->word) + 1;
	next(p);
	return 0;
}

/* --- functions: the word and its "(" are taken ---------------------------- */

static int parse_expr(struct parser *p, unsigned least, unsigned depth);

static int take_close(struct parser *p)
{
	if (p->t.kind != FS_TOKEN_CLOSE)
		return fail(p,
			    p->t.kind == FS_TOKEN_END
				    ? "a ')' is missing at the end"
				    : "a ')' belongs before it: that was all "
				      "the function takes");
	next(p);
	return 0;
}

static int take_number(struct parser *p, uint64_t *ret_n)
{
	int err = -EINVAL;

	if (p->t.kind == FS_TOKEN_WORD)
		err = fs_lex_number(&p->t, ret_n, NULL);
	if (err)
		return fail_at(p, &p->t, err,
			       err == -ERANGE
				       ? "the number is above "
					 "18446744073709551615"
				       : "a number belongs here, of digits "
					 "only");
	next(p);
	return 0;
}

static int take_glob(struct parser *p, const struct fs_token *t, uint64_t k)
{
	struct fs_expr_step s = { .kind = FS_EXPR_GLOB, .k = k };
	int err;

	if (p->t.kind != FS_TOKEN_WORD)
		return fail(p, "a pattern of names belongs here, as in "
			       "any(2026-*)");
	err = take_path(p, true, &s.text);
	if (!err)
		err = emit(p, t, &s);
	return err;
}

static int call_any(struct parser *p, const struct fs_token *t, unsigned depth)
{
	(void)depth;
	return take_glob(p, t, 1);
}

static int call_all(struct parser *p, const struct fs_token *t, unsigned depth)
{
	(void)depth;
	return take_glob(p, t, FS_EXPR_ALL);
}

static int call_atleast(struct parser *p, const struct fs_token *t,
			unsigned depth)
{
	struct fs_token number = p->t;
	uint64_t k;
	int err = take_number(p, &k);

	(void)depth;
	if (!err && !k)
		err = fail_at(p, &number, -EINVAL,
			      "every number there is would be in it: at least "
			      "1");
	/* No set is matched so often: as much as there can be. */
	if (!err && k == FS_EXPR_ALL)
		k--;
	return err ? err : take_glob(p, t, k);
}

static int call_range(struct parser *p, const struct fs_token *t,
		      unsigned depth)
{
	struct fs_expr_step s = { .kind = FS_EXPR_RANGE };
	struct fs_token first = p->t;
	int err = take_number(p, &s.lo);

	if (!err)
		err = take_number(p, &s.hi);
	if (!err && s.lo > s.hi)
		err = fail_at(p, &first, -EINVAL,
			      "the first number is above the second");
	if (!err)
		err = parse_expr(p, 0, depth);
	return err ? err : emit(p, t, &s);
}

static int call_at(struct parser *p, const struct fs_token *t, unsigned depth)
{
	const char *outside = p->snap;
	const char *why;
	int err;

	(void)t;
	if (p->t.kind != FS_TOKEN_WORD)
		return fail(p, "the name of a snapshot belongs here, as in "
			       "at(monday,a)");
	why = fs_lex_name(&p->t, p->word);
	if (why)
		return fail(p, why);
	p->snap = p->word;
	p->word += strlen(p->word) + 1;
	next(p);
	err = parse_expr(p, 0, depth);
	p->snap = outside;
	return err;
}

static int call_set(struct parser *p, const struct fs_token *t, unsigned depth)
{
	struct fs_expr_step s = { .kind = FS_EXPR_SET, .first = p->e.n_items };
	uint64_t lo, hi;
	int err = 0;

	(void)depth;
	while (!err && p->t.kind == FS_TOKEN_WORD) {
		err = fs_lex_number(&p->t, &lo, &hi);
		if (err)
			return fail_at(p, &p->t, err,
				       err == -ERANGE
					       ? "the number is above "
						 "18446744073709551615"
					       : "N or A-B belongs here, of "
						 "digits only");
		if (lo > hi)
			return fail(p, "the first number is above the second");
		err = add_item(p, lo, hi);
		next(p);
	}
	s.n = p->e.n_items - s.first;
	return err ? err : emit(p, t, &s);
}

static const struct function {
	const char *name;
	int (*call)(struct parser *p, const struct fs_token *t, unsigned depth);
} functions[] = {
	{ "any", call_any },	     { "all", call_all },
	{ "atleast", call_atleast }, { "range", call_range },
	{ "at", call_at },	     { "set", call_set },
};
#define N_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static int parse_call(struct parser *p, unsigned depth)
{
	struct fs_token t = p->t;

	for (size_t i = 0; i < N_FUNCTIONS; i++) {
		const struct function *f = &functions[i];
		int err;

		if (strlen(f->name) != t.len ||
		    memcmp(f->name, t.p, t.len) != 0)
			continue;
		next(p);
		err = f->call(p, &t, depth);
		return err ? err : take_close(p);
	}
	return fail(p, "no such function: there are any all atleast range at "
		       "set; a '(' in a name is %28");
}

/* --- operands and operators ----------------------------------------------- */

static int parse_group(struct parser *p, unsigned depth)
{
	int err;

	next(p);
	err = parse_expr(p, 0, depth);
	if (!err && p->t.kind != FS_TOKEN_CLOSE)
		err = fail(p, "a '(' has no ')'");
	if (!err)
		next(p);
	return err;
}

static int parse_name(struct parser *p)
{
	struct fs_expr_step s = { .kind = FS_EXPR_NAME };
	struct fs_token t = p->t;
	int err = take_path(p, false, &s.text);

	return err ? err : emit(p, &t, &s);
}

static int parse_operand(struct parser *p, unsigned depth)
{
	if (depth == FS_EXPR_DEPTH_MAX)
		return fail_at(
			p, &p->t, -E2BIG,
			"parentheses are too deep: put a part of it into "
			"a set of its own");
	switch (p->t.kind) {
	case FS_TOKEN_WORD:
		return parse_name(p);
	case FS_TOKEN_CALL:
		return parse_call(p, depth + 1);
	case FS_TOKEN_OPEN:
		return parse_group(p, depth + 1);
	case FS_TOKEN_OP:
		return fail(p, "a set is missing before it; a set of that name "
			       "is written with %XX for its first letter");
	case FS_TOKEN_CLOSE:
	case FS_TOKEN_END:
		break;
	}
	return fail(p, "a set is missing here: the name of one, or "
		       "set(1,5,10-20)");
}

static unsigned binds(enum bm_algebra op)
{
	return op == BM_OR ? 1 : op == BM_XOR ? 2 : 3;
}

/* An operand and what follows that binds at least so tightly. */
static int parse_expr(struct parser *p, unsigned least, unsigned depth)
{
	int err = parse_operand(p, depth);

	while (!err && p->t.kind == FS_TOKEN_OP && binds(p->t.op) >= least) {
		struct fs_token t = p->t;

		next(p);
		err = parse_expr(p, binds(t.op) + 1, depth);
		if (!err)
			err = emit(p, &t,
				   &(struct fs_expr_step){
					   .kind = FS_EXPR_PAIR,
					   .op = t.op,
				   });
	}
	return err;
}

static int parse_all(struct parser *p)
{
	int err;

	next(p);
	err = parse_expr(p, 0, 0);
	if (err || p->t.kind == FS_TOKEN_END)
		return err;
	if (p->t.kind == FS_TOKEN_CLOSE)
		return fail(p, "this ')' has no '('");
	return fail(p, "an operator is missing before it (and or xor minus); "
		       "a space in a name is %20, a comma %2C");
}

int fs_expr_parse(const char *text, size_t len, struct fs_expr *ret_expr,
		  struct fs_expr_error *ret_error)
{
	struct parser p = { .lex = { text, text + len, text },
			    .error = ret_error };
	int err;

	*ret_error = (struct fs_expr_error){ 0 };
	p.t.p = text;
	if (len > FS_EXPR_LEN_MAX)
		return fail_at(&p, &p.t, -E2BIG, "longer than 65536 bytes");
	p.e.words = malloc(3 * len + 1);
	if (!p.e.words)
		return -ENOMEM;
	p.word = p.e.words;
	err = parse_all(&p);
	if (err)
		fs_expr_finish(&p.e);
	else
		*ret_expr = p.e;
	return err;
}

void fs_expr_finish(struct fs_expr *e)
{
	free(e->steps);
	free(e->items);
	free(e->words);
	*e = (struct fs_expr){ 0 };
}

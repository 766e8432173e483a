/* SPDX-License-Identifier: Apache-2.0 */
/* expr_twin.c - set algebra on sorted intervals. */

#include "tests/support/expr_twin.h"

#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

void expr_twin_finish(struct expr_twin *t)
{
	free(t->spans);
	*t = (struct expr_twin){ 0 };
}

/* The first span that ends at or after member. */
static size_t find(const struct expr_twin *t, uint64_t member)
{
	size_t at = 0;
	size_t len = t->n;

	while (len) {
		size_t half = len / 2;

		if (t->spans[at + half].hi >= member) {
			len = half;
		} else {
			at += half + 1;
			len -= half + 1;
		}
	}
	return at;
}

bool expr_twin_contains(const struct expr_twin *t, uint64_t member)
{
	size_t i = find(t, member);

	return i < t->n && t->spans[i].lo <= member;
}

/* Behind all others. */
static void add_last(struct expr_twin *t, uint64_t lo, uint64_t hi)
{
	if (t->n && t->spans[t->n - 1].hi + 1 == lo) {
		t->spans[t->n - 1].hi = hi;
		return;
	}
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 8;
		t->spans = reallocarray(t->spans, t->cap, sizeof(*t->spans));
		assert_non_null(t->spans);
	}
	t->spans[t->n++] = (struct expr_span){ lo, hi };
}

struct expr_twin expr_twin_copy(const struct expr_twin *t)
{
	struct expr_twin copy = { 0 };

	for (size_t i = 0; i < t->n; i++)
		add_last(&copy, t->spans[i].lo, t->spans[i].hi);
	return copy;
}

uint64_t expr_twin_count(const struct expr_twin *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->spans[i].hi - t->spans[i].lo + 1;
	return n;
}

uint64_t expr_twin_rank(const struct expr_twin *t, uint64_t member)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->n && t->spans[i].lo <= member; i++) {
		uint64_t hi = t->spans[i].hi;

		n += (hi < member ? hi : member) - t->spans[i].lo + 1;
	}
	return n;
}

uint64_t expr_twin_select(const struct expr_twin *t, uint64_t n)
{
	size_t i = 0;

	for (; n > t->spans[i].hi - t->spans[i].lo; i++)
		n -= t->spans[i].hi - t->spans[i].lo + 1;
	return t->spans[i].lo + n;
}

/* --- stretches ------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Where something begins, ascending, with 0. */
static uint64_t *cuts_of(const struct expr_twin *of, size_t n, size_t *ret_n)
{
	size_t all = 1;
	size_t at = 0;
	uint64_t *cuts;

	for (size_t i = 0; i < n; i++)
		all += 2 * of[i].n;
	cuts = calloc(all, sizeof(*cuts));
	assert_non_null(cuts);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < of[i].n; k++) {
			cuts[at++] = of[i].spans[k].lo;
			cuts[at++] = of[i].spans[k].hi + 1; /* 0: the end */
		}
	}
	qsort(cuts, all, sizeof(*cuts), compare);
	*ret_n = all;
	return cuts;
}

typedef bool rule_fn(const void *arg, const bool *in, size_t n);

static struct expr_twin by_rule(const struct expr_twin *of, size_t n,
				rule_fn *rule, const void *arg)
{
	struct expr_twin t = { 0 };
	bool *in = calloc(n + 1, sizeof(*in));
	size_t n_cuts;
	uint64_t *cuts = cuts_of(of, n, &n_cuts);

	assert_non_null(in);
	for (size_t c = 0; c < n_cuts; c++) {
		uint64_t lo = cuts[c];
		uint64_t hi = c + 1 < n_cuts ? cuts[c + 1] - 1 : UINT64_MAX;

		if (c + 1 < n_cuts && cuts[c + 1] == lo)
			continue;
		for (size_t i = 0; i < n; i++)
			in[i] = expr_twin_contains(&of[i], lo);
		if (rule(arg, in, n))
			add_last(&t, lo, hi);
	}
	free(cuts);
	free(in);
	return t;
}

static bool in_k(const void *arg, const bool *in, size_t n)
{
	uint64_t k = *(const uint64_t *)arg;
	uint64_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += in[i];
	return found >= k;
}

struct expr_twin expr_twin_atleast(uint64_t k, const struct expr_twin *of,
				   size_t n)
{
	return by_rule(of, n, in_k, &k);
}

static bool in_pair(const void *arg, const bool *in, size_t n)
{
	assert_int_equal(n, 2);
	switch (*(const enum bm_algebra *)arg) {
	case BM_AND:
		return in[0] && in[1];
	case BM_OR:
		return in[0] || in[1];
	case BM_XOR:
		return in[0] != in[1];
	case BM_MINUS:
		break;
	}
	return in[0] && !in[1];
}

struct expr_twin expr_twin_pair(enum bm_algebra op, const struct expr_twin *a,
				const struct expr_twin *b)
{
	const struct expr_twin of[2] = { *a, *b };

	return by_rule(of, 2, in_pair, &op);
}

struct expr_twin expr_twin_range(const struct expr_twin *t, uint64_t lo,
				 uint64_t hi)
{
	struct expr_span span = { lo, hi };
	const struct expr_twin range = { .spans = &span, .n = lo <= hi };

	return expr_twin_pair(BM_AND, t, &range);
}

void expr_twin_apply(struct expr_twin *t, uint64_t lo, uint64_t hi,
		     enum bm_op op)
{
	struct expr_span span = { lo, hi };
	const struct expr_twin one = { .spans = &span, .n = 1 };
	struct expr_twin after =
		expr_twin_pair(op == BM_ADD ? BM_OR : BM_MINUS, t, &one);

	expr_twin_finish(t);
	*t = after;
}

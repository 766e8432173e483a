/* SPDX-License-Identifier: Apache-2.0 */
/* cont_array.c - the array way: two sorted lists are merged into a third.
 *
 * Few changes to a long array copy the stretches between them; lists of about
 * one length are stepped through without branches.
 */
#include "bitmap/cont_ways.h"

#include <string.h>

/* --- the lists ------------------------------------------------------------ */

/* Two lists being merged: what is left of the base, and what is made. */
struct lists {
	struct bm_cont left;
	uint16_t *out;
	uint32_t n;
};

static void copy(struct lists *l, uint32_t n)
{
	memcpy(l->out + l->n, l->left.data, 2 * (size_t)n);
	l->n += n;
	l->left.data += 2 * (size_t)n;
	l->left.n -= n;
}

/* Copy what is below low. */
static void copy_below(struct lists *l, uint32_t low)
{
	copy(l, (uint32_t)bm_cont_seek(&l->left, (uint16_t)low));
}

/* The same when that will not be much. */
static void step_below(struct lists *l, uint32_t low)
{
	const uint8_t *at = l->left.data;
	uint32_t left = l->left.n;
	uint16_t *out = l->out + l->n;

	for (; left >= 8 && bm_u16_at(at, 7) < low; left -= 8) {
		memcpy(out, at, 16);
		at += 16;
		out += 8;
	}
	for (; left && bm_u16_at(at, 0) < low; left--) {
		*out++ = bm_u16_at(at, 0);
		at += 2;
	}
	l->n += l->left.n - left;
	l->left.data = at;
	l->left.n = left;
}

/* Drop what is not above low; how many. */
static uint32_t drop_upto(struct lists *l, uint32_t low)
{
	uint32_t n = bm_cont_rank(&l->left, (uint16_t)low);

	l->left.data += 2 * (size_t)n;
	l->left.n -= n;
	return n;
}

/* --- members -------------------------------------------------------------- */

static bool few_adds(struct lists *l, const struct bm_part *part)
{
	bool near = part->n > l->left.n / 256;
	bool changed = false;

	for (size_t i = 0; i < part->n; i++) {
		uint16_t low = bm_part_low(part, i);

		if (near)
			step_below(l, low);
		else
			copy_below(l, low);
		if (l->left.n && bm_u16_at(l->left.data, 0) == low)
			continue;
		l->out[l->n++] = low;
		changed = true;
	}
	copy(l, l->left.n);
	return changed;
}

/* Both are about as long: step through them, without branches. */
static bool many_adds(struct lists *l, const struct bm_part *part)
{
	uint32_t before = l->left.n;
	uint32_t n = l->left.n;
	uint32_t a = 0;
	size_t b = 0;

	while (a < n && b < part->n) {
		uint16_t x = bm_u16_at(l->left.data, a);
		uint16_t y = bm_part_low(part, b);

		l->out[l->n++] = x < y ? x : y;
		a += x <= y;
		b += y <= x;
	}
	while (b < part->n)
		l->out[l->n++] = bm_part_low(part, b++);
	l->left.data += 2 * (size_t)a;
	l->left.n -= a;
	copy(l, l->left.n);
	return l->n != before;
}

static bool few_removals(struct lists *l, const struct bm_part *part)
{
	bool changed = false;

	for (size_t i = 0; i < part->n; i++) {
		uint16_t low = bm_part_low(part, i);

		copy_below(l, low);
		if (l->left.n == 0 || bm_u16_at(l->left.data, 0) != low)
			continue;
		l->left.data += 2;
		l->left.n--;
		changed = true;
	}
	copy(l, l->left.n);
	return changed;
}

/* Each of the base is written, and stays if it is in the base alone. */
static bool many_removals(struct lists *l, const struct bm_part *part)
{
	uint32_t n = l->left.n;
	uint32_t a = 0;
	size_t b = 0;

	while (a < n && b < part->n) {
		uint16_t x = bm_u16_at(l->left.data, a);
		uint16_t y = bm_part_low(part, b);

		l->out[l->n] = x;
		l->n += x < y;
		a += x <= y;
		b += y <= x;
	}
	l->left.data += 2 * (size_t)a;
	l->left.n -= a;
	copy(l, l->left.n);
	return l->n != n;
}

static bool array_members(struct lists *l, const struct bm_part *part)
{
	bool few = part->n < l->left.n / 4;

	if (part->op == BM_ADD)
		return few ? few_adds(l, part) : many_adds(l, part);
	return few ? few_removals(l, part) : many_removals(l, part);
}

/* --- commands ------------------------------------------------------------- */

static bool array_ops(struct lists *l, const struct bm_part *part)
{
	bool changed = false;

	for (size_t i = 0; i < part->n; i++) {
		struct bm_span s = bm_part_span(part, i);
		uint32_t had;

		copy_below(l, s.lo);
		had = drop_upto(l, s.hi);
		if (part->ops[i].op == BM_REMOVE) {
			changed |= had > 0;
			continue;
		}
		changed |= had != s.hi - s.lo + 1;
		for (uint32_t low = s.lo; low <= s.hi; low++)
			l->out[l->n++] = (uint16_t)low;
	}
	copy(l, l->left.n);
	return changed;
}

/* --- the result ----------------------------------------------------------- */

/* Runs of n lows, to w->runs when they are few enough. */
static uint32_t runs_of_lows(struct bm_work *w, const uint8_t *lows, uint32_t n,
			     uint32_t most)
{
	uint32_t runs = 0;

	if (bm_u16_gaps(lows, n) + 1 > most)
		return 0;
	for (uint32_t i = 0, first = 0; i < n; i++) {
		uint16_t low = bm_u16_at(lows, i);

		if (i + 1 < n && (uint16_t)(bm_u16_at(lows, i + 1) - low) == 1)
			continue;
		w->runs[2 * runs] = bm_u16_at(lows, first);
		w->runs[2 * runs + 1] = (uint16_t)(i - first);
		runs++;
		first = i + 1;
	}
	return runs;
}

void bm_cont_of_lows(const struct bm_cont *base, struct bm_work *w,
		     const void *lows, uint32_t n, struct bm_cont *ret_cont)
{
	uint32_t runs = 0;

	if (n)
		runs = runs_of_lows(w, lows, n, bm_cont_runs_most(base, 2 * n));
	*ret_cont = (struct bm_cont){
		.form = runs ? BM_RUNS : BM_ARRAY,
		.card = n,
		.n = runs ? runs : n,
		.data = runs ? (const uint8_t *)w->runs : lows,
	};
}

/* Is part a container as it is? */
static bool is_array(const struct bm_part *part)
{
	return part->lows && part->step == sizeof(uint16_t) &&
	       part->op == BM_ADD && part->n;
}

bool bm_cont_apply_array(const struct bm_cont *base, const struct bm_part *part,
			 struct bm_work *w, struct bm_cont *ret_cont)
{
	struct lists l = { .left = base ? *base : bm_cont_none,
			   .out = w->lows };
	bool changed;

	if (!base && is_array(part)) {
		bm_cont_of_lows(NULL, w, part->lows, (uint32_t)part->n,
				ret_cont);
		return true;
	}
	if (part->lows)
		changed = array_members(&l, part);
	else
		changed = array_ops(&l, part);
	if (changed)
		bm_cont_of_lows(base, w, w->lows, l.n, ret_cont);
	return changed;
}

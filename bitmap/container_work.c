/* SPDX-License-Identifier: Apache-2.0 */
/* container_work.c - change one container.
 *
 * Two ways. While the result surely fits an array, two sorted lists are
 * merged into a third; a few changes to a long array copy the stretches between
 * them. Else all is done in bits: at some 2 us for any form and any commands
 * there is no point in more ways.
 *
 * The form of the result: what is smaller, but a form is not left for a small
 * gain, as the next change may take it back (hysteresis):
 *
 *   RUNS    when they save 1/8 of the other form; kept while not larger
 *   ARRAY   up to 4,096 members; but bits stay bits down to 3,072
 *   BITS    else
 *
 * The base's bytes may lie. Arrays out of order give arrays out of order;
 * what is done in bits is counted again and so is true afterwards.
 */
#include "bitmap/container_work.h"

#include <string.h>

struct span {
	uint32_t lo, hi;
};

/* What of command i lies in the container. */
static struct span op_span(const struct bm_part *part, size_t i)
{
	const struct bm_command *op = &part->ops[i];
	struct span s = { .lo = 0, .hi = BM_CONT_MEMBERS - 1 };

	if (op->lo >> 16 == part->key)
		s.lo = op->lo & 0xffff;
	if (op->hi >> 16 == part->key)
		s.hi = op->hi & 0xffff;
	return s;
}

/* --- the array way -------------------------------------------------------- */

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

static bool array_ops(struct lists *l, const struct bm_part *part)
{
	bool changed = false;

	for (size_t i = 0; i < part->n; i++) {
		struct span s = op_span(part, i);
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

/* Runs that still are enough of a gain over other bytes. */
static uint32_t runs_most(const struct bm_cont *base, uint32_t other)
{
	uint32_t limit = other - (other + 7) / 8;
	uint32_t most;

	if (base && base->form == BM_RUNS)
		limit = other - 1;
	most = limit < 6 ? 0 : (limit - 2) / 4;
	return most < BM_CONT_RUNS_MAX ? most : BM_CONT_RUNS_MAX;
}

static void finish_array(const struct bm_cont *base, struct bm_work *w,
			 const void *lows, uint32_t n, struct bm_cont *ret_cont)
{
	uint32_t runs = 0;

	if (n)
		runs = runs_of_lows(w, lows, n, runs_most(base, 2 * n));
	*ret_cont = (struct bm_cont){
		.form = runs ? BM_RUNS : BM_ARRAY,
		.card = n,
		.n = runs ? runs : n,
		.data = runs ? (const uint8_t *)w->runs : lows,
	};
}

/* --- the bits way --------------------------------------------------------- */

static bool bits_adds(struct bm_work *w, const struct bm_part *part)
{
	uint64_t news = 0;

	for (size_t i = 0; i < part->n; i++) {
		uint32_t low = bm_part_low(part, i);
		uint64_t bit = (uint64_t)1 << (low % 64);

		news |= bit & ~w->bits[low / 64];
		w->bits[low / 64] |= bit;
	}
	return news != 0;
}

static bool bits_removals(struct bm_work *w, const struct bm_part *part)
{
	uint64_t gone = 0;

	for (size_t i = 0; i < part->n; i++) {
		uint32_t low = bm_part_low(part, i);
		uint64_t bit = (uint64_t)1 << (low % 64);

		gone |= bit & w->bits[low / 64];
		w->bits[low / 64] &= ~bit;
	}
	return gone != 0;
}

static bool bits_members(struct bm_work *w, const struct bm_part *part)
{
	return part->op == BM_ADD ? bits_adds(w, part) : bits_removals(w, part);
}

static bool bits_ops(struct bm_work *w, const struct bm_part *part)
{
	uint32_t changes = 0;

	for (size_t i = 0; i < part->n; i++) {
		struct span s = op_span(part, i);

		if (part->ops[i].op == BM_ADD)
			changes += bm_bits_set(w->bits, s.lo, s.hi);
		else
			changes += bm_bits_clear(w->bits, s.lo, s.hi);
	}
	return changes > 0;
}

static void runs_of_bits(struct bm_work *w)
{
	uint64_t ends = 0; /* all ones while inside a run */
	uint32_t at = 0;

	for (uint32_t i = 0; i < BM_BITS_WORDS; i++) {
		uint64_t word = w->bits[i];
		uint64_t edges = word ^ (word << 1 | (ends & 1));

		for (; edges; edges &= edges - 1)
			w->runs[at++] =
				(uint16_t)(i * 64 +
					   (uint32_t)__builtin_ctzll(edges));
		ends = word >> 63;
	}
	if (at % 2) /* the last run ends with the container */
		w->runs[at++] = 0;
	for (uint32_t k = 0; k < at; k += 2)
		w->runs[k + 1] = (uint16_t)(w->runs[k + 1] - w->runs[k] - 1);
}

static void lows_of_bits(struct bm_work *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < BM_BITS_WORDS; i++) {
		for (uint64_t word = w->bits[i]; word; word &= word - 1)
			w->lows[n++] =
				(uint16_t)(i * 64 +
					   (uint32_t)__builtin_ctzll(word));
	}
}

static void finish_bits(const struct bm_cont *base, struct bm_work *w,
			struct bm_cont *ret_cont)
{
	const uint8_t *bits = (const uint8_t *)w->bits;
	uint32_t card = bm_bits_count(bits, BM_BITS_WORDS);
	uint32_t array =
		card <= BM_CONT_ARRAY_MAX ? 2 * card : BM_CONT_BITS_SIZE;
	uint32_t most = runs_most(base, array);
	uint32_t runs = bm_bits_runs(bits, most);
	bool keep = base && base->form == BM_BITS && card >= BM_CONT_BITS_MIN;
	struct bm_cont c = { .form = BM_BITS, .card = card, .data = bits };

	if (runs && runs <= most) {
		runs_of_bits(w);
		c.form = BM_RUNS;
		c.n = runs;
		c.data = (const uint8_t *)w->runs;
	} else if (card <= BM_CONT_ARRAY_MAX && !keep) {
		lows_of_bits(w);
		c.form = BM_ARRAY;
		c.n = card;
		c.data = (const uint8_t *)w->lows;
	}
	*ret_cont = c;
}

/* --- which way ------------------------------------------------------------ */

/* Members added at most. */
static uint64_t adds_most(const struct bm_part *part)
{
	uint64_t n = 0;

	if (part->lows)
		return part->op == BM_ADD ? part->n : 0;
	for (size_t i = 0; i < part->n; i++) {
		struct span s = op_span(part, i);

		if (part->ops[i].op == BM_ADD)
			n += s.hi - s.lo + 1;
	}
	return n;
}

static const uint8_t no_bytes[1];
static const struct bm_cont none = { .form = BM_ARRAY, .data = no_bytes };

/* Is part a container as it is? */
static bool is_array(const struct bm_part *part)
{
	return part->lows && part->step == sizeof(uint16_t) &&
	       part->op == BM_ADD && part->n;
}

static bool apply_array(const struct bm_cont *base, const struct bm_part *part,
			struct bm_work *w, struct bm_cont *ret_cont)
{
	struct lists l = { .left = base ? *base : none, .out = w->lows };
	bool changed;

	if (!base && is_array(part)) {
		finish_array(NULL, w, part->lows, (uint32_t)part->n, ret_cont);
		return true;
	}
	if (part->lows)
		changed = array_members(&l, part);
	else
		changed = array_ops(&l, part);
	if (changed)
		finish_array(base, w, w->lows, l.n, ret_cont);
	return changed;
}

static bool apply_bits(const struct bm_cont *base, const struct bm_part *part,
		       struct bm_work *w, struct bm_cont *ret_cont)
{
	bool changed;

	bm_cont_to_bits(base ? base : &none, w->bits);
	changed = part->lows ? bits_members(w, part) : bits_ops(w, part);
	if (changed)
		finish_bits(base, w, ret_cont);
	return changed;
}

void bm_cont_apply(const struct bm_cont *base, const struct bm_part *part,
		   struct bm_work *w, struct bm_cont *ret_cont,
		   bool *ret_changed)
{
	bool array = !base || base->form == BM_ARRAY;
	uint64_t most = adds_most(part) + (base ? base->n : 0);

	if (array && most <= BM_CONT_ARRAY_MAX)
		*ret_changed = apply_array(base, part, w, ret_cont);
	else
		*ret_changed = apply_bits(base, part, w, ret_cont);
}

void bm_cont_tidy(const struct bm_cont *c, struct bm_work *w,
		  struct bm_cont *ret_cont)
{
	if (c->form == BM_ARRAY && c->n <= BM_CONT_ARRAY_MAX) {
		memcpy(w->lows, c->data, 2 * (size_t)c->n);
		finish_array(NULL, w, w->lows, c->n, ret_cont);
		return;
	}
	bm_cont_to_bits(c, w->bits);
	finish_bits(NULL, w, ret_cont);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/deltas.h"

#include <stdlib.h>

/* Fuzz targets have no cmocka around them. */
#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static void to_crowds(struct bm_delta_buf *d)
{
	size_t n = d->delta.n_members;
	struct bm_crowds c = { .of = malloc(n * sizeof(*c.of)),
			       .lows = malloc(n * sizeof(*c.lows)) };

	CHECK(c.of && c.lows);
	for (size_t i = 0; i < n; i++) {
		uint64_t key = d->delta.members[i] >> 16;

		c.lows[i] = (uint16_t)d->delta.members[i];
		if (c.n == 0 || c.of[c.n - 1].key != key)
			c.of[c.n++] = (struct bm_crowd){ .key = key,
							 .first = (uint32_t)i };
		c.of[c.n - 1].n++;
	}
	free(d->own_members);
	d->own_members = NULL;
	d->own_crowds = c;
	d->delta.members = NULL;
	d->delta.crowds = c.of;
	d->delta.n_crowds = c.n;
	d->delta.lows = c.lows;
}

static void to_members(struct bm_delta_buf *d)
{
	uint64_t *members = malloc(d->delta.n_members * sizeof(*members));
	size_t n = 0;

	CHECK(members);
	for (size_t i = 0; i < d->delta.n_crowds; i++) {
		const struct bm_crowd *c = &d->delta.crowds[i];

		for (uint32_t k = 0; k < c->n; k++)
			members[n++] =
				c->key << 16 | d->delta.lows[c->first + k];
	}
	CHECK(n == d->delta.n_members);
	free(d->own_crowds.of);
	free(d->own_crowds.lows);
	d->own_crowds = (struct bm_crowds){ 0 };
	d->own_members = members;
	d->delta.members = members;
	d->delta.crowds = NULL;
	d->delta.n_crowds = 0;
	d->delta.lows = NULL;
}

void delta_turn(struct bm_delta_buf *d)
{
	if (d->delta.crowds)
		to_members(d);
	else if (d->delta.n_members)
		to_crowds(d);
}

/* --- parts ---------------------------------------------------------------- */

static void slice_members(const struct bm_delta *d, uint64_t lo, uint64_t hi,
			  struct bm_delta *s)
{
	for (size_t i = 0; i < d->n_members; i++) {
		if (d->members[i] < lo || d->members[i] > hi)
			continue;
		if (s->n_members++ == 0)
			s->members = d->members + i;
	}
}

static void slice_crowds(const struct bm_delta *d, uint64_t lo, uint64_t hi,
			 struct bm_delta *s)
{
	s->lows = d->lows;
	s->crowds = d->crowds;
	for (size_t i = 0; i < d->n_crowds; i++) {
		if (d->crowds[i].key < lo >> 16 || d->crowds[i].key > hi >> 16)
			continue;
		if (s->n_crowds++ == 0)
			s->crowds = d->crowds + i;
		s->n_members += d->crowds[i].n;
	}
}

static void slice_ops(const struct bm_delta *d, uint64_t lo, uint64_t hi,
		      struct bm_command *room, struct bm_delta *s)
{
	s->ops = room;
	for (size_t i = 0; i < d->n_ops; i++) {
		struct bm_command c = d->ops[i];

		if (c.hi < lo || c.lo > hi)
			continue;
		if (c.lo < lo)
			c.lo = lo;
		if (c.hi > hi)
			c.hi = hi;
		room[s->n_ops++] = c;
	}
}

struct bm_delta delta_slice(const struct bm_delta *d, uint64_t lo, uint64_t hi,
			    struct bm_command *room)
{
	struct bm_delta s = { .op = d->op };

	if (d->ops)
		slice_ops(d, lo, hi, room, &s);
	else if (d->crowds)
		slice_crowds(d, lo, hi, &s);
	else
		slice_members(d, lo, hi, &s);
	return s;
}

/* --- what must hold ------------------------------------------------------- */

static void check_crowds(const struct bm_delta *d)
{
	size_t n = 0;

	CHECK(!d->members && !d->ops);
	for (size_t i = 0; i < d->n_crowds; i++) {
		const struct bm_crowd *c = &d->crowds[i];

		CHECK(c->n > 0);
		CHECK(i == 0 || (c->key > c[-1].key &&
				 c->first >= c[-1].first + c[-1].n));
		for (uint32_t k = 1; k < c->n; k++)
			CHECK(d->lows[c->first + k] >
			      d->lows[c->first + k - 1]);
		n += c->n;
	}
	CHECK(n == d->n_members);
}

void delta_check(const struct bm_delta *d)
{
	if (d->crowds) {
		check_crowds(d);
		return;
	}
	for (size_t i = 1; i < d->n_members; i++)
		CHECK(d->members[i - 1] < d->members[i]);
	for (size_t i = 0; i < d->n_ops; i++) {
		const struct bm_command *c = &d->ops[i];

		CHECK(c->lo <= c->hi);
		CHECK(i == 0 || c[-1].hi < c->lo);
		CHECK(i == 0 || c[-1].op != c->op || c[-1].hi + 1 < c->lo);
	}
}

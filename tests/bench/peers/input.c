/* SPDX-License-Identifier: Apache-2.0 */
/* input.c - what is put into sets, the same in every run. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/peers/work.h"
#include "tests/support/rng.h"

#define LINE 22u

static struct input new_input(size_t n)
{
	return (struct input){
		.members = must_alloc(n * sizeof(uint64_t)),
		.n = n,
	};
}

static struct input seeded_32(size_t n, uint64_t seed)
{
	struct input in = new_input(n);
	struct rng r;

	rng_init(&r, seed);
	for (size_t i = 0; i < n; i++)
		in.members[i] = rng_u64(&r) >> 32;
	return in;
}

struct input random_32(size_t n)
{
	return seeded_32(n, 1);
}

struct input other_32(size_t n)
{
	return seeded_32(n, 5);
}

struct input random_64(size_t n)
{
	struct input in = new_input(n);
	struct rng r;

	rng_init(&r, 2);
	for (size_t i = 0; i < n; i++)
		in.members[i] = rng_u64(&r);
	return in;
}

struct input ascending(size_t n)
{
	struct input in = new_input(n);

	for (size_t i = 0; i < n; i++)
		in.members[i] = 1000000000 + i;
	return in;
}

struct input zipf_pairs(size_t n, uint32_t n_sets)
{
	struct input in = random_32(n);
	struct rng r;

	in.sets = must_alloc(n * sizeof(*in.sets));
	rng_init(&r, 3);
	for (size_t i = 0; i < n; i++) {
		uint64_t below = rng_below(&r, n_sets) + 1;

		below = rng_below(&r, below) + 1;
		in.sets[i] = (uint32_t)rng_below(&r, below);
	}
	return in;
}

struct input half_of(const struct input *in)
{
	struct input half = new_input(in->n / 2);

	for (size_t i = 0; i < half.n; i++)
		half.members[i] = in->members[i * 2];
	return half;
}

void input_free(struct input *in)
{
	free(in->members);
	free(in->sets);
}

/* --- steps ---------------------------------------------------------------- */

struct pair {
	uint64_t member;
	uint32_t set;
	uint32_t order; /* of arrival: kept within a set */
};

static int by_set(const void *a, const void *b)
{
	const struct pair *x = a;
	const struct pair *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static size_t write_line(char *to, const char *sign, uint64_t v)
{
	char digits[LINE];
	size_t n = LINE;
	size_t len = 0;

	digits[--n] = '\n';
	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	for (; sign[len]; len++)
		to[len] = sign[len];
	memcpy(to + len, digits + n, LINE - n);
	return len + LINE - n;
}

/* The members of s, of which those of one set are neighbours, as groups. */
static void make_groups(struct step *s, const struct pair *pairs, size_t n)
{
	s->groups = must_alloc(n * sizeof(*s->groups));
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || pairs[i].set != pairs[i - 1].set)
			s->groups[s->n++] =
				(struct group){ .set = pairs[i].set,
						.members = s->members + i };
		s->groups[s->n - 1].n++;
	}
}

static void make_text(struct step *s, const char *sign)
{
	char *to = s->text;

	for (size_t i = 0; i < s->n; i++) {
		struct group *g = &s->groups[i];

		g->text = to;
		for (size_t k = 0; k < g->n; k++)
			to += write_line(to, sign, g->members[k]);
		g->text_len = (size_t)(to - g->text);
	}
}

struct step make_step(const struct input *in, size_t from, size_t to,
		      bool as_text, const char *sign)
{
	size_t n = to - from;
	struct pair *pairs = must_alloc(n * sizeof(*pairs));
	struct step s = { .members = must_alloc(n * sizeof(*s.members)) };

	for (size_t i = 0; i < n; i++)
		pairs[i] = (struct pair){
			.member = in->members[from + i],
			.set = in->sets ? in->sets[from + i] : 0,
			.order = (uint32_t)i,
		};
	if (in->sets)
		qsort(pairs, n, sizeof(*pairs), by_set);
	for (size_t i = 0; i < n; i++)
		s.members[i] = pairs[i].member;
	make_groups(&s, pairs, n);
	free(pairs);
	if (as_text) {
		s.text = must_alloc(n * (LINE + 1));
		make_text(&s, sign);
	}
	return s;
}

void step_free(struct step *s)
{
	free(s->groups);
	free(s->members);
	free(s->text);
}

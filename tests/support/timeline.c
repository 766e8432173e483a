/* SPDX-License-Identifier: Apache-2.0 */
/* timeline.c - see timeline.h. */
#include "tests/support/timeline.h"

#include <assert.h>
#include <stdlib.h>

#define LOOK_BACK 64u

void tl_finish(struct timeline *tl)
{
	free(tl->states);
	free(tl->acks);
	*tl = (struct timeline){ 0 };
}

static bool is_same(const struct tl_state *a, const struct tl_state *b)
{
	return a->live == b->live && a->snaps == b->snaps;
}

/* A state that comes back was on the disk the first time, perhaps, and nothing
 * had to be written for it since. */
static uint64_t first_ops(const struct timeline *tl, const struct tl_state *st)
{
	size_t i = tl->n_states;

	for (unsigned looked = 0; i > 0 && looked < LOOK_BACK; looked++)
		if (is_same(&tl->states[--i], st))
			return tl->states[i].ops;
	return st->ops;
}

void tl_push(struct timeline *tl, uint64_t ops, uint64_t live, uint64_t snaps)
{
	struct tl_state st = { .ops = ops, .live = live, .snaps = snaps };
	size_t n = tl->n_states;

	if (n && is_same(&tl->states[n - 1], &st))
		return;
	st.ops = first_ops(tl, &st);
	tl->states = realloc(tl->states, (n + 1) * sizeof(*tl->states));
	assert(tl->states);
	tl->states[tl->n_states++] = st;
}

void tl_ack(struct timeline *tl, uint64_t ops)
{
	tl->acks = realloc(tl->acks, (tl->n_acks + 1) * sizeof(*tl->acks));
	assert(tl->acks);
	tl->acks[tl->n_acks++] =
		(struct tl_ack){ .ops = ops, .state = tl->n_states - 1 };
}

static bool find(const struct timeline *tl, size_t from, uint64_t seen,
		 const struct tl_state *is)
{
	for (size_t i = from; i < tl->n_states; i++) {
		const struct tl_state *st = &tl->states[i];

		if (st->ops <= seen && is_same(st, is))
			return true;
	}
	return false;
}

bool tl_allows(const struct timeline *tl, uint64_t at, uint64_t seen,
	       const struct tl_state *is)
{
	size_t from = 0;

	for (size_t i = 0; i < tl->n_acks && tl->acks[i].ops <= at; i++)
		from = tl->acks[i].state;
	return find(tl, from, seen, is);
}

bool tl_had(const struct timeline *tl, uint64_t seen, const struct tl_state *is)
{
	return find(tl, 0, seen, is);
}

/* A state that comes back has the ops it had the first time, so the order of
 * acks decides where to end. */
struct timeline tl_until(const struct timeline *tl, uint64_t ops)
{
	struct timeline part = { 0 };
	size_t a = 0;

	for (size_t i = 0; i < tl->n_states; i++) {
		const struct tl_state *st = &tl->states[i];

		if (st->ops > ops)
			continue;
		tl_push(&part, st->ops, st->live, st->snaps);
		for (; a < tl->n_acks && tl->acks[a].state == i; a++)
			if (tl->acks[a].ops <= ops)
				tl_ack(&part, tl->acks[a].ops);
	}
	return part;
}

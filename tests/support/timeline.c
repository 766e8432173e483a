/* SPDX-License-Identifier: Apache-2.0 */
/* timeline.c - see timeline.h. */
#include "tests/support/timeline.h"

#include <assert.h>
#include <stdlib.h>

void tl_finish(struct timeline *tl)
{
	free(tl->states);
	free(tl->acks);
	*tl = (struct timeline){ 0 };
}

void tl_push(struct timeline *tl, uint64_t ops, uint64_t live, uint64_t snaps)
{
	size_t n = tl->n_states;

	if (n && tl->states[n - 1].live == live &&
	    tl->states[n - 1].snaps == snaps)
		return;
	tl->states = realloc(tl->states, (n + 1) * sizeof(*tl->states));
	assert(tl->states);
	tl->states[tl->n_states++] =
		(struct tl_state){ .ops = ops, .live = live, .snaps = snaps };
}

void tl_ack(struct timeline *tl, uint64_t ops)
{
	tl->acks = realloc(tl->acks, (tl->n_acks + 1) * sizeof(*tl->acks));
	assert(tl->acks);
	tl->acks[tl->n_acks++] =
		(struct tl_ack){ .ops = ops, .state = tl->n_states - 1 };
}

static const struct tl_state *find(const struct timeline *tl, size_t from,
				   uint64_t seen, const struct tl_state *is)
{
	for (size_t i = from; i < tl->n_states; i++) {
		const struct tl_state *st = &tl->states[i];

		if (st->ops <= seen && st->live == is->live &&
		    st->snaps == is->snaps)
			return st;
	}
	return NULL;
}

static const struct tl_state *find_allowed(const struct timeline *tl,
					   uint64_t at, uint64_t seen,
					   const struct tl_state *is)
{
	size_t from = 0;

	for (size_t i = 0; i < tl->n_acks && tl->acks[i].ops <= at; i++)
		from = tl->acks[i].state;
	return find(tl, from, seen, is);
}

bool tl_allows(const struct timeline *tl, uint64_t at, uint64_t seen,
	       const struct tl_state *is)
{
	return find_allowed(tl, at, seen, is) != NULL;
}

bool tl_had(const struct timeline *tl, uint64_t seen, const struct tl_state *is)
{
	return find(tl, 0, seen, is) != NULL;
}

/* It can be on the disk since it could the first time. */
bool tl_again(struct timeline *tl, uint64_t now, const struct tl_state *is)
{
	const struct tl_state *st = find_allowed(tl, now, now, is);

	if (st)
		tl_push(tl, st->ops, is->live, is->snaps);
	return st != NULL;
}

/* States are pushed in the order of their ops, but one that a commit made
 * visible counts from before the call. */
struct timeline tl_until(const struct timeline *tl, uint64_t ops)
{
	struct timeline part = { 0 };
	size_t a = 0;

	for (size_t i = 0; i < tl->n_states; i++) {
		const struct tl_state *st = &tl->states[i];

		if (st->ops > ops)
			break;
		tl_push(&part, st->ops, st->live, st->snaps);
		for (; a < tl->n_acks && tl->acks[a].state == i; a++)
			if (tl->acks[a].ops <= ops)
				tl_ack(&part, tl->acks[a].ops);
	}
	return part;
}

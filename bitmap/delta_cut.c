/* SPDX-License-Identifier: Apache-2.0 */
/* delta_cut.c - a delta taken segment by segment. */

#include "bitmap/delta_cut.h"
#include "regionstore/base/ck.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void bm_knife_init(struct bm_knife *k, const struct bm_delta *delta)
{
	*k = (struct bm_knife){ .delta = delta };
}

void bm_knife_finish(struct bm_knife *k)
{
	free(k->own);
}

static uint64_t first_of(const struct bm_knife *k)
{
	uint64_t lo = k->delta->ops[k->next].lo;

	return lo > k->clip ? lo : k->clip;
}

static uint64_t first_of_crowd(const struct bm_delta *d, size_t i)
{
	const struct bm_crowd *c = &d->crowds[i];

	return c->key << 16 | d->lows[c->first];
}

static size_t items_of(const struct bm_delta *d)
{
	if (d->ops)
		return d->n_ops;
	return d->crowds ? d->n_crowds : d->n_members;
}

bool bm_knife_peek(const struct bm_knife *k, uint64_t *ret_member)
{
	const struct bm_delta *d = k->delta;

	if (k->next == items_of(d))
		return false;
	if (d->ops)
		*ret_member = first_of(k);
	else if (d->crowds)
		*ret_member = first_of_crowd(d, k->next);
	else
		*ret_member = d->members[k->next];
	return true;
}

/* How many of the ascending members are not above last. */
static size_t members_up_to(const uint64_t *members, size_t n, uint64_t last)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (members[mid] <= last)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

static size_t ops_up_to(const struct bm_command *ops, size_t n, uint64_t last)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (ops[mid].lo <= last)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

static int copy_part(struct bm_knife *k, size_t n)
{
	if (n > k->cap_own) {
		struct bm_command *own = realloc(k->own, n * sizeof(*own));

		if (!own)
			return -ENOMEM;
		k->own = own;
		k->cap_own = n;
	}
	memcpy(k->own, k->delta->ops + k->next, n * sizeof(*k->own));
	return 0;
}

static int cut_ops(struct bm_knife *k, uint64_t last, struct bm_delta *ret_part)
{
	const struct bm_command *ops = k->delta->ops + k->next;
	size_t n = ops_up_to(ops, k->delta->n_ops - k->next, last);
	bool goes_on = ops[n - 1].hi > last;
	int err;

	*ret_part = (struct bm_delta){ .ops = ops, .n_ops = n };
	if (goes_on || ops[0].lo < k->clip) {
		err = copy_part(k, n);
		if (err)
			return err;
		k->own[0].lo = first_of(k);
		if (goes_on)
			k->own[n - 1].hi = last;
		ret_part->ops = k->own;
	}
	k->next += goes_on ? n - 1 : n;
	k->clip = goes_on ? last + 1 : 0;
	return 0;
}

static size_t crowds_up_to(const struct bm_crowd *crowds, size_t n,
			   uint64_t key)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (crowds[mid].key <= key)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

/* Segments end where a container does, so no crowd is cut. */
static void cut_crowds(struct bm_knife *k, uint64_t last,
		       struct bm_delta *ret_part)
{
	const struct bm_delta *d = k->delta;
	const struct bm_crowd *crowds = d->crowds + k->next;
	size_t n = crowds_up_to(crowds, d->n_crowds - k->next, last >> 16);

	assert((last & 0xffff) == 0xffff);
	*ret_part = (struct bm_delta){
		.crowds = crowds,
		.n_crowds = n,
		.lows = d->lows,
		.n_members = bm_crowds_count(crowds, n),
		.op = d->op,
	};
	k->next += n;
}

int bm_knife_cut(struct bm_knife *k, uint64_t last, struct bm_delta *ret_part)
{
	const struct bm_delta *d = k->delta;
	uint64_t first;
	size_t n;

	assert(bm_knife_peek(k, &first) && first <= last);
	(void)first;
	if (d->ops)
		return cut_ops(k, last, ret_part);
	if (d->crowds) {
		cut_crowds(k, last, ret_part);
		return 0;
	}
	n = members_up_to(d->members + k->next, d->n_members - k->next, last);
	*ret_part = (struct bm_delta){
		.members = d->members + k->next,
		.n_members = n,
		.op = d->op,
	};
	k->next += n;
	return 0;
}

bool bm_delta_least(const struct bm_delta *delta, uint64_t *ret_member)
{
	struct bm_knife k;

	bm_knife_init(&k, delta);
	return bm_knife_peek(&k, ret_member);
}

size_t bm_crowds_count(const struct bm_crowd *of, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += of[i].n;
	return sum;
}

uint64_t bm_delta_adds(const struct bm_delta *delta)
{
	uint64_t sum = delta->op == BM_ADD ? delta->n_members : 0;

	for (size_t i = 0; i < delta->n_ops; i++) {
		const struct bm_command *c = &delta->ops[i];

		if (c->op == BM_ADD && (!ck_add(sum, c->hi - c->lo, &sum) ||
					!ck_add(sum, 1, &sum)))
			return UINT64_MAX;
	}
	return sum;
}

bool bm_delta_only_adds(const struct bm_delta *delta)
{
	bool adds = delta->n_members == 0 || delta->op == BM_ADD;

	for (size_t i = 0; adds && i < delta->n_ops; i++)
		adds = delta->ops[i].op == BM_ADD;
	return adds;
}

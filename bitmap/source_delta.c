/* SPDX-License-Identifier: Apache-2.0 */
/* source_delta.c - a delta as pieces: parts of containers, spans of whole. */
#include "bitmap/source.h"

/* How many of the members from the first on have its key: most often few, so
 * look near first and then further and further. */
static size_t same_key(const uint64_t *members, size_t n)
{
	uint64_t key = members[0] >> 16;
	size_t lo = 0; /* has the key */
	size_t step = 1;

	while (step < n && members[step] >> 16 == key) {
		lo = step;
		step *= 2;
	}
	if (step > n)
		step = n;
	while (step - lo > 1) {
		size_t mid = lo + (step - lo) / 2;

		if (members[mid] >> 16 == key)
			lo = mid;
		else
			step = mid;
	}
	return lo + 1;
}

static void load_crowd(struct bm_dsrc *ds)
{
	const struct bm_crowd *c;

	if (ds->next == ds->delta->n_crowds) {
		ds->key = BM_KEY_END;
		return;
	}
	c = &ds->delta->crowds[ds->next++];
	ds->key = c->key;
	ds->part = (struct bm_part){
		.key = c->key,
		.lows = (const uint8_t *)(ds->delta->lows + c->first),
		.step = sizeof(*ds->delta->lows),
		.op = ds->delta->op,
		.n = c->n,
	};
	ds->span = 1;
	ds->op = ds->delta->op;
	ds->full = c->n == BM_CONT_MEMBERS;
}

static void load_members(struct bm_dsrc *ds)
{
	size_t left = ds->delta->n_members - ds->next;
	const uint64_t *members;

	if (left == 0) {
		ds->key = BM_KEY_END;
		return;
	}
	members = ds->delta->members + ds->next;
	ds->key = members[0] >> 16;
	ds->part = (struct bm_part){
		.key = ds->key,
		.lows = (const uint8_t *)members,
		.step = sizeof(*members),
		.op = ds->delta->op,
		.n = same_key(members, left),
	};
	ds->next += ds->part.n;
	ds->span = 1;
	ds->op = ds->delta->op;
	ds->full = ds->part.n == BM_CONT_MEMBERS;
}

/* Go to the op after member last of op i. */
static void past(struct bm_dsrc *ds, size_t i, uint64_t last)
{
	const struct bm_command *ops = ds->delta->ops;

	if (ops[i].hi > last) {
		ds->next = i;
		ds->from = last + 1;
		return;
	}
	ds->next = i + 1;
	if (ds->next < ds->delta->n_ops)
		ds->from = ops[ds->next].lo;
}

/* The ops that touch container ds->key. */
static void load_part(struct bm_dsrc *ds)
{
	const struct bm_command *ops = ds->delta->ops;
	uint64_t end = ds->key << 16 | 0xffff;
	size_t i = ds->next;

	while (i + 1 < ds->delta->n_ops && ops[i + 1].lo <= end)
		i++;
	ds->part = (struct bm_part){
		.key = ds->key,
		.ops = ops + ds->next,
		.n = i + 1 - ds->next,
	};
	ds->span = 1;
	ds->full = false;
	past(ds, i, end);
}

static void load_ops(struct bm_dsrc *ds)
{
	const struct bm_command *op;
	uint64_t len_less_1;

	if (ds->next == ds->delta->n_ops) {
		ds->key = BM_KEY_END;
		return;
	}
	op = ds->delta->ops + ds->next;
	ds->key = ds->from >> 16;
	len_less_1 = op->hi - ds->from;
	if (ds->from & 0xffff || len_less_1 < 0xffff) {
		load_part(ds);
		return;
	}
	ds->full = true;
	ds->op = op->op;
	ds->span = (len_less_1 >> 16) + ((len_less_1 & 0xffff) == 0xffff);
	past(ds, ds->next, ((ds->key + ds->span - 1) << 16) | 0xffff);
}

static void load(struct bm_dsrc *ds)
{
	if (ds->delta->ops)
		load_ops(ds);
	else if (ds->delta->crowds)
		load_crowd(ds);
	else
		load_members(ds);
}

void bm_dsrc_init(struct bm_dsrc *ds, const struct bm_delta *delta)
{
	*ds = (struct bm_dsrc){ .delta = delta };
	if (delta->ops && delta->n_ops)
		ds->from = delta->ops[0].lo;
	load(ds);
}

void bm_dsrc_skip(struct bm_dsrc *ds, uint64_t n)
{
	ds->key += n;
	ds->span -= n;
	if (ds->span == 0)
		load(ds);
}

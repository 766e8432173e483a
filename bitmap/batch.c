/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - the commands of one write, in their order. */

#include "bitmap/batch.h"
#include "bitmap/members.h"
#include "bitmap/radix.h"
#include "regionstore/base/ck.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 16u
#define TRIM_MIN  1024u /* unused members that are worth a trim */
#define STEPS_MAX 4096u /* of an insertion sort that costs as much as radix */

void bm_batch_init(struct bm_batch *b)
{
	*b = (struct bm_batch){ .ascending = true };
}

void bm_batch_finish(struct bm_batch *b)
{
	if (b->cap_members) /* else they lie in somebody else's memory */
		bm_members_free(b->members, b->cap_members);
	free(b->ops);
	bm_batch_init(b);
}

/* What an array of cap elements, used of them, grows to for n more: exactly
 * that the first time, so that a parser who knows what comes wastes nothing. 0:
 * too much. */
static size_t larger(size_t cap, size_t used, size_t n, size_t size)
{
	size_t want = cap * 2 > CAP_FIRST ? cap * 2 : CAP_FIRST;

	if (n > SIZE_MAX / 4 / size - used)
		return 0;
	return want < used + n ? used + n : want;
}

int bm_batch_reserve(struct bm_batch *b, size_t n)
{
	uint64_t *mem;
	size_t want;

	if (n <= b->cap_members - b->n_members)
		return 0;
	want = larger(b->cap_members, b->n_members, n, sizeof(*mem));
	if (!want)
		return -ENOMEM;
	mem = bm_members_resize(b->members, b->cap_members, b->n_members, want);
	if (!mem)
		return -ENOMEM;
	b->members = mem;
	b->cap_members = want;
	return 0;
}

static int reserve_ops(struct bm_batch *b, size_t n)
{
	struct bm_command *mem;
	size_t want;

	if (n <= b->cap_ops - b->n_ops)
		return 0;
	want = larger(b->cap_ops, b->n_ops, n, sizeof(*mem));
	if (!want)
		return -ENOMEM;
	mem = realloc(b->ops, want * sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	b->ops = mem;
	b->cap_ops = want;
	return 0;
}

/* The first command that is not like those before it: they become commands
 * too. */
static int turn_to_ops(struct bm_batch *b)
{
	int err = reserve_ops(b, b->n_members + 1);

	if (err)
		return err;
	for (size_t i = 0; i < b->n_members; i++)
		b->ops[i] = (struct bm_command){ .lo = b->members[i],
						 .hi = b->members[i],
						 .op = b->op };
	b->n_ops = b->n_members;
	b->n_members = 0;
	b->op = BM_ADD;
	return 0;
}

static int add_member(struct bm_batch *b, uint64_t member, enum bm_op op)
{
	int err = bm_batch_reserve(b, 1);

	if (err)
		return err;
	if (b->n_members && b->members[b->n_members - 1] >= member)
		b->ascending = false;
	b->members[b->n_members++] = member;
	b->op = op;
	return 0;
}

int bm_batch_range(struct bm_batch *b, uint64_t lo, uint64_t hi, enum bm_op op)
{
	bool like = !b->n_members || b->op == op;
	int err;

	if (lo == hi && like && !b->n_ops)
		return add_member(b, lo, op);
	err = b->n_ops ? reserve_ops(b, 1) : turn_to_ops(b);
	if (err)
		return err;
	b->ops[b->n_ops++] =
		(struct bm_command){ .lo = lo, .hi = hi, .op = op };
	return 0;
}

int bm_batch_add(struct bm_batch *b, uint64_t member)
{
	return bm_batch_range(b, member, member, BM_ADD);
}

bool bm_batch_empty(const struct bm_batch *b)
{
	return !b->n_members && !b->n_ops;
}

size_t bm_batch_bytes(const struct bm_batch *b)
{
	return b->cap_members * sizeof(*b->members) +
	       b->cap_ops * sizeof(*b->ops);
}

uint64_t bm_batch_adds(const struct bm_batch *b)
{
	uint64_t sum = b->op == BM_ADD ? b->n_members : 0;

	for (size_t i = 0; i < b->n_ops; i++) {
		const struct bm_command *c = &b->ops[i];

		if (c->op == BM_ADD && (!ck_add(sum, c->hi - c->lo, &sum) ||
					!ck_add(sum, 1, &sum)))
			return UINT64_MAX;
	}
	return sum;
}

static size_t drop_doubles(uint64_t *members, size_t n)
{
	size_t kept = 1;

	for (size_t i = 1; i < n; i++) {
		members[kept] = members[i];
		kept += members[kept] != members[kept - 1];
	}
	return kept;
}

static int sort_many(struct bm_batch *b)
{
	uint64_t *tmp;
	uint64_t *sorted;

	if (b->n_members > BM_RADIX_MAX)
		return -ENOMEM;
	tmp = bm_members_alloc(b->cap_members);
	if (!tmp)
		return -ENOMEM;
	sorted = bm_radix_sort(b->members, tmp, b->n_members);
	bm_members_free(sorted == tmp ? b->members : tmp, b->cap_members);
	b->members = sorted;
	return 0;
}

/* What waits is sorted each time the journal is written anew, and a few came
 * behind it since: they find their places faster than all can be dealt out. */
static bool is_nearly_sorted(const struct bm_batch *b)
{
	size_t sorted = 1;

	if (b->n_members > STEPS_MAX)
		return false;
	while (sorted < b->n_members &&
	       b->members[sorted - 1] <= b->members[sorted])
		sorted++;
	return (b->n_members - sorted) * b->n_members <= STEPS_MAX;
}

int bm_batch_sort(struct bm_batch *b)
{
	int err = 0;

	if (b->n_ops || b->ascending)
		return 0;
	if (b->n_members <= BM_BATCH_FEW || is_nearly_sorted(b))
		bm_insertion_sort(b->members, b->n_members);
	else
		err = sort_many(b);
	if (err)
		return err;
	b->n_members = drop_doubles(b->members, b->n_members);
	b->ascending = true;
	return 0;
}

void bm_batch_trim(struct bm_batch *b)
{
	uint64_t *mem;

	if (b->n_ops) {
		bm_members_free(b->members, b->cap_members);
		b->members = NULL;
		b->cap_members = 0;
	} else if (b->cap_members - b->n_members >= TRIM_MIN) {
		mem = bm_members_resize(b->members, b->cap_members,
					b->n_members, b->n_members + 1);
		if (mem) {
			b->members = mem;
			b->cap_members = b->n_members + 1;
		}
	}
}

struct bm_batch_mark bm_batch_mark(const struct bm_batch *b)
{
	return (struct bm_batch_mark){ .n_members = b->n_members,
				       .n_ops = b->n_ops,
				       .op = b->op,
				       .ascending = b->ascending };
}

void bm_batch_undo(struct bm_batch *b, const struct bm_batch_mark *mark)
{
	if (b->n_ops && !mark->n_ops)
		for (size_t i = 0; i < mark->n_members; i++)
			b->members[i] = b->ops[i].lo;
	b->n_members = mark->n_members;
	b->n_ops = mark->n_ops;
	b->op = mark->op;
	b->ascending = mark->ascending;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* delta.c - a queue of batches to one delta.
 *
 * Nearly always all batches add members, or all remove some, and often they
 * ascend: then they are only put together. When they do not, they are sorted
 * and what is double is dropped (sort_rows.c). As soon as one batch has
 * anything else, all commands are put in one row and reduced together
 * (delta_sweep.c).
 */
#include "bitmap/segment.h"

#include "bitmap/big.h"
#include "bitmap/delta_cut.h"
#include "bitmap/delta_sweep.h"
#include "bitmap/radix.h"
#include "bitmap/sort_lows.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/ck.h"

#include <assert.h>
#include <errno.h>

/* What is in the queue. */
struct queue {
	struct bm_batch *const *batches;
	size_t n_batches;
	unsigned shards;
	uint64_t n;	/* commands */
	bool alike;	/* the same is done with members in all of them */
	bool ascending; /* from the first member to the last */
	enum bm_op op;
};

/* prev: the last member before, once there is one. */
static void look_at(struct queue *q, const struct bm_batch *b,
		    const uint64_t **prev)
{
	if (bm_batch_empty(b))
		return;
	if (q->n == 0)
		q->op = b->op;
	q->n += b->n_ops ? b->n_ops : b->n_members;
	q->alike &= b->n_ops == 0 && b->op == q->op;
	if (!q->alike)
		return;
	q->ascending &= b->ascending && (!*prev || **prev < b->members[0]);
	*prev = &b->members[b->n_members - 1];
}

static int look(struct queue *q)
{
	const uint64_t *prev = NULL;
	uint64_t bytes;

	q->alike = true;
	q->ascending = true;
	for (size_t i = 0; i < q->n_batches; i++)
		look_at(q, q->batches[i], &prev);
	if (!ck_mul(q->n, sizeof(struct bm_command), &bytes) ||
	    bytes > SIZE_MAX / 2 || q->n > BM_RADIX_MAX)
		return -ENOMEM;
	return 0;
}

static void join_rows(const struct bm_row *rows, size_t n_rows, uint64_t *to)
{
	size_t n = 0;

	for (size_t i = 0; i < n_rows; i++) {
		memcpy(to + n, rows[i].keys, rows[i].n * sizeof(*to));
		n += rows[i].n;
	}
}

static int build_array(const struct queue *q, const struct bm_row *rows,
		       size_t n_rows, struct bm_delta_buf *d)
{
	size_t n = (size_t)q->n;
	AUTO_FREE uint64_t *members = bm_big_alloc(n, sizeof(*members));
	int err = 0;

	if (!members)
		return -ENOMEM;
	if (q->ascending)
		join_rows(rows, n_rows, members);
	else
		err = bm_sort_rows(rows, n_rows, n, bm_deal_crew(n, q->shards),
				   members, &n);
	if (err)
		return err;
	d->own_members = take_ptr(&members);
	d->delta.members = d->own_members;
	d->delta.n_members = n;
	return 0;
}

static void take_crowds(struct bm_delta_buf *d)
{
	const struct bm_crowds *c = &d->own_crowds;

	d->delta.crowds = c->of;
	d->delta.n_crowds = c->n;
	d->delta.lows = c->lows;
	d->delta.n_members = bm_crowds_count(c->of, c->n);
}

static int build_members(const struct queue *q, struct bm_delta_buf *d)
{
	size_t n_rows = 0;
	AUTO_FREE struct bm_row *rows = malloc(q->n_batches * sizeof(*rows));
	bool done = false;
	int err = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < q->n_batches; i++) {
		const struct bm_batch *b = q->batches[i];

		if (!b->n_members)
			continue;
		assert(b->members);
		rows[n_rows++] = (struct bm_row){ .keys = b->members,
						  .n = b->n_members };
	}
	d->delta.op = q->op;
	if (!q->ascending)
		err = bm_sort_lows(rows, n_rows, (size_t)q->n,
				   bm_deal_crew(q->n, q->shards),
				   &d->own_crowds, &done);
	if (!err && !done)
		return build_array(q, rows, n_rows, d);
	if (!err)
		take_crowds(d);
	return err;
}

static void gather_commands(const struct queue *q, struct bm_command *row)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_batches; i++) {
		const struct bm_batch *b = q->batches[i];

		if (b->n_ops) {
			memcpy(row + n, b->ops, b->n_ops * sizeof(*row));
			n += b->n_ops;
			continue;
		}
		for (size_t k = 0; k < b->n_members; k++)
			row[n++] = (struct bm_command){ .lo = b->members[k],
							.hi = b->members[k],
							.op = b->op };
	}
}

static int build_ops(const struct queue *q, struct bm_delta_buf *d)
{
	size_t n = (size_t)q->n;
	AUTO_FREE struct bm_command *row = malloc(n * sizeof(*row));
	int err;

	if (!row)
		return -ENOMEM;
	gather_commands(q, row);
	err = bm_delta_sweep(row, n, &d->own_ops, &d->delta.n_ops);
	d->delta.ops = d->own_ops;
	return err;
}

int bm_delta_build(struct bm_batch *const *batches, size_t n_batches,
		   unsigned shards, struct bm_delta_buf *ret_buf)
{
	struct queue q = { .batches = batches,
			   .n_batches = n_batches,
			   .shards = shards };
	struct bm_delta_buf d = { 0 };
	int err = look(&q);

	if (!err && q.n)
		err = q.alike ? build_members(&q, &d) : build_ops(&q, &d);
	if (!err)
		*ret_buf = d;
	return err;
}

#define LONG	 65536u /* commands that are worth a second delta */
#define RUNS_MAX 4u	/* each of which may write a segment again */

static bool is_like(const struct bm_batch *a, const struct bm_batch *b)
{
	return a->n_ops || b->n_ops ? a->n_ops && b->n_ops : a->op == b->op;
}

size_t bm_delta_first(struct bm_batch *const *batches, size_t n_batches)
{
	uint64_t n = 0;
	size_t runs = 1;
	size_t first = n_batches;

	for (size_t i = 0; i < n_batches; i++) {
		n += batches[i]->n_members + batches[i]->n_ops;
		if (i == 0 || is_like(batches[i - 1], batches[i]))
			continue;
		if (runs++ == 1)
			first = i;
	}
	return n >= LONG && runs <= RUNS_MAX ? first : n_batches;
}

void bm_delta_finish(struct bm_delta_buf *d)
{
	free(d->own_members);
	bm_crowds_finish(&d->own_crowds);
	free(d->own_ops);
	*d = (struct bm_delta_buf){ 0 };
}

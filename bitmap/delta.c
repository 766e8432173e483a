/* SPDX-License-Identifier: Apache-2.0 */
/* delta.c - a queue of batches to one delta.
 *
 * Nearly always all batches are plain adds, and often they ascend: then they
 * are only put together. When they do not, they are sorted and what is double
 * is dropped. When members are removed one by one and nothing else is done,
 * they are sorted in the same way. As soon as one batch has anything else, all
 * commands are put in one row and reduced together (delta_sweep.c).
 */
#include "bitmap/segment.h"

#include "bitmap/delta_sweep.h"
#include "bitmap/radix.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/ck.h"

#include <errno.h>

/* What is in the queue. */
struct queue {
	struct bm_batch *const *batches;
	size_t n_batches;
	uint64_t n; /* commands */
	bool plain; /* all are adds of members */
	bool thins; /* all are removals of single members */
};

static bool only_thins(const struct bm_batch *b)
{
	bool thins = b->n_members == 0;

	for (size_t i = 0; i < b->n_ops && thins; i++)
		thins = b->ops[i].op == BM_REMOVE &&
			b->ops[i].lo == b->ops[i].hi;
	return thins;
}

static int look(struct queue *q)
{
	uint64_t bytes;

	q->plain = true;
	q->thins = true;
	for (size_t i = 0; i < q->n_batches; i++) {
		const struct bm_batch *b = q->batches[i];

		q->n += b->n_ops ? b->n_ops : b->n_members;
		q->plain &= b->n_ops == 0;
		q->thins = q->thins && only_thins(b);
	}
	if (!ck_mul(q->n, sizeof(struct bm_command), &bytes) ||
	    bytes > SIZE_MAX / 2 || q->n > BM_RADIX_MAX)
		return -ENOMEM;
	return 0;
}

/* All members in a row; do they strictly ascend? */
static bool gather_members(const struct queue *q, uint64_t *row)
{
	bool ascending = true;
	size_t n = 0;

	for (size_t i = 0; i < q->n_batches; i++) {
		const struct bm_batch *b = q->batches[i];

		if (b->n_members == 0)
			continue;
		ascending &= b->ascending;
		ascending &= n == 0 || row[n - 1] < b->members[0];
		memcpy(row + n, b->members, b->n_members * sizeof(*row));
		n += b->n_members;
	}
	return ascending;
}

static size_t drop_doubles(uint64_t *row, size_t n)
{
	size_t kept = 1;

	for (size_t i = 1; i < n; i++) {
		row[kept] = row[i];
		kept += row[kept] != row[kept - 1];
	}
	return kept;
}

/* Sort the row of n; what is double is dropped. */
static int sort_row(uint64_t **row, size_t *n)
{
	uint64_t *tmp = malloc(*n * sizeof(*tmp));
	uint64_t *sorted;

	if (!tmp)
		return -ENOMEM;
	sorted = bm_radix_sort(*row, tmp, *n);
	free(sorted == tmp ? *row : tmp);
	*row = sorted;
	*n = drop_doubles(sorted, *n);
	return 0;
}

static int build_adds(const struct queue *q, struct bm_delta_buf *d)
{
	size_t n = (size_t)q->n;
	AUTO_FREE uint64_t *row = malloc(n * sizeof(*row));

	if (!row)
		return -ENOMEM;
	if (!gather_members(q, row) && sort_row(&row, &n))
		return -ENOMEM;
	d->own_adds = take_ptr(&row);
	d->delta.adds = d->own_adds;
	d->delta.n_adds = n;
	return 0;
}

static size_t gather_removals(const struct queue *q, uint64_t *row)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_batches; i++) {
		const struct bm_batch *b = q->batches[i];

		for (size_t k = 0; k < b->n_ops; k++)
			row[n++] = b->ops[k].lo;
	}
	return n;
}

/* Members that follow each other become one command. */
static size_t put_removals(const uint64_t *row, size_t n,
			   struct bm_command *ops)
{
	size_t n_ops = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && row[i] == row[i - 1] + 1)
			ops[n_ops - 1].hi = row[i];
		else
			ops[n_ops++] = (struct bm_command){ .lo = row[i],
							    .hi = row[i],
							    .op = BM_REMOVE };
	}
	return n_ops;
}

static int build_removals(const struct queue *q, struct bm_delta_buf *d)
{
	AUTO_FREE uint64_t *row = malloc((size_t)q->n * sizeof(*row));
	size_t n;

	if (!row)
		return -ENOMEM;
	n = gather_removals(q, row);
	if (sort_row(&row, &n))
		return -ENOMEM;
	d->own_ops = malloc(n * sizeof(*d->own_ops));
	if (!d->own_ops)
		return -ENOMEM;
	d->delta.ops = d->own_ops;
	d->delta.n_ops = put_removals(row, n, d->own_ops);
	return 0;
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
							.op = BM_ADD };
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
		   struct bm_delta_buf *ret_buf)
{
	struct queue q = { .batches = batches, .n_batches = n_batches };
	struct bm_delta_buf d = { 0 };
	int err = look(&q);

	if (!err && q.n)
		err = q.plain	? build_adds(&q, &d)
		      : q.thins ? build_removals(&q, &d)
				: build_ops(&q, &d);
	if (!err)
		*ret_buf = d;
	return err;
}

void bm_delta_finish(struct bm_delta_buf *d)
{
	free(d->own_adds);
	free(d->own_ops);
	*d = (struct bm_delta_buf){ 0 };
}

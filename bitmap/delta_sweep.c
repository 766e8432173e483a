/* SPDX-License-Identifier: Apache-2.0 */
/* delta_sweep.c - the last word on each member.
 *
 * Commands may overlap; for each member the last one counts. Sorted by where
 * they begin they are swept from low to high members. Those that reach the
 * place of the sweep are in a heap, the latest on top:
 *
 *   1  ++++++++++++++++++++++
 *   2       --------
 *   3                   --------
 *   =  +++++--------++++--------
 *
 * From each place the top holds until it ends or another command begins. One
 * that ended below the top is thrown away when it comes up, so each is pushed
 * and popped once: O(n log n) for ranges, and for single members, of which
 * the heap holds one at a time, O(n) after the sort.
 */
#include "bitmap/delta_sweep.h"

#include "bitmap/radix.h"
#include "regionstore/base/auto.h"

#include <errno.h>

struct sweep {
	const struct bm_command *cmds;
	size_t n;
	const struct bm_keyed *order; /* by lo; what: the number */
	size_t next;		      /* in order, not yet in the heap */
	size_t *heap;		      /* numbers, the largest at 0 */
	size_t n_heap;
	struct bm_command *ops; /* the result */
	size_t n_ops, cap_ops;
};

static void push(struct sweep *s, size_t number)
{
	size_t i = s->n_heap++;

	while (i > 0 && s->heap[(i - 1) / 2] < number) {
		s->heap[i] = s->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->heap[i] = number;
}

static void pop(struct sweep *s)
{
	size_t number = s->heap[--s->n_heap];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= s->n_heap)
			break;
		if (child + 1 < s->n_heap &&
		    s->heap[child + 1] > s->heap[child])
			child++;
		if (s->heap[child] < number)
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = number;
}

static int grow(struct sweep *s)
{
	size_t cap = s->cap_ops * 2 + s->n;
	struct bm_command *ops = realloc(s->ops, cap * sizeof(*ops));

	if (!ops)
		return -ENOMEM;
	s->ops = ops;
	s->cap_ops = cap;
	return 0;
}

static int put(struct sweep *s, uint64_t lo, uint64_t hi, enum bm_op op)
{
	struct bm_command *last = s->n_ops ? &s->ops[s->n_ops - 1] : NULL;

	if (last && last->op == op && last->hi + 1 == lo) {
		last->hi = hi;
		return 0;
	}
	if (!s->ops || s->n_ops == s->cap_ops) {
		if (grow(s))
			return -ENOMEM;
	}
	s->ops[s->n_ops++] =
		(struct bm_command){ .lo = lo, .hi = hi, .op = op };
	return 0;
}

static const struct bm_command *top(const struct sweep *s)
{
	return &s->cmds[s->heap[0]];
}

/* Bring the sweep to member at: who begins there, who ended before. */
static void arrive(struct sweep *s, uint64_t at)
{
	while (s->next < s->n && s->order[s->next].key == at)
		push(s, (size_t)s->order[s->next++].what);
	while (s->n_heap && top(s)->hi < at)
		pop(s);
}

static int sweep(struct sweep *s)
{
	uint64_t at = 0;

	for (;;) {
		uint64_t upto;

		arrive(s, at);
		if (s->n_heap == 0) {
			if (s->next == s->n)
				return 0;
			at = s->order[s->next].key;
			continue;
		}
		upto = top(s)->hi;
		if (s->next < s->n && s->order[s->next].key <= upto)
			upto = s->order[s->next].key - 1;
		if (put(s, at, upto, top(s)->op))
			return -ENOMEM;
		if (upto == UINT64_MAX)
			return 0;
		at = upto + 1;
	}
}

int bm_delta_sweep(const struct bm_command *cmds, size_t n,
		   struct bm_command **ret_ops, size_t *ret_n)
{
	AUTO_FREE struct bm_keyed *a = malloc(n * sizeof(*a) + 1);
	AUTO_FREE struct bm_keyed *b = malloc(n * sizeof(*b) + 1);
	AUTO_FREE size_t *heap = malloc(n * sizeof(*heap) + 1);
	struct sweep s = { .cmds = cmds, .n = n, .heap = heap };
	int err;

	if (!a || !b || !heap)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		a[i] = (struct bm_keyed){ .key = cmds[i].lo, .what = i };
	s.order = bm_radix_sort_keyed(a, b, n);
	err = sweep(&s);
	if (err) {
		free(s.ops);
		return err;
	}
	*ret_ops = s.ops;
	*ret_n = s.n_ops;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* queue_late.c - batches of one member, which get their places later.
 *
 * Where appends of one member go to many sets, the line of a set, its node and
 * the members in it are in no cache, and each is waited for. So what a push has
 * to find is the slot of the set alone. The member goes into one row for all
 * sets, as its code does, and is chained to the one before it of the same set:
 *
 *	row     [ a1 b1 a2 c1 a3 ]         a3 -prev-> a2 -prev-> a1
 *	slots   a.late = a3, b.late = b1, c.late = c1
 *
 * When somebody is going to look at a set, its chain becomes a batch in a node,
 * at once; when all sets are listed, or the row is full, all chains do, in the
 * order of the row, so that it is known which lines will be needed next. What
 * is late came after what is in the line.
 *
 * Chains that are gone leave holes in the row. It begins anew when all of it is
 * entered.
 */

#include "bitmap/batch.h"
#include "bitmap/queue_line.h"

#include <errno.h>
#include <stdlib.h>

#define LATE_FIRST 64u
#define LATE_MAX   4096u /* the row stays in the cache */
#define AHEAD	   6u	 /* as long as it takes to get something */

struct bm_late {
	uint64_t ino, member, seq;
	int64_t when_ns;
	uint32_t prev; /* 1 + its number, or 0 */
};

/* --- coming in ------------------------------------------------------------ */

bool bm_late_may(const struct bm_slot *slot, const struct bm_push *p)
{
	const struct bm_batch *b = p->batch;

	return slot->plain && p->code_len && b->n_members == 1 && !b->n_ops &&
	       b->op == BM_ADD;
}

int bm_late_reserve_locked(struct bm_queue *q)
{
	uint32_t cap = q->cap_late ? q->cap_late * 2 : LATE_FIRST;
	struct bm_late *mem;

	if (q->n_late < q->cap_late)
		return 0;
	if (q->n_late == LATE_MAX)
		return bm_late_enter_all_locked(q);
	mem = realloc(q->late, cap * sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	q->late = mem;
	q->cap_late = cap;
	return 0;
}

void bm_late_add_locked(struct bm_queue *q, struct bm_slot *slot,
			const struct bm_push *p, uint64_t seq)
{
	q->late[q->n_late++] = (struct bm_late){ .ino = p->ino,
						 .member = p->batch->members[0],
						 .seq = seq,
						 .when_ns = p->when_ns,
						 .prev = slot->late };
	slot->late = q->n_late & INT32_MAX;
	bm_queue_grow_locked(q, sizeof(*q->late));
}

/* --- into the line -------------------------------------------------------- */

static size_t count_locked(const struct bm_queue *q, uint32_t ref)
	REQUIRES(q->lock)
{
	size_t n = 0;

	for (; ref; ref = q->late[ref - 1].prev)
		n++;
	return n;
}

/* The chain is from the newest to the oldest. */
static void gather_locked(const struct bm_queue *q, uint32_t ref, size_t n,
			  struct bm_push *p) REQUIRES(q->lock)
{
	struct bm_batch *b = p->batch;

	b->n_members = n;
	for (uint64_t *to = b->members + n; ref; ref = q->late[ref - 1].prev) {
		const struct bm_late *l = &q->late[ref - 1];

		*--to = l->member;
		if (to + 1 < b->members + n && to[0] >= to[1])
			b->ascending = false;
		if (l->when_ns > p->when_ns)
			p->when_ns = l->when_ns;
	}
}

static void leave_locked(struct bm_queue *q, struct bm_slot *slot, size_t n)
	REQUIRES(q->lock)
{
	slot->late = 0;
	bm_queue_grow_locked(q, 0 - n * sizeof(*q->late));
}

static int enter_locked(struct bm_queue *q, struct bm_slot *slot)
	REQUIRES(q->lock)
{
	struct bm_line *line = bm_line_of_locked(q, slot);
	size_t n = count_locked(q, slot->late);
	uint64_t few[BM_NODE_ROOM];
	struct bm_batch b;
	struct bm_push p = { .batch = &b, .when_ns = INT64_MIN };
	struct bm_node *node;

	bm_batch_init(&b);
	if (n <= BM_NODE_ROOM) /* they are copied */
		b.members = few;
	else if (bm_batch_reserve(&b, n))
		return -ENOMEM;
	gather_locked(q, slot->late, n, &p);
	node = bm_line_enter_locked(q, line, &p, true);
	if (node) {
		node->seq = q->late[slot->late - 1].seq;
		line->bound += n;
		leave_locked(q, slot, n);
	}
	bm_batch_finish(&b);
	return node ? 0 : -ENOMEM;
}

int bm_late_enter_locked(struct bm_queue *q, struct bm_slot *slot)
{
	return slot->late ? enter_locked(q, slot) : 0;
}

static struct bm_slot *slot_of_locked(const struct bm_queue *q, uint32_t i)
	REQUIRES(q->lock)
{
	return i < q->n_late ? bm_slot_find_locked(q, q->late[i].ino) : NULL;
}

/* What is going to be touched soon: the newest of the chain and the line, and
 * then the node, which the line has to say. */
static void fetch_ahead_locked(const struct bm_queue *q, uint32_t i)
	REQUIRES(q->lock)
{
	const struct bm_slot *slot = slot_of_locked(q, i + 2 * AHEAD);
	const struct bm_line *line;

	if (slot && slot->late) {
		__builtin_prefetch(&q->late[slot->late - 1]);
		__builtin_prefetch(bm_line_of_locked(q, slot), 1);
	}
	slot = slot_of_locked(q, i + AHEAD);
	if (!slot || !slot->late)
		return;
	line = bm_line_of_locked(q, slot);
	if (line->first)
		__builtin_prefetch(line->last, 1);
}

int bm_late_enter_all_locked(struct bm_queue *q)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < q->n_late; i++) {
		struct bm_slot *slot = bm_slot_find_locked(q, q->late[i].ino);

		fetch_ahead_locked(q, i);
		if (slot)
			err = bm_late_enter_locked(q, slot);
	}
	if (!err)
		q->n_late = 0;
	return err;
}

/* --- away ----------------------------------------------------------------- */

void bm_late_forget_locked(struct bm_queue *q, struct bm_slot *slot)
{
	struct bm_line *line = bm_line_of_locked(q, slot);

	if (!slot->late)
		return;
	line->settled_seq = q->late[slot->late - 1].seq;
	q->stale = true;
	leave_locked(q, slot, count_locked(q, slot->late));
}

void bm_late_tidy_locked(struct bm_queue *q)
{
	if (q->n_late)
		return;
	free(q->late);
	q->late = NULL;
	q->cap_late = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* queue_journal.c - which batches are still to be written to the journal.
 *
 * A batch is in up to two places: its line, which it leaves when it is settled,
 * and the list of unwritten ones, which it leaves when its code is in the
 * journal. Whoever takes it out of the second of them frees it. What was
 * settled before it was written need not be written any more.
 *
 * The list counts as part of the journal from the push on, so it is known at
 * each push whether the journal has room for it.
 */

#include "bitmap/queue.h"

#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static size_t journal_bytes_of(const struct bm_node *node)
{
	return node->code_len + 8; /* its head, about */
}

/* Free those of the list that are settled; the others stay in it. */
static void prune_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	struct bm_node **at = &q->unwritten;

	q->unwritten_last = NULL;
	while (*at) {
		struct bm_node *node = *at;

		if (!node->settled) {
			q->unwritten_last = node;
			at = &node->next_unwritten;
			continue;
		}
		*at = node->next_unwritten;
		if (q->unlogged == node)
			q->unlogged = node->next_unwritten;
		q->journal_bytes -= journal_bytes_of(node);
		q->journal_batches--;
		free(node); /* its batch went when it was settled */
	}
}

/* --- pushing and settling ------------------------------------------------- */

static bool fits_locked(struct bm_queue *q, size_t bytes, unsigned share)
	REQUIRES(q->lock)
{
	return q->journal_bytes + bytes <= BM_JOURNAL_BYTES / share &&
	       q->journal_batches < BM_JOURNAL_BATCHES / share;
}

/* Pruning must make much room, or it would be done at each push. */
static bool has_room_locked(struct bm_queue *q, size_t bytes) REQUIRES(q->lock)
{
	if (q->full || fits_locked(q, bytes, 1))
		return !q->full;
	prune_locked(q);
	q->full = !fits_locked(q, bytes, 2);
	return !q->full;
}

static void add_unwritten_locked(struct bm_queue *q, struct bm_node *node)
	REQUIRES(q->lock)
{
	node->unwritten = true;
	node->next_unwritten = NULL;
	if (q->unwritten)
		q->unwritten_last->next_unwritten = node;
	else
		q->unwritten = node;
	q->unwritten_last = node;
	q->journal_bytes += journal_bytes_of(node);
	q->journal_batches++;
}

void bm_queue_admit_locked(struct bm_queue *q, struct bm_node *node,
			   bool direct)
{
	q->pushed_ns = now_ns();
	if (direct || !node->code_len ||
	    !has_room_locked(q, journal_bytes_of(node)))
		return;
	node->journaled = true;
	add_unwritten_locked(q, node);
	if (!q->unlogged)
		q->unlogged = node;
}

void bm_queue_relog_locked(struct bm_queue *q, struct bm_node *node)
{
	add_unwritten_locked(q, node);
	q->logged_seq = node->seq;
}

struct bm_node *bm_queue_leave_locked(struct bm_queue *q, struct bm_node *nodes)
{
	struct bm_node *gone = NULL;

	while (nodes) {
		struct bm_node *node = nodes;

		nodes = node->next;
		q->bytes -= node->bytes;
		node->settled = true;
		if (node->unwritten) {
			bm_batch_finish(&node->batch);
			continue;
		}
		node->next = gone;
		gone = node;
	}
	return gone;
}

void bm_queue_end_locked(struct bm_queue *q)
{
	prune_locked(q); /* the rest is in lines */
}

/* --- writing -------------------------------------------------------------- */

static bool is_due_locked(struct bm_queue *q, uint64_t idle_ns)
	REQUIRES(q->lock)
{
	bool any = q->n_lines || q->journal_batches;

	return q->full || (any && now_ns() - q->pushed_ns >= idle_ns);
}

bool bm_queue_is_due(struct bm_queue *q, uint64_t idle_ns)
{
	bool due;

	lock_take(&q->lock);
	due = is_due_locked(q, idle_ns);
	lock_drop(&q->lock);
	return due;
}

struct bm_node *bm_queue_unwritten(struct bm_queue *q)
{
	struct bm_node *list;

	lock_take(&q->lock);
	prune_locked(q);
	list = q->unwritten;
	q->unwritten = NULL;
	q->unwritten_last = NULL;
	q->unlogged = NULL;
	lock_drop(&q->lock);
	return list;
}

void bm_queue_written(struct bm_queue *q, struct bm_node *list)
{
	lock_take(&q->lock);
	while (list) {
		struct bm_node *node = list;

		list = node->next_unwritten;
		node->unwritten = false;
		if (node->settled)
			free(node);
	}
	lock_drop(&q->lock);
}

void bm_queue_not_written(struct bm_queue *q, struct bm_node *list)
{
	struct bm_node *last = list;

	if (!list)
		return;
	while (last->next_unwritten)
		last = last->next_unwritten;
	lock_take(&q->lock);
	last->next_unwritten = q->unwritten;
	if (!q->unwritten)
		q->unwritten_last = last;
	q->unwritten = list;
	while (list && list->seq <= q->logged_seq)
		list = list->next_unwritten;
	q->unlogged = list;
	lock_drop(&q->lock);
}

static void cleared_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	q->full = false;
	prune_locked(q);
	q->journal_bytes = 0;
	q->journal_batches = 0;
	for (const struct bm_node *n = q->unwritten; n; n = n->next_unwritten) {
		q->journal_bytes += journal_bytes_of(n);
		q->journal_batches++;
	}
}

void bm_queue_cleared(struct bm_queue *q)
{
	lock_take(&q->lock);
	cleared_locked(q);
	lock_drop(&q->lock);
}

void bm_queue_start(struct bm_queue *q, uint64_t seq, size_t bytes)
{
	lock_take(&q->lock);
	if (q->seq < seq)
		q->seq = seq;
	q->journal_bytes += bytes;
	lock_drop(&q->lock);
}

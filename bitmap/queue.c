/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - batches come in. */

#include "bitmap/queue_line.h"

#include <errno.h>

/* --- appending ------------------------------------------------------------ */

/* The node that what comes next may be put into. */
static struct bm_node *open_node_locked(struct bm_queue *q,
					const struct bm_line *line,
					bool journaled) REQUIRES(q->lock)
{
	struct bm_node *node = line->first ? line->last : NULL;

	if (!node || node->replayed || node->journaled != journaled)
		return NULL;
	/* Whoever settles what was there wants that and not more. */
	return node->seq > q->listed_seq ? node : NULL;
}

struct bm_node *bm_line_enter_locked(struct bm_queue *q, struct bm_line *line,
				     const struct bm_push *p, bool journaled)
{
	struct bm_node *node = open_node_locked(q, line, journaled);
	size_t had;

	if (node && bm_node_takes(node, p->batch)) {
		had = node->bytes;
		if (bm_node_join(node, p->batch))
			return NULL;
		bm_queue_grow_locked(q, node->bytes - had);
		line->waiting += p->batch->n_members;
	} else {
		node = bm_node_new(p->batch);
		if (!node)
			return NULL;
		node->when_ns = p->when_ns;
		node->journaled = journaled;
		bm_line_add_locked(q, line, node);
	}
	if (p->when_ns > node->when_ns)
		node->when_ns = p->when_ns;
	return node;
}

static bool is_too_much(const struct bm_line *line, uint64_t adds)
{
	return adds > BM_MEMBERS_MAX || line->bound > BM_MEMBERS_MAX - adds;
}

static int put_node_locked(struct bm_queue *q, struct bm_line *line,
			   const struct bm_push *p) REQUIRES(q->lock)
{
	bool journaled = p->code_len && !line->direct &&
			 bm_queue_has_room_locked(q, p->code_len);
	struct bm_node *node;

	if (journaled && bm_queue_reserve_locked(q, p->code_len))
		return -ENOMEM;
	node = bm_line_enter_locked(q, line, p, journaled);
	if (!node)
		return -ENOMEM;
	node->seq = ++q->seq;
	line->bound += p->adds;
	if (journaled)
		bm_queue_admit_locked(q, p, node->seq);
	else if (!line->direct)
		q->n_direct++;
	line->direct |= !journaled;
	return 0;
}

/* Behind the others of its line, or not at all. */
static int put_locked(struct bm_queue *q, struct bm_slot *slot,
		      const struct bm_push *p) REQUIRES(q->lock)
{
	struct bm_line *line = bm_line_of_locked(q, slot);
	int err = bm_late_enter_locked(q, slot);

	if (!err && is_too_much(line, p->adds))
		err = -EFBIG;
	if (!err)
		err = put_node_locked(q, line, p);
	slot->plain = !line->direct && !line->unsure &&
		      line->bound <= BM_MEMBERS_MAX / 2;
	if (err)
		bm_line_tidy_locked(q, line);
	return err;
}

static int put_late_locked(struct bm_queue *q, struct bm_slot *slot,
			   const struct bm_push *p) REQUIRES(q->lock)
{
	int err = bm_queue_reserve_locked(q, p->code_len);

	if (!err)
		err = bm_late_reserve_locked(q);
	if (err)
		return err;
	bm_late_add_locked(q, slot, p, ++q->seq);
	bm_queue_admit_locked(q, p, q->seq);
	return 0;
}

/* A line that knows what its set has. */
static int find_line_locked(struct bm_queue *q, uint64_t ino,
			    const uint64_t *bound) REQUIRES(q->lock)
{
	struct bm_line *line = bm_line_find_locked(q, ino);

	if (!bound && (!line || line->unsure))
		return -ENODATA;
	if (!line)
		line = bm_line_make_locked(q, ino, *bound);
	if (!line)
		return -ENOMEM;
	if (line->unsure)
		line->bound += *bound;
	line->unsure = false;
	return 0;
}

static int push_locked(struct bm_queue *q, const struct bm_push *p,
		       const uint64_t *bound) REQUIRES(q->lock)
{
	struct bm_slot *slot = bm_slot_find_locked(q, p->ino);
	int err = 0;

	if (slot && bm_late_may(slot, p) &&
	    bm_queue_has_room_locked(q, p->code_len)) {
		err = put_late_locked(q, slot, p);
	} else {
		err = find_line_locked(q, p->ino, bound);
		if (!err)
			err = put_locked(q, bm_slot_find_locked(q, p->ino), p);
	}
	if (!err)
		bm_queue_pushed_locked(q);
	return err;
}

int bm_queue_push(struct bm_queue *q, const struct bm_push *p,
		  const uint64_t *bound)
{
	int err;

	lock_take(&q->lock);
	while (q->held || q->pauses)
		cond_wait(&q->let_in, &q->lock);
	err = push_locked(q, p, bound);
	lock_drop(&q->lock);
	return err;
}

/* --- what a crash left ---------------------------------------------------- */

static int recall_locked(struct bm_queue *q, struct bm_line *line,
			 const struct bm_push *p, uint64_t seq)
	REQUIRES(q->lock)
{
	struct bm_node *node;

	if (is_too_much(line, p->adds))
		return -EUCLEAN;
	if (p->code_len && bm_queue_reserve_locked(q, p->code_len))
		return -ENOMEM;
	node = bm_node_new(p->batch);
	if (!node)
		return -ENOMEM;
	node->seq = seq;
	node->when_ns = p->when_ns;
	node->journaled = true;
	node->replayed = true;
	bm_line_add_locked(q, line, node);
	line->unsure = true;
	line->bound += p->adds;
	q->seq = seq;
	bm_queue_recalled_locked(q, p);
	return 0;
}

static int replay_locked(struct bm_queue *q, const struct bm_push *p,
			 uint64_t seq) REQUIRES(q->lock)
{
	struct bm_line *line;
	int err;

	if (seq <= q->seq)
		return -EUCLEAN;
	line = bm_line_make_locked(q, p->ino, 0);
	if (!line)
		return -ENOMEM;
	err = recall_locked(q, line, p, seq);
	if (err)
		bm_line_tidy_locked(q, line);
	return err;
}

int bm_queue_replay(struct bm_queue *q, const struct bm_push *p, uint64_t seq)
{
	int err;

	lock_take(&q->lock);
	err = replay_locked(q, p, seq);
	lock_drop(&q->lock);
	return err;
}

/* --- numbers -------------------------------------------------------------- */

uint64_t bm_queue_hold(struct bm_queue *q)
{
	uint64_t seq;

	lock_take(&q->lock);
	q->held = true;
	seq = q->seq;
	lock_drop(&q->lock);
	return seq;
}

void bm_queue_go_on(struct bm_queue *q)
{
	lock_take(&q->lock);
	if (q->held)
		cond_wake_all(&q->let_in);
	q->held = false;
	lock_drop(&q->lock);
}

void bm_queue_pause(struct bm_queue *q)
{
	lock_take(&q->lock);
	q->pauses++;
	lock_drop(&q->lock);
}

void bm_queue_resume(struct bm_queue *q)
{
	lock_take(&q->lock);
	if (--q->pauses == 0)
		cond_wake_all(&q->let_in);
	lock_drop(&q->lock);
}

uint64_t bm_queue_seq(struct bm_queue *q)
{
	uint64_t seq;

	lock_take(&q->lock);
	seq = q->seq;
	lock_drop(&q->lock);
	return seq;
}

size_t bm_queue_bytes(struct bm_queue *q)
{
	return atomic_load_explicit(&q->bytes, memory_order_relaxed);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* queue_claim.c - batches are taken out, to be settled. */

#include "bitmap/queue_line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In a record of the journal, about: of one of many random members, and of what
 * stands before those of a set. */
#define MEMBER_BYTES 4u
#define HEAD_BYTES   8u

/* The nodes up to number seq; the rest stays. */
static struct bm_node *take_locked(struct bm_queue *q, struct bm_line *line,
				   uint64_t seq) REQUIRES(q->lock)
{
	struct bm_node *first = line->first;
	struct bm_node *last = NULL;

	(void)q;
	for (struct bm_node *n = first; n && n->seq <= seq; n = n->next) {
		line->waiting -= bm_node_count(n);
		last = n;
	}
	if (!last)
		return NULL;
	line->first = last->next;
	last->next = NULL;
	return first;
}

static int claim_locked(struct bm_queue *q, uint64_t ino, uint64_t seq,
			struct bm_claim *ret_claim) REQUIRES(q->lock)
{
	struct bm_slot *slot = bm_slot_find_locked(q, ino);
	struct bm_line *line;
	int err;

	while (slot && bm_line_of_locked(q, slot)->claimed) {
		cond_wait(&q->released, &q->lock);
		slot = bm_slot_find_locked(q, ino);
	}
	if (!slot)
		return -ENOENT;
	err = bm_late_enter_locked(q, slot);
	if (err)
		return err;
	line = bm_line_of_locked(q, slot);
	if (!line->first || line->first->seq > seq)
		return -ENOENT;
	line->claimed = true;
	*ret_claim = (struct bm_claim){ .ino = ino, .line = line };
	ret_claim->first = take_locked(q, line, seq);
	return 0;
}

int bm_queue_claim(struct bm_queue *q, uint64_t ino, uint64_t seq,
		   struct bm_claim *ret_claim)
{
	int err;

	lock_take(&q->lock);
	err = claim_locked(q, ino, seq, ret_claim);
	lock_drop(&q->lock);
	return err;
}

int bm_queue_claim_each(struct bm_queue *q, const uint64_t *inos, size_t n,
			uint64_t seq, struct bm_claim *ret_claims,
			size_t *ret_n)
{
	size_t got = 0;
	int err = 0;

	lock_take(&q->lock);
	for (size_t i = 0; i < n && (!err || err == -ENOENT); i++) {
		err = claim_locked(q, inos[i], seq, &ret_claims[got]);
		got += !err;
	}
	lock_drop(&q->lock);
	*ret_n = got;
	return err == -ENOENT ? 0 : err;
}

static int claim_turn_locked(struct bm_queue *q, uint64_t ino,
			     struct bm_claim *ret_claim) REQUIRES(q->lock)
{
	struct bm_line *line = bm_line_make_locked(q, ino, BM_MEMBERS_MAX);
	int err;

	while (line && line->claimed) {
		cond_wait(&q->released, &q->lock);
		line = bm_line_make_locked(q, ino, BM_MEMBERS_MAX);
	}
	if (!line)
		return -ENOMEM;
	err = bm_late_enter_locked(q, bm_slot_find_locked(q, ino));
	if (err)
		return err;
	line->claimed = true;
	*ret_claim = (struct bm_claim){ .ino = ino, .line = line };
	ret_claim->first = take_locked(q, line, UINT64_MAX);
	return 0;
}

int bm_queue_claim_turn(struct bm_queue *q, uint64_t ino,
			struct bm_claim *ret_claim)
{
	int err;

	lock_take(&q->lock);
	err = claim_turn_locked(q, ino, ret_claim);
	lock_drop(&q->lock);
	return err;
}

/* Nodes left the line for good. Those behind a direct one are direct too, so
 * the last says it of all. */
static void leave_locked(struct bm_queue *q, struct bm_line *line,
			 const struct bm_node *nodes) REQUIRES(q->lock)
{
	if (line->direct && !line->claimed &&
	    (!line->first || line->last->journaled)) {
		line->direct = false;
		q->n_direct--;
	}
	for (; nodes; nodes = nodes->next) {
		bm_queue_grow_locked(q, 0 - nodes->bytes);
		q->stale |= nodes->journaled && nodes->seq > q->written_seq;
		line->settled_seq = nodes->seq;
	}
}

bool bm_queue_is_settled_locked(struct bm_queue *q, uint64_t ino, uint64_t seq)
{
	const struct bm_line *line = bm_line_find_locked(q, ino);

	return !line || seq <= line->settled_seq;
}

void bm_queue_done(struct bm_queue *q, struct bm_claim *c)
{
	lock_take(&q->lock);
	c->line->claimed = false;
	leave_locked(q, c->line, c->first);
	bm_line_tidy_locked(q, c->line);
	cond_wake_all(&q->released);
	lock_drop(&q->lock);
	bm_node_free(c->first);
	*c = (struct bm_claim){ 0 };
}

/* In front of what came since. */
static void put_back_locked(struct bm_queue *q, struct bm_line *line,
			    struct bm_node *first) REQUIRES(q->lock)
{
	struct bm_node *last = NULL;

	(void)q;
	for (struct bm_node *n = first; n; n = n->next) {
		line->waiting += bm_node_count(n);
		last = n;
	}
	if (!last)
		return;
	last->next = line->first;
	if (!line->first)
		line->last = last;
	line->first = first;
}

void bm_queue_again_each(struct bm_queue *q, struct bm_claim *claims, size_t n)
{
	lock_take(&q->lock);
	for (size_t i = 0; i < n; i++) {
		struct bm_claim *c = &claims[i];

		c->line->claimed = false;
		put_back_locked(q, c->line, c->first);
		bm_line_tidy_locked(q, c->line);
		*c = (struct bm_claim){ 0 };
	}
	cond_wake_all(&q->released);
	lock_drop(&q->lock);
}

void bm_queue_again(struct bm_queue *q, struct bm_claim *c)
{
	bm_queue_again_each(q, c, 1);
}

static struct bm_node *forget_locked(struct bm_queue *q, uint64_t ino)
	REQUIRES(q->lock)
{
	struct bm_slot *slot = bm_slot_find_locked(q, ino);
	struct bm_line *line;
	struct bm_node *nodes;

	if (!slot)
		return NULL;
	line = bm_line_of_locked(q, slot);
	nodes = take_locked(q, line, UINT64_MAX);
	leave_locked(q, line, nodes);
	bm_late_forget_locked(q, slot);
	bm_line_tidy_locked(q, line);
	return nodes;
}

void bm_queue_forget(struct bm_queue *q, uint64_t ino)
{
	struct bm_node *nodes;

	lock_take(&q->lock);
	nodes = forget_locked(q, ino);
	lock_drop(&q->lock);
	bm_node_free(nodes);
}

/* --- all ------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	uint64_t x;
	uint64_t y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static size_t list_locked(struct bm_queue *q, enum bm_lines which,
			  uint64_t *inos) REQUIRES(q->lock)
{
	size_t hot = which == BM_LINES_HOT ? q->hot : SIZE_MAX;
	const struct bm_line *l;
	size_t at = 0;
	size_t n = 0;

	while ((l = bm_line_next_locked(q, &at)))
		if (which == BM_LINES_ALL || l->direct || l->waiting >= hot)
			inos[n++] = l->ino;
	return n;
}

int bm_queue_list(struct bm_queue *q, enum bm_lines which, uint64_t **ret_inos,
		  size_t *ret_count, uint64_t *ret_seq)
{
	uint64_t *inos = NULL;
	size_t n;
	int err;

	lock_take(&q->lock);
	err = bm_late_enter_all_locked(q);
	n = which == BM_LINES_DIRECT ? q->n_direct : q->n_lines;
	*ret_seq = q->seq;
	q->listed_seq = q->seq;
	if (!err)
		inos = malloc((n ? n : 1) * sizeof(*inos));
	if (inos && n)
		n = list_locked(q, which, inos);
	lock_drop(&q->lock);
	if (!inos)
		return -ENOMEM;
	qsort(inos, n, sizeof(*inos), compare);
	*ret_inos = inos;
	*ret_count = n;
	return 0;
}

static bool is_rest_much_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	size_t bytes = 0, lines = 0;
	const struct bm_line *l;
	size_t at = 0;

	if (bm_late_enter_all_locked(q))
		return true;
	while ((l = bm_line_next_locked(q, &at))) {
		if (l->direct || !l->waiting || l->waiting >= q->hot)
			continue;
		lines++;
		bytes += HEAD_BYTES + MEMBER_BYTES * l->waiting;
	}
	return bytes > q->max_bytes / 2 || lines > q->max_batches / 2;
}

bool bm_queue_is_rest_much(struct bm_queue *q)
{
	bool much;

	lock_take(&q->lock);
	much = is_rest_much_locked(q);
	lock_drop(&q->lock);
	return much;
}

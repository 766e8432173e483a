/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - batches that wait to become part of their sets. */

#include "bitmap/queue.h"
#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 64u /* a power of two, as ever after */

struct bm_line {
	struct bm_line *next; /* in the bucket */
	uint64_t ino;
	struct bm_node *first, *last; /* last is valid when first is */
	uint64_t bound;
	bool unsure; /* bound lacks what the set has already */
	bool claimed;
	bool direct; /* a direct batch is in it, or claimed from it */
};

NO_LOCK_ANALYSIS /* nobody else knows of it yet */
	int
	bm_queue_init(struct bm_queue *q)
{
	*q = (struct bm_queue){ .n_buckets = BUCKETS_FIRST };
	q->buckets = calloc(BUCKETS_FIRST, sizeof(struct bm_line *));
	if (!q->buckets)
		return -ENOMEM;
	lock_init(&q->lock, LOCK_SET);
	cond_init(&q->released);
	cond_init(&q->let_in);
	return 0;
}

void bm_queue_finish(struct bm_queue *q)
{
	lock_take(&q->lock);
	bm_queue_end_locked(q);
	for (size_t i = 0; i < q->n_buckets; i++) {
		while (q->buckets[i]) {
			struct bm_line *line = q->buckets[i];

			assert(!line->claimed);
			q->buckets[i] = line->next;
			bm_node_free(line->first);
			free(line);
		}
	}
	free(q->buckets);
	lock_drop(&q->lock);
	cond_finish(&q->released);
	cond_finish(&q->let_in);
	lock_finish(&q->lock);
}

/* --- the table ------------------------------------------------------------ */

static size_t bucket_of(uint64_t ino, size_t n)
{
	/* Fibonacci hashing: inode numbers are consecutive. */
	return (size_t)(ino * 0x9e3779b97f4a7c15 >> 32) & (n - 1);
}

/* Where the pointer to ino's line is, or would be. */
static struct bm_line **find_locked(struct bm_queue *q, uint64_t ino)
	REQUIRES(q->lock)
{
	struct bm_line **at = &q->buckets[bucket_of(ino, q->n_buckets)];

	while (*at && (*at)->ino != ino)
		at = &(*at)->next;
	return at;
}

/* Longer chains are slower, not wrong: so it may fail to grow. */
static void grow_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	size_t n = q->n_buckets * 2;
	struct bm_line **buckets;

	if (q->n_lines < q->n_buckets)
		return;
	buckets = calloc(n, sizeof(struct bm_line *));
	if (!buckets)
		return;
	for (size_t i = 0; i < q->n_buckets; i++) {
		while (q->buckets[i]) {
			struct bm_line *line = q->buckets[i];
			size_t to = bucket_of(line->ino, n);

			q->buckets[i] = line->next;
			line->next = buckets[to];
			buckets[to] = line;
		}
	}
	free(q->buckets);
	q->buckets = buckets;
	q->n_buckets = n;
}

static struct bm_line *make_locked(struct bm_queue *q, uint64_t ino,
				   uint64_t bound) REQUIRES(q->lock)
{
	struct bm_line **at = find_locked(q, ino);
	struct bm_line *line = *at;

	if (line)
		return line;
	line = calloc(1, sizeof(*line));
	if (!line)
		return NULL;
	line->ino = ino;
	line->bound = bound;
	*at = line;
	q->n_lines++;
	grow_locked(q);
	return line;
}

/* A line that nobody needs any more leaves the table. */
static void tidy_locked(struct bm_queue *q, uint64_t ino) REQUIRES(q->lock)
{
	struct bm_line **at = find_locked(q, ino);
	struct bm_line *line = *at;

	if (!line || line->first || line->claimed)
		return;
	assert(!line->direct);
	*at = line->next;
	q->n_lines--;
	free(line);
}

/* --- appending ------------------------------------------------------------ */

bool bm_queue_bound(struct bm_queue *q, uint64_t ino, uint64_t *ret_bound)
{
	struct bm_line *line;

	lock_take(&q->lock);
	line = *find_locked(q, ino);
	if (line && line->unsure)
		line = NULL;
	if (line)
		*ret_bound = line->bound;
	lock_drop(&q->lock);
	return line;
}

static void link_locked(struct bm_queue *q, struct bm_line *line,
			struct bm_node *node) REQUIRES(q->lock)
{
	node->next = NULL;
	if (line->first)
		line->last->next = node;
	else
		line->first = node;
	line->last = node;
	q->bytes += node->bytes;
}

static int push_locked(struct bm_queue *q, uint64_t ino, struct bm_node *node,
		       uint64_t bound, uint64_t added) REQUIRES(q->lock)
{
	struct bm_line *line = make_locked(q, ino, bound);

	if (!line)
		return -ENOMEM;
	if (line->unsure)
		line->bound += bound;
	line->unsure = false;
	if (added > BM_MEMBERS_MAX || line->bound > BM_MEMBERS_MAX - added) {
		tidy_locked(q, ino);
		return -EFBIG;
	}
	node->ino = ino;
	node->seq = ++q->seq;
	link_locked(q, line, node);
	line->bound += added;
	bm_queue_admit_locked(q, node, line->direct);
	if (!node->journaled && !line->direct) {
		line->direct = true;
		q->n_direct++;
	}
	return 0;
}

static int replay_locked(struct bm_queue *q, struct bm_node *node,
			 uint64_t added) REQUIRES(q->lock)
{
	struct bm_line *line;

	if (node->seq <= q->seq)
		return -EUCLEAN;
	line = make_locked(q, node->ino, 0);
	if (!line)
		return -ENOMEM;
	if (added > BM_MEMBERS_MAX || line->bound > BM_MEMBERS_MAX - added) {
		tidy_locked(q, node->ino);
		return -EUCLEAN;
	}
	line->unsure = true;
	line->bound += added;
	q->seq = node->seq;
	node->journaled = true;
	node->replayed = true;
	if (node->code_len)
		bm_queue_relog_locked(q, node);
	else
		q->journal_batches++;
	link_locked(q, line, node);
	return 0;
}

int bm_queue_replay(struct bm_queue *q, struct bm_node *node, uint64_t added)
{
	int err;

	lock_take(&q->lock);
	err = replay_locked(q, node, added);
	lock_drop(&q->lock);
	return err;
}

int bm_queue_push(struct bm_queue *q, uint64_t ino, struct bm_node *node,
		  uint64_t bound, uint64_t added)
{
	int err;

	lock_take(&q->lock);
	while (q->held)
		cond_wait(&q->let_in, &q->lock);
	err = push_locked(q, ino, node, bound, added);
	lock_drop(&q->lock);
	return err;
}

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
	size_t bytes;

	lock_take(&q->lock);
	bytes = q->bytes;
	lock_drop(&q->lock);
	return bytes;
}

/* --- settling ------------------------------------------------------------- */

/* The nodes up to number seq; the rest stays. */
static struct bm_node *take_locked(struct bm_queue *q, struct bm_line *line,
				   uint64_t seq) REQUIRES(q->lock)
{
	struct bm_node *first = line->first;
	struct bm_node *last = NULL;

	(void)q;
	for (struct bm_node *n = first; n && n->seq <= seq; n = n->next)
		last = n;
	if (!last)
		return NULL;
	line->first = last->next;
	last->next = NULL;
	return first;
}

static bool claim_locked(struct bm_queue *q, uint64_t ino, uint64_t seq,
			 struct bm_claim *ret_claim) REQUIRES(q->lock)
{
	struct bm_line *line = *find_locked(q, ino);

	while (line && line->claimed) {
		cond_wait(&q->released, &q->lock);
		line = *find_locked(q, ino);
	}
	if (!line || !line->first || line->first->seq > seq)
		return false;
	line->claimed = true;
	*ret_claim = (struct bm_claim){ .ino = ino, .line = line };
	ret_claim->first = take_locked(q, line, seq);
	return true;
}

bool bm_queue_claim(struct bm_queue *q, uint64_t ino, uint64_t seq,
		    struct bm_claim *ret_claim)
{
	bool claimed;

	lock_take(&q->lock);
	claimed = claim_locked(q, ino, seq, ret_claim);
	lock_drop(&q->lock);
	return claimed;
}

static int claim_turn_locked(struct bm_queue *q, uint64_t ino,
			     struct bm_claim *ret_claim) REQUIRES(q->lock)
{
	struct bm_line *line = make_locked(q, ino, BM_MEMBERS_MAX);

	while (line && line->claimed) {
		cond_wait(&q->released, &q->lock);
		line = make_locked(q, ino, BM_MEMBERS_MAX);
	}
	if (!line)
		return -ENOMEM;
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
static struct bm_node *leave_locked(struct bm_queue *q, struct bm_line *line,
				    struct bm_node *nodes) REQUIRES(q->lock)
{
	if (line->direct && !line->claimed &&
	    (!line->first || line->last->journaled)) {
		line->direct = false;
		q->n_direct--;
	}
	return bm_queue_leave_locked(q, nodes);
}

void bm_queue_done(struct bm_queue *q, struct bm_claim *c)
{
	struct bm_node *gone;

	lock_take(&q->lock);
	c->line->claimed = false;
	gone = leave_locked(q, c->line, c->first);
	tidy_locked(q, c->ino);
	cond_wake_all(&q->released);
	lock_drop(&q->lock);
	bm_node_free(gone);
	*c = (struct bm_claim){ 0 };
}

void bm_queue_again(struct bm_queue *q, struct bm_claim *c)
{
	struct bm_node *last = c->first;

	while (last && last->next)
		last = last->next;
	lock_take(&q->lock);
	c->line->claimed = false;
	if (last) {
		last->next = c->line->first;
		if (!c->line->first)
			c->line->last = last;
		c->line->first = c->first;
	}
	tidy_locked(q, c->ino);
	cond_wake_all(&q->released);
	lock_drop(&q->lock);
	*c = (struct bm_claim){ 0 };
}

static struct bm_node *forget_locked(struct bm_queue *q, uint64_t ino)
	REQUIRES(q->lock)
{
	struct bm_line *line = *find_locked(q, ino);
	struct bm_node *nodes;

	if (!line)
		return NULL;
	nodes = take_locked(q, line, UINT64_MAX);
	nodes = leave_locked(q, line, nodes);
	tidy_locked(q, ino);
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

static void list_locked(struct bm_queue *q, bool direct, uint64_t *inos)
	REQUIRES(q->lock)
{
	for (size_t i = 0; i < q->n_buckets; i++)
		for (struct bm_line *l = q->buckets[i]; l; l = l->next)
			if (l->direct || !direct)
				*inos++ = l->ino;
}

int bm_queue_list(struct bm_queue *q, bool direct, uint64_t **ret_inos,
		  size_t *ret_count, uint64_t *ret_seq)
{
	uint64_t *inos;
	uint64_t seq;
	size_t n;

	lock_take(&q->lock);
	n = direct ? q->n_direct : q->n_lines;
	seq = q->seq;
	inos = malloc((n ? n : 1) * sizeof(*inos));
	if (inos && n)
		list_locked(q, direct, inos);
	lock_drop(&q->lock);
	if (!inos)
		return -ENOMEM;
	qsort(inos, n, sizeof(*inos), compare);
	*ret_inos = inos;
	*ret_count = n;
	*ret_seq = seq;
	return 0;
}

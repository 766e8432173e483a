/* SPDX-License-Identifier: Apache-2.0 */
/* queue_line.c - the table of lines. */

#include "bitmap/queue_line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define BUCKETS_FIRST 64u /* a power of two, as ever after */

NO_LOCK_ANALYSIS /* nobody else knows of it yet */
	int
	bm_queue_init(struct bm_queue *q)
{
	*q = (struct bm_queue){ .n_buckets = BUCKETS_FIRST,
				.max_bytes = BM_JOURNAL_BYTES,
				.max_batches = BM_JOURNAL_BATCHES,
				.hot = BM_HOT };
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
	buf_finish(&q->unwritten);
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

static size_t bucket_of(uint64_t ino, size_t n)
{
	/* Fibonacci hashing: inode numbers are consecutive. */
	return (size_t)(ino * 0x9e3779b97f4a7c15 >> 32) & (n - 1);
}

struct bm_line **bm_line_find_locked(const struct bm_queue *q, uint64_t ino)
{
	struct bm_line **at = &q->buckets[bucket_of(ino, q->n_buckets)];

	while (*at && (*at)->ino != ino)
		at = &(*at)->next;
	return at;
}

/* Each line on the way is in no cache, so there are more buckets than lines.
 * Longer chains are slower, not wrong: so it may fail to grow. */
static void grow_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	size_t n = q->n_buckets * 2;
	struct bm_line **buckets;

	if (q->n_lines < q->n_buckets / 2)
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

struct bm_line *bm_line_make_locked(struct bm_queue *q, uint64_t ino,
				    uint64_t bound)
{
	struct bm_line **at = bm_line_find_locked(q, ino);
	struct bm_line *line = *at;

	if (line)
		return line;
	line = calloc(1, sizeof(*line));
	if (!line)
		return NULL;
	line->ino = ino;
	line->bound = bound;
	line->settled_seq = q->seq; /* or there would have been a line */
	*at = line;
	q->n_lines++;
	grow_locked(q);
	return line;
}

void bm_line_tidy_locked(struct bm_queue *q, struct bm_line *line)
{
	struct bm_line **at;

	if (line->first || line->claimed)
		return;
	assert(!line->direct);
	at = bm_line_find_locked(q, line->ino);
	*at = line->next;
	q->n_lines--;
	free(line);
}

void bm_line_add_locked(struct bm_queue *q, struct bm_line *line,
			struct bm_node *node)
{
	if (line->first)
		line->last->next = node;
	else
		line->first = node;
	line->last = node;
	q->bytes += node->bytes;
}

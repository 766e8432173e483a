/* SPDX-License-Identifier: Apache-2.0 */
/* queue_log.c - which batches the log has.
 *
 * The list of unwritten batches is in the order of their numbers, so a number
 * says how much of it is in the log. A batch that was settled before it was
 * logged is left to the txn that settled it.
 */

#include "bitmap/journal_code.h"
#include "bitmap/queue.h"

#include <errno.h>

/* All from node on up to number to, appended to out; -EAGAIN when max bytes
 * are not enough, after those that fit. */
static int gather(const struct bm_node *node, struct buf *out,
		  struct bm_head *prev, uint64_t to, size_t max)
{
	size_t begin = out->len;
	int err = 0;

	for (; !err && node && node->seq <= to; node = node->next_unwritten) {
		const struct bm_head head = { .seq = node->seq,
					      .ino = node->ino,
					      .when_ns = node->when_ns };

		if (out->len - begin + node->code_len + BM_HEAD_MAX > max)
			return -EAGAIN;
		err = bm_code_append(out, prev, &head, node->code,
				     node->code_len);
	}
	return err;
}

static int log_locked(struct bm_queue *q, struct buf *out, uint64_t below,
		      size_t max) REQUIRES(q->lock)
{
	struct bm_head last = { 0 };
	int err;

	if (q->n_direct || q->full)
		return -EAGAIN;
	q->logging_seq = q->logged_seq;
	if (!q->unlogged)
		return 0;
	err = gather(q->unlogged, out, &last, UINT64_MAX, max);
	if (!err && last.seq >= below)
		err = -EAGAIN;
	if (!err)
		q->logging_seq = last.seq;
	return err;
}

int bm_queue_log(struct bm_queue *q, struct buf *out, uint64_t below,
		 size_t max)
{
	int err;

	lock_take(&q->lock);
	err = log_locked(q, out, below, max);
	lock_drop(&q->lock);
	return err;
}

void bm_queue_logged(struct bm_queue *q)
{
	lock_take(&q->lock);
	q->logged_seq = q->logging_seq;
	while (q->unlogged && q->unlogged->seq <= q->logged_seq)
		q->unlogged = q->unlogged->next_unwritten;
	lock_drop(&q->lock);
}

static int kept_locked(struct bm_queue *q, uint64_t *at, struct buf *out,
		       size_t max) REQUIRES(q->lock)
{
	const struct bm_node *node = q->unwritten;
	struct bm_head last = { 0 };
	int err;

	while (node && node->seq <= *at)
		node = node->next_unwritten;
	if (!node || node->seq > q->logged_seq)
		return 0;
	err = gather(node, out, &last, q->logged_seq, max);
	*at = last.seq;
	return err == -EAGAIN ? 0 : err;
}

int bm_queue_kept(struct bm_queue *q, uint64_t *at, struct buf *out, size_t max)
{
	int err;

	lock_take(&q->lock);
	err = kept_locked(q, at, out, max);
	lock_drop(&q->lock);
	return err;
}

bool bm_queue_is_safe(struct bm_queue *q, const struct bm_claim *c)
{
	bool safe = true;

	lock_take(&q->lock);
	for (const struct bm_node *n = c->first; safe && n; n = n->next)
		safe = n->journaled &&
		       (!n->unwritten || n->seq <= q->logged_seq);
	lock_drop(&q->lock);
	return safe;
}

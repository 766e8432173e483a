/* SPDX-License-Identifier: Apache-2.0 */
/* queue_log.c - which batches the log has.
 *
 * The unwritten codes are in the order of their numbers, so a number says how
 * much of them is in the log. A batch that was settled before it was logged is
 * in no danger either way: the set says that it has it (I9).
 */

#include "bitmap/journal_code.h"
#include "bitmap/queue.h"

#include <errno.h>

/* All from place at on up to number to, appended to out; -EAGAIN when max bytes
 * are not enough, after those that fit. prev is the last of them. */
static int gather_locked(const struct bm_queue *q, size_t at, uint64_t to,
			 struct buf *out, size_t max, struct bm_head *prev)
	REQUIRES(q->lock)
{
	size_t begin = out->len;
	struct bm_unwritten u;
	const uint8_t *code;
	int err = 0;

	while (!err && bm_queue_next_locked(q, &at, &u, &code) && u.seq <= to) {
		const struct bm_head head = { u.seq, u.ino, u.when_ns };

		if (out->len - begin + u.code_len + BM_HEAD_MAX > max)
			return -EAGAIN;
		err = bm_code_append(out, prev, &head, code, u.code_len);
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
	if (q->logged_bytes == q->unwritten.len)
		return 0;
	err = gather_locked(q, q->logged_bytes, UINT64_MAX, out, max, &last);
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

static void logged_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	size_t at = q->logged_bytes;
	struct bm_unwritten u;
	const uint8_t *code;

	q->logged_seq = q->logging_seq;
	while (bm_queue_next_locked(q, &at, &u, &code) &&
	       u.seq <= q->logged_seq)
		q->logged_bytes = at;
}

void bm_queue_logged(struct bm_queue *q)
{
	lock_take(&q->lock);
	logged_locked(q);
	lock_drop(&q->lock);
}

/* The place of the first one above that number. */
static size_t find_locked(const struct bm_queue *q, uint64_t seq)
	REQUIRES(q->lock)
{
	struct bm_unwritten u;
	const uint8_t *code;
	size_t at = 0, next = 0;

	while (bm_queue_next_locked(q, &next, &u, &code) && u.seq <= seq)
		at = next;
	return at;
}

int bm_queue_kept(struct bm_queue *q, uint64_t *at, struct buf *out, size_t max)
{
	struct bm_head last = { .seq = 0 };
	int err;

	lock_take(&q->lock);
	err = gather_locked(q, find_locked(q, *at), q->logged_seq, out, max,
			    &last);
	lock_drop(&q->lock);
	if (last.seq)
		*at = last.seq;
	return err == -EAGAIN ? 0 : err;
}

bool bm_queue_is_safe(struct bm_queue *q, const struct bm_claim *c)
{
	bool safe = true;
	uint64_t kept;

	lock_take(&q->lock);
	kept = q->written_seq > q->logged_seq ? q->written_seq : q->logged_seq;
	lock_drop(&q->lock);
	for (const struct bm_node *n = c->first; safe && n; n = n->next)
		safe = n->journaled && n->seq <= kept;
	return safe;
}

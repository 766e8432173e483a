/* SPDX-License-Identifier: Apache-2.0 */
/* queue_journal.c - which codes are still to be written to the journal.
 *
 * They lie in a row, in the order of their numbers, and leave it at the front
 * when they are in the journal. What was settled before that need not be
 * written any more; but to look for it costs a look at the set of each, so that
 * is done when something was settled and it is time to write, or when there is
 * no room.
 *
 * The row counts as part of the journal from the push on, so it is known at
 * each push whether the journal has room for it.
 */

#include "bitmap/journal_code.h"
#include "bitmap/queue.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static size_t journal_bytes_of(size_t code_len)
{
	return code_len + 8; /* its head, about */
}

/* --- the row -------------------------------------------------------------- */

static size_t padded(size_t code_len)
{
	return (code_len + 7) & ~(size_t)7;
}

bool bm_queue_next_locked(const struct bm_queue *q, size_t *at,
			  struct bm_unwritten *ret_u, const uint8_t **ret_code)
{
	const uint8_t *data = buf_data(&q->unwritten);

	if (*at == q->unwritten.len)
		return false;
	memcpy(ret_u, data + *at, sizeof(*ret_u));
	*ret_code = data + *at + sizeof(*ret_u);
	*at += sizeof(*ret_u) + padded(ret_u->code_len);
	return true;
}

void bm_queue_admit_locked(struct bm_queue *q, const struct bm_push *p,
			   uint64_t seq)
{
	const struct bm_unwritten u = { .seq = seq,
					.ino = p->ino,
					.when_ns = p->when_ns,
					.code_len = p->code_len };
	size_t len = padded(p->code_len);
	uint8_t *to = q->unwritten.mem + q->unwritten.start + q->unwritten.len;

	memcpy(to, &u, sizeof(u));
	memset(to + sizeof(u) + len - 8, 0, 8);
	memcpy(to + sizeof(u), p->code, p->code_len);
	buf_added(&q->unwritten, sizeof(u) + len);
	q->journal_bytes += journal_bytes_of(p->code_len);
	q->journal_batches++;
}

/* Drop what was settled; the others move up. */
static void prune_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	uint8_t *row =
		q->unwritten.mem ? q->unwritten.mem + q->unwritten.start : NULL;
	size_t kept = 0, logged = 0;
	size_t at = 0, from = 0;
	struct bm_unwritten u;
	const uint8_t *code;

	for (; bm_queue_next_locked(q, &at, &u, &code); from = at) {
		if (bm_queue_is_settled_locked(q, u.ino, u.seq)) {
			q->journal_bytes -= journal_bytes_of(u.code_len);
			q->journal_batches--;
			continue;
		}
		memmove(row + kept, row + from, at - from);
		kept += at - from;
		if (at <= q->logged_bytes)
			logged = kept;
	}
	q->unwritten.len = kept;
	q->logged_bytes = logged;
	q->stale = false;
}

/* --- pushing -------------------------------------------------------------- */

static bool fits_locked(struct bm_queue *q, size_t bytes, unsigned share)
	REQUIRES(q->lock)
{
	return q->journal_bytes + bytes <= q->max_bytes / share &&
	       q->journal_batches < q->max_batches / share;
}

/* Pruning must make much room, or it would be done at each push. */
bool bm_queue_has_room_locked(struct bm_queue *q, size_t code_len)
{
	size_t bytes = journal_bytes_of(code_len);

	if (q->full || fits_locked(q, bytes, 1))
		return !q->full;
	if (q->stale)
		prune_locked(q);
	q->full = !fits_locked(q, bytes, 2);
	return !q->full;
}

int bm_queue_reserve_locked(struct bm_queue *q, size_t code_len)
{
	uint8_t *room;

	return buf_reserve(&q->unwritten,
			   sizeof(struct bm_unwritten) + padded(code_len),
			   &room);
}

void bm_queue_pushed_locked(struct bm_queue *q)
{
	q->pushed_ns = now_ns();
}

void bm_queue_recalled_locked(struct bm_queue *q, const struct bm_push *p)
{
	if (!p->code_len) {
		q->journal_batches++;
		q->written_seq = q->seq;
		return;
	}
	bm_queue_admit_locked(q, p, q->seq);
	q->logged_seq = q->seq;
	q->logged_bytes = q->unwritten.len;
}

/* --- writing -------------------------------------------------------------- */

bool bm_queue_is_idle(struct bm_queue *q, uint64_t idle_ns)
{
	bool idle;

	lock_take(&q->lock);
	idle = (q->n_lines || q->journal_batches) &&
	       now_ns() - q->pushed_ns >= idle_ns;
	lock_drop(&q->lock);
	return idle;
}

/* What comes when it is full makes lines direct, which must be settled though
 * little waits there. So it is time a little earlier. */
bool bm_queue_is_filling(struct bm_queue *q)
{
	bool filling;

	lock_take(&q->lock);
	filling = q->full || q->journal_bytes > q->max_bytes / 4 * 3 ||
		  q->journal_batches > q->max_batches / 4 * 3;
	lock_drop(&q->lock);
	return filling;
}

static int gather_locked(struct bm_queue *q, struct buf *out,
			 uint32_t *ret_batches) REQUIRES(q->lock)
{
	struct bm_head prev = { 0 };
	struct bm_unwritten u;
	const uint8_t *code;
	uint32_t n = 0;
	size_t at = 0;
	int err = 0;

	if (q->stale)
		prune_locked(q);
	for (; !err && bm_queue_next_locked(q, &at, &u, &code); n++) {
		const struct bm_head head = { u.seq, u.ino, u.when_ns };

		err = bm_code_append(out, &prev, &head, code, u.code_len);
	}
	q->writing_seq = prev.seq;
	*ret_batches = n;
	return err;
}

int bm_queue_gather(struct bm_queue *q, struct buf *out, uint32_t *ret_batches,
		    uint64_t *ret_seq)
{
	int err;

	lock_take(&q->lock);
	err = gather_locked(q, out, ret_batches);
	*ret_seq = q->writing_seq;
	lock_drop(&q->lock);
	return err;
}

/* Those up to number seq leave the row. */
static void consume_locked(struct bm_queue *q, uint64_t seq) REQUIRES(q->lock)
{
	struct bm_unwritten u;
	const uint8_t *code;
	size_t at = 0, end = 0;

	while (bm_queue_next_locked(q, &at, &u, &code) && u.seq <= seq)
		end = at;
	buf_consume(&q->unwritten, end);
	q->logged_bytes = q->logged_bytes > end ? q->logged_bytes - end : 0;
	q->written_seq = seq;
}

void bm_queue_written(struct bm_queue *q)
{
	lock_take(&q->lock);
	consume_locked(q, q->writing_seq);
	lock_drop(&q->lock);
}

/* The journal has so much, and what is unwritten comes to it. */
static void count_locked(struct bm_queue *q, size_t bytes, size_t batches)
	REQUIRES(q->lock)
{
	struct bm_unwritten u;
	const uint8_t *code;
	size_t at = 0;

	q->full = false;
	q->journal_bytes = bytes;
	q->journal_batches = batches;
	while (bm_queue_next_locked(q, &at, &u, &code)) {
		q->journal_bytes += journal_bytes_of(u.code_len);
		q->journal_batches++;
	}
}

void bm_queue_cleared(struct bm_queue *q)
{
	lock_take(&q->lock);
	prune_locked(q);
	count_locked(q, 0, 0);
	if (!q->unwritten.len)
		buf_finish(&q->unwritten);
	bm_late_tidy_locked(q);
	lock_drop(&q->lock);
}

void bm_queue_rewritten(struct bm_queue *q, uint64_t seq, size_t bytes,
			size_t batches)
{
	lock_take(&q->lock);
	consume_locked(q, seq);
	count_locked(q, bytes, batches);
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

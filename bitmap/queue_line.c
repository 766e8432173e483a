/* SPDX-License-Identifier: Apache-2.0 */
/* queue_line.c - the table of lines.
 *
 * Each append looks for the line of a set, and where appends go to many sets
 * that line is in no cache. So little as can be is touched on the way: all that
 * most of them need is in the SLOT that is found, and the slots are few and lie
 * in a row. A slot is where its hash says, or else the next one that is free.
 * Lines are as long as a cache line and lie in CHUNKS, where they have numbers.
 *
 *	slots   [ l3 | - | l1 | l0 | - ]
 *	chunks  [ l0 l1 l2 ... ] [ l256 ...
 *
 * A line stays where it is as long as it is needed. Those that are not are in a
 * row of FREE ones.
 */

#include "bitmap/queue_line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64u /* a power of two, as ever after */
#define CHUNK_LINES 256u

_Static_assert(sizeof(struct bm_line) == 64, "a cache line");

NO_LOCK_ANALYSIS /* nobody else knows of it yet */
	int
	bm_queue_init(struct bm_queue *q)
{
	*q = (struct bm_queue){ .n_slots = SLOTS_FIRST,
				.max_bytes = BM_JOURNAL_BYTES,
				.max_batches = BM_JOURNAL_BATCHES,
				.hot = BM_HOT };
	q->slots = calloc(SLOTS_FIRST, sizeof(*q->slots));
	if (!q->slots)
		return -ENOMEM;
	lock_init(&q->lock, LOCK_SET);
	cond_init(&q->released);
	cond_init(&q->let_in);
	return 0;
}

static void free_chunks_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	while (q->n_chunks)
		free(q->chunks[--q->n_chunks]);
	q->free = 0;
}

void bm_queue_finish(struct bm_queue *q)
{
	struct bm_line *line;
	size_t at = 0;

	lock_take(&q->lock);
	buf_finish(&q->unwritten);
	free(q->late);
	while ((line = bm_line_next_locked(q, &at))) {
		assert(!line->claimed);
		bm_node_free(line->first);
	}
	free_chunks_locked(q);
	free(q->chunks);
	free(q->slots);
	lock_drop(&q->lock);
	cond_finish(&q->released);
	cond_finish(&q->let_in);
	lock_finish(&q->lock);
}

/* --- chunks --------------------------------------------------------------- */

static struct bm_line *line_of(const struct bm_queue *q, uint32_t ref)
	REQUIRES(q->lock)
{
	return &q->chunks[(ref - 1) / CHUNK_LINES][(ref - 1) % CHUNK_LINES];
}

struct bm_line *bm_line_next_locked(const struct bm_queue *q, size_t *at)
{
	while (*at < q->n_chunks * CHUNK_LINES) {
		struct bm_line *line = line_of(q, (uint32_t)++ * at);

		if (line->used)
			return line;
	}
	return NULL;
}

static bool add_chunk_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	size_t size = CHUNK_LINES * sizeof(struct bm_line);
	struct bm_line **chunks;
	struct bm_line *chunk;
	uint32_t ref;

	if (q->n_chunks >= UINT32_MAX / CHUNK_LINES)
		return false;
	chunks = realloc(q->chunks, (q->n_chunks + 1) * sizeof(*chunks));
	if (!chunks)
		return false;
	q->chunks = chunks;
	chunk = aligned_alloc(sizeof(struct bm_line), size);
	if (!chunk)
		return false;
	memset(chunk, 0, size);
	q->chunks[q->n_chunks++] = chunk;
	ref = (uint32_t)q->n_chunks * CHUNK_LINES;
	for (unsigned i = 0; i < CHUNK_LINES; i++, ref--) {
		line_of(q, ref)->next = q->free;
		q->free = ref;
	}
	return true;
}

/* --- the table ------------------------------------------------------------ */

static size_t home_of(uint64_t ino, size_t n)
{
	/* Fibonacci hashing: inode numbers are consecutive. */
	return (size_t)(ino * 0x9e3779b97f4a7c15 >> 32) & (n - 1);
}

/* Where ino is, or would be. */
static struct bm_slot *find(struct bm_slot *slots, size_t n, uint64_t ino)
{
	size_t at = home_of(ino, n);

	while (slots[at].ref && slots[at].ino != ino)
		at = (at + 1) & (n - 1);
	return &slots[at];
}

struct bm_slot *bm_slot_find_locked(const struct bm_queue *q, uint64_t ino)
{
	struct bm_slot *slot = find(q->slots, q->n_slots, ino);

	return slot->ref ? slot : NULL;
}

struct bm_line *bm_line_of_locked(const struct bm_queue *q,
				  const struct bm_slot *slot)
{
	return line_of(q, slot->ref);
}

struct bm_line *bm_line_find_locked(const struct bm_queue *q, uint64_t ino)
{
	const struct bm_slot *slot = bm_slot_find_locked(q, ino);

	return slot ? line_of(q, slot->ref) : NULL;
}

/* More than these are long ways; there must always be one that is empty. */
static bool has_slots_locked(struct bm_queue *q) REQUIRES(q->lock)
{
	size_t n = q->n_slots * 2;
	struct bm_slot *slots;

	if (q->n_lines < q->n_slots / 8 * 5)
		return true;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return q->n_lines < q->n_slots - 1;
	for (size_t i = 0; i < q->n_slots; i++)
		if (q->slots[i].ref)
			*find(slots, n, q->slots[i].ino) = q->slots[i];
	free(q->slots);
	q->slots = slots;
	q->n_slots = n;
	return true;
}

struct bm_line *bm_line_make_locked(struct bm_queue *q, uint64_t ino,
				    uint64_t bound)
{
	struct bm_line *line = bm_line_find_locked(q, ino);
	struct bm_slot *slot;

	if (line)
		return line;
	if (!has_slots_locked(q) || (!q->free && !add_chunk_locked(q)))
		return NULL;
	slot = find(q->slots, q->n_slots, ino);
	*slot = (struct bm_slot){ .ino = ino, .ref = q->free };
	line = line_of(q, q->free);
	q->free = line->next;
	*line = (struct bm_line){ .ino = ino,
				  .bound = bound,
				  .settled_seq = q->seq, /* or it were there */
				  .used = true };
	q->n_lines++;
	return line;
}

/* Those that stand behind it because it was there move up. */
static void empty_slot_locked(struct bm_queue *q, struct bm_slot *slot)
	REQUIRES(q->lock)
{
	size_t mask = q->n_slots - 1;
	size_t hole = (size_t)(slot - q->slots);

	for (size_t i = (hole + 1) & mask; q->slots[i].ref;
	     i = (i + 1) & mask) {
		size_t home = home_of(q->slots[i].ino, q->n_slots);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		q->slots[hole] = q->slots[i];
		hole = i;
	}
	q->slots[hole] = (struct bm_slot){ 0 };
}

void bm_line_tidy_locked(struct bm_queue *q, struct bm_line *line)
{
	struct bm_slot *slot;
	uint32_t ref;

	if (line->first || line->claimed)
		return;
	slot = bm_slot_find_locked(q, line->ino);
	if (slot->late)
		return;
	assert(!line->direct);
	ref = slot->ref;
	empty_slot_locked(q, slot);
	*line = (struct bm_line){ .next = q->free };
	q->free = ref;
	if (!--q->n_lines && q->n_chunks > 1)
		free_chunks_locked(q);
}

void bm_line_add_locked(struct bm_queue *q, struct bm_line *line,
			struct bm_node *node)
{
	if (line->first)
		line->last->next = node;
	else
		line->first = node;
	line->last = node;
	line->waiting += bm_node_count(node);
	bm_queue_grow_locked(q, node->bytes);
}

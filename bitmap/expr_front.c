/* SPDX-License-Identifier: Apache-2.0 */
/* expr_front.c - a heap of flows. */
#include "bitmap/expr_front.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(BM_EXPR_NODES <= UINT32_MAX, "a number of an operand");

int bm_front_new(size_t n, struct bm_front **ret_front)
{
	struct bm_front *fr = malloc(sizeof(*fr) + 2 * n * sizeof(*fr->heap));

	if (!fr)
		return -ENOMEM;
	fr->at = fr->heap + n;
	fr->began = false;
	for (size_t i = 0; i < n; i++)
		fr->heap[i] = (uint32_t)i;
	*ret_front = fr;
	return 0;
}

void bm_front_free(struct bm_front *fr)
{
	free(fr);
}

static uint64_t key_at(const struct bm_flow *f, size_t i)
{
	return f->of[f->front->heap[i]].key;
}

/* The one at place i has moved on. */
static void sift(struct bm_flow *f, size_t i)
{
	uint32_t *heap = f->front->heap;
	uint32_t moved = heap[i];
	uint64_t key = f->of[moved].key;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < f->n && key_at(f, child + 1) < key_at(f, child))
			child++;
		if (child >= f->n || key_at(f, child) >= key)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = moved;
}

/* Those below place i of the heap that stand at the key; the heap is not
 * deeper than its number has bits. */
static void collect(struct bm_flow *f, size_t i)
{
	struct bm_front *fr = f->front;
	uint64_t key;

	if (i >= f->n)
		return;
	key = key_at(f, i);
	if (key > fr->key) {
		fr->next = key < fr->next ? key : fr->next;
		return;
	}
	fr->at[fr->n_at++] = fr->heap[i];
	collect(f, 2 * i + 1);
	collect(f, 2 * i + 2);
}

/* All of them, for the first time. */
static int begin(struct bm_flow *f, uint64_t key)
{
	for (size_t i = 0; i < f->n; i++) {
		int err = bm_flow_seek(&f->of[i], key);

		if (err)
			return err;
	}
	for (size_t i = f->n / 2; i-- > 0;)
		sift(f, i);
	f->front->began = true;
	return 0;
}

static int move(struct bm_flow *f, uint64_t key)
{
	while (key_at(f, 0) < key) {
		int err = bm_flow_seek(&f->of[f->front->heap[0]], key);

		if (err)
			return err;
		sift(f, 0);
	}
	return 0;
}

int bm_front_seek(struct bm_flow *f, uint64_t key)
{
	struct bm_front *fr = f->front;
	int err = 0;

	fr->key = BM_KEY_END;
	fr->next = BM_KEY_END;
	fr->n_at = 0;
	if (f->n)
		err = fr->began ? move(f, key) : begin(f, key);
	if (err || f->n == 0)
		return err;
	fr->key = key_at(f, 0);
	if (fr->key < BM_KEY_END)
		collect(f, 0);
	return 0;
}

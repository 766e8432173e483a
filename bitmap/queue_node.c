/* SPDX-License-Identifier: Apache-2.0 */
/* queue_node.c - batches in a row, and the code of one for the journal.
 *
 * A batch that goes to the journal is written twice: there, and with its set.
 * For a small one that is cheaper than to touch the set at each commit; a large
 * one pays for its set by itself.
 */

#include "bitmap/batch.h"
#include "bitmap/journal_code.h"
#include "bitmap/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CODE_BATCH_MAX (64u << 10) /* bytes in memory of one with a code */
_Static_assert(BM_NODE_ROOM <= BM_BATCH_FEW, "can be sorted");
#define ROW_FIRST 32u	/* members when that is not enough */
#define JOIN_MAX  64u	/* members that are copied */
#define ROW_MAX	  4096u /* of a node that others are put behind */

/* --- codes ---------------------------------------------------------------- */

int bm_code_make(struct bm_batch *b, struct bm_code *ret_code)
{
	size_t used =
		b->n_members * sizeof(*b->members) + b->n_ops * sizeof(*b->ops);
	size_t max;

	ret_code->large = NULL;
	ret_code->len = 0;
	if (used > CODE_BATCH_MAX)
		return 0;
	if (bm_batch_sort(b))
		return -ENOMEM;
	max = bm_code_max(b);
	if (max > sizeof(ret_code->small))
		ret_code->large = malloc(max);
	if (max > sizeof(ret_code->small) && !ret_code->large)
		return -ENOMEM;
	ret_code->data = ret_code->large ? ret_code->large : ret_code->small;
	ret_code->len = bm_code_put(b, ret_code->large ? ret_code->large
						       : ret_code->small);
	return 0;
}

void bm_code_finish(struct bm_code *code)
{
	free(code->large);
	code->large = NULL;
}

/* --- nodes ---------------------------------------------------------------- */

/* A row in the node says that it has no memory of its own (cap_members 0). */
static void copy_to_room(struct bm_node *node, const struct bm_batch *b)
{
	memcpy(node->room, b->members, b->n_members * sizeof(*b->members));
	node->batch = (struct bm_batch){ .members = node->room,
					 .n_members = b->n_members,
					 .op = b->op,
					 .ascending = b->ascending };
}

static size_t bytes_of(const struct bm_node *node)
{
	return sizeof(*node) + BM_NODE_ROOM * sizeof(*node->room) +
	       bm_batch_bytes(&node->batch);
}

struct bm_node *bm_node_new(struct bm_batch *b)
{
	bool small = !b->n_ops && b->n_members <= BM_NODE_ROOM;
	size_t room = small ? BM_NODE_ROOM * sizeof(uint64_t) : 0;
	struct bm_node *node = malloc(sizeof(*node) + room);

	if (!node)
		return NULL;
	*node = (struct bm_node){ 0 };
	if (small) {
		copy_to_room(node, b);
	} else {
		node->batch = *b;
		bm_batch_init(b);
	}
	node->bytes = bytes_of(node);
	return node;
}

size_t bm_node_count(const struct bm_node *node)
{
	return node->batch.n_members + node->batch.n_ops;
}

bool bm_node_takes(const struct bm_node *node, const struct bm_batch *b)
{
	const struct bm_batch *row = &node->batch;

	return !b->n_ops && !row->n_ops && b->op == row->op &&
	       b->n_members <= JOIN_MAX &&
	       row->n_members + b->n_members <= ROW_MAX;
}

/* From the node's own room into memory that can grow. */
static int move_out(struct bm_batch *row)
{
	struct bm_batch larger = *row;
	int err;

	larger.members = NULL;
	larger.n_members = 0;
	err = bm_batch_reserve(&larger, ROW_FIRST);
	if (err)
		return err;
	memcpy(larger.members, row->members,
	       row->n_members * sizeof(*row->members));
	larger.n_members = row->n_members;
	*row = larger;
	return 0;
}

static int make_room(struct bm_batch *row, size_t n)
{
	if (!row->cap_members && row->n_members + n <= BM_NODE_ROOM)
		return 0;
	if (!row->cap_members) {
		int err = move_out(row);

		if (err)
			return err;
	}
	return bm_batch_reserve(row, n);
}

int bm_node_join(struct bm_node *node, const struct bm_batch *b)
{
	struct bm_batch *row = &node->batch;
	int err = make_room(row, b->n_members);

	if (err)
		return err;
	row->ascending = row->ascending && b->ascending &&
			 row->members[row->n_members - 1] < b->members[0];
	memcpy(row->members + row->n_members, b->members,
	       b->n_members * sizeof(*b->members));
	row->n_members += b->n_members;
	node->bytes = bytes_of(node);
	return 0;
}

static bool may_join(const struct bm_node *node, const struct bm_node *next)
{
	return !node->replayed && !next->replayed &&
	       node->journaled == next->journaled &&
	       bm_node_takes(node, &next->batch);
}

/* Whoever counts the bytes of nodes counts as many as before. */
static int join_next(struct bm_node *node, struct bm_node *next)
{
	size_t bytes = node->bytes + next->bytes;

	if (bm_node_join(node, &next->batch))
		return -ENOMEM;
	node->bytes = bytes;
	node->seq = next->seq;
	if (next->when_ns > node->when_ns)
		node->when_ns = next->when_ns;
	node->next = next->next;
	next->next = NULL;
	bm_node_free(next);
	return 0;
}

int bm_node_join_all(struct bm_node *first)
{
	struct bm_node *next;

	while (first && (next = first->next)) {
		if (!may_join(first, next))
			first = next;
		else if (join_next(first, next))
			return -ENOMEM;
	}
	return 0;
}

void bm_node_free(struct bm_node *node)
{
	while (node) {
		struct bm_node *next = node->next;

		bm_batch_finish(&node->batch);
		free(node);
		node = next;
	}
}

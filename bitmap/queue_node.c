/* SPDX-License-Identifier: Apache-2.0 */
/* queue_node.c - one batch in a queue, and its code for the journal.
 *
 * A batch that goes to the journal is written twice: there, and with its set.
 * For a small one that is cheaper than to touch the set at each commit; a large
 * one pays for its set by itself.
 */

#include "bitmap/batch.h"
#include "bitmap/journal_code.h"
#include "bitmap/queue.h"
#include "regionstore/base/auto.h"

#include <errno.h>
#include <stdlib.h>

#define CODE_BATCH_MAX (64u << 10) /* bytes in memory of one with a code */
#define CODE_ON_STACK  512u
#define COPY_MAX       8u /* members in the node itself: one allocation less */

static bool is_small(const struct bm_batch *b)
{
	return !b->n_ops && b->n_members <= COPY_MAX;
}

/* Such a batch says that it has no memory of its own (cap_members 0). */
static void copy_members(struct bm_node *node, size_t at,
			 const struct bm_batch *b)
{
	void *to = (uint8_t *)node + at;

	memcpy(to, b->members, b->n_members * sizeof(*b->members));
	node->batch = (struct bm_batch){ .members = to,
					 .n_members = b->n_members,
					 .op = b->op,
					 .ascending = b->ascending };
}

static struct bm_node *node_with(const struct bm_batch *b, const uint8_t *code,
				 size_t code_len)
{
	size_t end = (sizeof(struct bm_node) + code_len + 7) & ~(size_t)7;
	size_t more = is_small(b) ? b->n_members * sizeof(*b->members) : 0;
	struct bm_node *node = calloc(1, end + more);

	if (!node)
		return NULL;
	if (code_len)
		memcpy(node->code, code, code_len);
	node->code_len = (uint32_t)code_len;
	if (is_small(b))
		copy_members(node, end, b);
	else
		node->batch = *b;
	node->bytes = end + more + bm_batch_bytes(&node->batch);
	return node;
}

struct bm_node *bm_node_bare(const struct bm_batch *b)
{
	return node_with(b, NULL, 0);
}

static struct bm_node *coded_node(const struct bm_batch *b)
{
	size_t max = bm_code_max(b);
	uint8_t small[CODE_ON_STACK];
	AUTO_FREE uint8_t *large = NULL;

	if (max <= sizeof(small))
		return node_with(b, small, bm_code_put(b, small));
	large = malloc(max);
	return large ? node_with(b, large, bm_code_put(b, large)) : NULL;
}

int bm_node_new(struct bm_batch *b, int64_t when_ns, struct bm_node **ret_node)
{
	size_t used =
		b->n_members * sizeof(*b->members) + b->n_ops * sizeof(*b->ops);
	struct bm_node *node;

	bm_batch_trim(b);
	if (used <= CODE_BATCH_MAX)
		node = bm_batch_sort(b) ? NULL : coded_node(b);
	else
		node = bm_node_bare(b);
	if (!node)
		return -ENOMEM;
	node->when_ns = when_ns;
	*ret_node = node;
	return 0;
}

bool bm_node_shares(const struct bm_node *node)
{
	return node->batch.cap_members || node->batch.cap_ops;
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

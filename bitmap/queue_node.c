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

static struct bm_node *node_with(const uint8_t *code, size_t code_len)
{
	struct bm_node *node = calloc(1, sizeof(*node) + code_len);

	if (!node)
		return NULL;
	if (code_len)
		memcpy(node->code, code, code_len);
	node->code_len = (uint32_t)code_len;
	return node;
}

static struct bm_node *coded_node(const struct bm_batch *b)
{
	size_t max = bm_code_max(b);
	uint8_t small[CODE_ON_STACK];
	AUTO_FREE uint8_t *large = NULL;

	if (max <= sizeof(small))
		return node_with(small, bm_code_put(b, small));
	large = malloc(max);
	return large ? node_with(large, bm_code_put(b, large)) : NULL;
}

int bm_node_new(struct bm_batch *b, int64_t when_ns, struct bm_node **ret_node)
{
	size_t used =
		b->n_members * sizeof(*b->members) + b->n_ops * sizeof(*b->ops);
	struct bm_node *node;

	if (used <= CODE_BATCH_MAX)
		node = bm_batch_sort(b) ? NULL : coded_node(b);
	else
		node = node_with(NULL, 0);
	if (!node)
		return -ENOMEM;
	bm_batch_trim(b);
	node->batch = *b;
	node->when_ns = when_ns;
	node->bytes = sizeof(*node) + node->code_len + bm_batch_bytes(b);
	bm_batch_init(b); /* its memory is the node's now */
	*ret_node = node;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* fold_hot.c - making room in the journal.
 *
 * To settle a set costs some microseconds and a page or two, whether one member
 * waits or a thousand. Where appends go to many sets, most of what waits is for
 * a few of them, and for most of them little waits. So the first are settled
 * and the others wait on: the records of the journal give way to one that has
 * what is left, a batch for each set. Where that would be much, all is settled:
 * then neighbours in the tree share what they change, and a set of all costs a
 * third of one of a few.
 *
 *	journal    a1 b1 a2 | a3 c1 a4 | b2 a5 a6
 *	settled    a
 *	written    b1,b2 c1
 *
 * Batches of a set that were put together have the number of the last of them.
 * That is what a set is told when they are settled, so after a crash it has all
 * or none of them (I9).
 *
 * While the record is made the sets in it are claimed, for as long as a txn
 * takes, so no batch can leave its line unseen.
 */

#include "bitmap/journal.h"
#include "bitmap/journal_code.h"

#include <errno.h>
#include <stdlib.h>

#define AT_ONCE 256u /* claims for which the queue's lock is taken once */

/* A batch of the new record. */
struct rest_node {
	uint64_t seq; /* of node, which is in no cache */
	uint64_t ino;
	struct bm_node *node;
};

struct rest {
	struct bm_claim *claims;
	size_t n_claims;
	struct rest_node *nodes;
	size_t n_nodes;
	uint64_t seq; /* all batches up to here are settled or here */
	struct buf bytes;
};

/* --- what is left --------------------------------------------------------- */

/* Direct ones came since the sets to settle were listed. */
static bool may_wait(const struct bm_claim *c)
{
	const struct bm_node *n = c->first;

	while (n && n->journaled)
		n = n->next;
	return !n;
}

/* Of got claims behind those of r. */
static int keep_what_may_wait(struct bm_db *db, struct rest *r, size_t got)
{
	struct bm_claim *c = r->claims + r->n_claims;
	int first_err = 0;

	for (size_t i = 0; i < got; i++) {
		int err = 0;

		if (may_wait(&c[i]))
			r->claims[r->n_claims++] = c[i];
		else
			err = bm_settle_claims(db, &c[i], 1);
		if (!first_err)
			first_err = err;
	}
	return first_err;
}

static size_t at_once(size_t n)
{
	return n < AT_ONCE ? n : AT_ONCE;
}

static int claim_rest(struct bm_db *db, const uint64_t *inos, size_t n,
		      struct rest *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i += AT_ONCE) {
		size_t got;
		int kept;

		err = bm_queue_claim_each(&db->queue, inos + i, at_once(n - i),
					  r->seq, r->claims + r->n_claims,
					  &got);
		kept = keep_what_may_wait(db, r, got);
		if (!err)
			err = kept;
	}
	return err;
}

static int take_rest(struct bm_db *db, struct rest *r)
{
	AUTO_FREE uint64_t *inos = NULL;
	size_t n;
	int err = bm_queue_list(&db->queue, BM_LINES_ALL, &inos, &n, &r->seq);

	if (err)
		return err;
	r->claims = calloc(n ? n : 1, sizeof(*r->claims));
	return r->claims ? claim_rest(db, inos, n, r) : -ENOMEM;
}

static void give_back(struct bm_db *db, struct rest *r)
{
	for (size_t i = 0; i < r->n_claims; i += AT_ONCE)
		bm_queue_again_each(&db->queue, r->claims + i,
				    at_once(r->n_claims - i));
	free(r->claims);
	free(r->nodes);
	buf_finish(&r->bytes);
}

/* --- the record ----------------------------------------------------------- */

static int by_seq(const void *a, const void *b)
{
	const struct rest_node *x = a;
	const struct rest_node *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int join_nodes(const struct rest *r, size_t *ret_n)
{
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; !err && i < r->n_claims; i++) {
		err = bm_node_join_all(r->claims[i].first);
		for (const struct bm_node *node = r->claims[i].first; node;
		     node = node->next)
			n++;
	}
	*ret_n = n;
	return err;
}

/* What is empty was in its set already, by what was found after a crash. */
static void add_nodes(struct rest *r, const struct bm_claim *c)
{
	for (struct bm_node *node = c->first; node; node = node->next)
		if (!bm_batch_empty(&node->batch))
			r->nodes[r->n_nodes++] = (struct rest_node){
				.seq = node->seq, .ino = c->ino, .node = node
			};
}

static int order_nodes(struct rest *r)
{
	size_t n;
	int err = join_nodes(r, &n);

	if (err)
		return err;
	r->nodes = malloc((n ? n : 1) * sizeof(*r->nodes));
	if (!r->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_claims; i++)
		add_nodes(r, &r->claims[i]);
	qsort(r->nodes, r->n_nodes, sizeof(*r->nodes), by_seq);
	return 0;
}

static int put_node(struct rest *r, struct bm_head *prev,
		    const struct rest_node *rn)
{
	const struct bm_head head = { .seq = rn->seq,
				      .ino = rn->ino,
				      .when_ns = rn->node->when_ns };
	struct bm_code code;
	int err = bm_code_make(&rn->node->batch, &code);

	if (err)
		return err;
	err = bm_code_append(&r->bytes, prev, &head, code.data, code.len);
	bm_code_finish(&code);
	return err;
}

static int code_nodes(struct rest *r)
{
	struct bm_head prev = { 0 };
	int err = order_nodes(r);

	for (size_t i = 0; !err && i < r->n_nodes; i++)
		err = put_node(r, &prev, &r->nodes[i]);
	return err;
}

/* Would it be full again soon? */
static bool is_much(const struct bm_db *db, const struct rest *r)
{
	return r->bytes.len > db->queue.max_bytes / 2 ||
	       r->n_nodes > db->queue.max_batches / 2;
}

/* --- all ------------------------------------------------------------------ */

static int rewrite(struct bm_db *db, struct rest *r, bool *ret_much)
{
	uint64_t last;
	int err = take_rest(db, r);

	if (!err)
		err = code_nodes(r);
	*ret_much = !err && is_much(db, r);
	if (err || *ret_much)
		return err;
	last = r->n_nodes ? r->nodes[r->n_nodes - 1].seq : 0;
	err = bm_journal_rewrite(db, &r->bytes, (uint32_t)r->n_nodes, last);
	if (!err)
		bm_queue_rewritten(&db->queue, r->seq, r->bytes.len,
				   r->n_nodes);
	return err;
}

int bm_fold_hot(struct bm_db *db)
{
	struct rest r = { 0 };
	bool much = false;
	int err;

	if (bm_queue_is_rest_much(&db->queue))
		return bm_fold(db);
	err = bm_settle_lines(db, BM_LINES_HOT);
	if (!err)
		err = rewrite(db, &r, &much);
	give_back(db, &r);
	return !err && much ? bm_fold(db) : err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* compact_pack.c - the leaves of a tree are put together, some in a txn.
 *
 * Branches are looked at in a view, so that nobody waits while their leaves
 * come from the disk. Those that are worth it are noted by their keys, and
 * looked at again in the txn, which then finds the pages in memory.
 */
#include "regionstore/compact_pack.h"
#include "regionstore/pack.h"
#include "regionstore/store_state.h"

#include <string.h>

#define BATCH_LEAVES   1024u /* made in one txn */
#define BATCH_BRANCHES 32u   /* in which they lie */
#define LOOK_BRANCHES  256u  /* looked at before we say how far we are */

struct key {
	uint8_t b[RS_KEY_MAX];
	size_t len;
};

struct batch {
	uint64_t since; /* the newest snapshot holds what was born until then */
	struct key key[BATCH_BRANCHES];
	unsigned n;
	unsigned leaves;
};

static uint64_t held_until(struct rs_store *s)
{
	uint64_t txid = 0;

	lock_take(&s->root_lock);
	if (s->snaps.n)
		txid = s->snaps.v[s->snaps.n - 1].snap.txid;
	lock_drop(&s->root_lock);
	return txid;
}

static bool is_full(const struct batch *b)
{
	return b->n == BATCH_BRANCHES || b->leaves >= BATCH_LEAVES;
}

static int look(const struct rs_view *v, const struct key *at, uint64_t since,
		struct rs_pack_branch *ret_branch)
{
	struct rs_store *s = v->store;
	int err;

	rwlock_read(&s->sweep);
	err = rs_pack_look(&s->data_env, v->root, at->b, at->len, since,
			   ret_branch);
	rwlock_drop(&s->sweep);
	return err;
}

/* Note branches from *at on, until there are enough of them. -ENOENT behind
 * the last one. */
static int find_some(const struct rs_view *v, struct key *at, struct batch *b,
		     struct rs_compact_result *result)
{
	struct rs_pack_branch branch;

	for (unsigned i = 0; i < LOOK_BRANCHES && !is_full(b); i++) {
		int err = look(v, at, b->since, &branch);

		if (err)
			return err;
		if (branch.saved) {
			b->key[b->n++] = *at;
			b->leaves += branch.leaves;
		}
		result->records_done += branch.records;
		if (!branch.next_len)
			return -ENOENT;
		memcpy(at->b, branch.next, branch.next_len);
		at->len = branch.next_len;
	}
	return 0;
}

static int find_batch(struct rs_store *s, struct key *at, struct batch *b,
		      struct rs_compact_result *result)
{
	struct rs_view *v;
	int err;

	b->n = 0;
	b->leaves = 0;
	b->since = held_until(s);
	err = rs_view_live(s, &v);
	if (err)
		return err;
	err = find_some(v, at, b, result);
	rs_view_put(v);
	/* There may be more of them than when it began. */
	if (result->records < result->records_done)
		result->records = result->records_done;
	return err;
}

/* Others may have changed the tree since: what is found now counts. */
static int pack_batch(struct rs_store *s, const struct batch *b,
		      struct rs_compact_result *result)
{
	struct rs_txn *t;
	unsigned saved;
	int err;

	if (b->n == 0)
		return 0;
	err = rs_txn_begin(s, &t);
	if (err)
		return err;
	for (unsigned i = 0; i < b->n && !err; i++) {
		err = rs_tree_pack(&t->edit, b->key[i].b, b->key[i].len,
				   b->since, &saved);
		result->packed_bytes += err ? 0 : rs_bytes(saved);
	}
	err = rs_txn_end_or_abort(t, err);
	return err ? err : rs_commit(s, NULL);
}

static uint64_t count_records(struct rs_store *s)
{
	uint64_t n;

	lock_take(&s->root_lock);
	n = s->live.sum.count;
	lock_drop(&s->root_lock);
	return n;
}

int rs_compact_pack(struct rs_store *s, const struct rs_compact_ops *ops,
		    struct rs_compact_result *result)
{
	struct key at = { .b = { 0 }, .len = 1 };
	struct batch b;
	bool more = true;
	int err = 0;

	result->step = "packing the tree";
	result->records = count_records(s);
	result->records_done = 0;
	while (!err && more) {
		err = find_batch(s, &at, &b, result);
		more = err != -ENOENT;
		if (!more)
			err = 0;
		if (!err)
			err = pack_batch(s, &b, result);
		if (!err && ops->go_on)
			err = ops->go_on(ops->arg, result);
	}
	return err;
}

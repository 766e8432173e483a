/* SPDX-License-Identifier: Apache-2.0 */
/* pending.c - what a set will be when all that waits for it is settled. */
#include "tests/support/pending.h"

#include "bitmap/journal.h"
#include "bitmap/set.h"
#include "tests/support/test.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bm_db *pending_open(struct rs_store *s)
{
	struct bm_db *db = calloc(1, sizeof(*db));
	int err;

	assert_non_null(db);
	db->store = s;
	assert_int_equal(bm_queue_init(&db->queue), 0);
	lock_init(&db->recall_lock, LOCK_RECALL);
	err = bm_journal_open(db, NULL);
	if (!err || err == -EROFS)
		err = bm_recall(db);
	if (!err)
		return db;
	pending_close(db);
	return NULL;
}

void pending_close(struct bm_db *db)
{
	bm_queue_finish(&db->queue);
	lock_finish(&db->recall_lock);
	free(db);
}

/* Up to which number does the set have its batches? */
static int read_folded(struct rs_view *v, uint64_t ino, uint64_t *ret_seq)
{
	struct rs_object obj;
	struct bm_set set;
	int err = rs_object_get(v, ino, &obj);

	if (!err)
		err = bm_set_decode(&obj, &set);
	if (!err)
		*ret_seq = set.folded;
	return err;
}

static int read_members(struct rs_view *v, uint64_t ino, struct set_twin *t)
{
	struct bm_iter *it = NULL;
	struct bm_view *bv;
	int err = bm_view_open(v, ino, &bv);
	size_t n = 1;

	if (err)
		return err;
	t->cap = bm_view_info(bv)->count + 1;
	t->members = malloc(t->cap * sizeof(*t->members));
	assert_non_null(t->members);
	err = bm_iter_new(bv, &it);
	while (!err && n) {
		err = bm_iter_read(it, t->members + t->n, t->cap - t->n, &n);
		t->n += err ? 0 : n;
	}
	bm_iter_free(it);
	bm_view_close(bv);
	return err;
}

/* Plain adds of a batch in a queue ascend. */
static void apply(struct set_twin *t, const struct bm_batch *b)
{
	const struct set_twin plain = { .members = b->members,
					.n = b->n_members };

	if (b->n_members)
		set_twin_unite(t, &plain);
	for (size_t i = 0; i < b->n_ops; i++)
		set_twin_apply(t, b->ops[i].lo, b->ops[i].hi, b->ops[i].op);
}

static bool kept_only;

void pending_only_kept(bool only)
{
	kept_only = only;
}

/* Would a crash bring it back, from the journal or the log? */
static bool is_kept(struct bm_queue *q, const struct bm_node *n)
{
	bool kept;

	lock_take(&q->lock);
	kept = n->journaled && (!n->unwritten || n->seq <= q->logged_seq);
	lock_drop(&q->lock);
	return kept;
}

static void apply_all(struct bm_db *db, struct bm_claim *c, uint64_t folded,
		      struct pending *p)
{
	struct set_twin was = set_twin_copy(&p->twin);

	p->any = true;
	for (const struct bm_node *n = c->first; n; n = n->next) {
		if (n->replayed && n->seq <= folded)
			continue;
		if (kept_only && !is_kept(&db->queue, n))
			break;
		assert_true(n->batch.ascending || n->batch.n_ops);
		apply(&p->twin, &n->batch);
		p->when_ns = n->when_ns;
	}
	bm_queue_again(&db->queue, c);
	p->changed = was.n != p->twin.n ||
		     (was.n && memcmp(was.members, p->twin.members,
				      was.n * sizeof(*was.members)) != 0);
	set_twin_finish(&was);
}

int pending_read(struct bm_db *db, struct rs_view *v, uint64_t ino,
		 struct pending *ret_p)
{
	struct bm_claim c;
	uint64_t folded;
	int err;

	*ret_p = (struct pending){ 0 };
	if (!bm_queue_claim(&db->queue, ino, UINT64_MAX, &c))
		return 0;
	err = read_folded(v, ino, &folded);
	if (!err)
		err = read_members(v, ino, &ret_p->twin);
	if (err) {
		bm_queue_again(&db->queue, &c);
		pending_finish(ret_p);
	} else {
		apply_all(db, &c, folded, ret_p);
	}
	return err;
}

void pending_finish(struct pending *p)
{
	set_twin_finish(&p->twin);
}

char *pending_text(const struct pending *p, size_t *ret_len)
{
	char *text = malloc(p->twin.n * 21 + 1);
	size_t len = 0;

	assert_non_null(text);
	for (size_t i = 0; i < p->twin.n; i++)
		len += (size_t)sprintf(text + len, "%" PRIu64 "\n",
				       p->twin.members[i]);
	*ret_len = len;
	return text;
}

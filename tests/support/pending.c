/* SPDX-License-Identifier: Apache-2.0 */
/* pending.c - what a set will be when all that waits for it is settled. */
#include "tests/support/pending.h"

#include "bitmap/batch.h"
#include "bitmap/journal.h"
#include "bitmap/journal_code.h"
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

static void apply(struct set_twin *t, const struct bm_batch *b)
{
	for (size_t i = 0; i < b->n_members; i++)
		set_twin_apply(t, b->members[i], b->members[i], b->op);
	for (size_t i = 0; i < b->n_ops; i++)
		set_twin_apply(t, b->ops[i].lo, b->ops[i].hi, b->ops[i].op);
}

/* --- what waits, durable or not ------------------------------------------- */

static void apply_claim(const struct bm_claim *c, uint64_t folded,
			struct pending *p)
{
	for (const struct bm_node *n = c->first; n; n = n->next) {
		if (n->replayed && n->seq <= folded)
			continue;
		apply(&p->twin, &n->batch);
		p->any = true;
		p->when_ns = n->when_ns;
	}
}

/* --- what a crash would bring back ---------------------------------------- */

static bool kept_only, all_count;

void pending_only_kept(bool only)
{
	kept_only = only;
}

void pending_all_count(bool all)
{
	all_count = all;
}

/* Of one set, in the journal and in the log. */
struct kept {
	struct pending *p;
	uint64_t ino, folded;
};

static void apply_code(struct kept *k, const struct bm_head *head,
		       const struct bm_batch *b)
{
	if (head->ino != k->ino || head->seq <= k->folded)
		return;
	apply(&k->p->twin, b);
	k->p->any = true;
	k->p->when_ns = head->when_ns;
}

static int apply_record(void *arg, const struct bm_journal_record *rec)
{
	struct bm_code_reader r;
	struct bm_head head;
	struct bm_batch b;
	int err;

	bm_batch_init(&b);
	bm_code_reader_init(&r, rec->data, rec->len);
	while ((err = bm_code_next(&r, &head, &b)) == 0)
		apply_code(arg, &head, &b);
	bm_batch_finish(&b);
	return err == -ENOENT ? 0 : err;
}

static int apply_logged(struct bm_queue *q, struct kept *k)
{
	struct bm_journal_record rec = { 0 };
	AUTO_BUF struct buf bytes = { 0 };
	uint64_t at = 0;
	int err = bm_queue_kept(q, &at, &bytes, SIZE_MAX / 2);

	if (err || !bytes.len)
		return err;
	rec.data = buf_data(&bytes);
	rec.len = (uint32_t)bytes.len;
	return apply_record(k, &rec);
}

static int apply_kept(struct bm_db *db, struct rs_view *v, uint64_t ino,
		      uint64_t folded, struct pending *p)
{
	struct kept k = { .p = p, .ino = ino, .folded = folded };
	int err = bm_journal_each(v, apply_record, &k);

	return err ? err : apply_logged(&db->queue, &k);
}

/* --- both ----------------------------------------------------------------- */

static int apply_all(struct bm_db *db, struct rs_view *v,
		     const struct bm_claim *c, struct pending *p)
{
	uint64_t folded;
	struct set_twin was;
	int err = read_folded(v, c->ino, &folded);

	if (!err)
		err = read_members(v, c->ino, &p->twin);
	if (err)
		return err;
	was = set_twin_copy(&p->twin);
	if (kept_only)
		err = apply_kept(db, v, c->ino, folded, p);
	else
		apply_claim(c, folded, p);
	p->changed = all_count || was.n != p->twin.n ||
		     (was.n && memcmp(was.members, p->twin.members,
				      was.n * sizeof(*was.members)) != 0);
	set_twin_finish(&was);
	return err;
}

int pending_read(struct bm_db *db, struct rs_view *v, uint64_t ino,
		 struct pending *ret_p)
{
	struct bm_claim c;
	int err;

	*ret_p = (struct pending){ 0 };
	err = bm_queue_claim(&db->queue, ino, UINT64_MAX, &c);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = apply_all(db, v, &c, ret_p);
	bm_queue_again(&db->queue, &c);
	if (err || !ret_p->any)
		pending_finish(ret_p);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* compact_move.c - records are put again, with their pages elsewhere. */
#include "regionstore/compact_move.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"
#include "regionstore/region_move.h"
#include "regionstore/store_state.h"

#include <stdlib.h>
#include <string.h>

#define BREAKS_MANY 4u /* in a chunk: it fell to pieces */

void rs_moves_finish(struct rs_moves *m)
{
	free(m->v);
	m->v = NULL;
	m->n = m->cap = 0;
}

static int note(struct rs_moves *m, const struct rs_cursor *c, bool touch)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 64;
		struct rs_move_key *v = realloc(m->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		m->v = v;
		m->cap = cap;
	}
	m->v[m->n].touch = touch;
	m->v[m->n].len = (uint16_t)c->key_len;
	memcpy(m->v[m->n++].key, c->key, c->key_len);
	return 0;
}

/* The payload of a record, when it reaches the fence. */
static bool find_payload(const struct rs_moves *m,
			 const struct rs_compact_ops *ops,
			 const struct rs_cursor *c, struct rs_where *ret_where,
			 struct rs_ptr *ret_ptr)
{
	if (!ops->find || ops->find(ops->arg, c, ret_where))
		return false;
	rs_ptr_decode((const uint8_t *)c->val + ret_where->off, ret_ptr);
	return rs_moves_wants(&m->limit, ret_ptr);
}

/* Is it a chunk that fell to pieces, and does any of it reach the fence? */
static bool is_broken(const struct rs_moves *m, const struct rs_cursor *c,
		      bool *ret_above)
{
	unsigned breaks =
		rs_chunk_scatter(c->val, c->val_len, &m->limit, ret_above);

	return m->whole && breaks > BREAKS_MANY;
}

int rs_moves_add(struct rs_moves *m, const struct rs_compact_ops *ops,
		 const struct rs_cursor *c, bool touch)
{
	struct rs_where where;
	struct rs_ptr ptr;
	bool above = false;

	if (c->key[0] == RS_KEY_CHUNK) {
		if (is_broken(m, c, &above) || above) {
			m->due += RS_CHUNK_SIZE / RS_PAGE_SIZE;
			return note(m, c, touch);
		}
	} else if (find_payload(m, ops, c, &where, &ptr)) {
		m->due += ptr.npages;
		return note(m, c, touch);
	}
	m->due += touch;
	return touch ? note(m, c, true) : 0;
}

/* --- in a txn ------------------------------------------------------------ */

static int move_payload(struct rs_txn *t, const struct rs_cursor *c,
			const struct rs_where *where, const struct rs_ptr *old)
{
	AUTO_FREE uint8_t *data = malloc(where->len);
	uint8_t key[RS_KEY_MAX], val[RS_VAL_MAX];
	size_t key_len = c->key_len, val_len = c->val_len;
	uint64_t weight = c->weight;
	const uint8_t *from;
	struct rs_ptr ptr;
	int err;

	if (!data)
		return -ENOMEM;
	err = rs_payload_get(c->view, old, where->len, &from);
	if (err)
		return err;
	memcpy(data, from, where->len);
	err = rs_view_check(c->view);
	/* Between the first look and the copy it may have been lost. */
	if (!err && hash64(data, where->len, old->pgno) != old->csum)
		err = -EBADMSG;
	memcpy(key, c->key, key_len);
	memcpy(val, c->val, val_len);
	if (!err)
		err = rs_payload_put(t, data, where->len, &ptr);
	if (!err)
		err = rs_payload_free(t, old);
	if (err)
		return err;
	rs_ptr_encode(&ptr, val + where->off);
	return rs_put(t, key, key_len, val, val_len, weight);
}

static int put_again(struct rs_txn *t, const struct rs_cursor *c)
{
	uint8_t key[RS_KEY_MAX], val[RS_VAL_MAX];
	size_t val_len = c->val_len;

	memcpy(key, c->key, c->key_len);
	memcpy(val, c->val, val_len);
	return rs_put(t, key, c->key_len, val, val_len, c->weight);
}

static int move_chunk(struct rs_txn *t, const struct rs_moves *m,
		      const struct rs_cursor *c, uint64_t *ret_pages)
{
	bool above;
	bool broken = is_broken(m, c, &above);

	if (!above && !broken)
		return 0;
	return rs_chunk_move(t, c, &m->limit, broken, ret_pages);
}

/* A record is put once, moved or as it is: after that c is of no use. */
static int move_at(struct rs_txn *t, struct rs_moves *m,
		   const struct rs_compact_ops *ops, const struct rs_cursor *c,
		   bool touch)
{
	struct rs_where where;
	uint64_t pages = 0;
	struct rs_ptr ptr;
	int err = 0;

	if (c->key[0] == RS_KEY_CHUNK) {
		err = move_chunk(t, m, c, &pages);
	} else if (find_payload(m, ops, c, &where, &ptr)) {
		pages = ptr.npages;
		err = move_payload(t, c, &where, &ptr);
	}
	m->moved += pages;
	return !err && touch && pages == 0 ? put_again(t, c) : err;
}

/* What is gone by now is of no interest. */
static int move_one(struct rs_txn *t, struct rs_moves *m,
		    const struct rs_compact_ops *ops,
		    const struct rs_move_key *k)
{
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, rs_txn_view(t));
	err = rs_cursor_seek(&c, k->key, k->len);
	if (!err && c.key_len == k->len && memcmp(c.key, k->key, k->len) == 0)
		err = move_at(t, m, ops, &c, k->touch);
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

int rs_moves_do(struct rs_store *s, struct rs_moves *m,
		const struct rs_compact_ops *ops)
{
	struct rs_txn *t;
	int err;

	if (m->n == 0)
		return 0;
	err = rs_txn_begin(s, &t);
	if (err)
		return err;
	for (size_t i = 0; i < m->n && !err; i++)
		err = move_one(t, m, ops, &m->v[i]);
	err = rs_txn_end_or_abort(t, err);
	m->n = 0;
	m->due = 0;
	return err;
}

int rs_moves_run(struct rs_store *s, struct rs_moves *m,
		 const struct rs_compact_ops *ops)
{
	bool any = m->n > 0;
	int err = rs_moves_do(s, m, ops);

	return err || !any ? err : rs_commit(s, NULL);
}

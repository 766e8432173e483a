/* SPDX-License-Identifier: Apache-2.0 */
/* compact.c - all sets of a store, one after the other.
 *
 * A view keeps all pages that are freed meanwhile, so we work with one for a
 * few megabytes only. Then comes a commit, after which the pages that these
 * took the place of are soon free again: what is rewritten needs room for a
 * few megabytes, whatever the size of the store.
 */
#include "bitmap/compact.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_BYTES   (4u << 20) /* written between commits */
#define MOST_OBJECTS 4096u	/* looked at in one view */

/* Where we are: the set ino, from segment lo on. */
struct at {
	uint64_t ino, lo;
	bool end;
};

static void object_key(uint8_t key[9], uint64_t ino)
{
	key[0] = RS_KEY_OBJECT;
	be64_put(key + 1, ino);
}

static int count_of(const struct rs_view *v, uint8_t kind, uint64_t *ret_n)
{
	const uint8_t from = kind;
	const uint8_t to = kind + 1;
	struct rs_sum before, after;
	int err = rs_sum_before(v, &from, 1, &before);

	if (!err)
		err = rs_sum_before(v, &to, 1, &after);
	if (!err)
		*ret_n = after.count - before.count;
	return err;
}

/* Objects and segments: that many there are to be looked at. */
static int count_all(struct rs_store *s, uint64_t *ret_n)
{
	uint64_t objects, segments;
	struct rs_view *v;
	int err = rs_view_live(s, &v);

	if (err)
		return err;
	err = count_of(v, RS_KEY_OBJECT, &objects);
	if (!err)
		err = count_of(v, RS_KEY_SEGMENT, &segments);
	if (!err)
		*ret_n = objects + segments;
	rs_view_put(v);
	return err;
}

static int find_since(struct rs_store *s, uint64_t *ret_txid)
{
	struct rs_snap *snaps;
	size_t n;
	int err = rs_snap_list(s, &snaps, &n);

	if (err)
		return err;
	*ret_txid = 0;
	for (size_t i = 0; i < n; i++)
		if (snaps[i].txid > *ret_txid)
			*ret_txid = snaps[i].txid;
	free(snaps);
	return 0;
}

/* The object at cur, when it is a set with segments. */
static int do_object(struct bm_compact *c, const struct rs_cursor *cur,
		     struct at *at)
{
	struct rs_object obj;
	struct bm_set set = { 0 };
	uint64_t ino = be64_get(cur->key + 1);
	int err;

	if (ino != at->ino)
		*at = (struct at){ .ino = ino };
	err = rs_object_get(cur->view, ino, &obj);
	if (!err && obj.kind == RS_KIND_SET)
		err = bm_set_decode(&obj, &set);
	if (!err && set.id)
		err = bm_compact_set(c, cur->view, ino, &set, MOST_BYTES,
				     &at->lo);
	else
		at->lo = UINT64_MAX;
	return err;
}

/* Objects from at on, until there is enough for a commit. */
static int do_some(struct bm_compact *c, const struct rs_view *v, struct at *at,
		   uint64_t *ret_objects)
{
	struct rs_cursor cur;
	uint8_t key[9];
	uint64_t n = 0;
	int err;

	object_key(key, at->ino);
	rs_cursor_init(&cur, v);
	err = rs_cursor_seek(&cur, key, sizeof(key));
	while (!err && n < MOST_OBJECTS && c->written < MOST_BYTES) {
		if (cur.key_len != sizeof(key) || cur.key[0] != RS_KEY_OBJECT) {
			err = -ENOENT;
			break;
		}
		err = do_object(c, &cur, at);
		if (err || at->lo != UINT64_MAX)
			break;
		n++;
		at->ino++;
		at->lo = 0;
		err = rs_cursor_next(&cur);
	}
	rs_cursor_finish(&cur);
	at->end = err == -ENOENT;
	*ret_objects = n;
	return at->end ? 0 : err;
}

static int do_batch(struct bm_compact *c, struct at *at,
		    struct rs_compact_result *r)
{
	struct rs_view *v;
	uint64_t objects = 0;
	int err = find_since(c->s, &c->since);

	c->written = c->saved = c->looked = 0;
	if (!err)
		err = rs_view_live(c->s, &v);
	if (err)
		return err;
	err = do_some(c, v, at, &objects);
	rs_view_put(v);
	r->records_done += objects + c->looked;
	if (r->records < r->records_done) /* there are more than there were */
		r->records = r->records_done;
	r->packed_bytes += c->saved;
	return !err && c->written ? rs_sync(c->s) : err;
}

int bm_compact(struct rs_store *s,
	       int (*go_on)(void *arg, const struct rs_compact_result *r),
	       void *arg, struct rs_compact_result *r)
{
	struct bm_compact c = { .s = s };
	struct at at = { 0 };
	int err = count_all(s, &r->records);

	r->step = "packing sets";
	r->records_done = 0;
	while (!err && !at.end) {
		err = do_batch(&c, &at, r);
		if (!err && go_on)
			err = go_on(arg, r);
	}
	bm_compact_finish(&c);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* set_clear.c - a set's segments leave the store, some at a time.
 *
 * A txn makes everybody wait, so a large set does not go in one. What is left
 * after a slice is a set like any other, only smaller: it is sound at each
 * commit, and a crash in between leaves the rest to the next slice.
 */

#include "bitmap/orphan.h"
#include "bitmap/set.h"

#include <errno.h>

#define SOME 128u /* records found before any is removed */

/* Find some segments of set id in t, most at most. */
static int find_some(struct rs_txn *t, uint64_t id, size_t most,
		     struct bm_record *recs, size_t *ret_n)
{
	struct bm_place pl;
	size_t n = 0;
	int err;

	bm_place_init(&pl, rs_txn_view(t), id);
	err = bm_place_at_or_after(&pl, 0);
	while (!err && n < most) {
		recs[n++] = pl.rec;
		err = bm_place_next(&pl);
	}
	bm_place_finish(&pl);
	*ret_n = n;
	return err == -ENOENT ? 0 : err;
}

static int remove_one(struct rs_txn *t, uint64_t id,
		      const struct bm_record *rec)
{
	uint8_t key[BM_KEY_SIZE];
	int err = 0;

	if (rec->ptr.npages)
		err = rs_payload_free(t, &rec->ptr);
	bm_seg_key(key, id, rec->seg.lo);
	return err ? err : rs_del(t, key, sizeof(key));
}

/* Remove the first segments, most of them; set says what is left. */
static int remove_some(struct rs_txn *t, struct bm_set *set, uint64_t most,
		       bool *ret_done)
{
	struct bm_record recs[SOME];
	size_t want = 0, n = 0;

	for (; n == want && most > 0; most -= n) {
		int err;

		want = most < SOME ? (size_t)most : SOME;
		err = find_some(t, set->id, want, recs, &n);
		for (size_t i = 0; i < n && !err; i++) {
			set->stored -= bm_record_stored(&recs[i]);
			err = remove_one(t, set->id, &recs[i]);
		}
		if (err)
			return err;
		set->segments -= n;
	}
	*ret_done = n < want;
	return 0;
}

/* The header of what is left, which is a set like any other. */
static bool keep_rest(struct rs_txn *t, struct bm_set *set,
		      struct rs_object *obj)
{
	if (bm_set_recount(rs_txn_view(t), set))
		return false;
	bm_set_encode(set, obj);
	return true;
}

int bm_object_clear(struct rs_txn *t, struct rs_object *obj, uint64_t most,
		    bool *ret_done)
{
	struct bm_set set;
	bool done;
	int err = bm_set_decode(obj, &set);

	done = !err && !set.id;
	/* When what is left cannot be read it has to go as well. */
	while (!err && !done) {
		err = remove_some(t, &set, most, &done);
		if (!err && !done && keep_rest(t, &set, obj))
			break;
	}
	if (!err && done)
		bm_object_init(obj);
	if (!err)
		*ret_done = done;
	return err;
}

/* --- contents without a name ---------------------------------------------- */

static void orphan_key(uint8_t key[9], uint64_t ino)
{
	key[0] = RS_KEY_ORPHAN;
	be64_put(key + 1, ino);
}

int bm_orphan_put(struct rs_txn *t, uint64_t ino)
{
	uint8_t key[9];

	orphan_key(key, ino);
	return rs_put(t, key, sizeof(key), "", 0, 0);
}

bool bm_is_orphan(const struct rs_view *v, uint64_t ino)
{
	uint8_t key[9];
	size_t len;

	orphan_key(key, ino);
	return rs_get(v, key, sizeof(key), NULL, 0, &len, NULL) != -ENOENT;
}

int bm_orphan_del(struct rs_txn *t, uint64_t ino)
{
	uint8_t key[9];
	int err = rs_object_del(t, ino);

	orphan_key(key, ino);
	return err ? err : rs_del(t, key, sizeof(key));
}

int bm_reap(struct rs_txn *t, uint64_t ino, uint64_t most, bool *ret_done)
{
	struct rs_object obj;
	bool done = false;
	int err = rs_object_get(rs_txn_view(t), ino, &obj);

	if (!err)
		err = bm_object_clear(t, &obj, most, &done);
	if (!err)
		err = done ? bm_orphan_del(t, ino)
			   : rs_object_put(t, ino, &obj);
	if (!err)
		*ret_done = done;
	return err;
}

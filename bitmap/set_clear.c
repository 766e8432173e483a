/* SPDX-License-Identifier: Apache-2.0 */
/* set_clear.c - a set's segments leave the store. */

#include "bitmap/orphan.h"
#include "bitmap/set.h"

#include <errno.h>

#define SOME 128u /* records found before any is removed */

/* Find some segments of set id in t. */
static int find_some(struct rs_txn *t, uint64_t id, struct bm_record *recs,
		     size_t *ret_n)
{
	struct bm_place pl;
	size_t n = 0;
	int err;

	bm_place_init(&pl, rs_txn_view(t), id);
	err = bm_place_at_or_after(&pl, 0);
	while (!err && n < SOME) {
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

static int remove_all(struct rs_txn *t, uint64_t id)
{
	struct bm_record recs[SOME];
	size_t n;

	do {
		int err = find_some(t, id, recs, &n);

		for (size_t i = 0; i < n && !err; i++)
			err = remove_one(t, id, &recs[i]);
		if (err)
			return err;
	} while (n == SOME);
	return 0;
}

int bm_object_clear(struct rs_txn *t, struct rs_object *obj)
{
	struct bm_set set;
	int err = bm_set_decode(obj, &set);

	if (!err && set.id)
		err = remove_all(t, set.id);
	if (!err) {
		set = (struct bm_set){ .folded = set.folded };
		bm_set_encode(&set, obj);
	}
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

int bm_orphan_del(struct rs_txn *t, uint64_t ino)
{
	uint8_t key[9];
	int err = rs_object_del(t, ino);

	orphan_key(key, ino);
	return err ? err : rs_del(t, key, sizeof(key));
}

int bm_reap(struct rs_txn *t, uint64_t ino)
{
	struct rs_object obj;
	int err = rs_object_get(rs_txn_view(t), ino, &obj);

	if (!err)
		err = bm_object_clear(t, &obj);
	return err ? err : bm_orphan_del(t, ino);
}

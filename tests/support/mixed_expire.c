/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_expire.c - steps that let files expire, and those that clean up. */
#include "tests/support/mixed_priv.h"

#define BATCH 3u

int mixed_expire(struct mixed *m)
{
	bool set = rng_one_in(&m->rng, 2);
	uint64_t ms = (uint64_t)m->now / MIXED_MS + rng_below(&m->rng, 30);
	struct change c;
	uint64_t ino;
	int err = mixed_any_object(m, set ? FS_INO_BITMAPS : FS_INO_REGIONS,
				   set ? RS_KIND_SET : RS_KIND_REGION, &ino);

	if (!err)
		err = mixed_change_begin(m, ino, &c);
	if (err)
		return err;
	if (rng_one_in(&m->rng, 5))
		ms = 0;
	return mixed_change_end(m, &c, fs_expire_set(c.t, &c.in, 0, ms));
}

/* One of the names that were found, and what it was the last name of. */
static int drop(struct mixed *m, const struct fs_stale *stale)
{
	uint64_t orphan = 0;
	bool done = false;
	struct rs_txn *t;
	int err = rs_txn_begin(m->store, &t);

	if (err)
		return err;
	err = fs_expire_name(t, stale->parent, stale->name, m->now, &orphan);
	if (!err && orphan)
		err = fs_reap(t, orphan, &done);
	err = mixed_end(m, t, err);
	if (!err && orphan)
		bm_forget(m->db, orphan);
	return err;
}

int mixed_sweep(struct mixed *m)
{
	struct rs_view *v = mixed_live(m);
	struct fs_stale found[BATCH];
	struct fs_sweep s;
	bool done = false;
	int err = fs_sweep_begin(v, m->now, NULL, NULL, &s);

	rs_view_put(v);
	if (err)
		return err;
	while (!err && !done) {
		size_t n = 0;

		v = mixed_live(m);
		err = fs_sweep_next(v, &s, found, BATCH, &n, &done);
		rs_view_put(v);
		for (size_t i = 0; !err && i < n; i++)
			err = drop(m, &found[i]);
	}
	fs_sweep_finish(&s);
	return err;
}

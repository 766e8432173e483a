/* SPDX-License-Identifier: Apache-2.0 */
/* mixed_names.c - steps that change names, and what is left without one. */
#include "tests/support/mixed_priv.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static uint64_t any_realm(struct mixed *m)
{
	return rng_one_in(&m->rng, 2) ? FS_INO_BITMAPS : FS_INO_REGIONS;
}

/* Keep an orphan for later; the oldest ones are left to the next mount. */
static void keep_orphan(struct mixed *m, uint64_t ino)
{
	if (ino)
		m->orphans[rng_below(&m->rng, MIXED_ORPHANS)] = ino;
}

int mixed_make(struct mixed *m)
{
	static const uint32_t modes[] = { S_IFREG | 0644, S_IFREG | 0600,
					  S_IFREG | 0644, S_IFDIR | 0755,
					  S_IFLNK | 0777 };
	struct fs_new new = { .target = "../a", .now_ns = m->now };
	struct fs_inode in;
	struct rs_txn *t;
	struct place p;
	int err;

	new.mode = modes[rng_below(&m->rng, 5)];
	err = mixed_any_place(m, any_realm(m), &p);
	if (!err && S_ISDIR(new.mode))
		p.name = rng_one_in(&m->rng, 2) ? "d" : "e";
	if (!err)
		err = rs_txn_begin(m->store, &t);
	return err ? err
		   : mixed_end(m, t, fs_make(t, p.dir, p.name, &new, &in));
}

int mixed_link(struct mixed *m)
{
	uint64_t realm = any_realm(m), ino;
	struct fs_inode in;
	struct rs_txn *t;
	struct place p;
	int err = mixed_any_object(
		m, realm,
		realm == FS_INO_BITMAPS ? RS_KIND_SET : RS_KIND_REGION, &ino);

	if (!err)
		err = mixed_any_place(m, realm, &p);
	if (!err)
		err = rs_txn_begin(m->store, &t);
	return err ? err
		   : mixed_end(m, t,
			       fs_link(t, ino, p.dir, p.name, m->now, &in));
}

int mixed_remove(struct mixed *m)
{
	bool is_dir = rng_one_in(&m->rng, 3);
	uint64_t orphan = 0;
	struct rs_txn *t;
	struct place p;
	int err = mixed_any_place(m, any_realm(m), &p);

	if (!err)
		err = rs_txn_begin(m->store, &t);
	if (err)
		return err;
	err = is_dir ? fs_rmdir(t, p.dir, p.name, m->now, &orphan)
		     : fs_unlink(t, p.dir, p.name, m->now, &orphan);
	err = mixed_end(m, t, err);
	if (!err)
		keep_orphan(m, orphan);
	return err;
}

int mixed_reap(struct mixed *m)
{
	uint64_t *at = &m->orphans[rng_below(&m->rng, MIXED_ORPHANS)];
	uint64_t ino = *at;
	bool done = false;
	int err = 0;

	*at = 0;
	if (ino)
		bm_forget(m->db, ino);
	while (ino && !err && !done) {
		struct rs_txn *t;

		err = rs_txn_begin(m->store, &t);
		if (!err)
			err = mixed_end(m, t, fs_reap(t, ino, &done));
	}
	return err;
}

static int rename_as_set(struct mixed *m, const struct fs_rename *r,
			 uint64_t *ret_orphan)
{
	struct bm_stage *st;
	struct bm_batch b;
	struct rs_txn *t;
	int err = bm_stage_new(m->db, &st);

	if (err)
		return err;
	bm_batch_init(&b);
	mixed_any_batch(m, &b);
	err = bm_stage_append(st, &b);
	bm_batch_finish(&b);
	if (!err)
		err = bm_stage_settle(st);
	if (!err)
		err = rs_txn_begin(m->store, &t);
	if (!err)
		err = mixed_end(m, t, fs_rename_as_set(t, r, st, ret_orphan));
	bm_stage_free(st);
	return err;
}

int mixed_rename(struct mixed *m)
{
	uint64_t realm = any_realm(m), orphan = 0;
	struct fs_rename r = { .now_ns = m->now };
	struct place from, to;
	struct rs_txn *t;
	int err = mixed_any_place(m, realm, &from);

	if (!err)
		err = mixed_any_place(m, realm, &to);
	if (!err)
		err = rs_txn_begin(m->store, &t);
	if (err)
		return err;
	r.from_parent = from.dir;
	r.from = from.name;
	r.to_parent = to.dir;
	r.to = to.name;
	r.flags = rng_one_in(&m->rng, 4) ? RENAME_EXCHANGE : 0;
	err = mixed_end(m, t, fs_rename(t, &r, &orphan));
	if (err == -EAGAIN)
		err = rename_as_set(m, &r, &orphan);
	if (!err)
		keep_orphan(m, orphan);
	return err;
}

int mixed_xattr(struct mixed *m)
{
	static const char val[3000] = "value";
	struct rs_txn *t;
	uint64_t ino;
	int err = mixed_any_object(m, FS_INO_REGIONS, RS_KIND_REGION, &ino);

	if (!err)
		err = rs_txn_begin(m->store, &t);
	if (err)
		return err;
	if (rng_one_in(&m->rng, 3))
		err = fs_xattr_remove(t, ino, "user.x");
	else
		err = fs_xattr_set(t, ino, "user.x", val,
				   rng_below(&m->rng, sizeof(val)), 0);
	return mixed_end(m, t, err);
}

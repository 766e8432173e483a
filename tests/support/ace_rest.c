/* SPDX-License-Identifier: Apache-2.0 */
/* ace_rest.c - attributes, snapshots, and making things durable. */
#include "fs/ns_compact.h"
#include "tests/support/ace_priv.h"

#include <string.h>

int ace_xattr(struct mixed *m, const char *path, const char *name, size_t len)
{
	static const char val[3000] = "value";
	struct rs_txn *t;
	uint64_t ino;
	int err = ace_find(m, path, &ino);

	if (!err)
		err = rs_txn_begin(m->store, &t);
	return err ? err
		   : mixed_end(m, t, fs_xattr_set(t, ino, name, val, len, 0));
}

int ace_xattr_set(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_xattr(&r->m, "regions/q", "user.new", 100);
}

int ace_xattr_long(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_xattr(&r->m, "regions/r", "user.x", 3000);
}

int ace_xattr_remove(struct crash_run *r, struct mixed_done *done)
{
	struct rs_txn *t;
	uint64_t ino;
	int err = ace_find(&r->m, "regions/r", &ino);

	(void)done;
	if (!err)
		err = rs_txn_begin(r->m.store, &t);
	return err ? err
		   : mixed_end(&r->m, t, fs_xattr_remove(t, ino, "user.x"));
}

int ace_chmod(struct crash_run *r, struct mixed_done *done)
{
	struct change c;
	uint64_t ino;
	int err = ace_find(&r->m, "bitmaps/s", &ino);

	(void)done;
	if (!err)
		err = mixed_change_begin(&r->m, ino, &c);
	if (err)
		return err;
	c.in.attr.mode ^= 0111;
	c.in.attr.uid++;
	return mixed_change_end(&r->m, &c, 0);
}

int ace_utimens(struct crash_run *r, struct mixed_done *done)
{
	struct change c;
	uint64_t ino;
	int err = ace_find(&r->m, "regions/d", &ino);

	(void)done;
	if (!err)
		err = mixed_change_begin(&r->m, ino, &c);
	if (err)
		return err;
	c.in.attr.atime_ns = r->m.now;
	return mixed_change_end(&r->m, &c, 0);
}

/* --- expiry --------------------------------------------------------------- */

#define EXPIRES_MS 5u

static int expire(struct mixed *m, const char *path)
{
	struct change c;
	uint64_t ino;
	int err = ace_find(m, path, &ino);

	if (!err)
		err = mixed_change_begin(m, ino, &c);
	if (err)
		return err;
	return mixed_change_end(m, &c,
				fs_expire_set(c.t, &c.in, 60, EXPIRES_MS));
}

int ace_expire(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return expire(&r->m, "bitmaps/t");
}

/* It expires, and a sweep finds its name. */
int ace_expire_name(struct crash_run *r, struct mixed_done *done)
{
	uint64_t orphan = 0;
	struct rs_txn *t;
	int err = expire(&r->m, "regions/q");

	(void)done;
	if (!err)
		err = rs_txn_begin(r->m.store, &t);
	if (!err)
		err = mixed_end(&r->m, t,
				fs_expire_name(t, FS_INO_REGIONS, "q",
					       (EXPIRES_MS + 1) * 1000000,
					       &orphan));
	if (!err)
		ace_keep_orphan(&r->m, orphan);
	return err;
}

/* --- snapshots ------------------------------------------------------------ */

/* The slot of that name, "" being a free one; NULL when there is none. */
static struct mixed_snap *slot(struct mixed *m, const char *name)
{
	for (size_t i = 0; i < MIXED_SNAPS; i++)
		if (strcmp(m->snaps[i].name, name) == 0)
			return &m->snaps[i];
	return NULL;
}

/* sn has become what it would be; old is what it was. Both may be found after
 * a crash when the call failed. */
static int outcome(struct crash_run *r, struct mixed_snap *sn,
		   const struct mixed_snap *old, struct mixed_done *done)
{
	done->durable = true;
	done->snaps = mixed_snaps(&r->m);
	if (done->err)
		*sn = *old;
	return done->err;
}

int ace_snap_create(struct crash_run *r, struct mixed_done *done)
{
	struct mixed_snap *sn = slot(&r->m, ""), old;

	if (!sn || slot(&r->m, "s1"))
		return rs_snap_create(r->m.store, "s1", NULL); /* refused */
	old = *sn;
	done->err = rs_snap_create(r->m.store, "s1", NULL);
	strcpy(sn->name, "s1");
	sn->digest = crash_run_live(r);
	return outcome(r, sn, &old, done);
}

int ace_snap_rename(struct crash_run *r, struct mixed_done *done)
{
	struct mixed_snap *sn = slot(&r->m, "s0"), old;

	if (!sn)
		return rs_snap_rename(r->m.store, "s0", "s9"); /* refused */
	old = *sn;
	done->err = rs_snap_rename(r->m.store, "s0", "s9");
	strcpy(sn->name, "s9");
	return outcome(r, sn, &old, done);
}

int ace_snap_drop(struct crash_run *r, struct mixed_done *done)
{
	struct mixed_snap *sn = slot(&r->m, "s0"), old;

	if (!sn)
		return rs_snap_drop(r->m.store, "s0"); /* refused */
	old = *sn;
	done->err = rs_snap_drop(r->m.store, "s0");
	*sn = (struct mixed_snap){ .name = "" };
	return outcome(r, sn, &old, done);
}

/* --- durability ----------------------------------------------------------- */

int ace_sync(struct crash_run *r, struct mixed_done *done)
{
	done->durable = true;
	return mixed_sync(&r->m);
}

int ace_settle_all(struct crash_run *r, struct mixed_done *done)
{
	int err = bm_settle_all(r->m.db);

	(void)done;
	mixed_say_ended(&r->m);
	return err;
}

int ace_compact(struct crash_run *r, struct mixed_done *done)
{
	struct rs_compact_result result;

	(void)done;
	return fs_compact(r->m.store, NULL, NULL, &result);
}

int ace_reopen(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	crash_run_reopen(r);
	return 0;
}

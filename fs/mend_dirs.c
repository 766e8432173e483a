/* SPDX-License-Identifier: Apache-2.0 */
/* mend_dirs.c - directories that are gone come back, plain.
 *
 * The three roots every store has; any other directory is known by the entries
 * that are in it. Who owned it nobody knows any more, so that is said.
 */
#include <sys/stat.h>

#include "fs/mend_names.h"

/* --- records -------------------------------------------------------------- */

uint64_t fs_mend_top(enum fs_realm realm)
{
	return realm == FS_REALM_BITMAPS ? FS_INO_BITMAPS : FS_INO_REGIONS;
}

static int put_dir(struct fs_mend *m, uint64_t ino, uint64_t parent,
		   enum fs_realm realm)
{
	struct fs_inode in = {
		.ino = ino,
		.obj = { .kind = RS_KIND_DIR },
		.attr = { .mode = S_IFDIR | 0755,
			  .nlink = 2,
			  .realm = realm,
			  .parent = parent,
			  .generation = 1,
			  .atime_ns = m->now_ns,
			  .mtime_ns = m->now_ns,
			  .ctime_ns = m->now_ns,
			  .btime_ns = m->now_ns },
	};
	struct rs_txn *t;
	int err = rs_txn_begin(m->s, &t);

	if (err < 0)
		return err;
	err = fs_inode_put(t, &in);
	return rs_txn_end_or_abort(t, err);
}

int fs_mend_put_name(struct fs_mend *m, uint64_t dir, const char *name,
		     uint64_t ino, enum rs_kind kind)
{
	struct fs_inode in = { .ino = ino, .obj = { .kind = kind } };
	struct rs_txn *t;
	int err = rs_txn_begin(m->s, &t);

	if (err < 0)
		return err;
	err = fs_entry_put(t, dir, name, &in);
	return rs_txn_end_or_abort(t, err);
}

/* --- roots ---------------------------------------------------------------- */

static int mend_root(struct fs_look *lk, uint64_t ino, enum fs_realm realm,
		     const char *name)
{
	struct fs_mend *m = lk->m;
	struct fs_target target;
	int err = 0;

	if (!fs_names_find(&lk->nm, ino)) {
		fs_mend_say(m, 0,
			    "the record of '%s' is gone; it is made anew: "
			    "look at its owner and mode",
			    name ? name : "/");
		err = put_dir(m, ino, FS_INO_ROOT, realm);
	}
	if (err == 0 && name &&
	    (fs_entry_get(lk->v, FS_INO_ROOT, name, &target) < 0 ||
	     target.ino != ino || target.kind != RS_KIND_DIR))
		err = fs_mend_put_name(m, FS_INO_ROOT, name, ino, RS_KIND_DIR);
	return err;
}

int fs_mend_roots(struct fs_mend *m)
{
	struct fs_look lk;
	int err = fs_look_at(m, &lk);

	if (err == 0)
		err = mend_root(&lk, FS_INO_ROOT, FS_REALM_NONE, NULL);
	if (err == 0)
		err = mend_root(&lk, FS_INO_BITMAPS, FS_REALM_BITMAPS,
				"bitmaps");
	if (err == 0)
		err = mend_root(&lk, FS_INO_REGIONS, FS_REALM_REGIONS,
				"regions");
	fs_look_end(&lk);
	return err;
}

/* --- all others ----------------------------------------------------------- */

/* An entry whose directory is gone: the directory comes back, as its child
 * would have it. In which directory it is mend_parent() knows. */
static int mend_dir(struct fs_look *lk, const struct rs_cursor *c)
{
	uint64_t dir = be64_get(c->key + 1);
	enum fs_realm realm = FS_REALM_REGIONS;
	const struct fs_seen *child = NULL;
	struct rs_object there;
	struct fs_target target;
	struct rs_view *now;
	int err;

	if (c->key[0] != RS_KEY_ENTRY || dir == 0 ||
	    fs_names_find(&lk->nm, dir))
		return 0;
	if (fs_target_decode(c->val, c->val_len, &target) == 0)
		child = fs_names_find(&lk->nm, target.ino);
	err = rs_view_live(lk->m->s, &now);
	if (err < 0)
		return err;
	err = rs_object_get(now, dir, &there); /* by the entry before? */
	rs_view_put(now);
	if (err != -ENOENT)
		return err;
	fs_mend_say(lk->m, dir,
		    "owner, mode and times of this directory are gone");
	if (child && child->realm)
		realm = (enum fs_realm)child->realm;
	return put_dir(lk->m, dir, fs_mend_top(realm), realm);
}

int fs_mend_dirs(struct fs_mend *m)
{
	return fs_look_records(m, mend_dir);
}

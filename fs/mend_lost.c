/* SPDX-License-Identifier: Apache-2.0 */
/* mend_lost.c - what has no name gets one: its number, in lost+found/ below
 * the root of its realm.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "fs/mend_names.h"

#define LOST_FOUND "lost+found"

static int lost_found(struct fs_mend *m, enum fs_realm realm, uint64_t *ret_ino)
{
	struct fs_new n = { .mode = S_IFDIR | 0700, .now_ns = m->now_ns };
	struct fs_inode in = { 0 };
	enum rs_kind kind;
	struct rs_txn *t;
	int err = rs_txn_begin(m->s, &t);

	if (err < 0)
		return err;
	err = fs_lookup(rs_txn_view(t), FS_SHOW_EXPIRED, fs_mend_top(realm),
			LOST_FOUND, &in.ino, &kind);
	if (err == -ENOENT)
		err = fs_make(t, fs_mend_top(realm), LOST_FOUND, &n, &in);
	if (err < 0) {
		rs_txn_abort(t);
		return err;
	}
	*ret_ino = in.ino;
	return rs_txn_end(t);
}

static int adopt(struct fs_look *lk, const struct fs_seen *s)
{
	enum fs_realm realm = s->realm == FS_REALM_BITMAPS ? FS_REALM_BITMAPS
							   : FS_REALM_REGIONS;
	struct fs_mend *m = lk->m;
	char name[32];
	uint64_t dir;
	int err = lost_found(m, realm, &dir);

	/* An opaque file below bitmaps/ has to begin with a dot. */
	snprintf(name, sizeof(name), "%s%llu",
		 realm == FS_REALM_BITMAPS && s->kind == RS_KIND_REGION ? "."
									: "",
		 (unsigned long long)s->ino);
	if (err == 0)
		err = fs_mend_put_name(m, dir, name, s->ino,
				       (enum rs_kind)s->kind);
	if (err == 0)
		fs_mend_say(m, 0, "'%s/%s/%s': kept, its name is lost",
			    realm == FS_REALM_BITMAPS ? "bitmaps" : "regions",
			    LOST_FOUND, name);
	return err;
}

static int mend_lost(struct fs_look *lk, struct fs_seen *s)
{
	if (s->ino <= FS_INO_REGIONS || s->names || s->is_orphan)
		return 0;
	return adopt(lk, s);
}

int fs_mend_lost(struct fs_mend *m)
{
	return fs_look_objects(m, mend_lost);
}

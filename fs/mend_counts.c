/* SPDX-License-Identifier: Apache-2.0 */
/* mend_counts.c - what an object says of its names agrees with them: link
 * counts, the directory that a directory is in, the realm of everything, and
 * the index of what expires.
 */
#include "fs/mend_names.h"

/* What was seen becomes what is stored. */
static int put_seen(struct fs_look *lk, const struct fs_seen *s, bool index)
{
	struct fs_key k = { .len = FS_KEY_EXPIRY };
	struct fs_inode in;
	struct rs_txn *t;
	int err = rs_txn_begin(lk->m->s, &t);

	if (err < 0)
		return err;
	err = fs_inode_get(rs_txn_view(t), s->ino, &in);
	if (err == 0) {
		in.attr.nlink = s->nlink;
		in.attr.parent = s->parent;
		in.attr.realm = (enum fs_realm)s->realm;
		err = fs_inode_put(t, &in);
	}
	k.b[0] = RS_KEY_EXPIRY;
	be64_put(k.b + 1, s->expires_ms);
	be64_put(k.b + FS_KEY_HEAD, s->ino);
	if (err == 0 && index)
		err = rs_put(t, k.b, k.len, "", 0, 0);
	return rs_txn_end_or_abort(t, err);
}

/* Where each directory is, by the entries, and in which realm everything. A
 * file with names in both realms has no right one. */
static int mend_parent(struct fs_look *lk, const struct rs_cursor *c)
{
	bool is_below_root, is_dir;
	struct fs_target target;
	struct fs_seen *dir, *to;

	if (c->key[0] != RS_KEY_ENTRY ||
	    fs_target_decode(c->val, c->val_len, &target) < 0)
		return 0;
	to = fs_names_find(&lk->nm, target.ino);
	dir = fs_names_find(&lk->nm, be64_get(c->key + 1));
	if (!to || !dir)
		return 0;
	is_dir = target.kind == RS_KIND_DIR;
	is_below_root = dir->ino == FS_INO_ROOT;
	if ((!is_dir || to->parent == dir->ino) &&
	    (is_below_root || to->realm == dir->realm))
		return 0;
	if (is_dir)
		to->parent = dir->ino;
	if (!is_below_root)
		to->realm = dir->realm;
	return put_seen(lk, to, false);
}

static int mend_count(struct fs_look *lk, struct fs_seen *s)
{
	uint64_t want =
		s->kind == RS_KIND_DIR ? 2 + (uint64_t)s->subdirs : s->names;
	bool expires = s->expires_ms && !s->is_indexed;

	if (s->is_orphan || (s->nlink == want && !expires))
		return 0;
	s->nlink = (uint32_t)want;
	return put_seen(lk, s, expires);
}

int fs_mend_parents(struct fs_mend *m)
{
	return fs_look_records(m, mend_parent);
}

int fs_mend_links(struct fs_mend *m)
{
	return fs_look_objects(m, mend_count);
}

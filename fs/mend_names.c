/* SPDX-License-Identifier: Apache-2.0 */
/* mend_names.c - names, the numbers that count them, and what has none.
 *
 * Each step looks at the tree as the step before left it:
 *
 *	roots     the three directories that every store has
 *	dirs      a directory that has entries and is gone comes back, plain
 *	strays    entries, attributes, orphans and expiry of nothing go
 *	lost      what has no name, or hangs from no root, gets one
 *	counts    link counts, and the directory that a directory is in
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/mend.h"
#include "fs/ns_check.h"

#define LOST_FOUND "lost+found"

/* --- a look at the tree --------------------------------------------------- */

struct look {
	struct fs_mend *m;
	struct rs_view *v;
	struct fs_names nm; /* all objects, and how many names each has */
};

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static const struct fs_check_ops silent = { .report = nothing };

static int look_at(struct fs_mend *m, struct look *lk)
{
	struct rs_cursor c;
	int err;

	*lk = (struct look){ .m = m };
	err = rs_view_live(m->s, &lk->v);
	if (err < 0)
		return err;
	lk->nm = (struct fs_names){ .view = lk->v, .ops = &silent };
	rs_cursor_init(&c, lk->v);
	err = rs_cursor_seek(&c, "", 0);
	while (err == 0) {
		if (c.key[0] <= RS_KEY_ORPHAN || c.key[0] == RS_KEY_EXPIRY)
			err = fs_names_record(&lk->nm, &c);
		if (err == 0)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

static void look_end(struct look *lk)
{
	free(lk->nm.seen);
	rs_view_put(lk->v);
}

typedef int record_fn(struct look *lk, const struct rs_cursor *c);
typedef int object_fn(struct look *lk, struct fs_seen *seen);

/* Each step: look, then for each record, or each object, do something. */
static int for_records(struct fs_mend *m, record_fn *fn)
{
	struct rs_cursor c;
	struct look lk;
	int err = look_at(m, &lk);

	if (err == 0) {
		rs_cursor_init(&c, lk.v);
		err = rs_cursor_seek(&c, "", 0);
		while (err == 0) {
			err = c.key_len < FS_KEY_HEAD ? 0 : fn(&lk, &c);
			if (err == 0)
				err = rs_cursor_next(&c);
		}
		rs_cursor_finish(&c);
		if (err == -ENOENT)
			err = 0;
	}
	look_end(&lk);
	return err;
}

static int for_objects(struct fs_mend *m, object_fn *fn)
{
	struct look lk;
	int err = look_at(m, &lk);

	for (size_t i = 0; err == 0 && i < lk.nm.n_seen; i++)
		err = fn(&lk, &lk.nm.seen[i]);
	look_end(&lk);
	return err;
}

/* --- roots and directories ------------------------------------------------ */

static uint64_t top_of(enum fs_realm realm)
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
	if (err < 0) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
}

static int put_name(struct fs_mend *m, uint64_t dir, const char *name,
		    uint64_t ino, enum rs_kind kind)
{
	struct fs_inode in = { .ino = ino, .obj = { .kind = kind } };
	struct rs_txn *t;
	int err = rs_txn_begin(m->s, &t);

	if (err < 0)
		return err;
	err = fs_entry_put(t, dir, name, &in);
	if (err < 0) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
}

static int mend_root(struct look *lk, uint64_t ino, enum fs_realm realm,
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
		err = put_name(m, FS_INO_ROOT, name, ino, RS_KIND_DIR);
	return err;
}

static int mend_roots(struct fs_mend *m)
{
	struct look lk;
	int err = look_at(m, &lk);

	if (err == 0)
		err = mend_root(&lk, FS_INO_ROOT, FS_REALM_NONE, NULL);
	if (err == 0)
		err = mend_root(&lk, FS_INO_BITMAPS, FS_REALM_BITMAPS,
				"bitmaps");
	if (err == 0)
		err = mend_root(&lk, FS_INO_REGIONS, FS_REALM_REGIONS,
				"regions");
	look_end(&lk);
	return err;
}

/* An entry whose directory is gone: the directory comes back, as its child
 * would have it. In which directory it is mend_parent() knows. */
static int mend_dir(struct look *lk, const struct rs_cursor *c)
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
	return put_dir(lk->m, dir, top_of(realm), realm);
}

/* --- strays --------------------------------------------------------------- */

static bool is_good_name(const struct rs_cursor *c)
{
	size_t len = c->key_len - FS_KEY_HEAD;
	char name[FS_NAME_MAX + 1];

	if (len == 0 || len > FS_NAME_MAX)
		return false;
	memcpy(name, c->key + FS_KEY_HEAD, len);
	name[len] = '\0';
	return strlen(name) == len && fs_name_check(name) == 0;
}

static int drop_entry(struct look *lk, const struct rs_cursor *c,
		      const char *why)
{
	char dir[256];

	fs_mend_path(lk->m, be64_get(c->key + 1), dir, sizeof(dir));
	fs_mend_say(lk->m, 0, "'%s/%.*s': is gone: %s", dir,
		    (int)(c->key_len - FS_KEY_HEAD),
		    (const char *)c->key + FS_KEY_HEAD, why);
	return fs_mend_in_txn(lk->m, c, fs_mend_del);
}

static int stray_entry(struct look *lk, const struct rs_cursor *c)
{
	const struct fs_seen *dir =
		fs_names_find(&lk->nm, be64_get(c->key + 1));
	struct fs_target target;
	struct fs_seen *to;

	if (!dir || dir->kind != RS_KIND_DIR || !is_good_name(c))
		return drop_entry(lk, c, "it is no name in a directory");
	if (fs_target_decode(c->val, c->val_len, &target) < 0)
		return drop_entry(lk, c, "it makes no sense");
	to = fs_names_find(&lk->nm, target.ino);
	if (!to || to->kind != target.kind)
		return drop_entry(lk, c, "what it led to is lost");
	/* Of two names of a directory the one that it knows is right. */
	if (to->kind == RS_KIND_DIR && to->names > 1 &&
	    to->parent != dir->ino) {
		to->names--;
		return drop_entry(lk, c, "a second name of a directory");
	}
	return 0;
}

static int stray(struct look *lk, const struct rs_cursor *c)
{
	uint64_t ino = be64_get(c->key + 1);
	const struct fs_seen *seen;

	switch (c->key[0]) {
	case RS_KEY_ENTRY:
		return stray_entry(lk, c);
	case RS_KEY_XATTR:
		if (fs_names_find(&lk->nm, ino))
			return 0;
		fs_mend_say(lk->m, 0,
			    "attribute '%.*s' of inode %llu, which is lost, is "
			    "gone",
			    (int)(c->key_len - FS_KEY_HEAD),
			    (const char *)c->key + FS_KEY_HEAD,
			    (unsigned long long)ino);
		return fs_mend_in_txn(lk->m, c, fs_mend_del);
	case RS_KEY_ORPHAN:
		seen = fs_names_find(&lk->nm, ino);
		return seen && !seen->names && !seen->nlink
			       ? 0
			       : fs_mend_in_txn(lk->m, c, fs_mend_del);
	case RS_KEY_EXPIRY:
		seen = c->key_len == FS_KEY_EXPIRY
			       ? fs_names_find(&lk->nm,
					       be64_get(c->key + FS_KEY_HEAD))
			       : NULL;
		return seen && seen->expires_ms == ino
			       ? 0
			       : fs_mend_in_txn(lk->m, c, fs_mend_del);
	default:
		return 0;
	}
}

/* --- what has no name ----------------------------------------------------- */

static int lost_found(struct fs_mend *m, enum fs_realm realm, uint64_t *ret_ino)
{
	struct fs_new n = { .mode = S_IFDIR | 0700, .now_ns = m->now_ns };
	struct fs_inode in = { 0 };
	enum rs_kind kind;
	struct rs_txn *t;
	int err = rs_txn_begin(m->s, &t);

	if (err < 0)
		return err;
	err = fs_lookup(rs_txn_view(t), FS_SHOW_EXPIRED, top_of(realm),
			LOST_FOUND, &in.ino, &kind);
	if (err == -ENOENT)
		err = fs_make(t, top_of(realm), LOST_FOUND, &n, &in);
	if (err < 0) {
		rs_txn_abort(t);
		return err;
	}
	*ret_ino = in.ino;
	return rs_txn_end(t);
}

static int adopt(struct look *lk, const struct fs_seen *s)
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
		err = put_name(m, dir, name, s->ino, (enum rs_kind)s->kind);
	if (err == 0)
		fs_mend_say(m, 0, "'%s/%s/%s': kept, its name is lost",
			    realm == FS_REALM_BITMAPS ? "bitmaps" : "regions",
			    LOST_FOUND, name);
	return err;
}

static int mend_lost(struct look *lk, struct fs_seen *s)
{
	if (s->ino <= FS_INO_REGIONS || s->names || s->is_orphan)
		return 0;
	return adopt(lk, s);
}

/* --- counts --------------------------------------------------------------- */

/* What was seen becomes what is stored. */
static int put_seen(struct look *lk, const struct fs_seen *s, bool index)
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
	if (err < 0) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
}

/* Where each directory is, by the entries, and in which realm everything. A
 * file with names in both realms has no right one. */
static int mend_parent(struct look *lk, const struct rs_cursor *c)
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

static int mend_count(struct look *lk, struct fs_seen *s)
{
	uint64_t want =
		s->kind == RS_KIND_DIR ? 2 + (uint64_t)s->subdirs : s->names;
	bool expires = s->expires_ms && !s->is_indexed;

	if (s->is_orphan || (s->nlink == want && !expires))
		return 0;
	s->nlink = (uint32_t)want;
	return put_seen(lk, s, expires);
}

int fs_mend_names(struct fs_mend *m)
{
	int err = mend_roots(m);

	if (err == 0)
		err = for_records(m, mend_dir);
	if (err == 0)
		err = for_records(m, stray);
	if (err == 0)
		err = for_objects(m, mend_lost);
	if (err == 0)
		err = for_records(m, mend_parent);
	return err < 0 ? err : for_objects(m, mend_count);
}

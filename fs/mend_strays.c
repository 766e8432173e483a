/* SPDX-License-Identifier: Apache-2.0 */
/* mend_strays.c - records about nothing go: entries that lead nowhere,
 * attributes, orphans and times of expiry of what is not there.
 *
 * A lost name or attribute is said. Orphans and the expiry index are notes of
 * our own: nobody loses anything with them.
 */
#include <string.h>

#include "fs/mend_names.h"

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

static int drop_entry(struct fs_look *lk, const struct rs_cursor *c,
		      const char *why)
{
	char dir[256];

	fs_mend_path(lk->m, be64_get(c->key + 1), dir, sizeof(dir));
	fs_mend_say(lk->m, 0, "'%s/%.*s': is gone: %s", dir,
		    (int)(c->key_len - FS_KEY_HEAD),
		    (const char *)c->key + FS_KEY_HEAD, why);
	return fs_mend_in_txn(lk->m, c, fs_mend_del);
}

static int stray_entry(struct fs_look *lk, const struct rs_cursor *c)
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

static int stray(struct fs_look *lk, const struct rs_cursor *c)
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

int fs_mend_strays(struct fs_mend *m)
{
	return fs_look_records(m, stray);
}

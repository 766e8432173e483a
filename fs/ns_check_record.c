/* SPDX-License-Identifier: Apache-2.0 */
/* ns_check_record.c - one record of the tree, as far as it is about names.
 *
 * Keys come in order: all objects before the first entry, all entries before
 * the first orphan, the expiry index last. So each object is known when
 * something refers to it.
 */
#include <stdlib.h>

#include "fs/ns_check.h"

static int remember(struct fs_names *nm, const struct fs_seen *seen)
{
	if (nm->n_seen == nm->cap_seen) {
		size_t cap = nm->cap_seen ? 2 * nm->cap_seen : 256;
		struct fs_seen *p = reallocarray(nm->seen, cap, sizeof(*p));

		if (!p)
			return -ENOMEM;
		nm->seen = p;
		nm->cap_seen = cap;
	}
	nm->seen[nm->n_seen++] = *seen;
	return 0;
}

static int check_body(const struct fs_inode *in)
{
	struct rs_region_info region;
	struct bm_info set;
	uint64_t len;

	if (in->obj.kind == RS_KIND_REGION)
		return rs_region_info(&in->obj, &region);
	if (in->obj.kind == RS_KIND_SET)
		return bm_object_info(&in->obj, &set);
	if (in->obj.kind == RS_KIND_SYMLINK)
		return fs_symlink_len(in, &len);
	return in->obj.body_len ? -EUCLEAN : 0;
}

/* A set in the making: an object without attributes, for which there has to be
 * an orphan record (bitmap.h). */
static bool is_stage(const struct rs_object *obj)
{
	struct bm_info set;

	return obj->kind == RS_KIND_SET && obj->attr_len == 0 &&
	       bm_object_info(obj, &set) == 0;
}

static int check_object(struct fs_names *nm, uint64_t ino)
{
	struct fs_seen seen = { .ino = ino };
	struct fs_inode in = { .ino = ino };
	int err = fs_inode_get(nm->view, ino, &in);

	if (err == -EUCLEAN && is_stage(&in.obj)) {
		seen.kind = RS_KIND_SET;
		return remember(nm, &seen);
	}
	if (err == -EUCLEAN) {
		fs_names_say(nm, ino, "the attributes do not decode");
		return 0;
	}
	if (err < 0)
		return err;
	if (check_body(&in) < 0)
		fs_names_say(nm, ino, "the body does not decode");
	seen.parent = in.attr.parent;
	seen.nlink = in.attr.nlink;
	seen.kind = (uint8_t)in.obj.kind;
	seen.realm = (uint8_t)in.attr.realm;
	seen.expires_ms = in.attr.expires_ms;
	return remember(nm, &seen);
}

static void check_fit(struct fs_names *nm, const char *name,
		      const struct fs_seen *dir, const struct fs_seen *to)
{
	bool is_set_name =
		to->realm == FS_REALM_BITMAPS && !fs_name_is_scratch(name);

	if (to->kind == RS_KIND_DIR && to->parent != dir->ino)
		fs_names_say(nm, to->ino,
			     "is in directory %llu and says it is in %llu",
			     (unsigned long long)dir->ino,
			     (unsigned long long)to->parent);
	if (dir->ino != FS_INO_ROOT && to->realm != dir->realm)
		fs_names_say(nm, to->ino, "is in the wrong realm");
	if (to->kind == RS_KIND_REGION && is_set_name)
		fs_names_say(nm, to->ino, "has the name of a set and is none");
}

static void check_entry(struct fs_names *nm, const struct rs_cursor *c)
{
	size_t len = c->key_len - FS_KEY_HEAD;
	uint64_t parent = be64_get(c->key + 1);
	struct fs_seen *dir = fs_names_find(nm, parent), *to;
	char name[FS_NAME_MAX + 1];
	struct fs_target target;

	if (len > FS_NAME_MAX)
		len = FS_NAME_MAX;
	memcpy(name, c->key + FS_KEY_HEAD, len);
	name[len] = '\0';
	if (len != c->key_len - FS_KEY_HEAD || strlen(name) != len ||
	    fs_name_check(name) < 0)
		fs_names_say(nm, parent, "holds an entry that is no name");
	if (!dir || dir->kind != RS_KIND_DIR) {
		fs_names_say(nm, parent, "is no directory and has entries");
		return;
	}
	if (fs_target_decode(c->val, c->val_len, &target) < 0) {
		fs_names_say(nm, parent, "'%s' in it does not decode", name);
		return;
	}
	to = fs_names_find(nm, target.ino);
	if (!to || to->kind != target.kind) {
		fs_names_say(nm, parent, "'%s' in it leads to %s", name,
			     to ? "another kind" : "nothing");
		return;
	}
	to->names++;
	dir->subdirs += to->kind == RS_KIND_DIR;
	check_fit(nm, name, dir, to);
}

static void check_xattr(struct fs_names *nm, const struct rs_cursor *c)
{
	uint64_t ino = be64_get(c->key + 1);
	size_t len;

	if (!fs_names_find(nm, ino))
		fs_names_say(nm, ino, "has an attribute and does not exist");
	if (c->key_len == FS_KEY_HEAD ||
	    c->key_len > FS_KEY_HEAD + FS_NAME_MAX ||
	    fs_blob_len(c->val, c->val_len, &len) < 0)
		fs_names_say(nm, ino, "an attribute does not decode");
}

static void check_orphan(struct fs_names *nm, const struct rs_cursor *c)
{
	struct fs_seen *seen = fs_names_find(nm, be64_get(c->key + 1));

	/* It may have no object yet, or none any more. */
	if (seen)
		seen->is_orphan = true;
}

/* The instant in the key and the one in the attributes are one. */
static void check_expiry(struct fs_names *nm, const struct rs_cursor *c)
{
	struct fs_seen *seen = NULL;

	if (c->key_len == FS_KEY_EXPIRY && c->val_len == 0)
		seen = fs_names_find(nm, be64_get(c->key + FS_KEY_HEAD));
	if (!seen)
		fs_names_say(nm, 0, "the expiry index leads to nothing");
	else if (seen->expires_ms != be64_get(c->key + 1))
		fs_names_say(nm, seen->ino,
			     "is in the expiry index at another instant");
	else
		seen->is_indexed = true;
}

int fs_names_record(struct fs_names *nm, const struct rs_cursor *c)
{
	uint64_t number;

	if (c->key_len < FS_KEY_HEAD) {
		fs_names_say(nm, 0, "a key is too short");
		return 0;
	}
	if (c->key[0] == RS_KEY_EXPIRY) {
		check_expiry(nm, c);
		return 0;
	}
	number = be64_get(c->key + 1);
	if ((c->key[0] == RS_KEY_OBJECT || c->key[0] == RS_KEY_ORPHAN) &&
	    c->key_len != FS_KEY_HEAD) {
		fs_names_say(nm, number, "its key is too long");
		return 0;
	}
	if (c->key[0] == RS_KEY_OBJECT)
		return check_object(nm, number);
	if (c->key[0] == RS_KEY_ENTRY)
		check_entry(nm, c);
	else if (c->key[0] == RS_KEY_XATTR)
		check_xattr(nm, c);
	else if (c->key[0] == RS_KEY_ORPHAN)
		check_orphan(nm, c);
	return 0;
}

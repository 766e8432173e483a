/* SPDX-License-Identifier: Apache-2.0 */
/* view_snap.c - the directory snapshots/.
 *
 * A snapshot is the root of the store as it was: node (id, 1). Its times,
 * names and contents come from its own view, so nothing here knows more than
 * the list of names.
 *
 * `latest` is a symlink whose target changes. The kernel caches what a node
 * id says, so the id of the link holds what the target depends on, the number
 * of the newest snapshot and a hash of its name: another target is another
 * node, and only the name has to be looked up each time.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/view.h"
#include "regionstore/base/hash.h"

static const char latest[] = "latest";

struct snap_list {
	struct rs_snap *v;
	size_t n;
};

static int newest(struct fs *fs, struct rs_snap *ret_snap)
{
	struct snap_list l;
	size_t best = 0;
	int err;

	err = rs_snap_list(fs->store, &l.v, &l.n);
	if (err)
		return err;
	for (size_t i = 1; i < l.n; i++) {
		if (l.v[i].id > l.v[best].id)
			best = i;
	}
	if (l.n)
		*ret_snap = l.v[best];
	err = l.n ? 0 : -ENOENT;
	free(l.v);
	return err;
}

static uint64_t latest_node(const struct rs_snap *s)
{
	uint64_t h = hash64(s->name, strlen(s->name), 0) & 0xffffff;

	return fs_node_virtual(FS_WHAT_LATEST,
			       (h << 23 | s->id) & FS_NODE_EXTRA_MASK);
}

int fs_snapshots_lookup(struct fs *fs, const char *name, uint64_t *ret_node)
{
	struct rs_snap s;
	int err;

	if (strcmp(name, latest) == 0) {
		err = newest(fs, &s);
		if (!err)
			*ret_node = latest_node(&s);
		return err;
	}
	err = rs_snap_find(fs->store, name, &s);
	if (!err)
		*ret_node = fs_node_stored(s.id, FS_INO_ROOT);
	return err;
}

static void list_one(struct fs_listing *l, uint64_t node, uint32_t type,
		     const char *name)
{
	struct fs_listed *e = &l->v[l->n++];

	e->node = node;
	e->type = type;
	memcpy(e->name, name, strlen(name) + 1);
}

int fs_snapshots_list(struct fs *fs, struct fs_listing *ret_list)
{
	struct fs_listing l = { 0 };
	struct snap_list all;
	size_t best = 0;
	int err;

	err = rs_snap_list(fs->store, &all.v, &all.n);
	if (err)
		return err;
	l.v = calloc(all.n + 1, sizeof(*l.v));
	if (!l.v) {
		free(all.v);
		return -ENOMEM;
	}
	for (size_t i = 0; i < all.n; i++) {
		list_one(&l, fs_node_stored(all.v[i].id, FS_INO_ROOT), S_IFDIR,
			 all.v[i].name);
		if (all.v[i].id > all.v[best].id)
			best = i;
	}
	if (all.n)
		list_one(&l, latest_node(&all.v[best]), S_IFLNK, latest);
	free(all.v);
	*ret_list = l;
	return 0;
}

int64_t fs_snapshots_mtime(struct fs *fs)
{
	struct rs_snap s;

	return newest(fs, &s) ? fs->started_ns : s.created_ns;
}

int fs_snapshots_latest(struct fs *fs, char target[FS_NAME_MAX + 1])
{
	struct rs_snap s;
	int err;

	err = newest(fs, &s);
	if (!err)
		memcpy(target, s.name, sizeof(s.name));
	return err;
}

_Static_assert(RS_SNAP_NAME_MAX == FS_NAME_MAX, "a snapshot's name is a name");

static int check_name(const char *name)
{
	return strcmp(name, latest) == 0 ? -EEXIST : fs_name_check(name);
}

int fs_snapshots_make(struct fs *fs, const char *name, uint64_t *ret_node)
{
	struct rs_snap s;
	int err;

	err = check_name(name);
	if (!err)
		err = rs_snap_create(fs->store, name, &s);
	if (!err)
		*ret_node = fs_node_stored(s.id, FS_INO_ROOT);
	return err;
}

int fs_snapshots_rename(struct fs *fs, const char *from, const char *to)
{
	int err = check_name(to);

	if (strcmp(from, latest) == 0)
		return -EPERM;
	return err ? err : rs_snap_rename(fs->store, from, to);
}

int fs_snapshots_drop(struct fs *fs, const char *name)
{
	struct rs_snap s;
	int err;

	err = rs_snap_find(fs->store, name, &s);
	if (!err)
		err = rs_snap_drop(fs->store, name);
	if (!err)
		fs_snaps_forget(&fs->snaps, s.id);
	return err;
}

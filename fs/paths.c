/* SPDX-License-Identifier: Apache-2.0 */
/* paths.c - remembered names, and reading a directory for one. */

#include "fs/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/ns_check.h"

void fs_paths_init(struct fs_paths *p)
{
	memset(p, 0, sizeof(*p));
	lock_init(&p->lock, LOCK_QUEUE);
}

void fs_paths_finish(struct fs_paths *p)
{
	lock_take(&p->lock);
	for (unsigned i = 0; i < FS_PATHS; i++)
		free(p->slots[i].name);
	memset(p->slots, 0, sizeof(p->slots));
	lock_drop(&p->lock);
	lock_finish(&p->lock);
}

void fs_paths_note(struct fs_paths *p, uint64_t parent, const char *name,
		   uint64_t ino)
{
	char *copy = strdup(name);
	char *old = copy;

	lock_take(&p->lock);
	if (copy) {
		struct fs_path_slot *s = &p->slots[ino % FS_PATHS];

		old = s->name;
		s->ino = ino;
		s->parent = parent;
		s->name = copy;
	}
	lock_drop(&p->lock);
	free(old);
}

/* The parent and the name remembered for ino: 0 when there are none. */
static uint64_t remembered(struct fs_paths *p, uint64_t ino,
			   char name[FS_NAME_MAX + 1])
{
	const struct fs_path_slot *s = &p->slots[ino % FS_PATHS];
	uint64_t parent = 0;

	lock_take(&p->lock);
	if (s->ino == ino && s->name) {
		parent = s->parent;
		snprintf(name, FS_NAME_MAX + 1, "%s", s->name);
	}
	lock_drop(&p->lock);
	return parent;
}

static bool still_true(struct rs_view *v, uint64_t parent, const char *name,
		       uint64_t ino)
{
	enum rs_kind kind;
	uint64_t found;

	return parent &&
	       !fs_lookup(v, FS_SHOW_EXPIRED, parent, name, &found, &kind) &&
	       found == ino;
}

uint64_t fs_paths_name(struct fs_paths *p, struct rs_view *v, uint64_t ino,
		       char name[FS_NAME_MAX + 1])
{
	uint64_t parent = remembered(p, ino, name);

	return still_true(v, parent, name, ino) ? parent : 0;
}

/* The name of ino in parent, by reading it. */
static bool scan(struct rs_view *v, uint64_t parent, uint64_t ino,
		 char name[FS_NAME_MAX + 1])
{
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	bool found = false;

	if (fs_dir_open(v, parent, &d))
		return false;
	for (uint64_t i = 0; i < FS_PATH_SCAN && !found; i++) {
		if (fs_dir_read(d, FS_SHOW_EXPIRED, i, &e))
			break;
		found = e.ino == ino;
	}
	fs_dir_close(d);
	if (found)
		memcpy(name, e.name, sizeof(e.name));
	return found;
}

/* One step up: where ino hangs and under which name. */
static uint64_t step(struct fs_paths *p, struct rs_view *v, uint64_t ino,
		     char name[FS_NAME_MAX + 1])
{
	uint64_t parent = remembered(p, ino, name);
	struct fs_inode in;

	if (still_true(v, parent, name, ino))
		return parent;
	if (fs_inode_get(v, ino, &in))
		return 0;
	if (in.obj.kind == RS_KIND_DIR)
		return scan(v, in.attr.parent, ino, name) ? in.attr.parent : 0;
	if (fs_inode_entry(v, ino, FS_PATH_SCAN, name, &parent))
		return 0;
	fs_paths_note(p, parent, name, ino);
	return parent;
}

void fs_paths_find(struct fs_paths *p, struct rs_view *v, uint64_t ino,
		   char path[FS_PATH_MAX])
{
	char name[FS_NAME_MAX + 1];
	size_t at = FS_PATH_MAX - 1;
	uint64_t up = ino;

	path[at] = 0;
	while (up != FS_INO_ROOT) {
		size_t len;

		up = step(p, v, up, name);
		len = strlen(name) + 1;
		if (!up || len > at) {
			snprintf(path, FS_PATH_MAX, "inode %llu",
				 (unsigned long long)ino);
			return;
		}
		at -= len;
		path[at] = '/';
		memcpy(path + at + 1, name, len - 1);
	}
	memmove(path, path + at, FS_PATH_MAX - at);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* view.c - the table of nodes that are made up. */

#include "fs/view.h"

#include "fs/ns_check.h"
#include "fs/view_q.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct shape {
	enum fs_what what;
	enum fs_what dir; /* FS_WHAT_STORED: the live root */
	uint32_t mode;
	const char *name;
};

/* `latest`, the snapshots and .as/ lie where their own files say. */
static const struct shape shapes[] = {
	{ FS_WHAT_CTL, FS_WHAT_STORED, S_IFDIR | 0555, ".ctl" },
	{ FS_WHAT_README, FS_WHAT_STORED, S_IFREG | 0444, "README" },
	{ FS_WHAT_SNAPSHOTS, FS_WHAT_STORED, S_IFDIR | 0755, "snapshots" },
	{ FS_WHAT_CHECK, FS_WHAT_CTL, S_IFREG | 0644, "check" },
	{ FS_WHAT_COMPACT, FS_WHAT_CTL, S_IFREG | 0644, "compact" },
	{ FS_WHAT_CONFIG, FS_WHAT_CTL, S_IFREG | 0444, "config" },
	{ FS_WHAT_ERRORS, FS_WHAT_CTL, S_IFREG | 0444, "errors" },
	{ FS_WHAT_METRICS, FS_WHAT_CTL, S_IFREG | 0444, "metrics" },
	{ FS_WHAT_SPACE, FS_WHAT_CTL, S_IFREG | 0444, "space" },
	{ FS_WHAT_STATUS, FS_WHAT_CTL, S_IFREG | 0444, "status" },
	{ FS_WHAT_SYNC, FS_WHAT_CTL, S_IFREG | 0200, "sync" },
	{ FS_WHAT_VERSION, FS_WHAT_CTL, S_IFREG | 0444, "version" },
	{ FS_WHAT_LATEST, FS_WHAT_SNAPSHOTS, S_IFLNK | 0777, NULL },
	{ FS_WHAT_AS, FS_WHAT_AS, S_IFDIR | 0555, NULL },
};
#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static const struct shape *shape_of(enum fs_what what)
{
	for (size_t i = 0; i < N_SHAPES; i++) {
		if (shapes[i].what == what)
			return &shapes[i];
	}
	return NULL;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000,
				  .tv_nsec = ns % 1000000000 };
}

static int virtual_size(struct fs *fs, enum fs_what what, uint64_t *ret_size)
{
	char target[FS_NAME_MAX + 1];
	int err;

	if (what != FS_WHAT_LATEST)
		return fs_ctl_size(fs, what, ret_size);
	err = fs_snapshots_latest(fs, target);
	if (!err)
		*ret_size = strlen(target);
	return err;
}

static int virtual_stat(struct fs *fs, uint64_t node, struct stat *ret_st)
{
	enum fs_what what = fs_node_decode(node).what;
	const struct shape *s = shape_of(what);
	struct stat st = { .st_ino = node, .st_blksize = 4096 };
	int64_t when = fs->started_ns;
	uint64_t size = 0;
	int err = 0;

	if (!s)
		return -ENOENT;
	if (!S_ISDIR(s->mode))
		err = virtual_size(fs, what, &size);
	if (err)
		return err;
	if (what == FS_WHAT_SNAPSHOTS || what == FS_WHAT_LATEST)
		when = fs_snapshots_mtime(fs);
	st.st_mode = s->mode;
	st.st_nlink = S_ISDIR(s->mode) ? 2 : 1;
	st.st_uid = fs->uid;
	st.st_gid = fs->gid;
	st.st_size = (off_t)size;
	st.st_blocks = (blkcnt_t)((size + 511) / 512);
	st.st_mtim = timespec_of(when);
	st.st_ctim = st.st_mtim;
	st.st_atim = st.st_mtim;
	*ret_st = st;
	return 0;
}

int fs_node_stat(struct fs *fs, uint64_t node, struct stat *ret_st)
{
	enum fs_q_lasts lasts;
	struct fs_inode in;
	int err;

	if (fs_node_decode(node).what == FS_WHAT_Q)
		return fs_q_stat_named(fs, node, ret_st, &lasts);
	if (fs_node_decode(node).what != FS_WHAT_STORED)
		return virtual_stat(fs, node, ret_st);
	err = fs_node_get(fs, node, &in);
	return err ? err : fs_as_stat(fs, node, &in, ret_st);
}

/* "/snapshots/NAME", or nothing for the live tree. */
static void snap_prefix(struct fs *fs, uint64_t snap, char *to, size_t cap)
{
	struct rs_snap s;

	to[0] = '\0';
	if (snap && rs_snap_get(fs->store, snap, &s) == 0)
		snprintf(to, cap, "/snapshots/%s", s.name);
}

static void made_up_path(enum fs_what what, char path[FS_PATH_MAX])
{
	const struct shape *s = shape_of(what);
	const struct shape *up = s ? shape_of(s->dir) : NULL;

	snprintf(path, FS_PATH_MAX, "%s%s/%s", up ? "/" : "",
		 up ? up->name : "", s && s->name ? s->name : "");
}

void fs_node_path(struct fs *fs, uint64_t node, bool search,
		  char path[FS_PATH_MAX])
{
	struct fs_node n = fs_node_decode(node);
	char below[FS_PATH_MAX], prefix[FS_NAME_MAX + 16];
	struct rs_view *v;

	snprintf(path, FS_PATH_MAX, "-");
	if (fs_node_is_q(&n))
		fs_q_path(fs, node, path);
	else if (n.what != FS_WHAT_STORED)
		made_up_path(n.what, path);
	if (n.what != FS_WHAT_STORED || !n.ino ||
	    fs_node_view(fs, node, &v) != 0)
		return;
	snap_prefix(fs, n.snap, prefix, sizeof(prefix));
	fs_paths_find(&fs->paths, v, n.ino, below);
	if (search && below[0] != '/' && n.ino != FS_INO_ROOT) {
		below[0] = '/';
		fs_inode_path(v, n.ino, below + 1, sizeof(below) - 1);
	}
	if (below[0] == '/' && !below[1])
		snprintf(below, sizeof(below), "/(inode %llu)",
			 (unsigned long long)n.ino);
	rs_view_put(v);
	snprintf(path, FS_PATH_MAX, "%s%.700s", prefix, below[0] ? below : "/");
}

bool fs_node_changes(uint64_t node, enum rs_kind kind)
{
	struct fs_node n = fs_node_decode(node);

	if (n.what != FS_WHAT_STORED)
		return true;
	return !n.snap && (kind == RS_KIND_SET || n.format);
}

int fs_virtual_lookup(struct fs *fs, uint64_t dir, const char *name,
		      uint64_t *ret_node)
{
	enum fs_what what = fs_node_decode(dir).what;

	if (what == FS_WHAT_SNAPSHOTS)
		return fs_snapshots_lookup(fs, name, ret_node);
	if (what == FS_WHAT_AS)
		return fs_as_lookup(dir, name, ret_node);
	for (size_t i = 0; i < N_SHAPES; i++) {
		const struct shape *s = &shapes[i];

		if (s->dir != what || !s->name || strcmp(s->name, name) != 0)
			continue;
		*ret_node = fs_node_virtual(s->what, 0);
		return 0;
	}
	return -ENOENT;
}

uint64_t fs_virtual_parent(uint64_t node)
{
	struct fs_node n = fs_node_decode(node);
	const struct shape *s = shape_of(n.what);

	if (n.what == FS_WHAT_AS)
		return fs_node_stored(n.snap, n.ino);
	if (!s || s->dir == FS_WHAT_STORED)
		return FS_INO_ROOT;
	return fs_node_virtual(s->dir, 0);
}

int fs_virtual_list(struct fs *fs, uint64_t dir, struct fs_listing *ret_list)
{
	enum fs_what what = fs_node_decode(dir).what;
	struct fs_listing l = { 0 };

	if (what == FS_WHAT_SNAPSHOTS)
		return fs_snapshots_list(fs, ret_list);
	if (what == FS_WHAT_AS)
		return fs_as_list(dir, ret_list);
	if (what == FS_WHAT_Q || what == FS_WHAT_OF || what == FS_WHAT_QUERY)
		return fs_q_list(fs, dir, ret_list);
	l.v = calloc(N_SHAPES, sizeof(*l.v));
	if (!l.v)
		return -ENOMEM;
	for (size_t i = 0; i < N_SHAPES; i++) {
		const struct shape *s = &shapes[i];

		if (s->dir != what || !s->name)
			continue;
		l.v[l.n].node = fs_node_virtual(s->what, 0);
		l.v[l.n].type = s->mode & S_IFMT;
		memcpy(l.v[l.n].name, s->name, strlen(s->name) + 1);
		l.n++;
	}
	*ret_list = l;
	return 0;
}

void fs_listing_finish(struct fs_listing *l)
{
	free(l->v);
	l->v = NULL;
	l->n = 0;
}

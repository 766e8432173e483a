/* SPDX-License-Identifier: Apache-2.0 */
/* view_q.c - what the nodes in .q/ look like, and what they list. */

#include "fs/view_q.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/query_value.h"
#include "fs/view.h"

_Static_assert(FS_FACES <= FS_NODE_FACES, "a face fits a node id");
_Static_assert(FS_FACE_ROARING32 - FS_FACE_MEMBERS == BM_FORMAT_ROARING32,
	       "the faces of members are the formats");

static const char *const face_names[FS_FACES] = {
	[FS_FACE_MEMBERS] = "members", [FS_FACE_PAD] = "pad",
	[FS_FACE_RANGES] = "ranges",   [FS_FACE_LE64] = "le64",
	[FS_FACE_ROARING] = "roaring", [FS_FACE_ROARING32] = "roaring32",
	[FS_FACE_COUNT] = "count",     [FS_FACE_MIN] = "min",
	[FS_FACE_MAX] = "max",	       [FS_FACE_INFO] = "info",
	[FS_FACE_HAS] = "has",	       [FS_FACE_RANK] = "rank",
	[FS_FACE_SELECT] = "select",   [FS_FACE_RANGE] = "range",
	[FS_FACE_SLICE] = "slice",
};

const char *fs_face_name(unsigned face)
{
	return face < FS_FACES ? face_names[face] : NULL;
}

bool fs_face_is_dir(unsigned face)
{
	return face >= FS_FACE_HAS && face <= FS_FACE_SLICE;
}

/* --- attributes ----------------------------------------------------------- */

static uint32_t mode_of(const struct fs_query *q, unsigned face)
{
	if (!q || fs_face_is_dir(face) || q->kind == FS_QUERY_OF ||
	    (q->kind == FS_QUERY_EXPR && face == FS_FACE_SELF))
		return S_IFDIR | 0555;
	return q->kind == FS_QUERY_LINK ? S_IFLNK | 0777 : S_IFREG | 0444;
}

static void fill(struct fs *fs, uint64_t node, uint32_t mode, uint64_t size,
		 int64_t when_ns, struct stat *ret_st)
{
	struct timespec when = { when_ns / 1000000000, when_ns % 1000000000 };

	*ret_st = (struct stat){ .st_ino = node,
				 .st_mode = mode,
				 .st_nlink = S_ISDIR(mode) ? 2 : 1,
				 .st_uid = fs->uid,
				 .st_gid = fs->gid,
				 .st_size = (off_t)size,
				 .st_blksize = 4096,
				 .st_blocks = (blkcnt_t)((size + 511) / 512),
				 .st_atim = when,
				 .st_mtim = when,
				 .st_ctim = when };
}

static int link_target(const struct fs_query *q,
		       char ret_target[FS_SYMLINK_MAX + 1])
{
	return snprintf(ret_target, FS_SYMLINK_MAX + 1, "../../../%s", q->text);
}

/* Of what is no file of members or numbers. */
static uint64_t plain_size(const struct fs_query *q)
{
	char target[FS_SYMLINK_MAX + 1];

	return q && q->kind == FS_QUERY_LINK ? (uint64_t)link_target(q, target)
					     : 0;
}

static bool has_content(const struct fs_query *q, unsigned face)
{
	return S_ISREG(mode_of(q, face)) && face != FS_FACE_MEMBER;
}

int fs_q_stat(const struct fs_q_asking *a, uint64_t node, struct stat *ret_st,
	      struct fs_query_error *e)
{
	struct fs_node n = fs_node_decode(node);
	int64_t when_ns = a->fs->started_ns;
	struct fs_query *q = NULL;
	uint64_t size = 0;
	int err = 0;

	*e = (struct fs_query_error){ 0 };
	if (n.what == FS_WHAT_QUERY) {
		q = fs_query_hold(&a->fs->queries, n.query);
		if (!q || n.face >= FS_FACES)
			err = -ESTALE;
	}
	if (!err && q && has_content(q, n.face))
		err = fs_q_size(a, q, n.face, &size, &when_ns, e);
	else if (!err)
		size = plain_size(q);
	if (!err)
		fill(a->fs, node, mode_of(q, n.face), size, when_ns, ret_st);
	if (q)
		fs_query_drop(&a->fs->queries, q);
	return err;
}

int fs_q_stat_named(struct fs *fs, uint64_t node, struct stat *ret_st,
		    enum fs_q_lasts *ret_lasts)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_query *q = NULL;
	uint64_t size = 0;

	*ret_lasts = FS_Q_FOREVER;
	if (n.what == FS_WHAT_QUERY) {
		q = fs_query_hold(&fs->queries, n.query);
		if (!q)
			return -ESTALE;
		/* What may be there or not is asked for each time. */
		if (n.face == FS_FACE_MEMBER || q->kind == FS_QUERY_SELECT ||
		    q->kind == FS_QUERY_LINK)
			*ret_lasts = FS_Q_NOT;
		else if (n.face == FS_FACE_SELF)
			*ret_lasts = FS_Q_A_WHILE;
		if (!has_content(q, n.face))
			size = plain_size(q);
		else
			fs_query_open_size(&fs->queries, q,
					   (enum fs_face)n.face, &size);
	}
	fill(fs, node, mode_of(q, n.face), size, fs->started_ns, ret_st);
	if (q)
		fs_query_drop(&fs->queries, q);
	return 0;
}

bool fs_q_keeps(const struct stat *st)
{
	return !S_ISREG(st->st_mode) ||
	       fs_node_decode(st->st_ino).face == FS_FACE_MEMBER;
}

int fs_q_readlink(struct fs *fs, uint64_t node,
		  char ret_target[FS_SYMLINK_MAX + 1])
{
	struct fs_query *q =
		fs_query_hold(&fs->queries, fs_node_decode(node).query);
	int err = 0;

	if (!q)
		return -ESTALE;
	if (q->kind == FS_QUERY_LINK)
		link_target(q, ret_target);
	else
		err = -EINVAL;
	fs_query_drop(&fs->queries, q);
	return err;
}

/* --- listing -------------------------------------------------------------- */

/* roaring32 is there and not listed, as it is not of every result. */
static int list_faces(const struct fs_query *q, struct fs_listing *l)
{
	l->v = calloc(FS_FACES, sizeof(*l->v));
	if (!l->v)
		return -ENOMEM;
	for (unsigned f = 0; f < FS_FACES; f++) {
		struct fs_listed *e = &l->v[l->n];

		if (!face_names[f] || f == FS_FACE_ROARING32)
			continue;
		e->node = fs_node_query(q->number, f);
		e->type = mode_of(q, f) & S_IFMT;
		memcpy(e->name, face_names[f], strlen(face_names[f]) + 1);
		l->n++;
	}
	return 0;
}

int fs_q_list(struct fs *fs, uint64_t node, struct fs_listing *ret_list)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_query *q;
	int err = 0;

	*ret_list = (struct fs_listing){ 0 };
	if (n.what != FS_WHAT_QUERY || n.face != FS_FACE_SELF)
		return 0;
	q = fs_query_hold(&fs->queries, n.query);
	if (!q)
		return -ESTALE;
	if (q->kind == FS_QUERY_EXPR)
		err = list_faces(q, ret_list);
	fs_query_drop(&fs->queries, q);
	return err;
}

int fs_q_list_of(struct fs *fs, uint64_t node, uint64_t *ret_dir,
		 uint64_t *ret_member)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_query *q;
	int err = -ENOENT;

	if (n.what != FS_WHAT_QUERY)
		return -ENOENT;
	q = fs_query_hold(&fs->queries, n.query);
	if (!q)
		return -ESTALE;
	if (q->kind == FS_QUERY_OF) {
		*ret_dir = q->dir;
		*ret_member = q->a;
		err = 0;
	}
	fs_query_drop(&fs->queries, q);
	return err;
}

/* --- the way back --------------------------------------------------------- */

uint64_t fs_q_parent(struct fs *fs, uint64_t node)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_node dir;
	struct fs_query *q;

	if (n.what == FS_WHAT_Q)
		return fs_node_stored(n.snap, n.ino);
	if (n.what == FS_WHAT_OF)
		return fs_node_q(n.snap, n.ino);
	if (n.face != FS_FACE_SELF)
		return fs_node_query(n.query, FS_FACE_SELF);
	q = fs_query_hold(&fs->queries, n.query);
	if (!q)
		return node;
	dir = fs_node_decode(q->dir);
	node = q->kind == FS_QUERY_OF ? fs_node_of(dir.snap, dir.ino)
				      : fs_node_q(dir.snap, dir.ino);
	fs_query_drop(&fs->queries, q);
	return node;
}

void fs_q_path(struct fs *fs, uint64_t node, char path[FS_PATH_MAX])
{
	struct fs_node n = fs_node_decode(node);
	const char *face = fs_face_name(n.face);
	uint64_t dir = fs_node_stored(n.snap, n.ino);
	struct fs_query *q = NULL;
	size_t len;

	if (n.what == FS_WHAT_QUERY)
		q = fs_query_hold(&fs->queries, n.query);
	if (q)
		dir = q->dir;
	fs_node_path(fs, dir, true, path);
	len = strlen(path);
	snprintf(path + len, FS_PATH_MAX - len, "/.q%s%s%s%s%s",
		 n.what == FS_WHAT_OF ? "/of" : "", q ? "/" : "",
		 q ? q->text : "", q && face ? "/" : "", q && face ? face : "");
	if (q)
		fs_query_drop(&fs->queries, q);
}

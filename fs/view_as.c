/* SPDX-License-Identifier: Apache-2.0 */
/* view_as.c - the same sets in other formats: .as/FORMAT/PATH.
 *
 * .as/ can be entered in the root, where PATH begins with bitmaps/, and in
 * each directory below it, live and in snapshots. It is never listed. Below a
 * FORMAT lies the directory it was entered from: its directories and sets are
 * nodes of their own, (format, snapshot, inode), so that the kernel's caches
 * of a set as text and as le64 do not mix; everything else, symlinks, scratch
 * files, sets with a dot in front, is the same in all formats, one node.
 *
 * A directory can be reached on two ways, dir/.as/le64/sub and
 * dir/sub/.as/le64. It is one node, and the kernel remembers one name of a
 * directory, the one used last, as it does on any network file system.
 *
 * The live tree changes through two faces now. The kernel keeps names in the
 * plain one for ever, as it always did; in this one it asks each time.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/view.h"

/* Segments of a set that is looked at while a request waits: some
 * milliseconds of work. */
#define QUICK 64u

bool fs_as_is_here(struct fs *fs, uint64_t dir)
{
	struct fs_node n = fs_node_decode(dir);
	struct fs_inode in;

	if (n.what != FS_WHAT_STORED || n.format)
		return false;
	if (n.ino == FS_INO_ROOT)
		return true;
	return !fs_node_get(fs, dir, &in) && in.obj.kind == RS_KIND_DIR &&
	       in.attr.realm == FS_REALM_BITMAPS;
}

int fs_as_enter(uint64_t dir, uint64_t *ret_node)
{
	struct fs_node n = fs_node_decode(dir);

	*ret_node = fs_node_as(0, n.snap, n.ino);
	return *ret_node ? 0 : -EOVERFLOW;
}

int fs_as_lookup(uint64_t as, const char *name, uint64_t *ret_node)
{
	struct fs_node n = fs_node_decode(as);

	for (unsigned f = 1; f < BM_FORMAT_COUNT; f++) {
		if (strcmp(name, bm_format_name((enum bm_format)f)) != 0)
			continue;
		*ret_node = fs_node_as(f, n.snap, n.ino);
		return 0;
	}
	return -ENOENT;
}

int fs_as_list(uint64_t as, struct fs_listing *ret_list)
{
	struct fs_node n = fs_node_decode(as);
	struct fs_listing l = { 0 };

	l.v = calloc(BM_FORMAT_COUNT, sizeof(*l.v));
	if (!l.v)
		return -ENOMEM;
	for (unsigned f = 1; f < BM_FORMAT_COUNT; f++) {
		const char *name = bm_format_name((enum bm_format)f);
		struct fs_listed *e = &l.v[l.n++];

		e->node = fs_node_as(f, n.snap, n.ino);
		e->type = S_IFDIR;
		memcpy(e->name, name, strlen(name) + 1);
	}
	*ret_list = l;
	return 0;
}

int fs_as_child(uint64_t dir, uint64_t ino, enum rs_kind kind,
		uint64_t *ret_node)
{
	struct fs_node n = fs_node_decode(dir);

	if (!n.format || (kind != RS_KIND_DIR && kind != RS_KIND_SET)) {
		*ret_node = fs_node_stored(n.snap, ino);
		return 0;
	}
	if (n.ino == FS_INO_ROOT && ino != FS_INO_BITMAPS)
		return -ENOENT;
	*ret_node = fs_node_as(n.format, n.snap, ino);
	return *ret_node ? 0 : -EOVERFLOW;
}

int fs_as_named(uint64_t dir, const char *name, uint64_t ino, enum rs_kind kind,
		uint64_t *ret_node)
{
	if (kind == RS_KIND_SET && fs_name_is_scratch(name))
		dir = fs_node_stored(fs_node_decode(dir).snap, ino);
	return fs_as_child(dir, ino, kind, ret_node);
}

/* --- sizes ---------------------------------------------------------------- */

/* What is known of the set in, and its size when that is known at once. */
static int look_at(struct fs *fs, uint64_t node, const struct fs_inode *in,
		   struct fs_as_version *ret_v, bool *ret_known,
		   uint64_t *ret_size)
{
	struct fs_as_version v = { .ino = in->ino,
				   .ctime_ns = in->attr.ctime_ns };
	int err = bm_object_info(&in->obj, &v.info);

	if (err)
		return err;
	v.format = (enum bm_format)fs_node_decode(node).format;
	*ret_v = v;
	*ret_known = bm_format_size(v.format, &v.info, ret_size) ||
		     fs_as_sizes_find(&fs->as_sizes, &v, ret_size);
	return 0;
}

/* One pass over the set, as v has it; small ones are not worth a slot. */
static int measure(struct fs *fs, uint64_t node, struct rs_view *v,
		   uint64_t *ret_size)
{
	struct fs_as_version version;
	struct bm_file *f = NULL;
	struct bm_view *bv;
	struct fs_inode in;
	bool known = false;
	int err = fs_inode_get(v, fs_node_decode(node).ino, &in);

	if (!err)
		err = look_at(fs, node, &in, &version, &known, ret_size);
	if (err || known)
		return err;
	err = bm_view_open(v, in.ino, &bv);
	if (err)
		return err;
	err = bm_file_open(bv, version.format, &f);
	if (!err) {
		*ret_size = bm_file_size(f);
		if (version.info.segments)
			fs_as_sizes_note(&fs->as_sizes, &version, *ret_size);
	}
	bm_file_close(f);
	bm_view_close(bv);
	return err;
}

static int size_of(struct fs *fs, uint64_t node, const struct fs_inode *in,
		   uint64_t *ret_size)
{
	struct fs_as_version version;
	struct rs_view *v;
	bool known = false;
	int err = look_at(fs, node, in, &version, &known, ret_size);

	if (err || known)
		return err;
	err = fs_node_view(fs, node, &v);
	if (err)
		return err;
	err = measure(fs, node, v, ret_size);
	rs_view_put(v);
	return err;
}

int fs_as_stat(struct fs *fs, uint64_t node, const struct fs_inode *in,
	       struct stat *ret_st)
{
	struct stat st;
	uint64_t size;
	int err = fs_inode_stat(in, &st);

	if (err)
		return err;
	st.st_ino = node;
	if (fs_node_decode(node).format && in->obj.kind == RS_KIND_SET) {
		err = size_of(fs, node, in, &size);
		if (err)
			return err;
		st.st_size = (off_t)size;
		st.st_blocks = (blkcnt_t)((size + 511) / 512);
	}
	*ret_st = st;
	return 0;
}

bool fs_as_is_slow(struct fs *fs, uint64_t node, bool open)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_as_version v;
	struct fs_inode in;
	uint64_t size;
	bool known;

	if (n.what != FS_WHAT_STORED || !n.format ||
	    fs_node_get(fs, node, &in) || in.obj.kind != RS_KIND_SET)
		return false;
	if (look_at(fs, node, &in, &v, &known, &size))
		return false;
	if (known && (!open || bm_format_size(v.format, &v.info, &size)))
		return false;
	return v.info.segments > QUICK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ns_reap.c - freeing what has no name any more, a slice at a time.
 *
 * A txn is one change and everybody waits for it, so a large file does not go
 * in one. Its orphan record stays until the last slice is done (I7): after a
 * crash in between, the next mount goes on where this one stopped.
 *
 *	attributes -> content from its end -> object and orphan record
 *
 * An orphan whose object has no attributes is a set in the making (bitmap.h),
 * left by a run that crashed.
 */
#include "fs/ns_entry.h"

#define SLICE_CHUNKS 512u /* of 256 KiB: 128 MiB */
#define SLICE_XATTRS 64u

/* --- a slice of each part: *ret_done when there is no more ---------------- */

/* The name of the first extended attribute; *ret_any false for none. */
static int first_xattr(const struct rs_view *v, uint64_t ino,
		       char name[FS_NAME_MAX + 1], bool *ret_any)
{
	struct fs_key k = fs_key_first(RS_KEY_XATTR, ino);
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, k.b, k.len);
	*ret_any = err == 0 && fs_key_below(&c, RS_KEY_XATTR, ino);
	if (*ret_any) {
		size_t n = c.key_len - FS_KEY_HEAD;

		if (n > FS_NAME_MAX)
			n = FS_NAME_MAX;
		memcpy(name, c.key + FS_KEY_HEAD, n);
		name[n] = '\0';
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

static int reap_xattrs(struct rs_txn *t, uint64_t ino, bool *ret_done)
{
	char name[FS_NAME_MAX + 1];

	for (unsigned i = 0; i < SLICE_XATTRS; i++) {
		bool any = false;
		int err = first_xattr(rs_txn_view(t), ino, name, &any);

		if (err == 0 && any)
			err = fs_xattr_remove(t, ino, name);
		if (err < 0)
			return err == -ENODATA ? -EUCLEAN : err;
		if (!any) {
			*ret_done = true;
			return 0;
		}
	}
	*ret_done = false;
	return 0;
}

/* Where the last chunk with bytes ends; a hole costs nothing to cut off. */
static int chunks_end(const struct rs_view *v, uint64_t ino, uint64_t *ret_end)
{
	struct fs_key k = fs_key_first(RS_KEY_CHUNK, ino);
	struct rs_cursor c;
	int err;

	be64_put(k.b + FS_KEY_HEAD, UINT64_MAX);
	k.len = FS_KEY_HEAD + 8;
	rs_cursor_init(&c, v);
	err = rs_cursor_floor(&c, k.b, k.len);
	if (err == -ENOENT ||
	    (err == 0 && !fs_key_below(&c, RS_KEY_CHUNK, ino))) {
		*ret_end = 0;
		err = 0;
	} else if (err == 0 && c.key_len == k.len) {
		*ret_end = be64_get(c.key + FS_KEY_HEAD) + 1;
	} else if (err == 0) {
		err = -EUCLEAN;
	}
	rs_cursor_finish(&c);
	return err;
}

static int reap_region(struct rs_txn *t, struct fs_inode *in, bool *ret_done)
{
	uint64_t end = 0;
	int err = chunks_end(rs_txn_view(t), in->ino, &end);

	if (err < 0)
		return err;
	end = end > SLICE_CHUNKS ? end - SLICE_CHUNKS : 0;
	if (end > RS_REGION_MAX / RS_CHUNK_SIZE)
		return -EUCLEAN;
	err = rs_region_truncate(t, in->ino, &in->obj, end * RS_CHUNK_SIZE);
	if (err == 0 && end > 0)
		err = fs_inode_put(t, in);
	if (err == 0)
		*ret_done = end == 0;
	return err;
}

static int reap_set(struct rs_txn *t, struct fs_inode *in, bool *ret_done)
{
	bool done = false;
	int err = bm_object_clear(t, &in->obj, BM_CLEAR_SLICE, &done);

	if (err == 0 && !done)
		err = fs_inode_put(t, in);
	if (err == 0)
		*ret_done = done;
	return err;
}

static int reap_body(struct rs_txn *t, struct fs_inode *in, bool *ret_done)
{
	*ret_done = true;
	if (in->obj.kind == RS_KIND_REGION)
		return reap_region(t, in, ret_done);
	if (in->obj.kind == RS_KIND_SET)
		return reap_set(t, in, ret_done);
	if (in->obj.kind == RS_KIND_SYMLINK)
		return fs_blob_free(t, in->obj.body, in->obj.body_len);
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

static int reap_record(struct rs_txn *t, struct fs_inode *in)
{
	int err = fs_orphan_del(t, in->ino);

	/* A file that never had a name may still be going to expire. */
	if (err == 0 && in->obj.kind != RS_KIND_DIR)
		err = fs_expire_set(t, in, 0, 0);
	return err < 0 ? err : rs_object_del(t, in->ino);
}

/* Its object may never have been there: then the record is all there is. */
static int reap_stage(struct rs_txn *t, uint64_t ino, bool *ret_done)
{
	bool done = false;
	int err = bm_reap(t, ino, BM_CLEAR_SLICE, &done);

	if (err < 0 && err != -ENOENT)
		return err;
	done = done || err == -ENOENT;
	err = done ? fs_orphan_del(t, ino) : 0;
	if (err < 0 && err != -ENOENT)
		return err;
	*ret_done = done;
	return 0;
}

int fs_reap(struct rs_txn *t, uint64_t ino, bool *ret_done)
{
	struct fs_inode in;
	bool done = false;
	int err = rs_object_get(rs_txn_view(t), ino, &in.obj);

	if (err == -ENOENT || (err == 0 && in.obj.attr_len == 0))
		return reap_stage(t, ino, ret_done);
	err = fs_inode_get(rs_txn_view(t), ino, &in);
	/* Named again since (fs_link): not ours to free. */
	if (err == 0 && in.attr.nlink > 0) {
		*ret_done = true;
		return 0;
	}
	if (err == 0)
		err = reap_xattrs(t, ino, &done);
	if (err == 0 && done)
		err = reap_body(t, &in, &done);
	if (err == 0 && done)
		err = reap_record(t, &in);
	if (err == 0)
		*ret_done = done;
	return err;
}

/* The first orphan with a number of at least from. */
static int next_orphan(struct rs_store *s, uint64_t from, uint64_t *ret_ino)
{
	struct fs_key k = fs_key_first(RS_KEY_ORPHAN, from);
	struct rs_cursor c;
	struct rs_view *v;
	int err = rs_view_live(s, &v);

	if (err < 0)
		return err;
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, k.b, k.len);
	if (err == 0 && (c.key_len != k.len || c.key[0] != RS_KEY_ORPHAN))
		err = -ENOENT;
	if (err == 0)
		*ret_ino = be64_get(c.key + 1);
	rs_cursor_finish(&c);
	rs_view_put(v);
	return err;
}

static int reap_one(struct rs_store *s, uint64_t ino)
{
	bool done = false;

	while (!done) {
		struct rs_txn *t;
		int err = rs_txn_begin(s, &t);

		if (err < 0)
			return err;
		err = fs_reap(t, ino, &done);
		err = rs_txn_end_or_abort(t, err);
		if (err < 0)
			return err;
	}
	return 0;
}

int fs_reap_all(struct rs_store *s)
{
	uint64_t ino = 0;
	int first_err = 0;
	int err;

	/* One that is damaged does not keep the others. */
	while ((err = next_orphan(s, ino, &ino)) == 0) {
		err = reap_one(s, ino);
		if (err < 0 && first_err == 0)
			first_err = err;
		if (ino++ == UINT64_MAX)
			break;
	}
	return first_err ? first_err : err == -ENOENT ? 0 : err;
}

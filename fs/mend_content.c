/* SPDX-License-Identifier: Apache-2.0 */
/* mend_content.c - what objects and attributes hold.
 *
 * One pass over objects and attributes, on a view: what is changed on the way
 * is always what the cursor has just left behind, so the view need not know.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/mend.h"
#include "fs/ns_entry.h"
#include "regionstore/base/auto.h"

#define BLOCK RS_PAGE_SIZE

/* What one object's loss is told to, with its number. */
struct teller {
	struct fs_mend *m;
	uint64_t ino;
};

static void tell(void *arg, const char *text)
{
	struct teller *t = arg;

	fs_mend_say(t->m, t->ino, "%s", text);
}

/* --- regions -------------------------------------------------------------- */

/* Can [off, off + len) be read? */
static int try_read(const struct rs_view *v, uint64_t ino, uint64_t off,
		    size_t len)
{
	AUTO_FREE uint8_t *buf = malloc(len);
	size_t got;

	return buf ? rs_region_read(v, ino, off, buf, len, &got) : -ENOMEM;
}

static int punch(struct fs_mend *m, uint64_t ino, uint64_t off, uint64_t len)
{
	struct fs_inode in;
	struct rs_txn *t;
	int err = rs_txn_begin(m->s, &t);

	if (err < 0)
		return err;
	err = fs_inode_get(rs_txn_view(t), ino, &in);
	if (err == 0)
		err = rs_region_punch(t, ino, &in.obj, off, len);
	if (err == 0)
		err = fs_inode_put(t, &in);
	return rs_txn_end_or_abort(t, err);
}

/* The damaged blocks of one chunk; neighbours are told as one. */
static int mend_chunk(struct fs_mend *m, const struct rs_view *v, uint64_t ino,
		      uint64_t off)
{
	uint64_t end = off + RS_CHUNK_SIZE, bad = end;
	int err;

	for (uint64_t at = off; at <= end; at += BLOCK) {
		bool is_bad = false;

		err = 0;
		if (at < end) {
			err = try_read(v, ino, at, BLOCK);
			is_bad = fs_mend_is_damage(err);
		}
		if (err < 0 && !is_bad)
			return err;
		if (is_bad && bad == end)
			bad = at;
		if (is_bad || bad == end)
			continue;
		fs_mend_say(m, ino,
			    "bytes %" PRIu64 " to %" PRIu64
			    " cannot be read, and become zeros",
			    bad, at - 1);
		err = punch(m, ino, bad, at - bad);
		if (err < 0)
			return err;
		bad = end;
	}
	return 0;
}

static int mend_region(struct fs_mend *m, const struct rs_view *v, uint64_t ino,
		       uint64_t size)
{
	uint64_t off = 0;
	int err = 0;

	while (err == 0 && off < size) {
		err = try_read(v, ino, off, RS_CHUNK_SIZE);
		if (fs_mend_is_damage(err))
			err = mend_chunk(m, v, ino, off);
		off += RS_CHUNK_SIZE;
		/* Holes are long, and cost nothing. */
		if (err == 0 && off < size &&
		    rs_region_seek(v, ino, off, false, &off) == -ENXIO)
			break;
		off -= off % RS_CHUNK_SIZE;
	}
	return err;
}

/* --- objects -------------------------------------------------------------- */

static int reheader(struct fs_mend *m, struct rs_txn *t,
		    const struct rs_cursor *c)
{
	uint64_t ino = be64_get(c->key + 1), lost = 0;
	struct teller to = { m, ino };
	struct rs_object before;
	struct fs_inode in;
	int err = fs_inode_get(rs_txn_view(t), ino, &in);

	if (err < 0)
		return err;
	before = in.obj;
	if (in.obj.kind == RS_KIND_REGION)
		err = rs_region_mend(t, ino, &in.obj, &lost);
	else
		err = bm_mend(t, &in.obj, tell, &to);
	if (lost)
		fs_mend_say(m, ino,
			    "%" PRIu64 " bytes of it are gone, and are zeros",
			    lost);
	if (err == 0 && (before.body_len != in.obj.body_len ||
			 memcmp(before.body, in.obj.body, before.body_len)))
		err = fs_inode_put(t, &in);
	return err;
}

static int drop_object(struct fs_mend *m, const struct rs_cursor *c,
		       const char *why)
{
	fs_mend_say(m, be64_get(c->key + 1), "is gone: %s", why);
	return fs_mend_in_txn(m, c, fs_mend_del);
}

int fs_mend_object(struct fs_mend *m, const struct rs_cursor *c)
{
	struct rs_region_info region;
	struct bm_info set;
	struct fs_inode in;
	uint64_t ino;
	int err;

	if (c->key_len != FS_KEY_HEAD)
		return fs_mend_in_txn(m, c, fs_mend_del);
	ino = be64_get(c->key + 1);
	err = fs_inode_get(c->view, ino, &in);
	if (err == -EUCLEAN)
		return drop_object(m, c, "its record makes no sense");
	if (err < 0)
		return err;
	if (in.obj.kind == RS_KIND_SYMLINK) {
		err = fs_blob_verify(c->view, in.obj.body, in.obj.body_len);
		if (fs_mend_is_damage(err))
			return drop_object(m, c, "its target cannot be read");
		return err;
	}
	if (in.obj.kind == RS_KIND_REGION) {
		if (rs_region_info(&in.obj, &region) < 0)
			return drop_object(m, c, "its body makes no sense");
		err = mend_region(m, c->view, ino, region.size);
		return err < 0 ? err : fs_mend_in_txn(m, c, reheader);
	}
	if (in.obj.kind != RS_KIND_SET)
		return 0;
	if (bm_object_info(&in.obj, &set) < 0)
		return drop_object(m, c, "its body makes no sense");
	return fs_mend_in_txn(m, c, reheader);
}

static int mend_xattr(struct fs_mend *m, const struct rs_cursor *c)
{
	uint64_t ino;
	int err;

	if (c->key_len <= FS_KEY_HEAD || c->key_len > FS_KEY_HEAD + FS_NAME_MAX)
		return fs_mend_in_txn(m, c, fs_mend_del);
	ino = be64_get(c->key + 1);
	err = fs_blob_verify(c->view, c->val, c->val_len);
	if (!fs_mend_is_damage(err))
		return err;
	fs_mend_say(m, ino, "its attribute '%.*s' is gone",
		    (int)(c->key_len - FS_KEY_HEAD),
		    (const char *)c->key + FS_KEY_HEAD);
	return fs_mend_in_txn(m, c, fs_mend_del);
}

/* --- all of it ------------------------------------------------------------ */

static int mend_record(void *arg, const struct rs_cursor *c)
{
	if (c->key[0] == RS_KEY_OBJECT)
		return fs_mend_object(arg, c);
	return c->key[0] == RS_KEY_XATTR ? mend_xattr(arg, c) : 0;
}

int fs_mend_content(struct fs_mend *m)
{
	return fs_mend_walk_live(m, mend_record, m);
}

/* --- looking only --------------------------------------------------------- */

static int verify_region(const struct rs_view *v, uint64_t ino,
			 const struct rs_object *obj)
{
	struct rs_region_info info;
	uint64_t off = 0;
	int err = rs_region_info(obj, &info);

	while (err == 0 && off < info.size) {
		err = try_read(v, ino, off, RS_CHUNK_SIZE);
		off += RS_CHUNK_SIZE;
		if (err == 0 && off < info.size)
			err = rs_region_seek(v, ino, off, false, &off);
		off -= off % RS_CHUNK_SIZE;
	}
	return err == -ENXIO ? 0 : err;
}

static int verify(const struct rs_cursor *c)
{
	uint64_t ino;
	struct fs_inode in;
	int err;

	if (c->key[0] == RS_KEY_XATTR)
		return fs_blob_verify(c->view, c->val, c->val_len);
	if (c->key[0] != RS_KEY_OBJECT || c->key_len != FS_KEY_HEAD)
		return 0;
	ino = be64_get(c->key + 1);
	err = rs_object_get(c->view, ino, &in.obj);
	if (err < 0)
		return err;
	if (in.obj.kind == RS_KIND_REGION)
		return verify_region(c->view, ino, &in.obj);
	if (in.obj.kind == RS_KIND_SET)
		return bm_verify(c->view, &in.obj);
	if (in.obj.kind == RS_KIND_SYMLINK)
		return fs_blob_verify(c->view, in.obj.body, in.obj.body_len);
	return 0;
}

static int count(void *arg, const struct rs_cursor *c)
{
	uint64_t *damaged = arg;
	int err = verify(c);

	if (!fs_mend_is_damage(err))
		return err;
	(*damaged)++;
	return 0;
}

int fs_mend_count(const struct rs_view *v, uint64_t *ret_damaged)
{
	uint64_t n = 0;
	int err = fs_mend_walk(v, count, &n);

	if (fs_mend_is_damage(err)) {
		n++; /* the rest of it */
		err = 0;
	}
	*ret_damaged = n;
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* mend_content.c - what objects and attributes hold.
 *
 * One pass over the objects, one over the attributes, on a view: what is
 * changed on the way is always what the cursor has just left behind, so the
 * view need not know. Then segments and chunks that no object claims.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fs/mend.h"
#include "fs/ns_entry.h"
#include "regionstore/base/auto.h"

#define BLOCK	 RS_PAGE_SIZE
#define LOST_BIT 0600

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
	if (err < 0) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
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

static int mend_object(struct fs_mend *m, const struct rs_cursor *c)
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

/* --- what no object claims ------------------------------------------------ */

/* The numbers of sets' segments that objects have. */
struct ids {
	uint64_t *v;
	size_t n, cap;
	bool sorted;
	uint8_t last_type; /* the record before this one */
	uint64_t last;
};

static int add_id(struct ids *ids, uint64_t id)
{
	if (ids->n == ids->cap) {
		size_t cap = ids->cap ? 2 * ids->cap : 64;
		uint64_t *v = reallocarray(ids->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		ids->v = v;
		ids->cap = cap;
	}
	ids->v[ids->n++] = id;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int note_set(struct ids *ids, const struct rs_cursor *c)
{
	struct rs_object obj;
	uint64_t id = 0;

	if (c->key_len != FS_KEY_HEAD ||
	    rs_object_get(c->view, be64_get(c->key + 1), &obj) < 0 ||
	    obj.kind != RS_KIND_SET || bm_object_id(&obj, &id) < 0 || !id)
		return 0;
	return add_id(ids, id);
}

static int put_found(struct rs_txn *t, struct fs_mend *m, uint64_t ino,
		     struct fs_inode *in, enum fs_realm realm)
{
	in->ino = ino;
	in->attr = (struct fs_attr){ .mode = S_IFREG | LOST_BIT,
				     .nlink = 1,
				     .realm = realm,
				     .generation = 1,
				     .atime_ns = m->now_ns,
				     .mtime_ns = m->now_ns,
				     .ctime_ns = m->now_ns,
				     .btime_ns = m->now_ns };
	return fs_inode_put(t, in);
}

/* It gets an object, and a name when names are mended. */
static int adopt_set(struct fs_mend *m, struct rs_txn *t,
		     const struct rs_cursor *c)
{
	struct fs_inode in = { .obj = { .kind = RS_KIND_SET } };
	uint64_t id = be64_get(c->key + 1);
	struct teller to = { m, 0 };
	int err = bm_mend_adopt(t, id, &in.obj, tell, &to);

	return err < 0 ? err
		       : put_found(t, m, rs_txn_new_id(t), &in,
				   FS_REALM_BITMAPS);
}

static int adopt_region(struct fs_mend *m, struct rs_txn *t,
			const struct rs_cursor *c)
{
	struct fs_inode in = { .obj = { .kind = RS_KIND_REGION } };
	uint64_t ino = be64_get(c->key + 1), lost;
	int err;

	rs_region_init(&in.obj);
	err = rs_region_mend(t, ino, &in.obj, &lost);
	return err < 0 ? err : put_found(t, m, ino, &in, FS_REALM_REGIONS);
}

static bool is_claimed(struct ids *ids, uint64_t id)
{
	if (!ids->sorted && ids->n)
		qsort(ids->v, ids->n, sizeof(*ids->v), by_number);
	ids->sorted = true;
	return ids->n && bsearch(&id, ids->v, ids->n, sizeof(id), by_number);
}

/* The first segment or chunk of each number. */
static int claim(struct fs_mend *m, struct ids *ids, const struct rs_cursor *c)
{
	uint64_t number = c->key_len >= FS_KEY_HEAD ? be64_get(c->key + 1) : 0;
	struct rs_object obj;
	int err;

	if (number == ids->last && c->key[0] == ids->last_type)
		return 0;
	ids->last = number;
	ids->last_type = c->key[0];
	if (c->key[0] == RS_KEY_SEGMENT)
		return is_claimed(ids, number)
			       ? 0
			       : fs_mend_in_txn(m, c, adopt_set);
	err = rs_object_get(c->view, number, &obj);
	if (err == 0 && obj.kind == RS_KIND_REGION)
		return 0;
	if (err == -ENOENT)
		return fs_mend_in_txn(m, c, adopt_region);
	return err < 0 ? err : fs_mend_in_txn(m, c, fs_mend_del);
}

/* --- passes --------------------------------------------------------------- */

typedef int pass_fn(struct fs_mend *m, struct ids *ids,
		    const struct rs_cursor *c);

static int pass_content(struct fs_mend *m, struct ids *ids,
			const struct rs_cursor *c)
{
	(void)ids;
	if (c->key[0] == RS_KEY_OBJECT)
		return mend_object(m, c);
	return c->key[0] == RS_KEY_XATTR ? mend_xattr(m, c) : 0;
}

static int pass_claims(struct fs_mend *m, struct ids *ids,
		       const struct rs_cursor *c)
{
	if (c->key[0] == RS_KEY_OBJECT)
		return note_set(ids, c);
	if (c->key[0] != RS_KEY_SEGMENT && c->key[0] != RS_KEY_CHUNK)
		return 0;
	return claim(m, ids, c);
}

static int pass(struct fs_mend *m, pass_fn *fn)
{
	struct ids ids = { 0 };
	struct rs_cursor c;
	struct rs_view *v;
	int err = rs_view_live(m->s, &v);

	if (err < 0)
		return err;
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, "", 0);
	while (err == 0) {
		err = fn(m, &ids, &c);
		if (err == 0)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	rs_view_put(v);
	free(ids.v);
	return err == -ENOENT ? 0 : err;
}

int fs_mend_content(struct fs_mend *m)
{
	int err = pass(m, pass_content);

	return err < 0 ? err : pass(m, pass_claims);
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

int fs_mend_count(const struct rs_view *v, uint64_t *ret_damaged)
{
	uint64_t n = 0;
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, "", 0);
	while (err == 0) {
		err = verify(&c);
		if (fs_mend_is_damage(err)) {
			n++;
			err = 0;
		}
		if (err == 0)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	if (fs_mend_is_damage(err)) {
		n++; /* the rest of it */
		err = 0;
	}
	*ret_damaged = n;
	return err == -ENOENT ? 0 : err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* mend_claims.c - segments and chunks that no object claims.
 *
 * They get one. That of a region has the number that its chunks have, so a name
 * that leads to it still does; that of a set is new. What has no name then gets
 * one when names are mended.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "fs/mend.h"
#include "fs/ns_entry.h"

#define LOST_BIT 0600

/* The numbers of sets' segments that objects have. */
struct ids {
	struct fs_mend *m;
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

static void tell(void *arg, const char *text)
{
	fs_mend_say(arg, 0, "%s", text);
}

static int adopt_set(struct fs_mend *m, struct rs_txn *t,
		     const struct rs_cursor *c)
{
	struct fs_inode in = { .obj = { .kind = RS_KIND_SET } };
	uint64_t id = be64_get(c->key + 1);
	int err = bm_mend_adopt(t, id, &in.obj, tell, m);

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

/* What it has may be damaged, as that of any other. */
static int mend_adopted(struct fs_mend *m, uint64_t ino)
{
	struct fs_key k = fs_key_first(RS_KEY_OBJECT, ino);
	struct rs_cursor c;
	struct rs_view *v;
	int err = rs_view_live(m->s, &v);

	if (err < 0)
		return err;
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, k.b, k.len);
	if (err == 0)
		err = fs_mend_object(m, &c);
	rs_cursor_finish(&c);
	rs_view_put(v);
	return err;
}

static bool is_claimed(struct ids *ids, uint64_t id)
{
	if (!ids->sorted && ids->n)
		qsort(ids->v, ids->n, sizeof(*ids->v), by_number);
	ids->sorted = true;
	return ids->n && bsearch(&id, ids->v, ids->n, sizeof(id), by_number);
}

/* The first segment or chunk of each number. */
static int claim(struct ids *ids, const struct rs_cursor *c)
{
	struct fs_mend *m = ids->m;
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
	if (err == -ENOENT) {
		err = fs_mend_in_txn(m, c, adopt_region);
		return err < 0 ? err : mend_adopted(m, number);
	}
	return err < 0 ? err : fs_mend_in_txn(m, c, fs_mend_del);
}

static int look_at(void *arg, const struct rs_cursor *c)
{
	struct ids *ids = arg;

	if (c->key[0] == RS_KEY_OBJECT)
		return note_set(ids, c);
	if (c->key[0] != RS_KEY_SEGMENT && c->key[0] != RS_KEY_CHUNK)
		return 0;
	return claim(ids, c);
}

/* Objects come before chunks and segments. */
int fs_mend_claims(struct fs_mend *m)
{
	struct ids ids = { .m = m };
	int err = fs_mend_walk_live(m, look_at, &ids);

	free(ids.v);
	return err;
}

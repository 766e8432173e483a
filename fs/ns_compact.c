/* SPDX-License-Identifier: Apache-2.0 */
/* ns_compact.c - where records of all layers point, for rs_compact() and for
 * rs_set_rescue().
 *
 * The store moves the chunks of regions itself. Segments of sets, and long
 * attributes and link targets, are known to bitmap/ and to us.
 */
#include "fs/ns_compact.h"

#include "fs/ns_entry.h"

static int find_blob(const uint8_t *blob, size_t len, size_t off,
		     struct rs_where *ret_where)
{
	struct rs_where where;
	int err = fs_blob_where(blob, len, &where);

	if (err)
		return err;
	where.off += off;
	*ret_where = where;
	return 0;
}

/* The body of a link comes last in the value of its object. */
static int find_target(const struct rs_cursor *c, struct rs_where *ret_where)
{
	struct rs_object obj;
	int err;

	if (c->key_len != FS_KEY_HEAD || c->val_len <= FS_BLOB_PAGED)
		return -ENOENT;
	err = rs_object_get(c->view, be64_get(c->key + 1), &obj);
	if (err)
		return err;
	if (obj.kind != RS_KIND_SYMLINK || obj.body_len > c->val_len)
		return -ENOENT;
	return find_blob(obj.body, obj.body_len, c->val_len - obj.body_len,
			 ret_where);
}

int fs_find_payload(void *arg, const struct rs_cursor *c,
		    struct rs_where *ret_where)
{
	(void)arg;
	if (c->key[0] == RS_KEY_OBJECT)
		return find_target(c, ret_where);
	if (c->key[0] == RS_KEY_XATTR)
		return find_blob(c->val, c->val_len, 0, ret_where);
	return bm_find_payload(c, ret_where);
}

struct run {
	struct rs_store *s;
	int (*go_on)(void *arg, const struct rs_compact_result *r);
	void *arg;
};

static int go_on(void *arg, const struct rs_compact_result *r)
{
	const struct run *run = arg;

	return run->go_on ? run->go_on(run->arg, r) : 0;
}

static int pack(void *arg, struct rs_compact_result *r)
{
	const struct run *run = arg;

	return bm_compact(run->s, go_on, arg, r);
}

int fs_compact(struct rs_store *s,
	       int (*go_on_fn)(void *arg, const struct rs_compact_result *r),
	       void *arg, struct rs_compact_result *ret_result)
{
	struct run run = { .s = s, .go_on = go_on_fn, .arg = arg };
	const struct rs_compact_ops ops = {
		.find = fs_find_payload,
		.pack = pack,
		.go_on = go_on,
		.arg = &run,
	};

	return rs_compact(s, &ops, ret_result);
}

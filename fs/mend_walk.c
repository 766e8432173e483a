/* SPDX-License-Identifier: Apache-2.0 */
/* mend_walk.c - each record of a tree, and a change of its own for one.
 *
 * A walk is of a view, so it sees nothing of the changes on its way: what is
 * changed is what the cursor stands at, or what it will not come to.
 */
#include "fs/mend.h"
#include "fs/ns_entry.h"

int fs_mend_walk(const struct rs_view *v, fs_mend_record_fn *fn, void *arg)
{
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, "", 0);
	while (err == 0) {
		err = fn(arg, &c);
		if (err == 0)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

int fs_mend_walk_live(struct fs_mend *m, fs_mend_record_fn *fn, void *arg)
{
	struct rs_view *v;
	int err = rs_view_live(m->s, &v);

	if (err < 0)
		return err;
	err = fs_mend_walk(v, fn, arg);
	rs_view_put(v);
	return err;
}

/* --- a change ------------------------------------------------------------- */

int fs_mend_in_txn(struct fs_mend *m, const struct rs_cursor *c, fs_mend_fn *fn)
{
	struct rs_txn *t;
	int err = rs_txn_begin(m->s, &t);

	if (err < 0)
		return err;
	err = fn(m, t, c);
	return rs_txn_end_or_abort(t, err);
}

/* The pages of a long attribute or link; what makes no sense has none. */
static int free_blob(struct rs_txn *t, const struct rs_cursor *c)
{
	struct rs_object obj;
	int err = 0;

	if (c->key[0] == RS_KEY_XATTR)
		err = fs_blob_free(t, c->val, c->val_len);
	else if (c->key[0] == RS_KEY_OBJECT && c->key_len == FS_KEY_HEAD &&
		 rs_object_get(c->view, be64_get(c->key + 1), &obj) == 0 &&
		 obj.kind == RS_KIND_SYMLINK)
		err = fs_blob_free(t, obj.body, obj.body_len);
	return err == -EUCLEAN ? 0 : err;
}

int fs_mend_del(struct fs_mend *m, struct rs_txn *t, const struct rs_cursor *c)
{
	int err = free_blob(t, c);

	(void)m;
	if (err < 0)
		return err;
	err = rs_del(t, c->key, c->key_len);
	return err == -ENOENT ? 0 : err;
}

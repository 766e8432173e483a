/* SPDX-License-Identifier: Apache-2.0 */
/* ns_dir.c - listing a directory: its entries, by number.
 *
 * The tree counts its records, so the n-th entry is found in O(log n) and a
 * position is a plain number: telldir, seekdir and a listing cut into pages
 * cost nothing to remember. Reading on from the last position, as nearly all
 * do, is one step of the cursor.
 */
#include "fs/ns_entry.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/ck.h"

struct fs_dir {
	struct rs_view *view;
	uint64_t ino;
	uint64_t base; /* number of the first entry in the whole tree */
	uint64_t next; /* position after the cursor's */
	bool placed;   /* the cursor stands on next - 1 */
	struct rs_cursor cursor;
};

static int rank_of_first(const struct rs_view *v, uint64_t ino,
			 uint64_t *ret_rank)
{
	struct fs_key k = fs_key_first(RS_KEY_ENTRY, ino);
	struct rs_sum sum;
	int err = rs_sum_before(v, k.b, k.len, &sum);

	if (err == 0)
		*ret_rank = sum.count;
	return err;
}

int fs_dir_open(struct rs_view *v, uint64_t ino, struct fs_dir **ret_dir)
{
	AUTO_FREE struct fs_dir *d = calloc(1, sizeof(*d));
	struct rs_object obj;
	int err;

	if (!d)
		return -ENOMEM;
	err = rs_object_get(v, ino, &obj);
	if (err < 0)
		return err;
	if (obj.kind != RS_KIND_DIR)
		return -ENOTDIR;
	err = rank_of_first(v, ino, &d->base);
	if (err < 0)
		return err;
	d->ino = ino;
	d->view = rs_view_ref(v);
	rs_cursor_init(&d->cursor, d->view);
	*ret_dir = take_ptr(&d);
	return 0;
}

void fs_dir_close(struct fs_dir *d)
{
	if (!d)
		return;
	rs_cursor_finish(&d->cursor);
	rs_view_put(d->view);
	free(d);
}

static int place(struct fs_dir *d, uint64_t pos)
{
	uint64_t n;
	int err;

	if (d->placed && pos == d->next)
		err = rs_cursor_next(&d->cursor);
	else if (ck_add(d->base, pos, &n))
		err = rs_cursor_nth(&d->cursor, n);
	else
		err = -ENOENT;
	d->placed = err == 0;
	d->next = pos + 1;
	return err;
}

int fs_dir_read(struct fs_dir *d, uint64_t pos, struct fs_entry *ret_entry)
{
	const struct rs_cursor *c = &d->cursor;
	struct fs_target target;
	size_t name_len;
	int err = place(d, pos);

	if (err < 0)
		return err;
	if (!fs_key_below(c, RS_KEY_ENTRY, d->ino))
		return -ENOENT;
	err = fs_target_decode(c->val, c->val_len, &target);
	if (err < 0)
		return err;
	name_len = c->key_len - FS_KEY_HEAD;
	if (name_len == 0 || name_len > FS_NAME_MAX)
		return -EUCLEAN;
	ret_entry->ino = target.ino;
	ret_entry->kind = target.kind;
	memcpy(ret_entry->name, c->key + FS_KEY_HEAD, name_len);
	ret_entry->name[name_len] = '\0';
	return 0;
}

int fs_dir_count(const struct rs_view *v, uint64_t ino, uint64_t *ret_count)
{
	uint64_t first = 0, end = 0;
	int err = rank_of_first(v, ino, &first);

	/* No inode has the last number there is. */
	if (err == 0)
		err = ino < UINT64_MAX ? rank_of_first(v, ino + 1, &end)
				       : -ENOENT;
	if (err == 0 && !ck_sub(end, first, ret_count))
		return -EUCLEAN;
	return err;
}

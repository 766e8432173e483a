/* SPDX-License-Identifier: Apache-2.0 */
/* ns_dir.c - listing a directory: its entries, by number.
 *
 * The tree counts its records, so the n-th entry is found in O(log n) and a
 * position is a plain number: telldir, seekdir and a listing cut into pages
 * cost nothing to remember. Reading on from the last position, as nearly all
 * do, is one step of the cursor.
 *
 * An entry does not say whether its file has expired; the object does. The
 * first record of the expiry index says whether that question comes up at all.
 */
#include "fs/ns_entry.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/ck.h"

#define NS_PER_MS 1000000

struct fs_dir {
	struct rs_view *view;
	uint64_t ino;
	uint64_t base; /* number of the first entry in the whole tree */
	uint64_t next; /* position after the cursor's */
	bool placed;   /* the cursor stands on next - 1 */
	int64_t first_expiry_ns; /* before it nothing here has expired */
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

static int find_first_expiry(const struct rs_view *v, int64_t *ret_ns)
{
	uint64_t ms;
	int err = fs_expire_first(v, &ms);

	if (err == 0)
		*ret_ns = ms > INT64_MAX / NS_PER_MS ? INT64_MAX
						     : (int64_t)ms * NS_PER_MS;
	else if (err == -ENOENT)
		*ret_ns = INT64_MAX;
	return err == -ENOENT ? 0 : err;
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
	if (err == 0)
		err = find_first_expiry(v, &d->first_expiry_ns);
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

static int decode(const struct rs_cursor *c, struct fs_entry *ret_entry)
{
	size_t name_len = c->key_len - FS_KEY_HEAD;
	struct fs_target target;
	int err = fs_target_decode(c->val, c->val_len, &target);

	if (err < 0)
		return err;
	if (name_len == 0 || name_len > FS_NAME_MAX)
		return -EUCLEAN;
	ret_entry->ino = target.ino;
	ret_entry->kind = target.kind;
	memcpy(ret_entry->name, c->key + FS_KEY_HEAD, name_len);
	ret_entry->name[name_len] = '\0';
	return 0;
}

static int is_hidden(const struct fs_dir *d, const struct fs_entry *e,
		     int64_t now_ns, bool *ret_is)
{
	const struct fs_target target = { e->ino, e->kind };

	*ret_is = false;
	if (now_ns < d->first_expiry_ns)
		return 0;
	return fs_target_expired(d->view, &target, now_ns, ret_is);
}

/* The entry at pos, be it hidden or not. */
static int read_at(struct fs_dir *d, int64_t now_ns, uint64_t pos,
		   struct fs_entry *ret_entry, bool *ret_hidden)
{
	int err = place(d, pos);

	if (err == 0 && !fs_key_below(&d->cursor, RS_KEY_ENTRY, d->ino))
		err = -ENOENT;
	if (err == 0)
		err = decode(&d->cursor, ret_entry);
	if (err == 0)
		err = is_hidden(d, ret_entry, now_ns, ret_hidden);
	return err;
}

int fs_dir_step(struct fs_dir *d, int64_t now_ns, uint64_t pos, size_t *left,
		struct fs_entry *ret_entry)
{
	bool hidden = true;
	int err = 0;

	for (; err == 0 && hidden; pos++) {
		err = read_at(d, now_ns, pos, ret_entry, &hidden);
		if (err == 0 && hidden && *left == 0)
			err = -EAGAIN;
		else if (err == 0 && hidden)
			(*left)--;
	}
	if (err == 0)
		ret_entry->next = pos;
	if (err == -EAGAIN)
		ret_entry->next = pos - 1;
	return err;
}

int fs_dir_read(struct fs_dir *d, int64_t now_ns, uint64_t pos,
		struct fs_entry *ret_entry)
{
	size_t left = SIZE_MAX;

	return fs_dir_step(d, now_ns, pos, &left, ret_entry);
}

static int count_all(const struct rs_view *v, uint64_t ino, uint64_t *ret_count)
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

/* One after the other, while something that has expired is still there. */
static int count_shown(struct rs_view *v, int64_t now_ns, uint64_t ino,
		       uint64_t *ret_count)
{
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	uint64_t n = 0;
	int err = fs_dir_open(v, ino, &d);

	if (err < 0)
		return err;
	while ((err = fs_dir_read(d, now_ns, e.next, &e)) == 0)
		n++;
	fs_dir_close(d);
	if (err != -ENOENT)
		return err;
	*ret_count = n;
	return 0;
}

int fs_dir_count(struct rs_view *v, int64_t now_ns, uint64_t ino,
		 uint64_t *ret_count)
{
	int64_t first_ns = 0;
	int err = find_first_expiry(v, &first_ns);

	if (err < 0)
		return err;
	return now_ns < first_ns ? count_all(v, ino, ret_count)
				 : count_shown(v, now_ns, ino, ret_count);
}

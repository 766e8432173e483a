/* SPDX-License-Identifier: Apache-2.0 */
/* set_copy.c - copying a whole set: copy_file_range(2) of a file of members
 * takes the segments over, and no text is made.
 */
#include "fs/set_session_priv.h"

static int copy_locked(struct fs_session *s, uint64_t off,
		       const struct bm_view *src, uint64_t size)
	REQUIRES(s->lock);

static int copy_locked(struct fs_session *s, uint64_t off,
		       const struct bm_view *src, uint64_t size)
{
	struct fs_io io = { 0 };
	int err;

	if (s->failed)
		return s->failed;
	for (const struct fs_session_owner *o = s->owners; o; o = o->next) {
		if (o->torn.len)
			return -EOPNOTSUPP;
	}
	if (s->parser || (!s->stage && off))
		return -EOPNOTSUPP;
	err = fs_session_place(s, &io, off);
	if (!err)
		err = fs_session_pack_alike(s, size);
	if (err)
		return err;
	err = bm_stage_copy(s->stage, src);
	if (err)
		return fs_session_fail(s, &io, err, NULL);
	fs_opens_forget_time(&s->fs->opens, s->ino);
	s->wrote = true;
	s->staged += size;
	return 0;
}

/* Are the bytes of one a file in the other with the same members? */
static bool is_alike(enum bm_format from, enum bm_format to)
{
	return from == to ||
	       (bm_format_is_lines(from) && bm_format_is_lines(to));
}

/* How large the file is that the caller thinks is copied. */
static int size_of(const struct bm_view *src, enum bm_format format,
		   uint64_t *ret_size)
{
	struct bm_file *f;
	int err = bm_file_open(src, format, &f);

	if (err)
		return err;
	*ret_size = bm_file_size(f);
	bm_file_close(f);
	return 0;
}

int fs_session_copy(struct fs_session *s, uint64_t off,
		    const struct fs_copy_source *from, uint64_t max_size,
		    uint64_t *ret_size)
{
	uint64_t size;
	int err;

	if (!is_alike(from->format, s->format))
		return -EOPNOTSUPP;
	err = size_of(from->view, from->format, &size);
	if (!err && size > max_size)
		err = -EOPNOTSUPP;
	if (!err) {
		lock_take(&s->lock);
		err = copy_locked(s, off, from->view, size);
		lock_drop(&s->lock);
	}
	if (!err)
		*ret_size = size;
	return err;
}

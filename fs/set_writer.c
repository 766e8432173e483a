/* SPDX-License-Identifier: Apache-2.0 */
/* set_writer.c - where a write goes: to the end of the set, into a replace, or
 * nowhere.
 */
#include "fs/set_session_priv.h"

/* 0 when bytes at off may be fed now. A replace begins here. */
int fs_session_place(struct fs_session *s, const struct fs_io *io, uint64_t off)
{
	uint64_t size;
	int err;

	if (io->mapped)
		return -EOPNOTSUPP;
	if (!s->stage && off == 0 && !io->append)
		return fs_session_restage(s);
	if (!fs_session_takes_more(s))
		return -EOPNOTSUPP;
	if (s->stage)
		return io->append || off == s->staged ? 0 : -EOPNOTSUPP;
	if (io->append || (off && off == s->end))
		return 0;
	err = fs_session_visible(s, &size);
	if (err)
		return err;
	return off == size ? 0 : -EOPNOTSUPP;
}

static int refuse_write(struct fs_session *s, const struct fs_io *io,
			uint64_t off) REQUIRES(s->lock);

static int refuse_write(struct fs_session *s, const struct fs_io *io,
			uint64_t off)
{
	const char *why = "a set is written at its end, or anew from the "
			  "start; nothing is guessed";

	if (io->mapped)
		why = "a set is not written through a mapping: append lines, "
		      "or write it anew";
	else if (!fs_session_takes_more(s))
		why = "a file in this format ends by itself, and nothing can "
		      "follow: write it anew";
	return fs_session_refuse(s, io, "write at byte", off, why);
}

static int write_locked(struct fs_session *s, const struct fs_io *io,
			uint64_t off, const char *buf, size_t len)
	REQUIRES(s->lock);

static int write_locked(struct fs_session *s, const struct fs_io *io,
			uint64_t off, const char *buf, size_t len)
{
	int err;

	if (s->failed)
		return s->failed;
	err = fs_session_place(s, io, off);
	if (!err)
		err = fs_session_pack_alike(s, s->staged + len);
	if (err)
		return err == -EOPNOTSUPP ? refuse_write(s, io, off)
					  : fs_session_fail(s, io, err, NULL);
	err = bm_format_is_lines(s->format)
		      ? fs_session_feed(s, io, buf, len)
		      : fs_session_feed_bytes(s, io, buf, len);
	if (err)
		return err;
	if (s->stage) {
		if (!s->wrote)
			fs_opens_not_closing(&s->fs->opens, s->ino);
		s->wrote = true;
		s->staged += len;
	} else if (!io->append) {
		s->end = off + len;
	}
	return 0;
}

int fs_session_write(struct fs_session *s, const struct fs_io *io, uint64_t off,
		     const char *buf, size_t len)
{
	int err;

	lock_take(&s->lock);
	err = write_locked(s, io, off, buf, len);
	lock_drop(&s->lock);
	return err;
}

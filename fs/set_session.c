/* SPDX-License-Identifier: Apache-2.0 */
/* set_session.c - the life of a session: opening, looking, ending. */

#include "fs/set_session.h"

#include <fcntl.h>
#include <stdlib.h>

#include "fs/set_session_priv.h"

static bool can_read(int flags)
{
	return (flags & O_ACCMODE) != O_WRONLY;
}

static void look_away(struct fs_session *s)
{
	fs_ahead_end(&s->fs->aheads, &s->ahead);
	bm_file_close(s->file);
	bm_view_close(s->view);
	rs_view_put(s->at);
	s->file = NULL;
	s->view = NULL;
	s->at = NULL;
}

static int look(struct fs_session *s) REQUIRES(s->lock);

/* Move to the newest version. On error the session stays where it was. */
static int look(struct fs_session *s)
{
	struct bm_view *view = NULL;
	struct bm_file *file;
	struct rs_view *at;
	int err;

	err = bm_settle(s->fs->db, s->ino);
	if (err)
		return err;
	err = rs_view_live(s->fs->store, &at);
	if (err)
		return err;
	err = bm_view_open(at, s->ino, &view);
	if (!err)
		err = bm_file_open(view, s->format, &file);
	if (err) {
		bm_view_close(view);
		rs_view_put(at);
		return err;
	}
	look_away(s);
	s->at = at;
	s->view = view;
	s->file = file;
	s->stale = false;
	return 0;
}

static int open_locked(struct fs_session *s, int flags) REQUIRES(s->lock);

static int open_locked(struct fs_session *s, int flags)
{
	if (flags & O_TRUNC)
		return fs_session_cut(s);
	return can_read(flags) ? look(s) : 0;
}

int fs_session_open(struct fs *fs, uint64_t node, int flags,
		    struct fs_session **ret_s)
{
	struct fs_node n = fs_node_decode(node);
	struct fs_session *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	lock_init(&s->lock, LOCK_SESSION);
	s->fs = fs;
	s->ino = n.ino;
	s->expiries = fs_opens_expiries(&fs->opens);
	s->format = (enum bm_format)n.format;
	lock_take(&s->lock);
	err = open_locked(s, flags);
	lock_drop(&s->lock);
	if (err) {
		fs_session_close(s);
		return err;
	}
	*ret_s = s;
	return 0;
}

static void end_locked(struct fs_session *s) REQUIRES(s->lock);

/* Nobody hears of an error any more but .ctl/errors. */
static void end_locked(struct fs_session *s)
{
	struct fs_io nobody = { 0 };

	for (struct fs_session_owner *o = s->owners; o; o = o->next)
		(void)fs_session_finish_line(s, &nobody, o);
	if (s->stage && !s->failed)
		(void)fs_session_swap(s);
}

static void free_parts_locked(struct fs_session *s) REQUIRES(s->lock);

static void free_parts_locked(struct fs_session *s)
{
	while (s->owners) {
		struct fs_session_owner *o = s->owners;

		s->owners = o->next;
		free(o);
	}
	fs_session_drop_bytes(s);
	if (s->stage)
		bm_stage_free(s->stage);
	look_away(s);
}

void fs_session_close(struct fs_session *s)
{
	if (!s)
		return;
	lock_take(&s->lock);
	end_locked(s);
	free_parts_locked(s);
	lock_drop(&s->lock);
	lock_finish(&s->lock);
	free(s);
}

/* --- reading -------------------------------------------------------------- */

static int see(struct fs_session *s) REQUIRES(s->lock);

/* A view that shows what this session has done so far. */
static int see(struct fs_session *s)
{
	int err;

	if (s->stage && !s->failed && fs_session_is_whole(s)) {
		err = fs_session_swap(s);
		if (err)
			return err;
	}
	return s->view && !s->stale ? 0 : look(s);
}

int fs_session_read(struct fs_session *s, uint64_t off, char *buf, size_t len,
		    size_t *ret_len)
{
	int err;

	lock_take(&s->lock);
	err = see(s);
	if (!err)
		err = fs_ahead_read(&s->fs->aheads, &s->ahead, s->file, off,
				    buf, len, ret_len);
	lock_drop(&s->lock);
	return err;
}

int fs_session_visible(struct fs_session *s, uint64_t *ret_size)
{
	struct fs_inode in;
	struct bm_info info;
	int err;

	if (s->view && !s->stale) {
		*ret_size = bm_file_size(s->file);
		return 0;
	}
	err = fs_node_get(s->fs, s->ino, &in);
	if (err)
		return err;
	err = bm_object_info(&in.obj, &info);
	if (err || bm_format_size(s->format, &info, ret_size))
		return err;
	err = look(s);
	if (!err)
		*ret_size = bm_file_size(s->file);
	return err;
}

static int size_locked(struct fs_session *s, uint64_t *ret_size)
	REQUIRES(s->lock);

static int size_locked(struct fs_session *s, uint64_t *ret_size)
{
	if (s->stage) {
		*ret_size = s->staged;
		return 0;
	}
	if (!s->view || s->stale)
		return -ENOENT;
	*ret_size = bm_file_size(s->file);
	return 0;
}

int fs_session_size(struct fs_session *s, uint64_t *ret_size)
{
	int err;

	lock_take(&s->lock);
	err = size_locked(s, ret_size);
	lock_drop(&s->lock);
	return err;
}

int fs_session_view(struct fs_session *s, struct rs_view **ret_view)
{
	int err;

	lock_take(&s->lock);
	err = see(s);
	if (!err)
		*ret_view = rs_view_ref(s->at);
	lock_drop(&s->lock);
	return err;
}

/* --- ending --------------------------------------------------------------- */

static int flush_locked(struct fs_session *s, const struct fs_io *io)
	REQUIRES(s->lock);

static int flush_locked(struct fs_session *s, const struct fs_io *io)
{
	struct fs_session_owner **p = &s->owners;
	struct fs_session_owner *o;
	int err = 0;

	while (*p && (*p)->id != io->owner)
		p = &(*p)->next;
	o = *p;
	if (o)
		err = fs_session_finish_line(s, io, o);
	if (s->failed)
		return s->failed;
	if (!err && s->stage && (o || (s->wrote && !s->owners)))
		err = fs_session_swap(s);
	if (o) {
		*p = o->next;
		free(o);
		s->n_owners--;
		return err;
	}
	if (err || !s->stage)
		return err;
	if (!s->wrote)
		fs_opens_closing(&s->fs->opens, s->ino);
	return 0;
}

int fs_session_flush(struct fs_session *s, const struct fs_io *io)
{
	int err;

	lock_take(&s->lock);
	err = flush_locked(s, io);
	lock_drop(&s->lock);
	return err;
}

int fs_session_sync(struct fs_session *s)
{
	int err;

	lock_take(&s->lock);
	err = s->failed;
	if (!err && s->stage && fs_session_is_whole(s))
		err = fs_session_swap(s);
	lock_drop(&s->lock);
	return err;
}

static bool is_slow_locked(struct fs_session *s) REQUIRES(s->lock);

static bool is_slow_locked(struct fs_session *s)
{
	return s->stage && s->staged > FS_SESSION_SLOW;
}

bool fs_session_is_slow(struct fs_session *s)
{
	bool slow;

	lock_take(&s->lock);
	slow = is_slow_locked(s);
	lock_drop(&s->lock);
	return slow;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* file_set.c - an open set: live, through a session, or in a snapshot. */

#include <stdlib.h>

#include "fs/fs.h"
#include "fs/set_session.h"

/* --- live ----------------------------------------------------------------- */

struct live_set {
	struct fs_handle h;
	struct fs_session *session;
};

static struct fs_session *session_of(struct fs_handle *h)
{
	return ((struct live_set *)h)->session;
}

static int live_read(struct fs_handle *h, uint64_t off, char *buf, size_t len,
		     size_t *ret_len)
{
	return fs_session_read(session_of(h), off, buf, len, ret_len);
}

static int live_write(struct fs_handle *h, const struct fs_io *io, uint64_t off,
		      const char *buf, size_t len)
{
	return fs_session_write(session_of(h), io, off, buf, len);
}

static int live_flush(struct fs_handle *h, const struct fs_io *io)
{
	return fs_session_flush(session_of(h), io);
}

static int live_sync(struct fs_handle *h)
{
	return fs_session_sync(session_of(h));
}

static int live_truncate(struct fs_handle *h, const struct fs_io *io,
			 uint64_t size)
{
	return fs_session_truncate(session_of(h), io, size);
}

static int live_size(struct fs_handle *h, uint64_t *ret_size)
{
	return fs_session_size(session_of(h), ret_size);
}

static bool live_is_slow(struct fs_handle *h)
{
	return fs_session_is_slow(session_of(h));
}

static int source_in(const struct fs_handle *h, struct rs_view *v,
		     struct fs_copy_source *ret_source)
{
	struct fs_node n = fs_node_decode(h->node);

	ret_source->owned = true;
	ret_source->format = (enum bm_format)n.format;
	return bm_view_open(v, n.ino, &ret_source->view);
}

static int live_source(struct fs_handle *h, struct fs_copy_source *ret_source)
{
	struct rs_view *v;
	int err = fs_session_view(session_of(h), &v);

	if (err)
		return err;
	err = source_in(h, v, ret_source);
	rs_view_put(v);
	return err;
}

static int live_copy(struct fs_handle *h, uint64_t off,
		     const struct fs_copy_source *from, uint64_t max_size,
		     uint64_t *ret_size)
{
	return fs_session_copy(session_of(h), off, from, max_size, ret_size);
}

static void live_release(struct fs_handle *h)
{
	fs_session_close(session_of(h));
	free(h);
}

static const struct fs_file_ops live_ops = {
	.read = live_read,
	.write = live_write,
	.flush = live_flush,
	.sync = live_sync,
	.truncate = live_truncate,
	.size = live_size,
	.is_slow = live_is_slow,
	.copy_source = live_source,
	.copy_set = live_copy,
	.release = live_release,
};

static int open_live(struct fs *fs, uint64_t node, int flags,
		     struct fs_handle **ret_h)
{
	struct live_set *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	err = fs_session_open(fs, node, flags, &l->session);
	if (err) {
		free(l);
		return err;
	}
	l->h.ops = &live_ops;
	*ret_h = &l->h;
	return 0;
}

/* --- in a snapshot -------------------------------------------------------- */

struct snap_set {
	struct fs_handle h;
	struct rs_view *at;
	struct bm_view *view;
	struct bm_file *file;
};

static int snap_read(struct fs_handle *h, uint64_t off, char *buf, size_t len,
		     size_t *ret_len)
{
	const struct snap_set *s = (const struct snap_set *)h;

	return bm_file_read(s->file, off, buf, len, ret_len);
}

static int snap_source(struct fs_handle *h, struct fs_copy_source *ret_source)
{
	return source_in(h, ((struct snap_set *)h)->at, ret_source);
}

static struct rs_view *snap_at(struct fs_handle *h)
{
	return ((struct snap_set *)h)->at;
}

static void snap_release(struct fs_handle *h)
{
	struct snap_set *s = (struct snap_set *)h;

	bm_file_close(s->file);
	bm_view_close(s->view);
	rs_view_put(s->at);
	free(s);
}

static const struct fs_file_ops snap_ops = {
	.read = snap_read,
	.at = snap_at,
	.copy_source = snap_source,
	.release = snap_release,
};

static int open_snap(struct fs *fs, uint64_t node, struct fs_handle **ret_h)
{
	struct snap_set *s = calloc(1, sizeof(*s));
	struct fs_node n = fs_node_decode(node);
	int err;

	if (!s)
		return -ENOMEM;
	err = fs_node_view(fs, node, &s->at);
	if (!err)
		err = bm_view_open(s->at, n.ino, &s->view);
	if (!err)
		err = bm_file_open(s->view, (enum bm_format)n.format, &s->file);
	if (err) {
		snap_release(&s->h);
		return err;
	}
	s->h.ops = &snap_ops;
	*ret_h = &s->h;
	return 0;
}

int fs_open_set(struct fs *fs, uint64_t node, int flags,
		struct fs_handle **ret_h)
{
	struct fs_node n = fs_node_decode(node);

	return n.snap ? open_snap(fs, node, ret_h)
		      : open_live(fs, node, flags, ret_h);
}

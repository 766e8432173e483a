/* SPDX-License-Identifier: Apache-2.0 */
/* set_writer.c - bytes at offsets become commands for a set. */

#include "fs/set_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/set_session_priv.h"

/* --- errors --------------------------------------------------------------- */

static void explain(struct fs_session *s, const struct fs_io *io, int err,
		    const struct bm_text_error *te) REQUIRES(s->lock);

static void explain(struct fs_session *s, const struct fs_io *io, int err,
		    const struct bm_text_error *te)
{
	struct fs_err_line line = { .when_ns = fs_now_ns(),
				    .pid = io->pid,
				    .reason = err_text(err) };
	char path[FS_PATH_MAX];
	struct rs_view *v;

	snprintf(path, sizeof(path), "inode %llu", (unsigned long long)s->ino);
	if (!rs_view_live(s->fs->store, &v)) {
		fs_paths_find(&s->fs->paths, v, s->ino, path);
		rs_view_put(v);
	}
	line.path = path;
	if (err == -EFBIG)
		line.reason = "a set has at most 288230376151711744 members";
	if (te && te->reason) {
		line.line = te->line;
		line.text = te->text;
		line.reason = te->reason;
	}
	fs_errlog_add(&s->fs->errlog, &line);
}

int fs_session_fail(struct fs_session *s, const struct fs_io *io, int err,
		    const struct bm_text_error *te)
{
	explain(s, io, err, te);
	if (s->stage)
		s->failed = err;
	return err;
}

/* --- lines ---------------------------------------------------------------- */

int fs_session_owner(struct fs_session *s, uint64_t id,
		     struct fs_session_owner **ret_o)
{
	struct fs_session_owner *o = s->owners;

	while (o && o->id != id)
		o = o->next;
	if (!o) {
		if (s->n_owners >= FS_SESSION_OWNERS)
			return -ENOMEM;
		o = calloc(1, sizeof(*o));
		if (!o)
			return -ENOMEM;
		bm_partial_init(&o->torn);
		o->id = id;
		o->next = s->owners;
		s->owners = o;
		s->n_owners++;
	}
	*ret_o = o;
	return 0;
}

int fs_session_apply(struct fs_session *s, struct bm_batch *b)
{
	int64_t when;

	if (bm_batch_empty(b))
		return 0;
	if (s->stage)
		return bm_stage_append(s->stage, b);
	s->stale = true;
	when = fs_opens_time(&s->fs->opens, s->ino, fs_now_ns());
	return bm_append(s->fs->db, s->ino, b, when);
}

static int feed(struct fs_session *s, const struct fs_io *io, const char *buf,
		size_t len) REQUIRES(s->lock);

static int feed(struct fs_session *s, const struct fs_io *io, const char *buf,
		size_t len)
{
	struct bm_text_error te = { 0 };
	struct fs_session_owner *o;
	struct bm_partial before;
	struct bm_batch b;
	int err;

	err = fs_session_owner(s, io->owner, &o);
	if (err)
		return fs_session_fail(s, io, err, NULL);
	before = o->torn;
	bm_batch_init(&b);
	err = bm_partial_feed(&o->torn, buf, len, &b, &te);
	if (err) {
		bm_batch_finish(&b);
		return fs_session_fail(s, io, err, &te);
	}
	/* Written now: a time that was set by hand counts no more. */
	fs_opens_forget_time(&s->fs->opens, s->ino);
	err = fs_session_apply(s, &b);
	bm_batch_finish(&b);
	if (err) {
		bm_partial_undo(&o->torn, &before);
		return fs_session_fail(s, io, err, NULL);
	}
	return 0;
}

int fs_session_finish_line(struct fs_session *s, const struct fs_io *io,
			   struct fs_session_owner *o)
{
	struct bm_text_error te = { 0 };
	struct bm_batch b;
	int err;

	if (s->failed)
		return s->failed;
	if (!bm_format_is_lines(s->format))
		return fs_session_end_bytes(s, io);
	bm_batch_init(&b);
	err = bm_partial_finish(&o->torn, &b, &te);
	if (!err)
		err = fs_session_apply(s, &b);
	bm_batch_finish(&b);
	return err ? fs_session_fail(s, io, err, &te) : 0;
}

/* --- where a write goes --------------------------------------------------- */

static int place(struct fs_session *s, const struct fs_io *io, uint64_t off)
	REQUIRES(s->lock);

/* 0 when bytes at off may be fed now. A replace begins here. */
static int place(struct fs_session *s, const struct fs_io *io, uint64_t off)
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

static int pack_alike(struct fs_session *s, uint64_t size) REQUIRES(s->lock);

/* The new content is packed like the old one. One that is small is not packed,
 * and most are.
 */
static int pack_alike(struct fs_session *s, uint64_t size)
{
	struct fs_inode in;
	struct bm_info info;
	struct rs_view *v;
	int err;

	if (!s->stage || s->alike || size <= RS_PAGE_SIZE)
		return 0;
	err = rs_view_live(s->fs->store, &v);
	if (err)
		return err;
	err = fs_inode_get(v, s->ino, &in);
	rs_view_put(v);
	if (!err)
		err = bm_object_info(&in.obj, &info);
	if (!err)
		err = bm_stage_set_segment_bytes(s->stage, info.segment_bytes);
	s->alike = !err;
	return err;
}

static int refuse(struct fs_session *s, const struct fs_io *io,
		  const char *what, uint64_t at, const char *reason)
	REQUIRES(s->lock);

/* What cannot mean anything here, and what can. */
static int refuse(struct fs_session *s, const struct fs_io *io,
		  const char *what, uint64_t at, const char *reason)
{
	struct bm_text_error te = { .reason = reason };

	snprintf(te.text, sizeof(te.text), "%s %llu", what,
		 (unsigned long long)at);
	return fs_session_fail(s, io, -EOPNOTSUPP, &te);
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
	return refuse(s, io, "write at byte", off, why);
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
	err = place(s, io, off);
	if (!err)
		err = pack_alike(s, s->staged + len);
	if (err)
		return err == -EOPNOTSUPP ? refuse_write(s, io, off)
					  : fs_session_fail(s, io, err, NULL);
	err = bm_format_is_lines(s->format)
		      ? feed(s, io, buf, len)
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

/* --- replacing ------------------------------------------------------------ */

int fs_session_restage(struct fs_session *s)
{
	struct bm_stage *stage;
	int err;

	err = bm_stage_new(s->fs->db, &stage);
	if (err)
		return err;
	if (s->stage)
		bm_stage_free(s->stage);
	fs_session_drop_bytes(s);
	for (struct fs_session_owner *o = s->owners; o; o = o->next)
		bm_partial_init(&o->torn);
	s->stage = stage;
	s->staged = 0;
	s->alike = false;
	s->wrote = false;
	s->cut = false;
	s->failed = 0;
	s->end = 0;
	fs_opens_forget_time(&s->fs->opens, s->ino);
	return 0;
}

int fs_session_cut(struct fs_session *s)
{
	int err = fs_session_restage(s);

	if (!err)
		s->cut = true;
	return err;
}

static bool ends_expiry(struct fs_session *s, const struct fs_inode *in)
	REQUIRES(s->lock);

/* A new content stays, whatever was said of the old one. But tar makes a
 * file, sets its ttl, and then fills it: the first content is not new. And cp
 * -a sets it before it closes.
 */
static bool ends_expiry(struct fs_session *s, const struct fs_inode *in)
{
	struct bm_info old;

	if (!in->attr.expires_ms ||
	    fs_opens_expiry_since(&s->fs->opens, s->ino, s->expiries))
		return false;
	return s->cut || bm_object_info(&in->obj, &old) || old.count;
}

static int put_in_place(struct fs_session *s) REQUIRES(s->lock);

/* Under the stripe: what was appended before counts as replaced, so it must
 * be in the tree when the swap comes.
 */
static int put_in_place(struct fs_session *s)
{
	struct fs_change c;
	int64_t now;
	bool ends;
	int err;

	err = bm_settle(s->fs->db, s->ino);
	if (err)
		return err;
	err = fs_change_begin(s->fs, s->ino, &c);
	if (err)
		return err;
	if (c.in.obj.kind != RS_KIND_SET)
		return fs_change_end(&c, -EOPNOTSUPP);
	ends = ends_expiry(s, &c.in);
	err = bm_stage_apply(c.txn, s->stage, &c.in.obj);
	now = fs_now_ns();
	if (!err && ends)
		err = fs_expire_set(c.txn, &c.in, 0, 0);
	c.in.attr.mtime_ns = fs_opens_time(&s->fs->opens, s->ino, now);
	/* It grows, whatever the clock says (as_sizes.h). */
	c.in.attr.ctime_ns =
		c.in.attr.ctime_ns < now ? now : c.in.attr.ctime_ns + 1;
	return fs_change_end(&c, err);
}

int fs_session_swap(struct fs_session *s)
{
	struct rwlock *stripe = fs_stripe(s->fs, s->ino);
	struct fs_io nobody = { 0 };
	int err;

	err = fs_session_end_bytes(s, &nobody);
	if (err)
		return err;
	err = bm_stage_settle(s->stage);
	if (!err) {
		rwlock_write(stripe);
		err = put_in_place(s);
		rwlock_drop(stripe);
	}
	if (err)
		return fs_session_fail(s, &nobody, err, NULL);
	bm_stage_free(s->stage);
	fs_session_drop_bytes(s);
	s->stage = NULL;
	s->stale = true;
	s->end = s->staged;
	fs_opens_not_closing(&s->fs->opens, s->ino);
	return 0;
}

static int truncate_locked(struct fs_session *s, const struct fs_io *io,
			   uint64_t size) REQUIRES(s->lock);

static int truncate_locked(struct fs_session *s, const struct fs_io *io,
			   uint64_t size)
{
	uint64_t now;
	int err;

	if (size == 0)
		return fs_session_cut(s);
	if (s->failed)
		return s->failed;
	if (!s->stage && size == s->end)
		return 0;
	now = s->staged;
	err = s->stage ? 0 : fs_session_visible(s, &now);
	if (err || size == now)
		return err;
	return refuse(s, io, "truncate to", size,
		      "a set is emptied, or keeps its size");
}

int fs_session_truncate(struct fs_session *s, const struct fs_io *io,
			uint64_t size)
{
	int err;

	lock_take(&s->lock);
	err = truncate_locked(s, io, size);
	lock_drop(&s->lock);
	return err;
}

/* --- copying a whole set -------------------------------------------------- */

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
	err = place(s, &io, off);
	if (!err)
		err = pack_alike(s, size);
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

int fs_session_copy(struct fs_session *s, uint64_t off, struct rs_view *from,
		    uint64_t from_node, uint64_t max_size, uint64_t *ret_size)
{
	struct fs_node n = fs_node_decode(from_node);
	struct bm_view *src;
	uint64_t size;
	int err;

	if (!is_alike((enum bm_format)n.format, s->format))
		return -EOPNOTSUPP;
	err = bm_view_open(from, n.ino, &src);
	if (err)
		return err;
	err = size_of(src, (enum bm_format)n.format, &size);
	if (!err && size > max_size)
		err = -EOPNOTSUPP;
	if (!err) {
		lock_take(&s->lock);
		err = copy_locked(s, off, src, size);
		lock_drop(&s->lock);
	}
	bm_view_close(src);
	if (!err)
		*ret_size = size;
	return err;
}

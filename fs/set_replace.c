/* SPDX-License-Identifier: Apache-2.0 */
/* set_replace.c - a new content for a whole set.
 *
 * It is gathered in a stage beside the set, which others go on to read, and
 * takes its place in one txn at the end. Begin, what it is packed like, and
 * the end are here; what goes into it is set_writer.c's.
 */
#include "fs/set_session_priv.h"

/* --- begin ---------------------------------------------------------------- */

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

/* The new content is packed like the old one. One that is small is not packed,
 * and most are.
 */
int fs_session_pack_alike(struct fs_session *s, uint64_t size)
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
	if (!err)
		err = bm_stage_set_shards(s->stage, info.shards);
	s->alike = !err;
	return err;
}

/* --- the end -------------------------------------------------------------- */

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

/* --- truncate(2) ---------------------------------------------------------- */

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
	return fs_session_refuse(s, io, "truncate to", size,
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

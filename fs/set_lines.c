/* SPDX-License-Identifier: Apache-2.0 */
/* set_lines.c - text becomes commands, a torn line for each owner.
 *
 * What a write holds of complete lines takes effect as one unit; what follows
 * the last newline waits for that owner's next write. When a write fails, the
 * torn line is as it was before.
 */
#include "fs/set_session_priv.h"

#include <stdlib.h>

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

int fs_session_feed(struct fs_session *s, const struct fs_io *io,
		    const char *buf, size_t len)
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

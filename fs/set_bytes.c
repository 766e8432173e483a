/* SPDX-License-Identifier: Apache-2.0 */
/* set_bytes.c - a session in a binary format, le64 or roaring.
 *
 * Lines are torn by each writer for himself, so each owner has his own. The
 * bytes of a binary file are one sequence, whoever writes them: the session
 * has one parser, and the file is finished by the close of any who wrote.
 * What is not a whole file then is refused, and the old set stays. An fsync
 * in the middle of a file ends nothing.
 */

#include <stdio.h>

#include "fs/set_session_priv.h"

static int sink(void *arg, struct bm_batch *b) NO_LOCK_ANALYSIS;

/* Called from within a feed, under the session's lock. */
static int sink(void *arg, struct bm_batch *b)
{
	return fs_session_apply(arg, b);
}

static int refuse(struct fs_session *s, const struct fs_io *io, int err,
		  const struct bm_parse_error *why) REQUIRES(s->lock);

static int refuse(struct fs_session *s, const struct fs_io *io, int err,
		  const struct bm_parse_error *why)
{
	struct bm_text_error te = { .reason = why->reason };

	snprintf(te.text, sizeof(te.text), "byte %llu of %s",
		 (unsigned long long)why->off, bm_format_name(s->format));
	return fs_session_fail(s, io, err, &te);
}

int fs_session_feed_bytes(struct fs_session *s, const struct fs_io *io,
			  const char *buf, size_t len)
{
	struct bm_parse_error why = { 0 };
	struct fs_session_owner *o;
	int err = fs_session_owner(s, io->owner, &o);

	if (!err && !s->parser)
		err = bm_parser_new(s->format, sink, s, &s->parser);
	if (err)
		return fs_session_fail(s, io, err, NULL);
	/* Written now: a time that was set by hand counts no more. */
	fs_opens_forget_time(&s->fs->opens, s->ino);
	err = bm_parser_feed(s->parser, buf, len, &why);
	return err ? refuse(s, io, err, &why) : 0;
}

int fs_session_end_bytes(struct fs_session *s, const struct fs_io *io)
{
	struct bm_parse_error why = { 0 };
	int err;

	if (s->failed)
		return s->failed;
	if (!s->parser)
		return 0;
	err = bm_parser_end(s->parser, &why);
	if (!err)
		return 0;
	fs_session_drop_bytes(s);
	return refuse(s, io, err, &why);
}

void fs_session_drop_bytes(struct fs_session *s)
{
	bm_parser_free(s->parser);
	s->parser = NULL;
}

bool fs_session_is_whole(const struct fs_session *s)
{
	return !s->parser || bm_parser_is_whole(s->parser);
}

/* A roaring file has one end. */
bool fs_session_takes_more(const struct fs_session *s)
{
	if (s->format != BM_FORMAT_ROARING && s->format != BM_FORMAT_ROARING32)
		return true;
	return s->stage && (s->parser || s->staged == 0);
}

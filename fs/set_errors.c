/* SPDX-License-Identifier: Apache-2.0 */
/* set_errors.c - why a write to a set was refused.
 *
 * write(2) has one number to say it with. The sentence goes to .ctl/errors,
 * with the path, and with the line when it was one.
 */
#include "fs/set_session_priv.h"

#include <stdio.h>

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

/* What cannot mean anything here, and what can. */
int fs_session_refuse(struct fs_session *s, const struct fs_io *io,
		      const char *what, uint64_t at, const char *reason)
{
	struct bm_text_error te = { .reason = reason };

	snprintf(te.text, sizeof(te.text), "%s %llu", what,
		 (unsigned long long)at);
	return fs_session_fail(s, io, -EOPNOTSUPP, &te);
}

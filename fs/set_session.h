/* SPDX-License-Identifier: Apache-2.0 */
/* set_session.h - what one open handle of a set does.
 *
 * Programs know files: they write bytes at offsets. A set knows lines. The
 * session is the translation, after interface.md, section 2:
 *
 *	append    O_APPEND, or a write where what the handle sees ends:
 *	          complete lines take effect at once, as one unit
 *	replace   O_TRUNC, ftruncate(0), or a write from offset 0: lines go to a
 *	          stage, which takes the place of the set at the end
 *	else      EOPNOTSUPP: nothing is guessed
 *
 * The end of a replace is close(2) by a writer, fsync(2), or release. A close
 * by a process that did not write is none: a shell closes one descriptor of
 * the file before the command starts. After the end the same handle goes on
 * in append mode, where it left off.
 *
 * A write that fails in a replace fails the replace: every later write and
 * the close say so, and the old set stays. A write that fails in append mode
 * has no effect, and the next one may succeed.
 *
 * An unfinished last line is kept per lock owner (bm_partial): it is finished
 * by that owner's next write, by its close, or at release. fsync does not
 * finish it: with O_SYNC each write is followed by one, and lines are torn
 * anywhere. So the bytes after the last newline are durable with the close.
 *
 * Reads are of the version at open. A handle that wrote sees its own changes:
 * its next read moves it to the newest version, ending a replace of its own
 * first.
 *
 * Threads: any; one lock for each session, taken before all other locks.
 */
#ifndef FS_SET_SESSION_H
#define FS_SET_SESSION_H

#include "fs/fs.h"

/* Staged or torn text above this makes close and release slow. */
#define FS_SESSION_SLOW ((uint64_t)64 * 1024)

/* Lock owners with a torn line in one session: processes that share one open
 * file. Past it a write is -ENOMEM.
 */
#define FS_SESSION_OWNERS 1024u

struct fs_session;

/* A live set, in the format of its node; flags are open(2)'s. The object stays
 * as long as the session: the caller has counted it in fs->opens.
 */
int fs_session_open(struct fs *fs, uint64_t node, int flags,
		    struct fs_session **ret_s);
/* Finish what is left, then free. Accepts NULL. */
void fs_session_close(struct fs_session *s);

int fs_session_read(struct fs_session *s, uint64_t off, char *buf, size_t len,
		    size_t *ret_len);
int fs_session_write(struct fs_session *s, const struct fs_io *io, uint64_t off,
		     const char *buf, size_t len);
int fs_session_flush(struct fs_session *s, const struct fs_io *io);
int fs_session_sync(struct fs_session *s);
int fs_session_truncate(struct fs_session *s, const struct fs_io *io,
			uint64_t size);

/* The size the session sees; -ENOENT when it has no view of its own. */
int fs_session_size(struct fs_session *s, uint64_t *ret_size);
bool fs_session_is_slow(struct fs_session *s);
/* The store as the session sees it; the caller puts it. */
int fs_session_view(struct fs_session *s, struct rs_view **ret_view);
/* Take a whole set over: at offset 0 as a replace, or where a replace is. In
 * its format it has *ret_size bytes; more than max_size, and
 * another format than that of the session, is -EOPNOTSUPP.
 */
int fs_session_copy(struct fs_session *s, uint64_t off,
		    const struct fs_copy_source *from, uint64_t max_size,
		    uint64_t *ret_size);

#endif

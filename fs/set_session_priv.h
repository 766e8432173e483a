/* SPDX-License-Identifier: Apache-2.0 */
/* set_session_priv.h - a session from the inside: set_session.c opens, reads
 * and ends it, set_writer.c writes.
 */
#ifndef FS_SET_SESSION_PRIV_H
#define FS_SET_SESSION_PRIV_H

#include "fs/set_session.h"

struct fs_session_owner {
	struct fs_session_owner *next;
	uint64_t id;
	struct bm_partial torn;
};

struct fs_session {
	struct lock lock;
	/* set at open, never changed */
	struct fs *fs;
	uint64_t ino;
	enum bm_format format; /* of all offsets and bytes */

	/* guarded by lock */
	struct rs_view *at; /* NULL: not looked yet */
	struct bm_view *view;
	struct bm_file *file;	/* view, as it reads */
	bool stale;		/* wrote since: the next read looks anew */
	struct bm_stage *stage; /* NULL: no replace going on */
	uint64_t staged;	/* bytes of text in it, torn lines included */
	bool wrote;		/* something went into the stage */
	uint64_t end; /* where an append without O_APPEND goes on, or 0 */
	int failed;   /* of a replace: what its first failure was */
	struct fs_session_owner *owners;
	unsigned n_owners;
};

/* Begin a replace, or begin it again. */
int fs_session_restage(struct fs_session *s) REQUIRES(s->lock);
/* The replace takes the place of the set. */
int fs_session_swap(struct fs_session *s) REQUIRES(s->lock);
/* The owner's torn line is its last. */
int fs_session_finish_line(struct fs_session *s, const struct fs_io *io,
			   struct fs_session_owner *o) REQUIRES(s->lock);
/* Bytes of the text that the session sees, by looking if need be. */
int fs_session_visible(struct fs_session *s, uint64_t *ret_size)
	REQUIRES(s->lock);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* set_session_priv.h - a session from the inside.
 *
 *	set_session.c	opens, reads and ends it
 *	set_writer.c	where a write goes
 *	set_lines.c	what it says, as text
 *	set_bytes.c	and in binary formats
 *	set_replace.c	a new content, until it takes the place of the old one
 *	set_copy.c	one that is taken over from another set
 *	set_errors.c	why something was refused
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
	uint64_t expiries;     /* set by then; opens.h */
	enum bm_format format; /* of all offsets and bytes */

	/* guarded by lock */
	struct rs_view *at; /* NULL: not looked yet */
	struct bm_view *view;
	struct bm_file *file;	/* view, as it reads, */
	struct fs_ahead ahead;	/* perhaps ahead of the reader */
	bool stale;		/* wrote since: the next read looks anew */
	struct bm_stage *stage; /* NULL: no replace going on */
	uint64_t staged;	/* bytes of text in it, torn lines included */
	bool alike;		/* it is packed as what it replaces */
	bool wrote;		/* something went into the stage */
	bool cut;     /* the replace began with a truncate, not a write */
	uint64_t end; /* where an append without O_APPEND goes on, or 0 */
	int failed;   /* of a replace: what its first failure was */
	struct bm_parser *parser; /* of a binary file that is being written */
	struct fs_session_owner *owners;
	unsigned n_owners;
};

/* --- set_session.c -------------------------------------------------------- */

/* Bytes of the text that the session sees, by looking if need be. */
int fs_session_visible(struct fs_session *s, uint64_t *ret_size)
	REQUIRES(s->lock);

/* --- set_writer.c --------------------------------------------------------- */

/* 0 when bytes at off may be fed now. A replace begins here. */
int fs_session_place(struct fs_session *s, const struct fs_io *io, uint64_t off)
	REQUIRES(s->lock);

/* --- set_lines.c ---------------------------------------------------------- */

int fs_session_feed(struct fs_session *s, const struct fs_io *io,
		    const char *buf, size_t len) REQUIRES(s->lock);
/* The owner's torn line is its last. */
int fs_session_finish_line(struct fs_session *s, const struct fs_io *io,
			   struct fs_session_owner *o) REQUIRES(s->lock);
/* Complete members or lines, as one unit: into the stage, or into the set. */
int fs_session_apply(struct fs_session *s, struct bm_batch *b)
	REQUIRES(s->lock);
int fs_session_owner(struct fs_session *s, uint64_t id,
		     struct fs_session_owner **ret_o) REQUIRES(s->lock);

/* --- set_replace.c -------------------------------------------------------- */

/* Begin a replace, or begin it again; the second by emptying the set. */
int fs_session_restage(struct fs_session *s) REQUIRES(s->lock);
int fs_session_cut(struct fs_session *s) REQUIRES(s->lock);
/* The new content, of so many bytes, is packed like the old one. */
int fs_session_pack_alike(struct fs_session *s, uint64_t size)
	REQUIRES(s->lock);
/* The replace takes the place of the set. */
int fs_session_swap(struct fs_session *s) REQUIRES(s->lock);

/* --- set_errors.c --------------------------------------------------------- */

/* Say why in .ctl/errors; a replace is over with its first failure. */
int fs_session_fail(struct fs_session *s, const struct fs_io *io, int err,
		    const struct bm_text_error *te) REQUIRES(s->lock);
/* What cannot mean anything here, and what can: -EOPNOTSUPP. */
int fs_session_refuse(struct fs_session *s, const struct fs_io *io,
		      const char *what, uint64_t at, const char *reason)
	REQUIRES(s->lock);

/* --- set_bytes.c ---------------------------------------------------------- */

int fs_session_feed_bytes(struct fs_session *s, const struct fs_io *io,
			  const char *buf, size_t len) REQUIRES(s->lock);
/* The file ends here: -EINVAL when it is not whole. */
int fs_session_end_bytes(struct fs_session *s, const struct fs_io *io)
	REQUIRES(s->lock);
void fs_session_drop_bytes(struct fs_session *s) REQUIRES(s->lock);
/* May it end here? May more be written behind what is there? */
bool fs_session_is_whole(const struct fs_session *s);
bool fs_session_takes_more(const struct fs_session *s);

#endif

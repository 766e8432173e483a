/* SPDX-License-Identifier: Apache-2.0 */
/* query_table.h - the queries that the kernel may have in mind.
 *
 * A query is a text and a directory, and does not fit a node id: its number
 * does. The FS_QUERIES_KEPT that were used last are kept, and those of open
 * files. There are no lookup counts: of a number that is forgotten, or never
 * was, the kernel is told ESTALE, and it looks the names up again by itself.
 *
 * A query remembers what was found last, and for which version of its sets:
 * who asks for the size and then opens the file evaluates once.
 *
 * Threads: any; one leaf lock.
 */
#ifndef FS_QUERY_TABLE_H
#define FS_QUERY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "regionstore/base/lock.h"

#define FS_QUERIES_KEPT	   4096u
#define FS_QUERIES_BUCKETS 8192u

/* What a query shows: names in its directory, in this order. */
enum fs_face {
	FS_FACE_SELF,	 /* the directory; or the only file there is */
	FS_FACE_MEMBERS, /* and all other formats, as enum bm_format has them */
	FS_FACE_PAD,
	FS_FACE_RANGES,
	FS_FACE_LE64,
	FS_FACE_ROARING,
	FS_FACE_ROARING32,
	FS_FACE_COUNT,
	FS_FACE_MIN,
	FS_FACE_MAX,
	FS_FACE_INFO,
	FS_FACE_HAS, /* directories from here on */
	FS_FACE_RANK,
	FS_FACE_SELECT,
	FS_FACE_RANGE,
	FS_FACE_SLICE,
	FS_FACE_MEMBER, /* what is in has/: one file for all */
	FS_FACES
};

enum fs_query_kind {
	FS_QUERY_EXPR, /* a directory: text */
	FS_QUERY_RANK, /* files: text, and the numbers a and b */
	FS_QUERY_SELECT,
	FS_QUERY_RANGE,
	FS_QUERY_SLICE,
	FS_QUERY_OF,   /* a directory of links to sets that have a */
	FS_QUERY_LINK, /* one of them: text is its name */
};

struct fs_query {
	/* set when it is made, never changed */
	uint64_t number;
	enum fs_query_kind kind;
	uint64_t dir; /* the plain node of the directory */
	uint64_t a, b;
	char *text; /* owned */

	/* guarded by the table's lock */
	struct fs_query *next_in_bucket[2]; /* by number and by what it is */
	struct fs_query *newer, *older;	    /* while nobody holds it */
	unsigned holders;
	struct fs_query_known {
		uint64_t version;
		uint64_t value; /* of COUNT, MIN, MAX, RANK, SELECT: that */
		bool is, none;	/* none: there is no such member */
		unsigned opens;
		uint64_t open_size; /* of the file opened last */
	} known[FS_FACES];
};

struct fs_queries {
	struct lock lock;
	uint64_t numbers GUARDED;
	struct fs_query **buckets[2] GUARDED;
	struct fs_query *newest, *oldest GUARDED;
	unsigned idle GUARDED;
};

void fs_queries_init(struct fs_queries *q);
void fs_queries_finish(struct fs_queries *q); /* nothing is held */

/* The query of that kind, dir, a, b and text, held: fs_query_drop() it. */
int fs_query_find(struct fs_queries *q, const struct fs_query *like,
		  struct fs_query **ret_query) EXCLUDES(q->lock);
/* By its number; NULL when it is not known any more. */
struct fs_query *fs_query_hold(struct fs_queries *q, uint64_t number)
	EXCLUDES(q->lock);
void fs_query_drop(struct fs_queries *q, struct fs_query *one)
	EXCLUDES(q->lock);

/* What is known of a face in that version of the sets. */
bool fs_query_recall(struct fs_queries *q, const struct fs_query *one,
		     enum fs_face face, uint64_t version,
		     struct fs_query_known *ret_known) EXCLUDES(q->lock);
void fs_query_note(struct fs_queries *q, struct fs_query *one,
		   enum fs_face face, const struct fs_query_known *known)
	EXCLUDES(q->lock);
/* A file was opened, or closed: while it is open stat(2) says its size. */
void fs_query_opened(struct fs_queries *q, struct fs_query *one,
		     enum fs_face face, uint64_t size) EXCLUDES(q->lock);
void fs_query_closed(struct fs_queries *q, struct fs_query *one,
		     enum fs_face face) EXCLUDES(q->lock);
bool fs_query_open_size(struct fs_queries *q, const struct fs_query *one,
			enum fs_face face, uint64_t *ret_size)
	EXCLUDES(q->lock);

#endif

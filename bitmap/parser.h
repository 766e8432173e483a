/* SPDX-License-Identifier: Apache-2.0 */
/* parser.h - binary formats as they come in. PRIVATE to bitmap/.
 *
 *   parser.c         the public face, and le64
 *   parse_roaring.c  which part of a roaring file comes next, and its head
 *   parse_cont.c     the containers of it
 *
 * A roaring file is a sequence of parts whose length is known when the part
 * before has been read. A part is collected in buf until it is complete, then
 * judged: so memory is bounded by the longest part, 256 KiB, whatever counts a
 * hostile file has, and at most doubles what has really come.
 */
#ifndef BM_PARSER_H
#define BM_PARSER_H

#include "bitmap/bitmap.h"

/* Bytes of a batch that is handed on. */
#define BM_PARSER_BATCH ((size_t)256 * 1024)

struct bm_parser;

/* A part: judge it, which lies in p->buf, and say what comes next. */
typedef int bm_part_fn(struct bm_parser *p);

struct bm_parser {
	enum bm_format format;
	bm_sink_fn *sink;
	void *arg;
	struct bm_batch batch;
	uint64_t off;	    /* of the file: bytes that came, */
	uint64_t part_off;  /* and where the part begins */
	uint64_t wrong_off; /* within the part, what is wrong, */
	const char *wrong;  /* and why; NULL: nothing yet */

	uint8_t *buf; /* the part, as far as it came; of le64 a torn member */
	size_t have, need, cap;
	bm_part_fn *next; /* when need bytes are there; NULL: the end */

	/* roaring */
	uint64_t buckets; /* left, with the one that is read */
	int64_t high;	  /* of the last one; -1: none yet */
	uint64_t cookie_off;
	uint32_t n, i; /* containers; the one that is read */
	bool has_flags;
	uint8_t *flags;	  /* which are runs */
	uint8_t *heads;	  /* their keys and cardinalities */
	uint8_t *offsets; /* NULL: none */
};

/* --- for parse_roaring.c and parse_cont.c --- */

/* The part that comes: n bytes, then fn. */
int bm_part_expect(struct bm_parser *p, size_t n, bm_part_fn *fn);
/* -EINVAL, and why, at byte off of the part. */
int bm_part_wrong(struct bm_parser *p, size_t off, const char *why);
/* Hand on what was collected. */
int bm_parser_flush(struct bm_parser *p);

/* The first part. */
int bm_roaring_begin(struct bm_parser *p);
void bm_roaring_finish(struct bm_parser *p);
/* Container i of the bucket comes, or the next bucket. */
int bm_roaring_next(struct bm_parser *p);
int bm_cont_begin(struct bm_parser *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - a set as a file in another format, for the files that make it.
 * PRIVATE to bitmap/.
 *
 *   file.c            the public face, and which format is read by whom
 *   file_fixed.c      pad, le64: a member is found by arithmetic
 *   file_ranges.c     ranges: a map of its lines, then lines
 *   roaring_map.c     roaring, roaring32: a map of the file,
 *   roaring_read.c    and its bytes (roaring_reader.h)
 *   file_walk.c       the containers of a segment, as roaring has them
 *
 * A MAP has one mark for each segment: where in the file lies what begins
 * there. It is made in one pass over the set and needs no more memory than
 * its marks; from a mark on, a read looks at one segment after the other.
 */
#ifndef BM_FILE_H
#define BM_FILE_H

#include "bitmap/seg_kinds.h"
#include "bitmap/view.h"

/* --- the segments of a view, one loaded at a time (file.c) -------------- */

struct bm_scan {
	const struct bm_view *bv;
	struct bm_place place;
	const struct bm_seg *seg; /* NULL: none yet */
};
void bm_scan_init(struct bm_scan *s, const struct bm_view *bv);
void bm_scan_finish(struct bm_scan *s);
/* The first, the next; -ENOENT past the end. */
int bm_scan_first(struct bm_scan *s);
int bm_scan_next(struct bm_scan *s);
/* The one that begins at lo, from a map. -EUCLEAN: there is none. */
int bm_scan_at(struct bm_scan *s, uint64_t lo);

/* --- the containers of a segment (file_walk.c) -------------------------- */

/* One container and how run_optimize of CRoaring would have it, or span full
 * ones. Where a run and an array are equally long it is an array, as in a
 * bitmap to which members were added one by one. */
struct bm_unit {
	uint64_t key; /* member >> 16 */
	uint64_t span;
	struct bm_cont cont; /* as it lies here */
	enum bm_form form;   /* as it is in the file, */
	uint32_t n_runs;     /* if that is runs: how many */
	uint32_t size;	     /* its bytes there, each of the span */
};
/* Bytes of the longest container in a file. */
#define BM_UNIT_MAX BM_CONT_BITS_SIZE

struct bm_walk {
	const struct bm_seg *seg;
	uint64_t pos;  /* of a container, a member or a pair */
	uint64_t from; /* within a pair: the first member not walked over */
	uint16_t room[BM_CONT_ARRAY_MAX]; /* for cont.data of the last unit */
};
/* Before the first container with a key >= key. */
void bm_walk_init(struct bm_walk *w, const struct bm_seg *seg, uint64_t key);
/* -ENOENT past the end; -EUCLEAN. The unit is valid until the next call. */
int bm_walk_next(struct bm_walk *w, struct bm_unit *ret_unit);
/* Its size bytes in the file: in room, or where they lie. */
const uint8_t *bm_unit_bytes(const struct bm_unit *u,
			     uint8_t room[BM_UNIT_MAX]);

/* --- files ---------------------------------------------------------------- */

/* A window of a file that is being filled from left to right. */
struct bm_window {
	char *buf;
	uint64_t off, end; /* of the file; filled up to off */
};
/* Bytes of the file at at: takes what is wanted of them, in order. */
void bm_window_put(struct bm_window *w, uint64_t at, const void *bytes,
		   size_t len);

struct bm_file {
	const struct bm_view *bv; /* borrowed */
	enum bm_format format;
	uint64_t size;
	/* the map, when the format has one */
	struct bm_line_mark *lines;
	struct bm_mark *marks;
	size_t n_marks, cap_marks;
	uint64_t n_buckets; /* of roaring */
};

/* Fill w, which lies inside the file; what is missing is -EUCLEAN. */
int bm_fixed_read(const struct bm_file *f, struct bm_window *w);

/* A mark: the lines of the runs that begin in a segment. */
struct bm_line_mark {
	uint64_t lo;
	uint64_t off;	   /* of the first of them */
	uint64_t run_last; /* where the run ends that goes on into it, */
	bool joined;	   /* if there is one */
};
int bm_ranges_map(struct bm_file *f);
int bm_ranges_read(const struct bm_file *f, struct bm_window *w);

/* A bucket: the members that share their upper 32 bits. */
struct bm_bucket {
	uint64_t off; /* where it begins in the file */
	uint32_t high;
	uint32_t n;	/* containers */
	uint32_t bytes; /* of all of them */
	bool runs;	/* one is of runs */
};
/* A mark: the bucket of a segment's first container, and what of it lies in
 * segments before. */
struct bm_mark {
	uint64_t lo;
	struct bm_bucket bucket;
	uint32_t n_before, bytes_before;
};
int bm_roaring_map(struct bm_file *f);
int bm_roaring_read(const struct bm_file *f, struct bm_window *w);
/* Bytes of a bucket up to its containers; all of it. */
uint64_t bm_bucket_head(const struct bm_file *f, const struct bm_bucket *b);
uint64_t bm_bucket_size(const struct bm_file *f, const struct bm_bucket *b);
/* 65,536 full containers at once. */
struct bm_bucket bm_bucket_full(uint32_t high, uint64_t off);

#endif

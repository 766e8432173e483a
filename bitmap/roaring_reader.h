/* SPDX-License-Identifier: Apache-2.0 */
/* roaring_reader.h - one read of a roaring file. PRIVATE to roaring_*.c.
 *
 *   roaring_read.c     one bucket after the other, which are
 *   roaring_bucket.c   found, and
 *   roaring_parts.c    made
 */
#ifndef BM_ROARING_READER_H
#define BM_ROARING_READER_H

#include "bitmap/file.h"

struct bm_roaring {
	const struct bm_file *f;
	struct bm_window *w;
	struct bm_scan scan;
	size_t seg; /* number of the segment that is walked */
	struct bm_walk walk;
	/* Where the bucket begins that was counted last: small buckets, of
	 * which there can be millions, are not searched for again. */
	struct {
		uint64_t off; /* 0: none, as the file's own head is there */
		size_t seg;
		uint64_t pos, from; /* of the walk */
	} begin;
	uint8_t room[BM_UNIT_MAX];
};

/* --- roaring_bucket.c ----------------------------------------------------- */

/* Walk in segment seg, before the first container with a key >= key. */
int bm_roaring_go_to(struct bm_roaring *r, size_t seg, uint64_t key);
/* The last mark at or before container n, or byte, of the bucket at off. */
size_t bm_roaring_mark(const struct bm_file *f, uint64_t off, uint32_t n,
		       uint32_t bytes);

/* The bucket that has off; the one that follows b, in its place. */
int bm_roaring_bucket_at(struct bm_roaring *r, uint64_t off,
			 struct bm_bucket *ret_b);
int bm_roaring_bucket_after(struct bm_roaring *r, struct bm_bucket *b);

/* --- roaring_parts.c ------------------------------------------------------ */

/* What the window wants of b. */
int bm_roaring_put(struct bm_roaring *r, const struct bm_bucket *b);

#endif

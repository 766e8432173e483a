/* SPDX-License-Identifier: Apache-2.0 */
/* segment.h - a run of members as bytes: four kinds, read in place. PRIVATE
 * to bitmap/, and pure: it knows neither store nor files.
 *
 *   kind     bytes                                          used when
 *   P32      portable 32-bit roaring; the high 32 bits of   the rule
 *            all members are those of lo
 *   U64      members, ascending, 8 bytes each               sparse: smaller
 *   BITSET   one container of 65,536 bits, 8,192 bytes      one dense container
 *   RUN64    pairs {first, length - 1}, 8 bytes each        long ranges
 *
 * P32 is the portable format of RoaringFormatSpec, so CRoaring reads it as it
 * lies; the code here reads and writes it without CRoaring because a merge
 * then touches only the containers that change (docs/design.md, section 9).
 *
 * Every segment has members. What is never smaller than another kind does not
 * exist, and readers count on it: a BITSET has more than 3,072 members, a
 * container of U64 at most 4,096 and one of RUN64 at most 2,047 pairs, as has
 * a run container of P32.
 *
 * Numbers are little-endian. A container is the members that share their
 * upper 48 bits; it never spans two segments, except inside RUN64, where a
 * run may cover many containers whole and in part.
 */
#ifndef BM_SEGMENT_H
#define BM_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bitmap/bitmap.h"

#define BM_SEG_DEFAULT (16u * 1024u) /* bytes aimed at */
#define BM_SEG_HARD    (64u * 1024u) /* bytes never exceeded */

enum bm_seg_kind {
	BM_SEG_P32 = 1,
	BM_SEG_U64,
	BM_SEG_BITSET,
	BM_SEG_RUN64
};

/* A segment to read: bytes borrowed from the mapping or a record. */
struct bm_seg {
	enum bm_seg_kind kind;
	uint64_t lo; /* no member is smaller; low 16 bits are 0 */
	const uint8_t *data;
	size_t len;
	uint64_t card;
	/* filled by bm_seg_open() */
	unsigned n_cont;	/* P32: containers */
	const uint8_t *runs;	/* P32: flags of run containers, or NULL */
	const uint8_t *heads;	/* P32: keys and cardinalities */
	const uint8_t *offsets; /* P32: offsets, or NULL (few run containers) */
};

/* Make a segment ready for the functions below, which then never read outside
 * data and always end, whatever it holds: if it lies, they say wrong members.
 * Takes constant time: the containers of P32 are held against the end when
 * they are asked for, and one that lies outside counts as empty. -EUCLEAN. */
int bm_seg_open(struct bm_seg *seg);
/* Check everything: order within containers, runs, cardinalities. */
int bm_seg_validate(const struct bm_seg *seg);

bool bm_seg_contains(const struct bm_seg *seg, uint64_t member);
uint64_t bm_seg_rank(const struct bm_seg *seg, uint64_t member); /* <= member */
/* n below card; -EUCLEAN when the bytes lied about card. */
int bm_seg_select(const struct bm_seg *seg, uint64_t n, uint64_t *ret_member);
uint64_t bm_seg_min(const struct bm_seg *seg);
uint64_t bm_seg_max(const struct bm_seg *seg);

/* Members in order, from the first >= a member. */
struct bm_seg_iter {
	const struct bm_seg *seg;
	unsigned cont; /* container, or pair */
	uint64_t pos;  /* place within it; meaning depends on its kind */
	uint64_t left; /* members not read yet, at most: bounds the loop */
};
void bm_seg_iter_init(struct bm_seg_iter *it, const struct bm_seg *seg);
void bm_seg_iter_seek(struct bm_seg_iter *it, uint64_t member);
/* Place before the n-th member of the segment. */
void bm_seg_iter_nth(struct bm_seg_iter *it, uint64_t n);
size_t bm_seg_iter_read(struct bm_seg_iter *it, uint64_t *buf, size_t cap);

/* Members as containers have them: what two bytes each say, added to base. */
struct bm_lows {
	uint64_t base;
	const uint8_t *at;
	size_t n;
};
/* What of one container comes next, where it lies or in room, which has room
 * for cap. Of 0 members when that is too little for the trouble, as the members
 * of a sparse set are: those are for bm_seg_iter_read(). */
#define BM_LOWS_MIN 32u
void bm_seg_iter_lows(struct bm_seg_iter *it, uint16_t *room, size_t cap,
		      struct bm_lows *ret_lows);

/* --- writing -------------------------------------------------------------- */

/* A finished segment, opened; data is valid during the call. An error ends
 * what the packer does and comes back from there. */
typedef int bm_seg_emit_fn(void *arg, const struct bm_seg *seg);

/* The packer takes containers in order and cuts them into segments: page
 * aware (each just under a multiple of 4,096 bytes), at most seg_max, the
 * kind chosen by size. While more comes it cuts full ones; what is left when
 * it is flushed is cut in equal parts, or if a merge only appended, so that
 * the left one is full.
 *
 * A segment's lo is the start of its first container. Those given to a packer
 * must ascend (-EUCLEAN); after a flush others may begin. After any other
 * error a packer can only be freed. seg_max is 4 to 64 KiB, else -EINVAL; below
 * 8 KiB one container may exceed it. */
struct bm_packer;
int bm_packer_new(size_t seg_max, bm_seg_emit_fn *emit, void *arg,
		  struct bm_packer **ret_packer);
/* The same for a packer that is kept from one set to the next, nearly all of
 * which are alike: *p, or NULL, gives way to a new one when it packs others. */
int bm_packer_get(struct bm_packer **p, size_t seg_max, bm_seg_emit_fn *emit,
		  void *arg);
void bm_packer_free(struct bm_packer *p); /* accepts NULL */
int bm_packer_flush(struct bm_packer *p); /* emit what is left */

/* Members that share their upper 48 bits: of each the others, two bytes in the
 * lows of whoever has the crowd. */
struct bm_crowd {
	uint64_t key;	/* the upper bits */
	uint32_t first; /* in the lows */
	uint32_t n;	/* not 0 */
};

/* Ascending members. There may be gaps between the lows of two crowds. */
struct bm_crowds {
	struct bm_crowd *of;
	size_t n;
	uint16_t *lows;
};

/* A delta: what must be added and removed, as sorted commands that do not
 * overlap (the last word on each member). Members that are all added, or all
 * removed, come without commands: as a plain ascending array, or where many
 * lie near each other as crowds. */
struct bm_delta {
	const uint64_t *members;       /* or NULL */
	const struct bm_crowd *crowds; /* or NULL */
	size_t n_crowds;
	const uint16_t *lows; /* of the crowds */
	size_t n_members;     /* in either */
	enum bm_op op;	      /* what is done with them */
	const struct bm_command *ops;
	size_t n_ops;
};

/* Merge base (NULL: nothing there) with a delta that lies in base's range into
 * the packer. *ret_changed: whether the result differs from base; when it does
 * not, nothing was handed to the packer. Work and memory do not grow with the
 * length of ranges. -EUCLEAN: the bytes of base lie; -EFBIG, here or at the
 * flush: one segment would have more than BM_MEMBERS_MAX members. */
int bm_merge(const struct bm_seg *base, const struct bm_delta *delta,
	     struct bm_packer *p, bool *ret_changed);
/* Hand a whole segment to the packer as it is. */
int bm_packer_copy(struct bm_packer *p, const struct bm_seg *base);
/* And with each container as small as it can be. */
int bm_packer_tidy(struct bm_packer *p, const struct bm_seg *base);

/* Sort and reduce the commands of a queue of batches, in their order, to one
 * delta: stable radix sort, the last command for a member wins. The arrays
 * belong to the result. Many members are sorted by several threads, at most by
 * so many as shards says (deal.h); the result is the same. */
struct bm_delta_buf {
	struct bm_delta delta;
	uint64_t *own_members;
	struct bm_crowds own_crowds;
	struct bm_command *own_ops;
};
int bm_delta_build(struct bm_batch *const *batches, size_t n_batches,
		   unsigned shards, struct bm_delta_buf *ret_buf);
void bm_delta_finish(struct bm_delta_buf *d);
/* How many of the batches, from the first on, are best made one delta, so that
 * what follows is another, applied after it: all of them, unless they are long
 * and of one kind, as when a million members are removed from a set to which
 * some were just added. Together each would be a command. */
size_t bm_delta_first(struct bm_batch *const *batches, size_t n_batches);

#endif

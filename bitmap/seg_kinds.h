/* SPDX-License-Identifier: Apache-2.0 */
/* seg_kinds.h - what the kinds of segments offer to segment.h. PRIVATE to
 * bitmap/.
 *
 * Two kinds hold containers (P32 and BITSET, which is one container), two hold
 * members by themselves (U64) or in pairs (RUN64). All functions take a
 * segment that bm_seg_open() accepted.
 */
#ifndef BM_SEG_KINDS_H
#define BM_SEG_KINDS_H

#include "bitmap/container.h"
#include "bitmap/segment.h"

/* RoaringFormatSpec */
#define BM_P32_COOKIE	    12346u /* no runs; a count of containers follows */
#define BM_P32_COOKIE_RUNS  12347u /* count - 1 in the upper half, then flags */
#define BM_P32_OFFSETS_FROM 4u	   /* fewer containers: no offsets if runs */

/* Whole containers have keys of 48 bits: member >> 16. */
#define BM_KEY_MAX (((uint64_t)1 << 48) - 1)

/* --- P32 and BITSET: containers, numbered from 0 to n_cont - 1 --- */

/* The i-th container and its key. -EUCLEAN: it does not lie inside. */
int bm_seg_cont(const struct bm_seg *seg, unsigned i, struct bm_cont *ret_cont,
		uint64_t *ret_key);
/* Its key alone; the number of the first with a key >= key. */
uint64_t bm_seg_cont_key(const struct bm_seg *seg, unsigned i);
unsigned bm_seg_cont_from(const struct bm_seg *seg, uint64_t key);
/* Its card as the table has it; where its bytes begin. */
uint32_t bm_seg_cont_card(const struct bm_seg *seg, unsigned i);
int bm_seg_cont_start(const struct bm_seg *seg, unsigned i, size_t *ret_start);

/* --- RUN64: pairs, numbered from 0 --- */

struct bm_pair {
	uint64_t first, last; /* both included; last < first when they lie */
};
struct bm_pair bm_seg_pair(const struct bm_seg *seg, size_t i);
size_t bm_seg_pairs(const struct bm_seg *seg);
size_t bm_seg_pairs_upto(const struct bm_seg *seg, uint64_t member);

/* --- the questions, by kind; an iterator is moved or read --- */

struct bm_seg_ops {
	bool (*contains)(const struct bm_seg *seg, uint64_t member);
	uint64_t (*rank)(const struct bm_seg *seg, uint64_t member);
	uint64_t (*max)(const struct bm_seg *seg);
	void (*seek)(struct bm_seg_iter *it, uint64_t member);
	void (*nth)(struct bm_seg_iter *it, uint64_t n);
	size_t (*read)(struct bm_seg_iter *it, uint64_t *buf, size_t cap);
	/* NULL: nothing lies in containers */
	void (*lows)(struct bm_seg_iter *it, uint16_t *room, size_t cap,
		     struct bm_lows *ret_lows);
	int (*check)(const struct bm_seg *seg);
};
extern const struct bm_seg_ops bm_seg_ops_cont;
extern const struct bm_seg_ops bm_seg_ops_u64;
extern const struct bm_seg_ops bm_seg_ops_run;

#endif

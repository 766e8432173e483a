/* SPDX-License-Identifier: Apache-2.0 */
/* packer.h - the containers a packer holds until it cuts. PRIVATE to bitmap/.
 *
 * A packer keeps at most some two segments' worth of containers (its window):
 * a record for each, and the bytes of all one after the other. A span of full
 * containers is a single record, however long, and has no bytes.
 *
 *   recs   | 17 array | 18 bits | 19.. 1e6 full | 1e6+1 runs | ...
 *   bytes  | aaaa     | bbbbbbbbbbbb            | rr | ...
 *
 *   packer.c         the window: what comes in, when to cut
 *   packer_cut.c     where to cut and which kind
 *   packer_encode.c  records to the bytes of a kind
 *
 * merge_list.c goes around all of it.
 */
#ifndef BM_PACKER_H
#define BM_PACKER_H

#include "bitmap/merge_mem.h"
#include "bitmap/seg_kinds.h"

struct bm_rec {
	uint64_t key;
	uint64_t span;	/* containers: 1, or a number of full ones */
	uint32_t start; /* of its bytes */
	uint32_t card;	/* of one container */
	uint32_t n;	/* as in struct bm_cont */
	enum bm_form form;
};

/* Bytes of records, were all in this kind and all around them, too. */
struct bm_est {
	uint64_t p32, u64, run64;
};

struct bm_packer {
	size_t seg_max;
	bm_seg_emit_fn *emit;
	void *arg;
	bool balanced; /* cut what is left in equal parts, not full ones */

	struct bm_rec *recs;
	size_t first, n_recs, cap_recs; /* recs[first .. n_recs) are held */
	uint8_t *bytes;
	size_t len, cap;
	struct bm_est held; /* of all records held */
	uint64_t next_key;  /* smallest that may come */

	uint8_t *out; /* the segment being emitted: seg_max or a container */
	struct bm_merge_mem mem;
};

/* Take one container, or n full ones from key on. -EUCLEAN: keys descend. */
int bm_packer_push(struct bm_packer *p, uint64_t key, const struct bm_cont *c);
int bm_packer_push_full(struct bm_packer *p, uint64_t key, uint64_t n);

/* Forget what is held; and what is held as one segment, which is valid until
 * the packer is used again. -EUCLEAN: it would be too large. */
void bm_packer_drop(struct bm_packer *p);
int bm_packer_whole(struct bm_packer *p, struct bm_seg *ret_seg);

/* Is it a span of full containers? */
static inline bool bm_rec_full(const struct bm_rec *r)
{
	return r->card == BM_CONT_MEMBERS && r->form == BM_RUNS;
}

struct bm_cont bm_rec_cont(const struct bm_packer *p, const struct bm_rec *r);

/* --- estimates; several for each container, so they are not calls --------- */

/* A span in a piece of its own costs at most this. */
#define BM_SPAN_COST 256u

/* Bytes of one container in P32. Bits that are kept below 4,097 members
 * (hysteresis, container_work.c) are an array there. */
static inline uint64_t bm_rec_payload(const struct bm_rec *r)
{
	if (r->form == BM_RUNS)
		return 2 + 4 * (uint64_t)r->n;
	return r->card <= BM_CONT_ARRAY_MAX ? 2 * (uint64_t)r->card
					    : BM_CONT_BITS_SIZE;
}

static inline void bm_est_add(struct bm_est *e, const struct bm_rec *r)
{
	uint64_t p32 = 8 + bm_rec_payload(r);
	bool runs = r->form == BM_RUNS;

	e->p32 += r->span < 16 ? p32 * r->span : BM_SPAN_COST;
	e->u64 += bm_rec_full(r) ? BM_SPAN_COST : 8 * (uint64_t)r->card;
	e->run64 += 16 * (uint64_t)(runs ? r->n : r->card);
}

static inline void bm_est_sub(struct bm_est *e, const struct bm_est *less)
{
	e->p32 -= less->p32;
	e->u64 -= less->u64;
	e->run64 -= less->run64;
}

static inline uint64_t bm_est_best(const struct bm_est *e)
{
	uint64_t best = e->p32 < e->u64 ? e->p32 : e->u64;

	return best < e->run64 ? best : e->run64;
}

/* --- packer_cut.c ------------------------------------------------------- */

/* Pages of a segment of so many bytes; none when it lies in a leaf. */
#define BM_PACK_INLINE 1024u
static inline uint64_t bm_pages_for(uint64_t bytes)
{
	return bytes > BM_PACK_INLINE ? (bytes + 4095) / 4096 : 0;
}

/* The records of a segment in the making, and their sum. */
struct bm_cut {
	size_t n_recs;
	enum bm_seg_kind kind;
	size_t bytes; /* never less than what it encodes to */
	struct bm_est est;
};
/* Where the packer's window is cut best, if no piece may exceed max. */
struct bm_cut bm_cut_best(const struct bm_packer *p, size_t max);
/* Can all that is left be one segment without waste? */
bool bm_cut_all(const struct bm_packer *p, struct bm_cut *ret_cut);

/* All that is left as one segment, whatever the waste. */
struct bm_cut bm_cut_whole(const struct bm_packer *p);

/* --- packer_encode.c ---------------------------------------------------- */

/* Encode the first records to p->out. -EFBIG: more than BM_MEMBERS_MAX. */
int bm_encode(struct bm_packer *p, const struct bm_cut *cut,
	      struct bm_seg *ret_seg);

/* --- merge_list.c --------------------------------------------------------- */

/* bm_merge() for what is a plain list before and after. Not done: nothing was
 * handed out, and it is for bm_merge(). */
int bm_merge_list(const struct bm_seg *base, const struct bm_delta *delta,
		  struct bm_packer *p, bool *ret_done, bool *ret_changed);

#endif

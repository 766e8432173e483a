/* SPDX-License-Identifier: Apache-2.0 */
/* packer_cut.c - where a segment ends, and of which kind it is.
 *
 * Payloads lie on whole pages, so a segment of 12,300 bytes costs 16,384. And
 * a segment is of one kind, so a range of 10^12 members among sparse ones may
 * cost each of those 16 bytes instead of 2. Both are waste, and both are seen
 * by one measure:
 *
 *   waste = pages of the segment + its place in the tree
 *           - ideal bytes of its records
 *           - 1/64 of them, what other segments would waste on as much
 *
 * The cut with the least waste wins, the later of equals. On ordinary sets
 * this leaves each piece just under a multiple of the page size; a dense
 * container among sparse ones becomes a BITSET of its own, exactly 2 pages.
 */
#include "bitmap/packer.h"

#include "bitmap/bits.h"

#define PAGE	   4096u
#define INLINE_MAX 1024u /* a payload up to this lies in the tree's leaf */
#define LEAF_COST  96u	 /* key and descriptor of a segment in a leaf */
#define NEVER	   UINT64_MAX

/* What decides about the kind of the first n records. */
struct sum {
	size_t n_recs;
	uint64_t first_key;
	uint64_t conts;	  /* in P32: each full container by itself */
	uint64_t payload; /* of them */
	uint64_t card;
	uint64_t pairs; /* at most */
	uint64_t ideal;
	bool runs;	/* some container is of runs */
	bool bits;	/* the last one is of bits */
	bool large;	/* too large for U64 */
	bool high;	/* high halves differ */
	uint64_t touch; /* member before which a pair would be longer */
};

static uint64_t sat_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? NEVER : sum;
}

static uint64_t sat_mul(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? NEVER : product;
}

/* Bits that are kept below 4,097 members (hysteresis, container_work.c) are
 * an array in P32. */
static uint64_t p32_payload(const struct bm_rec *r)
{
	switch (r->form) {
	case BM_ARRAY:
		return 2 * (uint64_t)r->n;
	case BM_BITS:
		break;
	case BM_RUNS:
		return 2 + 4 * (uint64_t)r->n;
	}
	return r->card <= BM_CONT_ARRAY_MAX ? 2 * (uint64_t)r->card
					    : BM_CONT_BITS_SIZE;
}

uint64_t bm_rec_ideal(const struct bm_rec *r)
{
	uint64_t p32 = 8 + p32_payload(r);
	uint64_t u64 = 8 * (uint64_t)r->card;

	if (bm_rec_full(r))
		return r->span == 1 ? p32 : 16;
	if (p32 > BM_CONT_BITS_SIZE)
		p32 = BM_CONT_BITS_SIZE;
	return p32 < u64 ? p32 : u64;
}

/* The pairs of a record; one less when its first joins the last before. Only
 * runs are looked at: to guess too many is allowed. */
static uint64_t pairs_of(const struct bm_packer *p, const struct bm_rec *r,
			 uint64_t *touch)
{
	struct bm_cont c = bm_rec_cont(p, r);
	uint64_t start = r->key << 16;
	uint64_t pairs = r->n;
	struct bm_cont_run last;

	if (r->form != BM_RUNS) {
		*touch = 0;
		return r->card;
	}
	if (*touch && start + bm_cont_run(&c, 0).first == *touch)
		pairs--;
	last = bm_cont_run(&c, c.n - 1);
	*touch = start + ((r->span - 1) << 16) + last.last + 1;
	return pairs;
}

static void sum_add(struct sum *s, const struct bm_packer *p,
		    const struct bm_rec *r)
{
	uint64_t last_key = r->key + r->span - 1;

	if (s->n_recs++ == 0)
		s->first_key = r->key;
	s->high |= last_key >> 16 != s->first_key >> 16;
	s->conts = sat_add(s->conts, r->span);
	s->payload = sat_add(s->payload, sat_mul(p32_payload(r), r->span));
	s->card = sat_add(s->card, sat_mul(r->card, r->span));
	s->pairs += pairs_of(p, r, &s->touch);
	s->ideal += bm_rec_ideal(r);
	s->runs |= r->form == BM_RUNS;
	s->bits = r->form == BM_BITS;
	s->large |= r->card > BM_CONT_ARRAY_MAX;
}

static uint64_t p32_bytes(const struct sum *s)
{
	uint64_t head = 8 + 8 * s->conts;

	if (s->high)
		return NEVER;
	if (s->runs) {
		head = 4 + (s->conts + 7) / 8 + 4 * s->conts;
		if (s->conts >= BM_P32_OFFSETS_FROM)
			head += 4 * s->conts;
	}
	return sat_add(head, s->payload);
}

/* The smallest kind; one that comes earlier here wins when equal. */
static struct bm_cut kind_of(const struct sum *s)
{
	uint64_t best = p32_bytes(s);
	struct bm_cut cut = { .n_recs = s->n_recs, .kind = BM_SEG_P32 };

	if (s->conts == 1 && (s->bits || best > BM_CONT_BITS_SIZE)) {
		best = BM_CONT_BITS_SIZE;
		cut.kind = BM_SEG_BITSET;
	}
	if (!s->large && sat_mul(s->card, 8) < best) {
		best = 8 * s->card;
		cut.kind = BM_SEG_U64;
	}
	if (16 * s->pairs < best) {
		best = 16 * s->pairs;
		cut.kind = BM_SEG_RUN64;
	}
	cut.bytes = best;
	return cut;
}

static int64_t waste_of(const struct sum *s, size_t bytes)
{
	int64_t cost = (int64_t)bytes;

	if (bytes > INLINE_MAX)
		cost = (int64_t)((bytes + PAGE - 1) / PAGE * PAGE);
	return cost + LEAF_COST - (int64_t)(s->ideal + s->ideal / 64);
}

/* One record alone never exceeds the smallest seg_max there is. */
struct bm_cut bm_cut_best(const struct bm_packer *p, size_t max)
{
	struct sum s = { 0 };
	struct bm_cut best = { 0 };
	int64_t best_waste = INT64_MAX;

	for (size_t i = p->first; i < p->n_recs; i++) {
		struct bm_cut cut;
		int64_t waste;

		sum_add(&s, p, &p->recs[i]);
		cut = kind_of(&s);
		if (cut.bytes > max && best.n_recs)
			break;
		waste = waste_of(&s, cut.bytes);
		if (waste <= best_waste) {
			best = cut;
			best_waste = waste;
		}
	}
	return best;
}

bool bm_cut_all(const struct bm_packer *p, struct bm_cut *ret_cut)
{
	struct sum s = { 0 };
	struct bm_cut cut;

	for (size_t i = p->first; i < p->n_recs; i++)
		sum_add(&s, p, &p->recs[i]);
	cut = kind_of(&s);
	if (cut.bytes > p->seg_max || cut.bytes > s.ideal + s.ideal / 4 + 64)
		return false;
	*ret_cut = cut;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* packer_cut.c - where a segment ends, and of which kind it is.
 *
 * Payloads lie on whole pages, so a segment of 12,300 bytes costs 16,384. And
 * a segment is of one kind, so a range of 10^12 members among sparse ones may
 * cost each of those 16 bytes instead of 2. One measure sees both, what the
 * whole window will have cost when it is cut here:
 *
 *   pages of the first piece + its place in the tree
 *   + bytes of the rest, in the kind that suits all of it best
 *   + 1/64 of these, what their segments will waste
 *
 * The cheapest cut wins, the later of equals. On ordinary sets this leaves
 * each piece just under a multiple of the page size; a dense container among
 * sparse ones becomes a BITSET of its own, exactly 2 pages.
 */
#include "bitmap/packer.h"

#include "bitmap/bits.h"

#define PAGE	  4096u
#define LEAF_COST 96u /* key and descriptor of a segment in a leaf */
#define STEP	  32u /* bytes between cuts that are weighed */
#define NEVER	  UINT64_MAX
#define BIG	  ((uint64_t)1 << 44) /* too many; a window of it adds up */

/* What decides about the kind of the first n records. */
struct sum {
	size_t n_recs;
	uint64_t first_key;
	uint64_t conts;	  /* in P32: each full container by itself */
	uint64_t payload; /* of them */
	uint64_t card;
	uint64_t pairs; /* at most */
	struct bm_est est;
	bool runs;	/* some container is of runs */
	bool bits;	/* the last one is of bits */
	bool large;	/* too large for U64 */
	bool high;	/* high halves differ */
	uint64_t touch; /* member before which a pair would be longer */
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t big_mul(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? BIG
						      : least(product, BIG);
}

/* --- sums ----------------------------------------------------------------- */

/* The first and last member of a record that are quickly found. */
static bool ends_of(const struct bm_packer *p, const struct bm_rec *r,
		    struct bm_cont_run *ret_ends)
{
	struct bm_cont c = bm_rec_cont(p, r);

	switch (r->form) {
	case BM_ARRAY:
		ret_ends->first = bm_u16_at(c.data, 0);
		ret_ends->last = bm_u16_at(c.data, c.n - 1);
		return true;
	case BM_BITS:
		return false;
	case BM_RUNS:
		ret_ends->first = bm_cont_run(&c, 0).first;
		ret_ends->last = bm_cont_run(&c, c.n - 1).last;
		return true;
	}
	return false;
}

/* The pairs of a record; one less when its first joins the last before. Too
 * many may be guessed, too few not. */
static uint64_t pairs_of(const struct bm_packer *p, const struct bm_rec *r,
			 uint64_t *touch)
{
	uint64_t start = r->key << 16;
	uint64_t pairs = r->form == BM_RUNS ? r->n : r->card;
	struct bm_cont_run ends;

	if (!ends_of(p, r, &ends)) {
		*touch = 0;
		return pairs;
	}
	if (*touch && start + ends.first == *touch)
		pairs--;
	*touch = start + ((r->span - 1) << 16) + ends.last + 1;
	return pairs;
}

static void sum_add(struct sum *s, const struct bm_packer *p,
		    const struct bm_rec *r)
{
	uint64_t last_key = r->key + r->span - 1;
	uint64_t payload = bm_rec_payload(r);

	if (s->n_recs++ == 0)
		s->first_key = r->key;
	s->high |= last_key >> 16 != s->first_key >> 16;
	s->conts += least(r->span, BIG);
	s->payload += r->span == 1 ? payload : big_mul(payload, r->span);
	s->card += r->span == 1 ? r->card : big_mul(r->card, r->span);
	s->pairs += pairs_of(p, r, &s->touch);
	bm_est_add(&s->est, r);
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
	return head + s->payload;
}

/* The smallest kind; one that comes earlier here wins when equal. */
static struct bm_cut kind_of(const struct sum *s)
{
	uint64_t best = p32_bytes(s);
	struct bm_cut cut = { .n_recs = s->n_recs,
			      .kind = BM_SEG_P32,
			      .est = s->est };

	if (s->conts == 1 && (s->bits || best > BM_CONT_BITS_SIZE)) {
		best = BM_CONT_BITS_SIZE;
		cut.kind = BM_SEG_BITSET;
	}
	if (!s->large && 8 * s->card < best) {
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

/* --- cuts ----------------------------------------------------------------- */

static uint64_t cost_of(const struct bm_packer *p, const struct bm_cut *cut)
{
	struct bm_est held = p->held;
	uint64_t bytes = cut->bytes;
	uint64_t rest;

	bm_est_sub(&held, &cut->est);
	rest = bm_est_best(&held);
	if (bytes > BM_PACK_INLINE)
		bytes = bm_pages_for(bytes) * PAGE;
	return bytes + LEAF_COST + rest + rest / 64;
}

/* Not like others: a piece may well begin or end there. */
static bool is_special(const struct bm_rec *r)
{
	return r->form == BM_BITS || bm_rec_full(r);
}

/* Must the cut after record i be weighed? Of small ones not each. */
static bool is_candidate(const struct bm_packer *p, size_t i,
			 const struct sum *s, const struct bm_cut *last)
{
	return s->est.p32 - last->est.p32 >= STEP || i + 1 == p->n_recs ||
	       is_special(&p->recs[i]) || is_special(&p->recs[i + 1]) ||
	       p->recs[i + 1].key >> 16 != s->first_key >> 16;
}

/* One record alone is always taken, and exceeds the limit where that is below
 * the size of a container. */
struct bm_cut bm_cut_best(const struct bm_packer *p, size_t max)
{
	struct sum s = { 0 };
	struct bm_cut cut = { 0 };
	struct bm_cut best = { 0 };
	uint64_t best_cost = NEVER;

	for (size_t i = p->first; i < p->n_recs; i++) {
		uint64_t cost;

		sum_add(&s, p, &p->recs[i]);
		if (best.n_recs && !is_candidate(p, i, &s, &cut))
			continue;
		cut = kind_of(&s);
		if (cut.bytes > max && best.n_recs)
			break;
		cost = cost_of(p, &cut);
		if (cost <= best_cost) {
			best = cut;
			best_cost = cost;
		}
	}
	return best;
}

struct bm_cut bm_cut_whole(const struct bm_packer *p)
{
	struct sum s = { 0 };

	for (size_t i = p->first; i < p->n_recs; i++)
		sum_add(&s, p, &p->recs[i]);
	return kind_of(&s);
}

/* A page saved is not worth a segment more: only bytes count here, and two
 * pieces would have to save an eighth of them. */
bool bm_cut_all(const struct bm_packer *p, struct bm_cut *ret_cut)
{
	uint64_t est = bm_est_best(&p->held);
	struct bm_cut cut = bm_cut_whole(p);

	if (cut.bytes > p->seg_max || cut.bytes > est + est / 8 + BM_SPAN_COST)
		return false;
	*ret_cut = cut;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* packer_encode.c - records to the bytes of a segment, by kind. */
#include "bitmap/packer.h"

#include "regionstore/base/ck.h"

#include "bitmap/bits.h"

#include <assert.h>
#include <errno.h>

/* A segment in the making: the bytes of p->out. */
struct enc {
	const struct bm_packer *p;
	const struct bm_rec *recs;
	size_t n_recs;
	uint8_t *out;
	size_t len;
	uint64_t card;
	uint8_t *offsets; /* P32: of the next container, or NULL */
};

static void put(struct enc *e, const void *bytes, size_t n)
{
	memcpy(e->out + e->len, bytes, n);
	e->len += n;
}

static void put16(struct enc *e, uint32_t v)
{
	uint16_t small = (uint16_t)v;

	put(e, &small, sizeof(small));
}

static void put32(struct enc *e, uint32_t v)
{
	put(e, &v, sizeof(v));
}

static void put64(struct enc *e, uint64_t v)
{
	put(e, &v, sizeof(v));
}

/* --- P32 ------------------------------------------------------------------ */

static uint32_t count_conts(const struct enc *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < e->n_recs; i++)
		n += e->recs[i].span;
	return (uint32_t)n;
}

/* The cookie, and the flags of runs if there are any. */
static bool put_cookie(struct enc *e, uint32_t n)
{
	uint32_t at = 0;
	uint8_t *flags;
	bool any = false;

	for (size_t i = 0; i < e->n_recs && !any; i++)
		any = e->recs[i].form == BM_RUNS;
	if (!any) {
		put32(e, BM_P32_COOKIE);
		put32(e, n);
		return false;
	}
	put32(e, BM_P32_COOKIE_RUNS | (n - 1) << 16);
	flags = e->out + e->len;
	memset(flags, 0, (n + 7) / 8);
	e->len += (n + 7) / 8;
	for (size_t i = 0; i < e->n_recs; i++) {
		for (uint64_t k = 0; k < e->recs[i].span; k++, at++) {
			if (e->recs[i].form == BM_RUNS)
				flags[at / 8] |= (uint8_t)(1u << (at % 8));
		}
	}
	return true;
}

static void put_heads(struct enc *e)
{
	for (size_t i = 0; i < e->n_recs; i++) {
		const struct bm_rec *r = &e->recs[i];

		for (uint64_t k = 0; k < r->span; k++) {
			put16(e, (uint16_t)(r->key + k));
			put16(e, r->card - 1);
		}
		e->card += r->card * r->span;
	}
}

/* Bits of few members: an array here. */
static void put_array_of_bits(struct enc *e, const struct bm_cont *c)
{
	uint64_t members[64];
	uint64_t place = 0;
	uint32_t left = c->card;

	while (left) {
		size_t ask = left < 64 ? left : 64;
		size_t got = bm_cont_read(c, &place, 0, members, ask);

		for (size_t i = 0; i < ask; i++)
			put16(e, i < got ? (uint16_t)members[i] : 0);
		left -= (uint32_t)ask;
	}
}

/* Note where the next container lies. */
static void put_offset(struct enc *e, size_t start)
{
	uint32_t offset = (uint32_t)start;

	if (!e->offsets)
		return;
	memcpy(e->offsets, &offset, sizeof(offset));
	e->offsets += sizeof(offset);
}

/* A record whose bytes are not those of P32. */
static void put_changed(struct enc *e, const struct bm_rec *r)
{
	struct bm_cont c = bm_rec_cont(e->p, r);

	if (!bm_rec_full(r)) {
		put_offset(e, e->len);
		put_array_of_bits(e, &c);
		return;
	}
	for (uint64_t k = 0; k < r->span; k++) {
		put_offset(e, e->len);
		put16(e, c.n);
		put(e, c.data, bm_cont_size(&c));
	}
}

static bool is_as_held(const struct bm_rec *r)
{
	return !bm_rec_full(r) &&
	       !(r->form == BM_BITS && r->card <= BM_CONT_ARRAY_MAX);
}

/* As many records as are held in one piece, with one copy; the number after
 * them. What lies behind the last record's bytes are those of the next. */
static size_t put_stretch(struct enc *e, size_t i)
{
	uint32_t start = e->recs[i].start;
	uint32_t end;

	for (; i < e->n_recs && is_as_held(&e->recs[i]); i++)
		put_offset(e, e->len + (e->recs[i].start - start));
	end = &e->recs[i] < e->p->recs + e->p->n_recs ? e->recs[i].start
						      : (uint32_t)e->p->len;
	put(e, e->p->bytes + start, end - start);
	return i;
}

static void encode_p32(struct enc *e)
{
	uint32_t n = count_conts(e);
	bool runs = put_cookie(e, n);

	put_heads(e);
	if (!runs || n >= BM_P32_OFFSETS_FROM) {
		e->offsets = e->out + e->len;
		e->len += 4 * (size_t)n;
	}
	for (size_t i = 0; i < e->n_recs;) {
		if (is_as_held(&e->recs[i]))
			i = put_stretch(e, i);
		else
			put_changed(e, &e->recs[i++]);
	}
}

/* --- the other kinds ------------------------------------------------------ */

/* Containers of U64 are small, and most often arrays of one member. */
static void encode_u64(struct enc *e)
{
	uint64_t members[256];

	for (size_t i = 0; i < e->n_recs; i++) {
		const struct bm_rec *r = &e->recs[i];
		struct bm_cont c = bm_rec_cont(e->p, r);
		uint32_t left = r->card;
		uint64_t place = 0;
		size_t got;

		if (r->form == BM_ARRAY && left == 1) {
			put64(e, r->key << 16 | bm_u16_at(c.data, 0));
			continue;
		}
		for (; left; left -= (uint32_t)got) {
			got = bm_cont_read(&c, &place, r->key << 16, members,
					   left < 256 ? left : 256);
			if (got == 0)
				break;
			put(e, members, 8 * got);
		}
	}
	e->card = e->len / 8;
}

static void encode_bitset(struct enc *e)
{
	struct bm_cont c = bm_rec_cont(e->p, e->recs);
	uint64_t words[BM_BITS_WORDS];

	bm_cont_to_bits(&c, words);
	put(e, words, sizeof(words));
	e->card = c.card;
}

/* The pair being made longer; none: first > last. */
struct open_pair {
	uint64_t first, last;
};

static void put_pair(struct enc *e, const struct open_pair *o)
{
	if (o->first > o->last)
		return;
	put64(e, o->first);
	put64(e, o->last - o->first);
	e->card += o->last - o->first + 1;
}

static void extend(struct enc *e, struct open_pair *o, uint64_t first,
		   uint64_t last)
{
	if (o->first <= o->last && o->last + 1 == first) {
		o->last = last;
		return;
	}
	put_pair(e, o);
	*o = (struct open_pair){ .first = first, .last = last };
}

static void extend_by_members(struct enc *e, struct open_pair *o,
			      const struct bm_rec *r)
{
	struct bm_cont c = bm_rec_cont(e->p, r);
	uint64_t place = 0;
	uint64_t member;

	for (uint32_t k = 0; k < c.card; k++) {
		if (bm_cont_read(&c, &place, r->key << 16, &member, 1))
			extend(e, o, member, member);
	}
}

static void extend_by_runs(struct enc *e, struct open_pair *o,
			   const struct bm_rec *r)
{
	struct bm_cont c = bm_rec_cont(e->p, r);
	uint64_t start = r->key << 16;

	for (uint32_t k = 0; k < c.n; k++) {
		struct bm_cont_run run = bm_cont_run(&c, k);

		extend(e, o, start + run.first, start + run.last);
	}
}

static void encode_run64(struct enc *e)
{
	struct open_pair o = { .first = 1, .last = 0 };

	for (size_t i = 0; i < e->n_recs; i++) {
		const struct bm_rec *r = &e->recs[i];
		uint64_t start = r->key << 16;

		if (bm_rec_full(r))
			extend(e, &o, start, start + (r->span << 16) - 1);
		else if (r->form == BM_RUNS)
			extend_by_runs(e, &o, r);
		else
			extend_by_members(e, &o, r);
	}
	put_pair(e, &o);
}

static bool too_many(const struct enc *e)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < e->n_recs; i++) {
		uint64_t card;

		if (!ck_mul(e->recs[i].span, e->recs[i].card, &card) ||
		    !ck_add(sum, card, &sum))
			return true;
	}
	return sum > BM_MEMBERS_MAX;
}

int bm_encode(struct bm_packer *p, const struct bm_cut *cut,
	      struct bm_seg *ret_seg)
{
	struct enc e = {
		.p = p,
		.recs = p->recs + p->first,
		.n_recs = cut->n_recs,
		.out = p->out,
	};

	assert(cut->bytes <= p->seg_max || cut->bytes <= BM_CONT_BITS_SIZE);
	if (too_many(&e))
		return -EFBIG;
	switch (cut->kind) {
	case BM_SEG_P32:
		encode_p32(&e);
		break;
	case BM_SEG_U64:
		encode_u64(&e);
		break;
	case BM_SEG_BITSET:
		encode_bitset(&e);
		break;
	case BM_SEG_RUN64:
		encode_run64(&e);
		break;
	}
	assert(e.len <= cut->bytes);
	*ret_seg = (struct bm_seg){
		.kind = cut->kind,
		.lo = e.recs[0].key << 16,
		.data = p->out,
		.len = e.len,
		.card = e.card,
	};
	return bm_seg_open(ret_seg);
}

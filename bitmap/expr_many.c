/* SPDX-License-Identifier: Apache-2.0 */
/* expr_many.c - the flows of "in any of n" and "in k of n at least".
 *
 * What many have at a key is put together in bits. For k of them, the 65,536
 * counters of a container lie in PLANES: bit i of plane p is bit p of the
 * counter of member i. So 64 of them are counted up at once, and compared with
 * k, in a few operations, and n sets need log2(n) planes of 8 KiB.
 */
#include "bitmap/expr_front.h"

#include <errno.h>
#include <stdlib.h>

struct bm_many {
	unsigned n_planes; /* in use for the container at hand */
	uint64_t planes[][BM_BITS_WORDS];
};

/* Bits of a number up to n, which is not 0. */
static unsigned planes_of(size_t n)
{
	unsigned planes = 1;

	while (n >> planes)
		planes++;
	return planes;
}

int bm_many_new(size_t n, struct bm_many **ret_many)
{
	struct bm_many *m =
		malloc(sizeof(*m) + planes_of(n) * sizeof(m->planes[0]));

	if (!m)
		return -ENOMEM;
	*ret_many = m;
	return 0;
}

void bm_many_free(struct bm_many *m)
{
	free(m);
}

/* --- any ------------------------------------------------------------------ */

/* Where one is full nothing else matters. */
static int any_seek(struct bm_flow *f, uint64_t key)
{
	const struct bm_front *fr = f->front;
	uint64_t span = 0;
	int err = bm_front_seek(f, key);

	if (err)
		return err;
	for (size_t i = 0; i < fr->n_at; i++) {
		const struct bm_flow *of = &f->of[fr->at[i]];

		if (of->full && of->span > span)
			span = of->span;
	}
	return bm_flow_stand(f, fr->key, span, span > 0);
}

static void of_bits(const uint64_t *bits, struct bm_cont *ret_cont)
{
	*ret_cont = (struct bm_cont){
		.form = BM_BITS,
		.card = bm_bits_count((const uint8_t *)bits, BM_BITS_WORDS),
		.data = (const uint8_t *)bits,
	};
}

static int unite(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		 struct bm_cont *ret_cont)
{
	const struct bm_front *fr = f->front;
	uint64_t *bits = ev->rooms[slot]->bits;

	memset(bits, 0, BM_CONT_BITS_SIZE);
	for (size_t i = 0; i < fr->n_at; i++) {
		struct bm_cont c;
		int err = bm_flow_cont(&f->of[fr->at[i]], ev, slot + 1, &c);

		if (err)
			return err;
		bm_cont_or_into(&c, bits);
	}
	of_bits(bits, ret_cont);
	return 0;
}

/* The one or two that have something at the key. */
static int any_two(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		   struct bm_cont *ret_a, struct bm_cont *ret_b)
{
	const struct bm_front *fr = f->front;
	int err = bm_flow_cont(&f->of[fr->at[0]], ev, slot, ret_a);

	if (!err && fr->n_at == 2)
		err = bm_flow_cont(&f->of[fr->at[1]], ev, slot + 1, ret_b);
	return err;
}

static int any_cont(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		    struct bm_cont *ret_cont)
{
	struct bm_cont b;
	int err;

	if (f->front->n_at > 2)
		return unite(f, ev, slot, ret_cont);
	err = any_two(f, ev, slot, ret_cont, &b);
	if (!err && f->front->n_at == 2)
		bm_eval_pair(ev, slot, BM_OR, ret_cont, &b, ret_cont);
	return err;
}

static int any_count(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		     uint32_t *ret_count)
{
	struct bm_cont a;
	struct bm_cont b;
	int err;

	if (f->front->n_at == 1)
		return bm_flow_count(&f->of[f->front->at[0]], ev, slot,
				     ret_count);
	err = f->front->n_at > 2 ? unite(f, ev, slot, &a)
				 : any_two(f, ev, slot, &a, &b);
	if (!err)
		*ret_count = f->front->n_at > 2
				     ? a.card
				     : bm_cont_pair_count(BM_OR, &a, &b);
	return err;
}

const struct bm_flow_ops bm_flow_any = {
	.seek = any_seek,
	.cont = any_cont,
	.count = any_count,
};

/* --- k of them: where there may be members -------------------------------- */

/* Are so many full at the key that all is full; for how long? */
static bool are_full(const struct bm_flow *f, uint64_t k, uint64_t *ret_span)
{
	const struct bm_front *fr = f->front;
	uint64_t n = 0;

	*ret_span = BM_KEY_END;
	for (size_t i = 0; i < fr->n_at; i++) {
		const struct bm_flow *of = &f->of[fr->at[i]];

		n += of->full;
		if (of->full && of->span < *ret_span)
			*ret_span = of->span;
	}
	return n >= k;
}

/* Between a key at which too few are and the next at which another is, there
 * are too few. */
static int many_seek(struct bm_flow *f, uint64_t key)
{
	const struct bm_front *fr = f->front;
	uint64_t k = f->e->k;
	uint64_t span;
	bool full;

	if (k > f->n)
		return bm_flow_stand(f, BM_KEY_END, 1, false);
	do {
		int err = bm_front_seek(f, key);

		if (err)
			return err;
		key = fr->next;
	} while (fr->n_at < k && fr->key < BM_KEY_END);
	full = are_full(f, k, &span);
	return bm_flow_stand(f, fr->key, span, full && fr->n_at);
}

/* --- counting ------------------------------------------------------------- */

/* Each counter of word i whose bit is set goes up by one. */
static void count_up(struct bm_many *m, uint32_t i, uint64_t carry)
{
	for (unsigned p = 0; carry && p < m->n_planes; p++) {
		uint64_t both = m->planes[p][i] & carry;

		m->planes[p][i] ^= carry;
		carry = both;
	}
}

/* room is free for the bits of runs. */
static void count_in(struct bm_many *m, const struct bm_cont *c,
		     union bm_cont_room *room)
{
	const uint8_t *bits = c->data;

	if (c->form == BM_ARRAY) {
		for (uint32_t i = 0; i < c->n; i++) {
			uint16_t low = bm_u16_at(c->data, i);

			count_up(m, low / 64, (uint64_t)1 << (low % 64));
		}
		return;
	}
	if (c->form == BM_RUNS) {
		bm_cont_to_bits(c, room->bits);
		bits = (const uint8_t *)room->bits;
	}
	for (uint32_t i = 0; i < BM_BITS_WORDS; i++)
		count_up(m, i, bm_u64_at(bits, i));
}

/* Of the counters of word i, those at k or above. */
static uint64_t at_least(const struct bm_many *m, uint32_t i, uint64_t k)
{
	uint64_t more = 0;
	uint64_t same = ~(uint64_t)0;

	for (unsigned p = m->n_planes; p-- > 0;) {
		uint64_t w = m->planes[p][i];

		if (k >> p & 1) {
			same &= w;
		} else {
			more |= same & w;
			same &= ~w;
		}
	}
	return more | same;
}

static int many_cont(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		     struct bm_cont *ret_cont)
{
	const struct bm_front *fr = f->front;
	struct bm_many *m = f->many;
	uint64_t k = f->e->k;
	uint64_t *bits;

	m->n_planes = planes_of(fr->n_at);
	memset(m->planes, 0, m->n_planes * sizeof(m->planes[0]));
	for (size_t i = 0; i < fr->n_at; i++) {
		struct bm_flow *of = &f->of[fr->at[i]];
		struct bm_cont c;
		int err;

		if (of->full) {
			k--;
			continue;
		}
		err = bm_flow_cont(of, ev, slot + 1, &c);
		if (err)
			return err;
		count_in(m, &c, ev->spare);
	}
	bits = ev->rooms[slot]->bits;
	for (uint32_t i = 0; i < BM_BITS_WORDS; i++)
		bits[i] = at_least(m, i, k);
	of_bits(bits, ret_cont);
	return 0;
}

const struct bm_flow_ops bm_flow_many = {
	.seek = many_seek,
	.cont = many_cont,
};

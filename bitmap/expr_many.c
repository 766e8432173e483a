/* SPDX-License-Identifier: Apache-2.0 */
/* expr_many.c - the flow of "in k of n at least".
 *
 * The 65,536 counters of a container lie in PLANES: bit i of plane p is bit p
 * of the counter of member i. So 64 of them are counted up at once, and
 * compared with k, in a few operations, and n sets need log2(n) planes of
 * 8 KiB.
 */
#include "bitmap/expr_flow.h"

#include <errno.h>
#include <stdlib.h>

struct bm_many {
	unsigned n_planes;
	uint64_t planes[][BM_BITS_WORDS];
};

int bm_many_new(size_t n, struct bm_many **ret_many)
{
	struct bm_many *m;
	unsigned planes = 1;

	while (n >> planes)
		planes++;
	m = malloc(sizeof(*m) + planes * sizeof(m->planes[0]));
	if (!m)
		return -ENOMEM;
	m->n_planes = planes;
	*ret_many = m;
	return 0;
}

void bm_many_free(struct bm_many *m)
{
	free(m);
}

/* --- where there may be members ------------------------------------------- */

/* What the operands have at the least of their keys, and at which they go on
 * when that is not enough. */
struct front {
	uint64_t key, next;
	uint64_t n, n_full;
	uint64_t span; /* of the full ones, the shortest */
};

static struct front front_of(const struct bm_flow *f)
{
	struct front fr = { .key = BM_KEY_END, .next = BM_KEY_END };

	for (size_t i = 0; i < f->n; i++)
		if (f->of[i].key < fr.key)
			fr.key = f->of[i].key;
	fr.span = BM_KEY_END;
	for (size_t i = 0; i < f->n; i++) {
		const struct bm_flow *of = &f->of[i];

		if (of->key > fr.key) {
			fr.next = of->key < fr.next ? of->key : fr.next;
			continue;
		}
		fr.n++;
		fr.n_full += of->full;
		if (of->full && of->span < fr.span)
			fr.span = of->span;
	}
	return fr;
}

/* Between the key at which too few are and the next at which another is, there
 * are too few. */
static int many_seek(struct bm_flow *f, uint64_t key)
{
	uint64_t k = f->e->k;

	for (;;) {
		struct front fr;
		int err = 0;

		for (size_t i = 0; !err && i < f->n; i++)
			err = bm_flow_seek(&f->of[i], key);
		if (err)
			return err;
		fr = front_of(f);
		if (k > f->n || fr.key == BM_KEY_END)
			return bm_flow_stand(f, BM_KEY_END, 1, false);
		if (fr.n >= k)
			return bm_flow_stand(f, fr.key, fr.span,
					     fr.n_full >= k);
		key = fr.next;
	}
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
	struct bm_many *m = f->many;
	uint64_t k = f->e->k;
	uint64_t *bits;

	memset(m->planes, 0, m->n_planes * sizeof(m->planes[0]));
	for (size_t i = 0; i < f->n; i++) {
		struct bm_cont c;
		int err;

		if (f->of[i].key != f->key)
			continue;
		if (f->of[i].full) {
			k--;
			continue;
		}
		err = bm_flow_cont(&f->of[i], ev, slot + 1, &c);
		if (err)
			return err;
		count_in(m, &c, ev->spare);
	}
	bits = ev->rooms[slot]->bits;
	for (uint32_t i = 0; i < BM_BITS_WORDS; i++)
		bits[i] = at_least(m, i, k);
	*ret_cont = (struct bm_cont){
		.form = BM_BITS,
		.card = bm_bits_count((const uint8_t *)bits, BM_BITS_WORDS),
		.data = (const uint8_t *)bits,
	};
	return 0;
}

const struct bm_flow_ops bm_flow_many = {
	.seek = many_seek,
	.cont = many_cont,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* file_walk.c - the containers of a segment, as roaring has them.
 *
 * P32 and BITSET hold containers. U64 and RUN64 do not: there the members or
 * pairs of one container are gathered. What a container looks like in a file
 * is not how it lies here, as segments keep a form until another is clearly
 * smaller; so its runs are counted and the rule of run_optimize applied.
 */

#include "bitmap/file.h"

#include "bitmap/bits.h"
#include "bitmap/cont_runs.h"

#include <assert.h>
#include <errno.h>

_Static_assert(2 * BM_CONT_RUNS_MAX <= BM_CONT_ARRAY_MAX, "pairs fit, too");

/* --- gathering ------------------------------------------------------------ */

static size_t members_below(const struct bm_seg *seg, uint64_t member)
{
	struct bm_seg_iter it;

	bm_seg_iter_init(&it, seg);
	bm_seg_iter_seek(&it, member);
	return (size_t)it.pos;
}

static void init_pairs(struct bm_walk *w, uint64_t member)
{
	w->pos = bm_seg_pairs_upto(w->seg, member);
	w->from = member;
	if (w->pos && bm_seg_pair(w->seg, w->pos - 1).last >= member)
		w->pos--;
}

void bm_walk_init(struct bm_walk *w, const struct bm_seg *seg, uint64_t key)
{
	w->seg = seg;
	w->from = 0;
	switch (seg->kind) {
	case BM_SEG_P32:
	case BM_SEG_BITSET:
		w->pos = bm_seg_cont_from(seg, key);
		break;
	case BM_SEG_U64:
		w->pos = members_below(seg, key << 16);
		break;
	case BM_SEG_RUN64:
		init_pairs(w, key << 16);
		break;
	}
}

static int next_of_members(struct bm_walk *w, struct bm_unit *u)
{
	size_t all = w->seg->len / 8;
	uint32_t n = 0;

	if (w->pos >= all)
		return -ENOENT;
	u->key = bm_u64_at(w->seg->data, (size_t)w->pos) >> 16;
	for (; w->pos < all; w->pos++) {
		uint64_t m = bm_u64_at(w->seg->data, (size_t)w->pos);

		if (m >> 16 != u->key)
			break;
		if (n == BM_CONT_ARRAY_MAX)
			return -EUCLEAN;
		w->room[n++] = (uint16_t)m;
	}
	u->cont = (struct bm_cont){ .form = BM_ARRAY,
				    .card = n,
				    .n = n,
				    .data = (const uint8_t *)w->room };
	return 0;
}

/* What of the pair lies in the container that first, in it, begins in. */
static int gather_pairs(struct bm_walk *w, struct bm_unit *u, uint64_t first)
{
	size_t all = bm_seg_pairs(w->seg);
	uint32_t n = 0;
	uint32_t card = 0;

	for (; w->pos < all; first = bm_seg_pair(w->seg, w->pos).first) {
		uint64_t last = bm_seg_pair(w->seg, w->pos).last;
		uint32_t low = first & 0xffff;
		uint32_t high = last >> 16 == u->key ? last & 0xffff : 0xffff;

		if (first >> 16 != u->key)
			break;
		if (n == BM_CONT_RUNS_MAX || last < first)
			return -EUCLEAN;
		w->room[2 * n] = (uint16_t)low;
		w->room[2 * n + 1] = (uint16_t)(high - low);
		n++;
		card += high - low + 1;
		if (last >> 16 != u->key) {
			w->from = (u->key + 1) << 16;
			break;
		}
		if (++w->pos == all)
			break;
	}
	if (card > BM_CONT_MEMBERS)
		return -EUCLEAN;
	u->cont = (struct bm_cont){ .form = BM_RUNS,
				    .card = card,
				    .n = n,
				    .data = (const uint8_t *)w->room };
	return 0;
}

static int next_of_pairs(struct bm_walk *w, struct bm_unit *u)
{
	struct bm_pair p;
	uint64_t first;

	if (w->pos >= bm_seg_pairs(w->seg))
		return -ENOENT;
	p = bm_seg_pair(w->seg, w->pos);
	first = p.first > w->from ? p.first : w->from;
	if (p.last < first)
		return -EUCLEAN;
	u->key = first >> 16;
	if (first & 0xffff || p.last - first < 0xffff)
		return gather_pairs(w, u, first);
	u->cont = bm_cont_all;
	u->span = (p.last >> 16) - u->key + ((p.last & 0xffff) == 0xffff);
	w->from = (u->key + u->span) << 16;
	if (w->from == 0 || w->from > p.last) {
		w->from = 0;
		w->pos++;
	}
	return 0;
}

/* --- what it is in a file ------------------------------------------------- */

static void optimize(struct bm_unit *u)
{
	uint32_t card = u->cont.card;
	uint32_t plain =
		card <= BM_CONT_ARRAY_MAX ? 2 * card : BM_CONT_BITS_SIZE;

	u->n_runs = bm_cont_count_runs(&u->cont);
	u->form = card <= BM_CONT_ARRAY_MAX ? BM_ARRAY : BM_BITS;
	u->size = plain;
	if (2 + 4 * u->n_runs < plain) {
		u->form = BM_RUNS;
		u->size = 2 + 4 * u->n_runs;
	}
}

int bm_walk_next(struct bm_walk *w, struct bm_unit *ret_unit)
{
	int err = -EUCLEAN;

	ret_unit->span = 1;
	switch (w->seg->kind) {
	case BM_SEG_P32:
	case BM_SEG_BITSET:
		if (w->pos >= w->seg->n_cont)
			return -ENOENT;
		err = bm_seg_cont(w->seg, (unsigned)w->pos, &ret_unit->cont,
				  &ret_unit->key);
		w->pos++;
		break;
	case BM_SEG_U64:
		err = next_of_members(w, ret_unit);
		break;
	case BM_SEG_RUN64:
		err = next_of_pairs(w, ret_unit);
		break;
	}
	if (!err)
		optimize(ret_unit);
	return err;
}

static void to_runs(const struct bm_unit *u, uint8_t *out)
{
	struct bm_run_iter it = { .c = &u->cont };
	uint16_t count = (uint16_t)u->n_runs;
	struct bm_cont_run r;
	uint32_t n = 0;

	memcpy(out, &count, sizeof(count));
	for (; n < u->n_runs && bm_run_next(&it, &r); n++) {
		uint16_t pair[2] = { r.first, (uint16_t)(r.last - r.first) };

		memcpy(out + 2 + 4 * (size_t)n, pair, sizeof(pair));
	}
	memset(out + 2 + 4 * (size_t)n, 0, 4 * (size_t)(u->n_runs - n));
}

static void to_array(const struct bm_unit *u, uint8_t *out)
{
	uint64_t place = 0;
	uint64_t members[64];
	uint32_t n = 0;
	size_t got;

	do {
		size_t ask = u->cont.card - n < 64 ? u->cont.card - n : 64;

		got = bm_cont_read(&u->cont, &place, 0, members, ask);
		for (size_t i = 0; i < got; i++, n++) {
			uint16_t low = (uint16_t)members[i];

			memcpy(out + 2 * (size_t)n, &low, sizeof(low));
		}
	} while (got);
	memset(out + 2 * (size_t)n, 0, 2 * (size_t)(u->cont.card - n));
}

const uint8_t *bm_unit_bytes(const struct bm_unit *u, uint8_t room[BM_UNIT_MAX])
{
	if (u->form == BM_RUNS) {
		to_runs(u, room);
		return room;
	}
	if (u->form == u->cont.form)
		return u->cont.data;
	/* Bits are bits already: what is of runs here has fewer than they. */
	assert(u->form == BM_ARRAY);
	to_array(u, room);
	return room;
}

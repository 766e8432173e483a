/* SPDX-License-Identifier: Apache-2.0 */
/* parse_cont.c - the containers of a roaring file that comes in. */

#include "bitmap/parser.h"

#include "bitmap/bits.h"
#include "bitmap/cont_runs.h"

#include <errno.h>

static uint64_t base_of(const struct bm_parser *p)
{
	return (uint64_t)p->high << 32 |
	       (uint64_t)bm_u16_at(p->heads, 2 * (size_t)p->i) << 16;
}

static uint32_t card_of(const struct bm_parser *p)
{
	return bm_u16_at(p->heads, 2 * (size_t)p->i + 1) + 1u;
}

static int next(struct bm_parser *p)
{
	p->i++;
	return bm_roaring_next(p);
}

/* --- arrays --------------------------------------------------------------- */

static int on_array(struct bm_parser *p)
{
	uint64_t base = base_of(p);
	uint32_t n = card_of(p);
	int err = 0;

	for (uint32_t i = 1; i < n; i++) {
		if (bm_u16_at(p->buf, i) <= bm_u16_at(p->buf, i - 1))
			return bm_part_wrong(p, 2 * (size_t)i,
					     "members do not ascend");
	}
	for (uint32_t i = 0; i < n && !err; i++)
		err = bm_batch_add(&p->batch, base | bm_u16_at(p->buf, i));
	return err ? err : next(p);
}

/* --- bits ----------------------------------------------------------------- */

static int add_runs(struct bm_parser *p, const struct bm_cont *c)
{
	struct bm_run_iter it = { .c = c };
	uint64_t base = base_of(p);
	struct bm_cont_run r;
	int err = 0;

	while (!err && bm_run_next(&it, &r))
		err = bm_batch_range(&p->batch, base | r.first, base | r.last,
				     BM_ADD);
	return err;
}

static int add_bits(struct bm_parser *p, const struct bm_cont *c)
{
	uint64_t base = base_of(p);
	uint64_t place = 0;
	uint64_t members[256];
	size_t n;
	int err = 0;

	while (!err && (n = bm_cont_read(c, &place, base, members, 256)) > 0) {
		for (size_t i = 0; i < n && !err; i++)
			err = bm_batch_add(&p->batch, members[i]);
	}
	return err;
}

/* A command has the room of three members. */
static int on_bits(struct bm_parser *p)
{
	const struct bm_cont c = {
		.form = BM_BITS,
		.card = card_of(p),
		.data = p->buf,
	};
	int err;

	if (bm_bits_count(p->buf, BM_BITS_WORDS) != c.card)
		return bm_part_wrong(p, 0, "not as many bits as members");
	if (bm_bits_runs(p->buf, c.card) < c.card / 4)
		err = add_runs(p, &c);
	else
		err = add_bits(p, &c);
	return err ? err : next(p);
}

/* --- runs ----------------------------------------------------------------- */

static int check_runs(struct bm_parser *p, uint32_t n)
{
	uint32_t end = 0; /* of the last one, not included */
	uint32_t card = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t first = bm_u16_at(p->buf, 2 * (size_t)i);
		uint32_t len = bm_u16_at(p->buf, 2 * (size_t)i + 1) + 1u;

		if (i && first <= end)
			return bm_part_wrong(p, 4 * (size_t)i,
					     "runs overlap or touch");
		end = first + len;
		card += len;
		if (end > BM_CONT_MEMBERS)
			return bm_part_wrong(p, 4 * (size_t)i,
					     "a run leaves its container");
	}
	if (card != card_of(p))
		return bm_part_wrong(p, 0, "runs have not as many members");
	return 0;
}

static int on_runs(struct bm_parser *p)
{
	const struct bm_cont c = {
		.form = BM_RUNS,
		.card = card_of(p),
		.n = (uint32_t)(p->need / 4),
		.data = p->buf,
	};
	int err = check_runs(p, c.n);

	if (!err)
		err = add_runs(p, &c);
	return err ? err : next(p);
}

static int on_run_count(struct bm_parser *p)
{
	uint32_t n = bm_u16_at(p->buf, 0);

	if (n == 0)
		return bm_part_wrong(p, 0, "a container without runs");
	return bm_part_expect(p, 4 * (size_t)n, on_runs);
}

/* --- all ------------------------------------------------------------------ */

int bm_cont_begin(struct bm_parser *p)
{
	uint32_t card = card_of(p);

	bm_part_expect(p, 0, NULL); /* here it begins */
	if (p->offsets && bm_u32_at(p->offsets, p->i) != p->off - p->cookie_off)
		return bm_part_wrong(p, 0, "not where its offset says");
	if (p->has_flags && p->flags[p->i / 8] >> (p->i % 8) & 1)
		return bm_part_expect(p, 2, on_run_count);
	if (card > BM_CONT_ARRAY_MAX)
		return bm_part_expect(p, BM_CONT_BITS_SIZE, on_bits);
	return bm_part_expect(p, 2 * (size_t)card, on_array);
}

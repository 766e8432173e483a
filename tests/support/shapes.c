/* SPDX-License-Identifier: Apache-2.0 */
/* shapes.c - random sets of the shapes that sets have. */
#include "tests/support/shapes.h"

enum {
	UNIFORM,
	CLUSTERS,
	ASCENDING,
	STRIPES,
	KINDS
};

/* Widths from half a container to all 2^64 numbers. */
static const uint64_t widths[] = {
	0x7fff,	   0xffff,     0x3ffff,	     0xfffff,
	0xfffffff, 0xffffffff, 0xffffffffff, UINT64_MAX,
};

void shape_draw(struct shape *s, struct rng *r)
{
	uint64_t width =
		widths[rng_below(r, sizeof(widths) / sizeof(widths[0]))];
	uint64_t base = 0;

	switch (rng_below(r, 5)) {
	case 0:
		base = UINT64_MAX - width; /* up to the last member */
		break;
	case 1: /* across a multiple of 2^32 */
		base = (rng_below(r, 1000) + 1) << 32;
		base = base > width ? base - width / 2 : 0;
		break;
	case 2:
		base = rng_u64(r);
		break;
	case 3:
		base = rng_below(r, 1u << 20);
		break;
	default:
		break;
	}
	if (base > UINT64_MAX - width)
		base = UINT64_MAX - width;
	*s = (struct shape){
		.base = base,
		.width = width,
		.kind = (unsigned)rng_below(r, KINDS),
		.next = base,
	};
}

/* 0 to s->width, more often near 16 places. */
static uint64_t clustered(const struct shape *s, struct rng *r)
{
	uint64_t at = s->width / 16 * rng_below(r, 16);
	uint64_t off = rng_below(r, 3000);

	return off > s->width - at ? at : at + off;
}

uint64_t shape_member(struct shape *s, struct rng *r)
{
	uint64_t off;

	switch (s->kind) {
	case CLUSTERS:
		return s->base + clustered(s, r);
	case ASCENDING:
		off = s->next - s->base + 1 + rng_below(r, 3);
		if (off > s->width)
			off = 0;
		s->next = s->base + off;
		return s->next;
	case STRIPES:
		off = rng_u64(r) & s->width;
		return s->base + off - off % 3;
	default:
		off = s->width == UINT64_MAX ? rng_u64(r)
					     : rng_below(r, s->width + 1);
		return s->base + off;
	}
}

void shape_range(struct shape *s, struct rng *r, uint64_t *ret_lo,
		 uint64_t *ret_hi)
{
	static const uint64_t lens[] = { 1, 10, 500, 20000, 65536, 300000 };
	uint64_t lo = shape_member(s, r);
	uint64_t len = rng_below(r, lens[rng_below(r, 6)]);

	if (rng_one_in(r, 4))
		lo &= ~(uint64_t)0xffff;
	if (rng_one_in(r, 4))
		len |= 0xffff;
	*ret_lo = lo;
	*ret_hi = len > UINT64_MAX - lo ? UINT64_MAX : lo + len;
}

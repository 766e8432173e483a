/* SPDX-License-Identifier: Apache-2.0 */
/* roaring_parts.c - the parts of a bucket, as bytes: its head, flags, keys,
 * offsets, containers.
 *
 * Each part walks over the containers it tells of, and over no others: the
 * marks say how many containers and bytes of a bucket lie before each segment.
 */
#include "bitmap/roaring_reader.h"

#include <errno.h>

/* --- the containers of a bucket ------------------------------------------- */

/* The next container, in whatever segment. */
static int next_unit(struct bm_roaring *r, struct bm_unit *ret_u)
{
	int err = bm_walk_next(&r->walk, ret_u);

	while (err == -ENOENT && r->seg + 1 < r->f->n_marks) {
		err = bm_roaring_go_to(r, r->seg + 1, 0);
		if (!err)
			err = bm_walk_next(&r->walk, ret_u);
	}
	return err;
}

/* Where a part begins to be made: containers and bytes before the walk. */
struct spot {
	uint32_t n, bytes;
};

/* To container n, or a byte, of b, or somewhat before. */
static int find(struct bm_roaring *r, const struct bm_bucket *b, uint32_t n,
		uint32_t bytes, struct spot *ret_spot)
{
	const struct bm_mark *m;
	size_t seg;

	*ret_spot = (struct spot){ 0 };
	if (r->begin.off == b->off && b->off && r->begin.seg == r->seg) {
		r->walk.pos = r->begin.pos;
		r->walk.from = r->begin.from;
		return 0;
	}
	seg = bm_roaring_mark(r->f, b->off, n, bytes);
	m = &r->f->marks[seg];
	if (m->bucket.off == b->off) {
		ret_spot->n = m->n_before;
		ret_spot->bytes = m->bytes_before;
	}
	return bm_roaring_go_to(r, seg,
				m->bucket.off == b->off && m->n_before
					? 0
					: (uint64_t)b->high << 16);
}

/* One or more containers of b alike; *spot is before them. */
static int next_alike(struct bm_roaring *r, const struct bm_bucket *b,
		      const struct spot *spot, struct bm_unit *u)
{
	uint64_t room;
	int err = next_unit(r, u);

	if (err)
		return err == -ENOENT ? -EUCLEAN : err;
	room = 65536 - (u->key & 0xffff);
	if (u->span > room)
		u->span = room;
	if (u->key >> 16 != b->high || u->span > b->n - spot->n)
		return -EUCLEAN;
	return 0;
}

static void pass(struct spot *spot, const struct bm_unit *u)
{
	spot->n += (uint32_t)u->span;
	spot->bytes += (uint32_t)u->span * u->size;
}

/* --- parts ---------------------------------------------------------------- */

static bool wanted(const struct bm_window *w, uint64_t at, uint64_t len)
{
	return w->off < w->end && w->off < at + len && w->end > at;
}

static void put_cookie(struct bm_roaring *r, const struct bm_bucket *b)
{
	uint32_t head[3] = { b->high, BM_P32_COOKIE, b->n };
	bool is64 = r->f->format == BM_FORMAT_ROARING;

	if (b->runs)
		head[1] = BM_P32_COOKIE_RUNS | (b->n - 1) << 16;
	bm_window_put(r->w, b->off, is64 ? head : head + 1,
		      (is64 ? 4u : 0u) + (b->runs ? 4u : 8u));
}

/* A bit for each container, 8 bytes of them at a time. */
static int put_flags(struct bm_roaring *r, const struct bm_bucket *b,
		     uint64_t at)
{
	uint32_t n = (uint32_t)(r->w->off > at ? r->w->off - at : 0) * 8;
	struct spot spot;
	struct bm_unit u;
	uint32_t i = n;
	uint8_t byte = 0;
	int err = find(r, b, n, UINT32_MAX, &spot);

	while (!err && i < b->n && r->w->off < r->w->end) {
		err = next_alike(r, b, &spot, &u);
		if (err)
			break;
		for (; i < spot.n + u.span; i++) {
			if (u.form == BM_RUNS)
				byte |= (uint8_t)(1u << (i % 8));
			if (i % 8 != 7 && i + 1 != b->n)
				continue;
			bm_window_put(r->w, at + i / 8, &byte, 1);
			byte = 0;
		}
		pass(&spot, &u);
	}
	return err;
}

static int put_keys(struct bm_roaring *r, const struct bm_bucket *b,
		    uint64_t at)
{
	uint32_t i = (uint32_t)(r->w->off > at ? r->w->off - at : 0) / 4;
	struct spot spot;
	struct bm_unit u;
	int err = find(r, b, i, UINT32_MAX, &spot);

	while (!err && i < b->n && r->w->off < r->w->end) {
		err = next_alike(r, b, &spot, &u);
		if (err)
			break;
		for (; i < spot.n + u.span && r->w->off < r->w->end; i++) {
			uint16_t head[2] = {
				(uint16_t)(u.key + (i - spot.n)),
				(uint16_t)(u.cont.card - 1),
			};

			bm_window_put(r->w, at + 4 * (uint64_t)i, head, 4);
		}
		pass(&spot, &u);
	}
	return err;
}

static int put_offsets(struct bm_roaring *r, const struct bm_bucket *b,
		       uint64_t at)
{
	uint32_t i = (uint32_t)(r->w->off > at ? r->w->off - at : 0) / 4;
	uint32_t head = (uint32_t)bm_bucket_head(r->f, b);
	struct spot spot;
	struct bm_unit u;
	int err = find(r, b, i, UINT32_MAX, &spot);

	if (r->f->format == BM_FORMAT_ROARING)
		head -= 4; /* they count from the cookie */
	while (!err && i < b->n && r->w->off < r->w->end) {
		err = next_alike(r, b, &spot, &u);
		if (err)
			break;
		for (; i < spot.n + u.span && r->w->off < r->w->end; i++) {
			uint32_t offset =
				head + spot.bytes + (i - spot.n) * u.size;

			bm_window_put(r->w, at + 4 * (uint64_t)i, &offset, 4);
		}
		pass(&spot, &u);
	}
	return err;
}

static void put_alike(struct bm_window *w, uint64_t at, const struct bm_unit *u,
		      uint8_t room[BM_UNIT_MAX])
{
	const uint8_t *bytes = bm_unit_bytes(u, room);
	uint64_t k = w->off > at ? (w->off - at) / u->size : 0;

	for (; k < u->span && w->off < w->end; k++)
		bm_window_put(w, at + k * u->size, bytes, u->size);
}

static int put_conts(struct bm_roaring *r, const struct bm_bucket *b,
		     uint64_t at)
{
	uint32_t first = (uint32_t)(r->w->off > at ? r->w->off - at : 0);
	struct spot spot;
	struct bm_unit u;
	int err = find(r, b, UINT32_MAX, first, &spot);

	while (!err && spot.n < b->n && r->w->off < r->w->end) {
		err = next_alike(r, b, &spot, &u);
		if (err)
			break;
		if (r->w->off < at + spot.bytes + u.span * u.size)
			put_alike(r->w, at + spot.bytes, &u, r->room);
		pass(&spot, &u);
	}
	return err;
}

int bm_roaring_put(struct bm_roaring *r, const struct bm_bucket *b)
{
	uint64_t n = b->n;
	uint64_t data = b->off + bm_bucket_head(r->f, b);
	uint64_t keys = data - (b->runs && n < BM_P32_OFFSETS_FROM ? 4 : 8) * n;
	uint64_t flags = keys - (b->runs ? (n + 7) / 8 : 0);
	int err = 0;

	put_cookie(r, b);
	if (wanted(r->w, flags, keys - flags))
		err = put_flags(r, b, flags);
	if (!err && wanted(r->w, keys, 4 * n))
		err = put_keys(r, b, keys);
	if (!err && wanted(r->w, keys + 4 * n, data - keys - 4 * n))
		err = put_offsets(r, b, keys + 4 * n);
	if (!err && wanted(r->w, data, b->bytes))
		err = put_conts(r, b, data);
	return err;
}

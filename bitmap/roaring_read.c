/* SPDX-License-Identifier: Apache-2.0 */
/* roaring_read.c - the bytes of a roaring file, from any of them on.
 *
 * The mark at or before an offset has the account of one bucket. If the offset
 * lies beyond it, what follows begins in the mark's segment: those buckets are
 * counted, one after the other. Then a bucket's parts are made for as far as
 * the window reaches: its head, flags, keys, offsets, containers. Each part
 * walks over the containers it tells of, and over no others: the marks say
 * how many containers and bytes of a bucket lie before each segment.
 */

#include "bitmap/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const struct bm_file *f;
	struct bm_window *w;
	struct bm_scan scan;
	size_t seg; /* number of the segment that is walked */
	struct bm_walk walk;
	/* Where the bucket begins that was counted last: small buckets, of
	 * which there can be millions, are not searched for again. */
	struct {
		uint64_t off; /* 0: none, as the file's own head is there */
		size_t seg;
		uint64_t pos, from; /* of the walk */
	} begin;
	uint8_t room[BM_UNIT_MAX];
};

static int go_to(struct reader *r, size_t seg, uint64_t key)
{
	int err = bm_scan_at(&r->scan, r->f->marks[seg].lo);

	if (err)
		return err;
	r->seg = seg;
	bm_walk_init(&r->walk, r->scan.seg, key);
	return 0;
}

static void note_begin(struct reader *r, uint64_t off)
{
	r->begin.off = off;
	r->begin.seg = r->seg;
	r->begin.pos = r->walk.pos;
	r->begin.from = r->walk.from;
}

/* The next container, in whatever segment. */
static int next_unit(struct reader *r, struct bm_unit *ret_u)
{
	int err = bm_walk_next(&r->walk, ret_u);

	while (err == -ENOENT && r->seg + 1 < r->f->n_marks) {
		err = go_to(r, r->seg + 1, 0);
		if (!err)
			err = bm_walk_next(&r->walk, ret_u);
	}
	return err;
}

/* --- which bucket --------------------------------------------------------- */

/* Is the mark at or before container n, or byte, of the bucket at off? */
static bool is_before(const struct bm_mark *m, uint64_t off, uint32_t n,
		      uint32_t bytes)
{
	if (m->bucket.off != off)
		return m->bucket.off < off;
	return m->n_before <= n && m->bytes_before <= bytes;
}

static size_t last_before(const struct bm_file *f, uint64_t off, uint32_t n,
			  uint32_t bytes)
{
	size_t at = 0;
	size_t len = f->n_marks;

	while (len > 1) {
		size_t half = len / 2;

		if (is_before(&f->marks[at + half], off, n, bytes))
			at += half;
		len -= half;
	}
	return at;
}

/* The bucket that begins at off, in segment seg or where the next begins, with
 * a key >= key. Of full ones the first of many is found. */
static int bucket_from(struct reader *r, size_t seg, uint64_t key, uint64_t off,
		       struct bm_bucket *ret_b)
{
	const struct bm_file *f = r->f;
	struct bm_bucket b = { .off = off };
	struct bm_unit u;
	int err = go_to(r, seg, key);

	if (err)
		return err;
	note_begin(r, off);
	while (!(err = bm_walk_next(&r->walk, &u))) {
		uint64_t room = 65536 - (u.key & 0xffff);

		if (b.n && b.high != u.key >> 16)
			break;
		b.high = (uint32_t)(u.key >> 16);
		room = room < u.span ? room : u.span;
		b.n += (uint32_t)room;
		b.bytes += (uint32_t)room * u.size;
		b.runs |= u.form == BM_RUNS;
		if (room < u.span)
			break;
	}
	if (err && err != -ENOENT)
		return err;
	/* It goes on in the next segment, or all of it is there. */
	if (err && seg + 1 < f->n_marks &&
	    (b.n == 0 || f->marks[seg + 1].bucket.high == b.high)) {
		b = f->marks[seg + 1].bucket;
		r->begin.off = 0;
	}
	if (b.n == 0 || b.off != off)
		return -EUCLEAN;
	*ret_b = b;
	return 0;
}

/* The segment of the last container of b. */
static size_t last_segment(const struct bm_file *f, const struct bm_bucket *b)
{
	return last_before(f, b->off, UINT32_MAX, UINT32_MAX);
}

/* Full buckets that follow b, and are one range with it, are skipped as long
 * as they end at or before off. */
static int skip_full(struct reader *r, struct bm_bucket *b, uint64_t off)
{
	struct bm_bucket full = bm_bucket_full(b->high, b->off);
	uint64_t size = bm_bucket_size(r->f, &full);
	struct bm_unit u;
	uint64_t n;
	int err;

	if (b->n != full.n || b->bytes != full.bytes || off - b->off < size)
		return 0;
	err = go_to(r, last_segment(r->f, b), (uint64_t)b->high << 16);
	if (!err)
		err = bm_walk_next(&r->walk, &u);
	if (err || u.span <= full.n)
		return err == -ENOENT ? -EUCLEAN : err;
	n = u.span / full.n - 1;
	if (n > (off - b->off) / size)
		n = (off - b->off) / size;
	b->off += n * size;
	b->high += (uint32_t)n;
	return 0;
}

static int bucket_after(struct reader *r, struct bm_bucket *b)
{
	return bucket_from(r, last_segment(r->f, b),
			   ((uint64_t)b->high + 1) << 16,
			   b->off + bm_bucket_size(r->f, b), b);
}

static int bucket_at(struct reader *r, uint64_t off, struct bm_bucket *ret_b)
{
	const struct bm_file *f = r->f;
	struct bm_bucket b =
		f->marks[last_before(f, off, UINT32_MAX, UINT32_MAX)].bucket;
	int err = skip_full(r, &b, off);

	while (!err && off - b.off >= bm_bucket_size(f, &b)) {
		err = bucket_after(r, &b);
		if (!err)
			err = skip_full(r, &b, off);
	}
	if (!err)
		*ret_b = b;
	return err;
}

/* --- the containers of a bucket ------------------------------------------- */

/* Where a part begins to be made: containers and bytes before the walk. */
struct spot {
	uint32_t n, bytes;
};

/* To container n, or a byte, of b, or somewhat before. */
static int find(struct reader *r, const struct bm_bucket *b, uint32_t n,
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
	seg = last_before(r->f, b->off, n, bytes);
	m = &r->f->marks[seg];
	if (m->bucket.off == b->off) {
		ret_spot->n = m->n_before;
		ret_spot->bytes = m->bytes_before;
	}
	return go_to(r, seg,
		     m->bucket.off == b->off && m->n_before
			     ? 0
			     : (uint64_t)b->high << 16);
}

/* One or more containers of b alike; *spot is before them. */
static int next_alike(struct reader *r, const struct bm_bucket *b,
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

static void put_cookie(struct reader *r, const struct bm_bucket *b)
{
	uint32_t head[3] = { b->high, BM_P32_COOKIE, b->n };
	bool is64 = r->f->format == BM_FORMAT_ROARING;

	if (b->runs)
		head[1] = BM_P32_COOKIE_RUNS | (b->n - 1) << 16;
	bm_window_put(r->w, b->off, is64 ? head : head + 1,
		      (is64 ? 4u : 0u) + (b->runs ? 4u : 8u));
}

/* A bit for each container, 8 bytes of them at a time. */
static int put_flags(struct reader *r, const struct bm_bucket *b, uint64_t at)
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

static int put_keys(struct reader *r, const struct bm_bucket *b, uint64_t at)
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

static int put_offsets(struct reader *r, const struct bm_bucket *b, uint64_t at)
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

static int put_conts(struct reader *r, const struct bm_bucket *b, uint64_t at)
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

static int put_bucket(struct reader *r, const struct bm_bucket *b)
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

/* --- the file ------------------------------------------------------------- */

static int read_buckets(struct reader *r)
{
	struct bm_bucket b;
	int err = bucket_at(r, r->w->off, &b);

	while (!err) {
		uint64_t before = r->w->off;

		err = put_bucket(r, &b);
		if (err || r->w->off == r->w->end)
			return err;
		if (r->w->off == before)
			return -EUCLEAN;
		err = bucket_after(r, &b);
	}
	return err;
}

int bm_roaring_read(const struct bm_file *f, struct bm_window *w)
{
	const uint32_t none[2] = { BM_P32_COOKIE, 0 };
	struct reader *r;
	int err;

	if (f->format == BM_FORMAT_ROARING)
		bm_window_put(w, 0, &f->n_buckets, 8);
	else if (f->n_marks == 0)
		bm_window_put(w, 0, none, sizeof(none));
	if (w->off == w->end)
		return 0;
	r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->begin.off = 0;
	r->f = f;
	r->w = w;
	bm_scan_init(&r->scan, f->bv);
	err = read_buckets(r);
	bm_scan_finish(&r->scan);
	free(r);
	return err;
}

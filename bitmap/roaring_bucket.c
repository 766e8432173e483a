/* SPDX-License-Identifier: Apache-2.0 */
/* roaring_bucket.c - which bucket of a roaring file has an offset.
 *
 * The mark at or before it has the account of one bucket. If the offset lies
 * beyond that one, what follows begins in the mark's segment: those buckets are
 * counted, one after the other. Full ones that are one range are skipped at
 * once: a range of 10^12 members has hundreds.
 */
#include "bitmap/roaring_reader.h"

#include <errno.h>

/* --- where the walk is ---------------------------------------------------- */

int bm_roaring_go_to(struct bm_roaring *r, size_t seg, uint64_t key)
{
	int err = bm_scan_at(&r->scan, r->f->marks[seg].lo);

	if (err)
		return err;
	r->seg = seg;
	bm_walk_init(&r->walk, r->scan.seg, key);
	return 0;
}

static void note_begin(struct bm_roaring *r, uint64_t off)
{
	r->begin.off = off;
	r->begin.seg = r->seg;
	r->begin.pos = r->walk.pos;
	r->begin.from = r->walk.from;
}

/* --- marks ---------------------------------------------------------------- */

/* Is the mark at or before container n, or byte, of the bucket at off? */
static bool is_before(const struct bm_mark *m, uint64_t off, uint32_t n,
		      uint32_t bytes)
{
	if (m->bucket.off != off)
		return m->bucket.off < off;
	return m->n_before <= n && m->bytes_before <= bytes;
}

size_t bm_roaring_mark(const struct bm_file *f, uint64_t off, uint32_t n,
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

/* The segment of the last container of b. */
static size_t last_segment(const struct bm_file *f, const struct bm_bucket *b)
{
	return bm_roaring_mark(f, b->off, UINT32_MAX, UINT32_MAX);
}

/* --- buckets -------------------------------------------------------------- */

/* The bucket that begins at off, in segment seg or where the next begins, with
 * a key >= key. Of full ones the first of many is found. */
static int bucket_from(struct bm_roaring *r, size_t seg, uint64_t key,
		       uint64_t off, struct bm_bucket *ret_b)
{
	const struct bm_file *f = r->f;
	struct bm_bucket b = { .off = off };
	struct bm_unit u;
	int err = bm_roaring_go_to(r, seg, key);

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

/* Full buckets that follow b, and are one range with it, are skipped as long
 * as they end at or before off. */
static int skip_full(struct bm_roaring *r, struct bm_bucket *b, uint64_t off)
{
	struct bm_bucket full = bm_bucket_full(b->high, b->off);
	uint64_t size = bm_bucket_size(r->f, &full);
	struct bm_unit u;
	uint64_t n;
	int err;

	if (b->n != full.n || b->bytes != full.bytes || off - b->off < size)
		return 0;
	err = bm_roaring_go_to(r, last_segment(r->f, b),
			       (uint64_t)b->high << 16);
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

int bm_roaring_bucket_after(struct bm_roaring *r, struct bm_bucket *b)
{
	return bucket_from(r, last_segment(r->f, b),
			   ((uint64_t)b->high + 1) << 16,
			   b->off + bm_bucket_size(r->f, b), b);
}

int bm_roaring_bucket_at(struct bm_roaring *r, uint64_t off,
			 struct bm_bucket *ret_b)
{
	const struct bm_file *f = r->f;
	struct bm_bucket b =
		f->marks[bm_roaring_mark(f, off, UINT32_MAX, UINT32_MAX)]
			.bucket;
	int err = skip_full(r, &b, off);

	while (!err && off - b.off >= bm_bucket_size(f, &b)) {
		err = bm_roaring_bucket_after(r, &b);
		if (!err)
			err = skip_full(r, &b, off);
	}
	if (!err)
		*ret_b = b;
	return err;
}

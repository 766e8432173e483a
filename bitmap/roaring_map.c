/* SPDX-License-Identifier: Apache-2.0 */
/* roaring_map.c - where everything lies in a roaring file.
 *
 *	le64 buckets                                       not in roaring32
 *	each bucket: le32 the members' upper 32 bits       not in roaring32
 *	  le32 12346, le32 n                 no container is of runs
 *	  le16 12347, le16 n - 1, n bits     which are
 *	  n x { le16 key, le16 members - 1 }
 *	  n x le32 offset from the cookie    unless there are runs and n < 4
 *	  n containers
 *
 * The head of a bucket tells of all its containers, which may lie in many
 * segments, and a segment may hold many buckets: random 64-bit members are
 * almost one bucket each. So a mark has the whole account of one bucket, that
 * of its segment's first container; the accounts of those that begin further
 * inside are made when they are read (roaring_bucket.c).
 *
 * A range of 10^12 members is 233 buckets, most of them full. They are counted
 * and not walked.
 */

#include "bitmap/file.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKET_CONTS 65536u

uint64_t bm_bucket_head(const struct bm_file *f, const struct bm_bucket *b)
{
	uint64_t n = b->n;
	uint64_t size = f->format == BM_FORMAT_ROARING ? 4 : 0;

	if (!b->runs)
		return size + 8 + 8 * n;
	size += 4 + (n + 7) / 8 + 4 * n;
	return n < BM_P32_OFFSETS_FROM ? size : size + 4 * n;
}

uint64_t bm_bucket_size(const struct bm_file *f, const struct bm_bucket *b)
{
	return bm_bucket_head(f, b) + b->bytes;
}

struct bm_bucket bm_bucket_full(uint32_t high, uint64_t off)
{
	return (struct bm_bucket){
		.off = off,
		.high = high,
		.n = BUCKET_CONTS,
		.bytes = BUCKET_CONTS * 6,
		.runs = true,
	};
}

struct mapping {
	struct bm_file *f;
	struct bm_bucket open; /* n is 0: none */
	size_t pending;	       /* marks from here on wait for its account */
	struct bm_walk walk;
};

/* The open bucket has ended. */
static void end_bucket(struct mapping *m)
{
	struct bm_file *f = m->f;

	if (m->open.n) {
		f->size += bm_bucket_size(f, &m->open);
		f->n_buckets++;
	}
	for (; m->pending < f->n_marks; m->pending++)
		f->marks[m->pending].bucket = m->open;
	m->open = (struct bm_bucket){ .off = f->size };
}

/* Containers from the start of a bucket on, all full, at least 65,536. */
static uint64_t add_full_buckets(struct mapping *m, uint64_t key, uint64_t span)
{
	struct bm_file *f = m->f;
	struct bm_bucket full;
	uint64_t n = span / BUCKET_CONTS;

	full = bm_bucket_full((uint32_t)(key >> 16), f->size);
	m->open = full;
	end_bucket(m);
	f->size += (n - 1) * bm_bucket_size(f, &full);
	f->n_buckets += n - 1;
	m->open.off = f->size;
	return n * BUCKET_CONTS;
}

static void add_unit(struct mapping *m, const struct bm_unit *u)
{
	uint64_t key = u->key;
	uint64_t left = u->span;

	while (left) {
		uint32_t high = (uint32_t)(key >> 16);
		uint64_t n = BUCKET_CONTS - (key & 0xffff);

		if (m->open.n && m->open.high != high)
			end_bucket(m);
		if (left >= BUCKET_CONTS && n == BUCKET_CONTS) {
			n = add_full_buckets(m, key, left);
		} else {
			n = n < left ? n : left;
			m->open.high = high;
			m->open.n += (uint32_t)n;
			m->open.bytes += (uint32_t)n * u->size;
			m->open.runs |= u->form == BM_RUNS;
		}
		key += n;
		left -= n;
	}
}

static int add_mark(struct mapping *m, uint64_t lo, uint64_t key)
{
	struct bm_file *f = m->f;
	struct bm_mark *mark = f->marks;

	if (m->open.n && m->open.high != key >> 16)
		end_bucket(m);
	if (f->n_marks == f->cap_marks) {
		size_t cap = f->cap_marks ? 2 * f->cap_marks : 16;

		mark = realloc(mark, cap * sizeof(*mark));
		if (!mark)
			return -ENOMEM;
		f->marks = mark;
		f->cap_marks = cap;
	}
	f->marks[f->n_marks++] = (struct bm_mark){
		.lo = lo,
		.n_before = m->open.n,
		.bytes_before = m->open.bytes,
	};
	return 0;
}

/* Keys must ascend, else a bucket could have more than it has room for. */
static int map_segment(struct mapping *m, const struct bm_seg *seg,
		       uint64_t *next_key)
{
	struct bm_unit u;
	bool first = true;
	int err;

	bm_walk_init(&m->walk, seg, 0);
	while (!(err = bm_walk_next(&m->walk, &u))) {
		if (u.key < *next_key)
			return -EUCLEAN;
		*next_key = u.key + u.span;
		if (first)
			err = add_mark(m, seg->lo, u.key);
		if (err)
			return err;
		first = false;
		add_unit(m, &u);
	}
	if (err == -ENOENT)
		err = first ? -EUCLEAN : 0;
	return err;
}

static int map_segments(struct mapping *m)
{
	uint64_t next_key = 0;
	struct bm_scan s;
	int err;

	bm_scan_init(&s, m->f->bv);
	err = bm_scan_first(&s);
	while (!err) {
		err = map_segment(m, s.seg, &next_key);
		if (!err)
			err = bm_scan_next(&s);
	}
	bm_scan_finish(&s);
	return err == -ENOENT ? 0 : err;
}

int bm_roaring_map(struct bm_file *f)
{
	struct mapping *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	f->size = f->format == BM_FORMAT_ROARING ? 8 : 0;
	m->f = f;
	m->open.off = f->size;
	err = map_segments(m);
	end_bucket(m);
	/* One bucket there is always. */
	if (f->size == 0)
		f->size = bm_bucket_size(f, &m->open);
	free(m);
	return err;
}

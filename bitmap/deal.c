/* SPDX-License-Identifier: Apache-2.0 */
/* deal.c - see deal.h. */
#include "bitmap/deal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

unsigned bm_bits_of(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

unsigned bm_deal_crew(uint64_t n_keys, unsigned shards)
{
	uint64_t useful = n_keys / BM_SHARD_MIN;

	if (useful < 2)
		return 1;
	if (!shards)
		shards = bm_crew_usual();
	return useful < shards ? (unsigned)useful : shards;
}

/* --- slices --------------------------------------------------------------- */

/* What no slice has yet. */
struct uncut {
	const struct bm_row *row, *end;
	size_t used; /* of the row */
};

/* The next want numbers, or as many as there are, go to put; its end. */
static struct bm_row *cut(struct uncut *u, size_t want, struct bm_row *put)
{
	while (want && u->row < u->end) {
		size_t left = u->row->n - u->used;
		size_t n = left < want ? left : want;

		*put++ = (struct bm_row){ u->row->keys + u->used, n };
		want -= n;
		u->used += n;
		if (n == left) {
			u->row++;
			u->used = 0;
		}
	}
	return put;
}

/* Of about as many numbers each. */
static void cut_slices(struct bm_deal *d, const struct bm_row *rows,
		       size_t n_rows)
{
	struct uncut u = { .row = rows, .end = rows + n_rows };
	struct bm_row *put = d->rows;

	for (size_t i = 0; i < d->n_slices; i++) {
		struct bm_row *first = put;

		put = cut(&u, d->n_keys / d->n_slices + 1, put);
		d->slices[i].rows = first;
		d->slices[i].n_rows = (size_t)(put - first);
	}
}

int bm_deal_begin(struct bm_deal *d, const struct bm_row *rows, size_t n_rows,
		  size_t n_keys, unsigned crew)
{
	bm_crew_begin(&d->crew, crew);
	d->n_keys = n_keys;
	d->n_slices = bm_crew_size(&d->crew);
	d->slices = malloc(d->n_slices * sizeof(*d->slices));
	d->rows = malloc((n_rows + d->n_slices) * sizeof(*d->rows));
	if (!d->slices || !d->rows) {
		bm_deal_end(d);
		return -ENOMEM;
	}
	cut_slices(d, rows, n_rows);
	return 0;
}

void bm_deal_end(struct bm_deal *d)
{
	bm_crew_end(&d->crew);
	free(d->slices);
	free(d->rows);
}

/* --- what they span ------------------------------------------------------- */

static struct bm_span span_of(const struct bm_slice *s, size_t most)
{
	struct bm_span span = { .least = UINT64_MAX };

	for (size_t r = 0; r < s->n_rows; r++)
		for (size_t i = 0; i < s->rows[r].n && i < most; i++) {
			uint64_t key = s->rows[r].keys[i];

			span.least = key < span.least ? key : span.least;
			span.most = key > span.most ? key : span.most;
		}
	return span;
}

static void unite(struct bm_span *span, struct bm_span more)
{
	if (more.least < span->least)
		span->least = more.least;
	if (more.most > span->most)
		span->most = more.most;
}

struct bm_span bm_deal_span(const struct bm_deal *d, size_t most)
{
	struct bm_span span = { .least = UINT64_MAX };

	for (size_t i = 0; i < d->n_slices; i++)
		unite(&span, span_of(&d->slices[i], most));
	return span;
}

static void span_part(void *arg, unsigned who, size_t i)
{
	struct bm_deal *d = arg;

	(void)who;
	d->slices[i].span = span_of(&d->slices[i], SIZE_MAX);
}

struct bm_span bm_deal_span_all(struct bm_deal *d)
{
	struct bm_span span = { .least = UINT64_MAX };

	bm_crew_each(&d->crew, span_part, d, d->n_slices);
	for (size_t i = 0; i < d->n_slices; i++)
		unite(&span, d->slices[i].span);
	return span;
}

/* --- buckets -------------------------------------------------------------- */

/* The number of buckets for what is in none. */
static size_t bucket_of(const struct bm_deal *d, uint64_t key)
{
	uint64_t b = (key >> d->shift) - d->first;

	return b < d->n ? (size_t)b : d->n;
}

static void count_part(void *arg, unsigned who, size_t i)
{
	const struct bm_deal *d = arg;
	struct bm_slice *s = &d->slices[i];

	(void)who;
	memset(s->ends, 0, (d->n + 1) * sizeof(*s->ends));
	for (size_t r = 0; r < s->n_rows; r++)
		for (size_t k = 0; k < s->rows[r].n; k++)
			s->ends[bucket_of(d, s->rows[r].keys[k])]++;
}

bool bm_deal_count(struct bm_deal *d)
{
	bool all = true;

	assert(d->n <= BM_BUCKETS_MAX);
	bm_crew_each(&d->crew, count_part, d, d->n_slices);
	for (size_t i = 0; i < d->n_slices; i++)
		all &= d->slices[i].ends[d->n] == 0;
	return all;
}

uint32_t bm_deal_place(struct bm_deal *d)
{
	uint32_t largest = 0;
	uint32_t at = 0;

	for (size_t b = 0; b < d->n; b++) {
		d->starts[b] = at;
		for (size_t i = 0; i < d->n_slices; i++) {
			uint32_t here = d->slices[i].ends[b];

			d->slices[i].ends[b] = at;
			at += here;
		}
		if (at - d->starts[b] > largest)
			largest = at - d->starts[b];
	}
	d->starts[d->n] = at;
	return largest;
}

/* --- dealing out ---------------------------------------------------------- */

struct out {
	const struct bm_deal *d;
	uint32_t *to32;
	uint64_t *to64;
};

static void out32_part(void *arg, unsigned who, size_t i)
{
	const struct out *o = arg;
	struct bm_slice *s = &o->d->slices[i];

	(void)who;
	for (size_t r = 0; r < s->n_rows; r++)
		for (size_t k = 0; k < s->rows[r].n; k++) {
			uint64_t key = s->rows[r].keys[k];

			o->to32[s->ends[bucket_of(o->d, key)]++] =
				(uint32_t)key;
		}
}

void bm_deal_out32(struct bm_deal *d, uint32_t *to)
{
	struct out o = { .d = d, .to32 = to };

	bm_crew_each(&d->crew, out32_part, &o, d->n_slices);
}

static void out64_part(void *arg, unsigned who, size_t i)
{
	const struct out *o = arg;
	struct bm_slice *s = &o->d->slices[i];

	(void)who;
	for (size_t r = 0; r < s->n_rows; r++)
		for (size_t k = 0; k < s->rows[r].n; k++) {
			uint64_t key = s->rows[r].keys[k];

			o->to64[s->ends[bucket_of(o->d, key)]++] = key;
		}
}

void bm_deal_out64(struct bm_deal *d, uint64_t *to)
{
	struct out o = { .d = d, .to64 = to };

	bm_crew_each(&d->crew, out64_part, &o, d->n_slices);
}

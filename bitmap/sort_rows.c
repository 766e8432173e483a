/* SPDX-License-Identifier: Apache-2.0 */
/* sort_rows.c - many rows of numbers to one that ascends.
 *
 * To sort by bytes from the last to the first (radix.c) moves every number
 * once for each byte, and where they do not fit the cache each move is a miss.
 * So many numbers are first dealt out by their upper bits, from where they are
 * straight to where their bucket will be; only that move goes far. A bucket has
 * a few thousand numbers and is sorted in the cache: dealt out once more, to as
 * many cells as it has numbers, so that none is far from where it belongs; or,
 * where too many share a cell or the bucket is large, in passes over the bits
 * in which they differ. What is double is dropped on the way back.
 *
 *	rows     5 900 17 | 901 3 902 | 4 5
 *	dealt    5 17 3 4 5 | 900 901 902
 *	sorted   3 4 5 17 900 901 902
 *
 * A million numbers below 2^32 take half the time and two thirds of the memory
 * that gathering them and sorting by bytes took. The bits are those between
 * the least and the greatest number; where the numbers crowd together all the
 * same a bucket is large, and costs what it cost before.
 */
#include "bitmap/sort_rows.h"

#include "bitmap/radix.h"
#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FEW	     8192u /* numbers that are not worth dealing out */
#define BUCKETS_BITS 10u   /* more would miss the cache at each number dealt */
#define PASS_BITS    11u
#define INSERT_MAX   24u

/* The upper bits of what the numbers span. */
static void choose_buckets(struct bm_deal *d)
{
	struct bm_span s = bm_deal_span_all(d);
	unsigned bits = bm_bits_of(s.most - s.least);

	d->shift = bits > BUCKETS_BITS ? bits - BUCKETS_BITS : 0;
	d->first = s.least >> d->shift;
	d->n = (size_t)((s.most >> d->shift) - d->first) + 1;
}

/* --- one bucket ----------------------------------------------------------- */

/* A pass looks at each number twice, and at each of its counters. */
static unsigned choose_passes(unsigned bits, size_t n)
{
	unsigned best = (bits + PASS_BITS - 1) / PASS_BITS;
	uint64_t best_cost = UINT64_MAX;

	for (unsigned passes = best; passes <= best + 3; passes++) {
		unsigned width = (bits + passes - 1) / passes;
		uint64_t cost = passes * (3 * (uint64_t)n + (1u << width));

		if (cost < best_cost) {
			best = passes;
			best_cost = cost;
		}
	}
	return best;
}

/* Where the numbers of each value of some bits go. */
struct places {
	unsigned shift;
	uint32_t mask;
	uint32_t most; /* numbers of one value */
	uint32_t of[1u << PASS_BITS];
};

static void find_places(struct places *p, const uint64_t *keys, size_t n,
			unsigned shift, unsigned width)
{
	uint32_t at = 0;

	p->shift = shift;
	p->mask = (1u << width) - 1;
	p->most = 0;
	memset(p->of, 0, sizeof(*p->of) << width);
	for (size_t i = 0; i < n; i++)
		p->of[keys[i] >> shift & p->mask]++;
	for (uint32_t v = 0; v <= p->mask; v++) {
		uint32_t here = p->of[v];

		p->most = here > p->most ? here : p->most;
		p->of[v] = at;
		at += here;
	}
}

static void move_to_places(struct places *p, const uint64_t *from, uint64_t *to,
			   size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[p->of[from[i] >> p->shift & p->mask]++] = from[i];
}

/* By the upper of the bits that differ. False: it would take too long. */
static bool sort_by_cells(const uint64_t *keys, uint64_t *tmp, size_t n,
			  unsigned bits)
{
	unsigned width = bm_bits_of(n);
	struct places p;

	if (width > PASS_BITS)
		return false;
	if (width > bits)
		width = bits;
	find_places(&p, keys, n, bits - width, width);
	if (p.most > INSERT_MAX && p.shift)
		return false;
	move_to_places(&p, keys, tmp, n);
	if (p.shift)
		bm_insertion_sort(tmp, n);
	return true;
}

/* By bits from the last to the first, into either, which is returned. */
static uint64_t *sort_by_passes(uint64_t *keys, uint64_t *tmp, size_t n,
				unsigned bits)
{
	unsigned passes = choose_passes(bits, n);
	unsigned width = (bits + passes - 1) / passes;

	for (unsigned p = 0; p < passes && p * width < bits; p++) {
		uint64_t *from = keys;
		struct places places;

		find_places(&places, from, n, p * width, width);
		move_to_places(&places, from, tmp, n);
		keys = tmp;
		tmp = from;
	}
	return keys;
}

/* The n numbers sorted, where they are or in tmp. */
static uint64_t *sort_bucket(uint64_t *keys, uint64_t *tmp, size_t n)
{
	uint64_t differ = 0;
	unsigned bits;

	if (n <= INSERT_MAX) {
		bm_insertion_sort(keys, n);
		return keys;
	}
	for (size_t i = 1; i < n; i++)
		differ |= keys[i] ^ keys[0];
	bits = bm_bits_of(differ);
	if (!bits)
		return keys;
	if (sort_by_cells(keys, tmp, n, bits))
		return tmp;
	return sort_by_passes(keys, tmp, n, bits);
}

/* To to, without doubles; from may lie behind it in the same row. */
static size_t put_each_once(const uint64_t *from, size_t n, uint64_t *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t key = from[i];

		to[kept] = key;
		kept += i + 1 == n || from[i + 1] != key;
	}
	return kept;
}

/* --- all buckets ---------------------------------------------------------- */

struct sort {
	const struct bm_deal *d;
	uint64_t *out;
	uint64_t *tmp; /* for each of the crew room for a bucket: */
	uint32_t largest;
	uint32_t n_of[BM_BUCKETS_MAX]; /* different numbers */
};

static void sort_part(void *arg, unsigned who, size_t b)
{
	struct sort *s = arg;
	uint64_t *keys = s->out + s->d->starts[b];
	size_t n = s->d->starts[b + 1] - s->d->starts[b];
	uint64_t *tmp = s->tmp + who * (size_t)s->largest;

	s->n_of[b] =
		(uint32_t)put_each_once(sort_bucket(keys, tmp, n), n, keys);
}

/* One behind the other; how many. */
static size_t gather(const struct sort *s)
{
	size_t n = 0;

	for (size_t b = 0; b < s->d->n; b++) {
		const uint64_t *from = s->out + s->d->starts[b];

		if (s->out + n != from)
			memmove(s->out + n, from, s->n_of[b] * sizeof(*from));
		n += s->n_of[b];
	}
	return n;
}

static int sort(struct bm_deal *d, uint64_t *out, size_t *ret_n)
{
	struct sort s = { .d = d, .out = out };
	AUTO_FREE uint64_t *tmp = NULL;
	bool all;

	choose_buckets(d);
	all = bm_deal_count(d);
	assert(all);
	(void)all;
	s.largest = bm_deal_place(d);
	tmp = malloc((size_t)bm_crew_size(&d->crew) * s.largest * sizeof(*tmp));
	if (!tmp)
		return -ENOMEM;
	s.tmp = tmp;
	bm_deal_out64(d, out);
	bm_crew_each(&d->crew, sort_part, &s, d->n);
	*ret_n = gather(&s);
	return 0;
}

/* --- few ------------------------------------------------------------------ */

static int sort_few(const struct bm_row *rows, size_t n_rows, size_t n,
		    uint64_t *out, size_t *ret_n)
{
	AUTO_FREE uint64_t *tmp = malloc(n * sizeof(*tmp) + 1);
	size_t at = 0;

	if (!tmp)
		return -ENOMEM;
	for (size_t r = 0; r < n_rows; r++) {
		memcpy(out + at, rows[r].keys, rows[r].n * sizeof(*out));
		at += rows[r].n;
	}
	*ret_n = put_each_once(bm_radix_sort(out, tmp, n), n, out);
	return 0;
}

int bm_sort_rows(const struct bm_row *rows, size_t n_rows, size_t n,
		 unsigned crew, uint64_t *out, size_t *ret_n)
{
	struct bm_deal d;
	int err;

	assert(n <= BM_RADIX_MAX);
	if (n < FEW)
		return sort_few(rows, n_rows, n, out, ret_n);
	err = bm_deal_begin(&d, rows, n_rows, n, crew);
	if (err)
		return err;
	err = sort(&d, out, ret_n);
	bm_deal_end(&d);
	return err;
}

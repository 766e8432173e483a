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

#define FEW	     8192u /* numbers that are not worth dealing out */
#define BUCKETS_BITS 10u   /* more would miss the cache at each number dealt */
#define PASS_BITS    11u
#define INSERT_MAX   24u

struct deal {
	const struct bm_row *rows;
	size_t n_rows;
	uint64_t first; /* bucket number 0 */
	unsigned shift; /* bits of a number within its bucket */
	size_t n;	/* buckets */
	uint32_t ends[(1u << BUCKETS_BITS) + 1];
};

static unsigned bits_of(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

/* --- dealing out ---------------------------------------------------------- */

/* The upper bits of what the numbers span. */
static void choose_buckets(struct deal *d)
{
	uint64_t least = UINT64_MAX;
	uint64_t most = 0;
	unsigned bits;

	for (size_t r = 0; r < d->n_rows; r++) {
		const uint64_t *keys = d->rows[r].keys;

		for (size_t i = 0; i < d->rows[r].n; i++) {
			least = keys[i] < least ? keys[i] : least;
			most = keys[i] > most ? keys[i] : most;
		}
	}
	bits = bits_of(most - least);
	d->shift = bits > BUCKETS_BITS ? bits - BUCKETS_BITS : 0;
	d->first = least >> d->shift;
	d->n = (size_t)((most >> d->shift) - d->first) + 1;
	assert(d->n <= sizeof(d->ends) / sizeof(*d->ends));
}

static uint32_t *end_of(struct deal *d, uint64_t key)
{
	return &d->ends[(key >> d->shift) - d->first];
}

/* Where each bucket begins; its end is there when all are dealt out. */
static uint32_t place_buckets(struct deal *d)
{
	memset(d->ends, 0, d->n * sizeof(*d->ends));
	for (size_t r = 0; r < d->n_rows; r++)
		for (size_t i = 0; i < d->rows[r].n; i++)
			++*end_of(d, d->rows[r].keys[i]);
	return bm_radix_places(d->ends, d->n);
}

static void deal_out(struct deal *d, uint64_t *out)
{
	for (size_t r = 0; r < d->n_rows; r++)
		for (size_t i = 0; i < d->rows[r].n; i++) {
			uint64_t key = d->rows[r].keys[i];

			out[(*end_of(d, key))++] = key;
		}
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
	unsigned width = bits_of(n);
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
	bits = bits_of(differ);
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

static size_t sort_buckets(const struct deal *d, uint64_t *out, uint64_t *tmp)
{
	size_t start = 0;
	size_t kept = 0;

	for (size_t b = 0; b < d->n; b++) {
		size_t n = d->ends[b] - start;
		const uint64_t *sorted = sort_bucket(out + start, tmp, n);

		kept += put_each_once(sorted, n, out + kept);
		start = d->ends[b];
	}
	return kept;
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
		 uint64_t *out, size_t *ret_n)
{
	struct deal d = { .rows = rows, .n_rows = n_rows };
	AUTO_FREE uint64_t *tmp = NULL;
	uint32_t largest;

	assert(n <= BM_RADIX_MAX);
	if (n < FEW)
		return sort_few(rows, n_rows, n, out, ret_n);
	choose_buckets(&d);
	largest = place_buckets(&d);
	assert(largest > 0);
	tmp = malloc(largest * sizeof(*tmp));
	if (!tmp)
		return -ENOMEM;
	deal_out(&d, out);
	*ret_n = sort_buckets(&d, out, tmp);
	return 0;
}

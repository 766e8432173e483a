/* SPDX-License-Identifier: Apache-2.0 */
/* sort_lows.c - many rows of numbers to crowds that ascend.
 *
 * What becomes of many new members are containers, of two bytes for each member
 * that are below 65,536; so they are sorted to these and never lie in memory in
 * order as the eight bytes they came as. That is a matter of memory: it is new
 * to the process and in no cache, so each line of it that is written or read is
 * waited for, and the time to sort is the time for that.
 *
 *	rows     5 70003 9 | 200000 5 | 70001        8 bytes each
 *	dealt    5 70003 9 5 70001 | 200000          4: in buckets
 *	crowds   0: 5 9   1: 4465 4467   3: 3392     2
 *
 * Numbers are dealt out by the upper of their bits to where their bucket will
 * be, in the one move that goes far. A bucket is some whole containers, and
 * sorted in the cache by two digits of twelve bits, the lower first; the second
 * pass puts the lows where they stay. They take the place of the buckets, of
 * which they are half.
 *
 * Crowds that have few members each would cost more than they save. Numbers
 * like that, and all that span more than 2^32, are left to sort_rows.c.
 */
#include "bitmap/sort_lows.h"

#include "bitmap/big.h"
#include "bitmap/radix.h"
#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>

#define FEW	     8192u /* numbers that are not worth it */
#define DENSE	     4u	   /* for each container they span */
#define SAMPLE	     64u   /* of each row */
#define BUCKETS_BITS 8u	   /* more would miss the cache at each number dealt */
#define BUCKET_BITS  12u   /* so many should be in one */
#define KEY_SHIFT    16u
#define LOW_DIGIT    12u /* bits that the first pass sorts by */
#define HIGH_DIGIT   12u /* the second, at most: */
#define SHIFT_MAX    (LOW_DIGIT + HIGH_DIGIT)
#define PER_CONT     (1u << (KEY_SHIFT - LOW_DIGIT)) /* its high digits */

struct deal {
	const struct bm_row *rows;
	size_t n_rows;
	size_t n_keys;
	uint64_t first; /* bucket number 0 */
	unsigned shift; /* bits of a number within its bucket */
	size_t n;	/* buckets; one more for what is in none */
	uint32_t ends[(1u << BUCKETS_BITS) + 2];
};

struct span {
	uint64_t least, most;
};

/* --- dealing out ---------------------------------------------------------- */

/* Up to most of each row. */
static struct span find_span(const struct deal *d, size_t most)
{
	struct span s = { .least = UINT64_MAX };

	for (size_t r = 0; r < d->n_rows; r++) {
		const struct bm_row *row = &d->rows[r];

		for (size_t i = 0; i < row->n && i < most; i++) {
			uint64_t key = row->keys[i];

			s.least = key < s.least ? key : s.least;
			s.most = key > s.most ? key : s.most;
		}
	}
	return s;
}

static unsigned bits_of(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

/* Whole containers, to the second digit. False: the numbers lie too far apart
 * for it. */
static bool choose_buckets(struct deal *d, struct span s)
{
	uint64_t conts = (s.most >> KEY_SHIFT) - (s.least >> KEY_SHIFT) + 1;
	unsigned bits = bits_of(s.most - s.least);
	unsigned of_n = bits_of(d->n_keys);
	unsigned want = of_n > BUCKET_BITS ? of_n - BUCKET_BITS : 0;

	if (want > BUCKETS_BITS)
		want = BUCKETS_BITS;
	d->shift = bits > want ? bits - want : 0;
	if (d->shift < KEY_SHIFT)
		d->shift = KEY_SHIFT;
	if (d->shift > SHIFT_MAX)
		d->shift = SHIFT_MAX;
	d->first = s.least >> d->shift;
	d->n = (size_t)((s.most >> d->shift) - d->first) + 1;
	return conts <= d->n_keys / DENSE && d->n <= (1u << BUCKETS_BITS) + 1;
}

static uint32_t *end_of(struct deal *d, uint64_t key)
{
	uint64_t b = (key >> d->shift) - d->first;

	return &d->ends[b < d->n ? b : d->n];
}

/* How many each bucket has. False: there are some that are in none. */
static bool count(struct deal *d)
{
	memset(d->ends, 0, (d->n + 1) * sizeof(*d->ends));
	for (size_t r = 0; r < d->n_rows; r++)
		for (size_t i = 0; i < d->rows[r].n; i++)
			++*end_of(d, d->rows[r].keys[i]);
	return d->ends[d->n] == 0;
}

/* Buckets for all numbers, counted. A sample nearly always has the outermost
 * buckets, and to look at all would take as long as to count them. */
static bool find_buckets(struct deal *d)
{
	if (d->n_keys < FEW || !choose_buckets(d, find_span(d, SAMPLE)))
		return false;
	if (count(d))
		return true;
	return choose_buckets(d, find_span(d, SIZE_MAX)) && count(d);
}

/* Of a number the bits above shift are those of its bucket. */
static void deal_out(struct deal *d, uint32_t *to)
{
	for (size_t r = 0; r < d->n_rows; r++)
		for (size_t i = 0; i < d->rows[r].n; i++) {
			uint64_t key = d->rows[r].keys[i];

			to[(*end_of(d, key))++] = (uint32_t)key;
		}
}

/* --- one bucket ----------------------------------------------------------- */

/* Where numbers of each value of their two digits go. */
struct places {
	uint32_t mask; /* of the high digit: what differs within the bucket */
	uint32_t low[1u << LOW_DIGIT];
	uint32_t high[1u << HIGH_DIGIT];
};

static uint32_t low_digit(uint32_t key)
{
	return key & ((1u << LOW_DIGIT) - 1);
}

static uint32_t high_digit(const struct places *p, uint32_t key)
{
	return key >> LOW_DIGIT & p->mask;
}

static void find_places(struct places *p, const uint32_t *keys, size_t n)
{
	memset(p->low, 0, sizeof(p->low));
	memset(p->high, 0, (p->mask + 1) * sizeof(*p->high));
	for (size_t i = 0; i < n; i++) {
		p->low[low_digit(keys[i])]++;
		p->high[high_digit(p, keys[i])]++;
	}
	bm_radix_places(p->low, 1u << LOW_DIGIT);
	bm_radix_places(p->high, p->mask + 1);
}

/* The lows of the n numbers of a bucket, sorted; tmp has room for n. */
static void sort_bucket(struct places *p, const uint32_t *keys, size_t n,
			uint32_t *tmp, uint16_t *lows)
{
	find_places(p, keys, n);
	for (size_t i = 0; i < n; i++)
		tmp[p->low[low_digit(keys[i])]++] = keys[i];
	for (size_t i = 0; i < n; i++)
		/* All were written: NOLINTNEXTLINE(clang-analyzer-core.*) */
		lows[p->high[high_digit(p, tmp[i])]++] = (uint16_t)tmp[i];
}

/* Perhaps: also where one container ends and the next begins. */
static bool has_doubles(const uint16_t *lows, size_t n)
{
	unsigned equal = 0;

	for (size_t i = 1; i < n; i++)
		equal += lows[i] == lows[i - 1];
	return equal > 0;
}

/* To to, which may lie before from in the same memory. */
static uint32_t put_each_once(const uint16_t *from, size_t n, uint16_t *to)
{
	uint32_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t low = from[i];

		to[kept] = low;
		kept += i + 1 == n || from[i + 1] != low;
	}
	return kept;
}

/* What is made, and how much of the lows there is. */
struct out {
	struct bm_crowds c;
	uint32_t n;
};

/* A bucket that begins with container key lies behind out->n. */
static void put_crowds(struct out *out, uint64_t key, const struct places *p,
		       bool doubles)
{
	uint16_t *lows = out->c.lows + out->n;
	uint32_t start = 0;

	for (uint32_t last = PER_CONT - 1; last <= p->mask; last += PER_CONT) {
		uint32_t end = p->high[last];
		uint32_t n = end - start;

		if (doubles)
			n = put_each_once(lows + start, n,
					  out->c.lows + out->n);
		if (n)
			out->c.of[out->c.n++] = (struct bm_crowd){
				.key = key + last / PER_CONT,
				.first = out->n,
				.n = n,
			};
		out->n += n;
		start = end;
	}
}

/* The lows of a bucket are written where it lay, or one before it. */
static void sort_buckets(const struct deal *d, const uint32_t *dealt,
			 uint32_t *tmp, struct places *p, struct out *out)
{
	uint32_t start = 0;

	p->mask = (1u << (d->shift - LOW_DIGIT)) - 1;
	for (size_t i = 0; i < d->n; i++) {
		uint64_t key = (d->first + i) << (d->shift - KEY_SHIFT);
		size_t n = d->ends[i] - start;
		uint16_t *lows = out->c.lows + out->n;

		if (!n)
			continue;
		sort_bucket(p, dealt + start, n, tmp, lows);
		put_crowds(out, key, p, has_doubles(lows, n));
		start = d->ends[i];
	}
}

/* --- the whole ------------------------------------------------------------ */

/* Containers there are at most. */
static size_t most_crowds(const struct deal *d)
{
	size_t conts = d->n << (d->shift - KEY_SHIFT);

	return conts < d->n_keys ? conts : d->n_keys;
}

/* The memory of the buckets becomes that of the lows. */
static int sort(struct deal *d, struct bm_crowds *ret_crowds)
{
	uint32_t largest = bm_radix_places(d->ends, d->n);
	AUTO_FREE void *dealt = bm_big_alloc(d->n_keys, sizeof(uint32_t));
	AUTO_FREE uint32_t *tmp = malloc(largest * sizeof(*tmp));
	AUTO_FREE struct places *places = malloc(sizeof(*places));
	AUTO_FREE struct bm_crowd *of = malloc(most_crowds(d) * sizeof(*of));
	struct out out = { .c = { .of = of, .lows = dealt } };

	if (!dealt || !tmp || !places || !of)
		return -ENOMEM;
	deal_out(d, dealt);
	sort_buckets(d, dealt, tmp, places, &out);
	*ret_crowds = (struct bm_crowds){
		.of = take_ptr(&of),
		.n = out.c.n,
		.lows = take_ptr(&dealt),
	};
	return 0;
}

int bm_sort_lows(const struct bm_row *rows, size_t n_rows, size_t n,
		 struct bm_crowds *ret_crowds, bool *ret_done)
{
	struct deal d = { .rows = rows, .n_rows = n_rows, .n_keys = n };

	assert(n <= BM_RADIX_MAX);
	*ret_done = find_buckets(&d);
	return *ret_done ? sort(&d, ret_crowds) : 0;
}

void bm_crowds_finish(struct bm_crowds *c)
{
	free(c->of);
	free(c->lows);
	*c = (struct bm_crowds){ 0 };
}

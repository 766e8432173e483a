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
#include "bitmap/deal.h"
#include "bitmap/radix.h"
#include "regionstore/base/auto.h"

#include <assert.h>
#include <errno.h>

#define FEW	     8192u		/* numbers that are not worth it */
#define MOST	     (BM_RADIX_MAX / 2) /* lows begin at twice a place */
#define DENSE	     4u			/* for each container they span */
#define SAMPLE	     64u		/* of each row */
#define BUCKETS_BITS 8u /* more would miss the cache at each number dealt */
#define BUCKETS	     ((1u << BUCKETS_BITS) + 1) /* perhaps two in part */
#define BUCKET_BITS  12u			/* so many should be in one */
#define KEY_SHIFT    16u
#define LOW_DIGIT    12u /* bits that the first pass sorts by */
#define HIGH_DIGIT   12u /* the second, at most: */
#define SHIFT_MAX    (LOW_DIGIT + HIGH_DIGIT)
#define PER_CONT     (1u << (KEY_SHIFT - LOW_DIGIT)) /* its high digits */

/* --- dealing out ---------------------------------------------------------- */

/* Whole containers, to the second digit. False: the numbers lie too far apart
 * for it. */
static bool choose_buckets(struct bm_deal *d, struct bm_span s)
{
	uint64_t conts = (s.most >> KEY_SHIFT) - (s.least >> KEY_SHIFT) + 1;
	unsigned bits = bm_bits_of(s.most - s.least);
	unsigned of_n = bm_bits_of(d->n_keys);
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
	return conts <= d->n_keys / DENSE && d->n <= BUCKETS;
}

/* Buckets for all numbers, counted. A sample nearly always has the outermost
 * buckets, and to look at all would take as long as to count them. */
static bool find_buckets(struct bm_deal *d)
{
	if (!choose_buckets(d, bm_deal_span(d, SAMPLE)))
		return false;
	if (bm_deal_count(d))
		return true;
	return choose_buckets(d, bm_deal_span_all(d)) && bm_deal_count(d);
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

/* --- all buckets ---------------------------------------------------------- */

/* What one of the crew needs for himself. */
struct bench {
	struct places places;
	uint32_t *tmp;
};

/* What is made of the buckets. */
struct sort {
	struct bm_deal *d;
	struct bench *benches;
	uint32_t *dealt; /* the lows of a bucket take its place */
	uint16_t *lows;
	struct bm_crowd *of;	/* room for all containers of all buckets */
	uint32_t n_of[BUCKETS]; /* that a bucket has */
};

static size_t conts_of_bucket(const struct bm_deal *d)
{
	return (size_t)1 << (d->shift - KEY_SHIFT);
}

/* The crowds of a bucket whose lows begin at at; how many. */
static uint32_t put_crowds(const struct places *p, uint64_t key, uint32_t at,
			   uint16_t *all_lows, bool doubles,
			   struct bm_crowd *of)
{
	const uint16_t *lows = all_lows + at;
	uint32_t n_of = 0;
	uint32_t start = 0;

	for (uint32_t last = PER_CONT - 1; last <= p->mask; last += PER_CONT) {
		uint32_t end = p->high[last];
		uint32_t n = end - start;

		if (doubles)
			n = put_each_once(lows + start, n, all_lows + at);
		if (n)
			of[n_of++] = (struct bm_crowd){
				.key = key + last / PER_CONT,
				.first = at,
				.n = n,
			};
		at += n;
		start = end;
	}
	return n_of;
}

static void sort_part(void *arg, unsigned who, size_t i)
{
	struct sort *s = arg;
	const struct bm_deal *d = s->d;
	struct bench *b = &s->benches[who];
	uint32_t start = d->starts[i];
	size_t n = d->starts[i + 1] - start;
	uint16_t *lows = s->lows + 2 * (size_t)start;

	s->n_of[i] = 0;
	if (!n)
		return;
	sort_bucket(&b->places, s->dealt + start, n, b->tmp, lows);
	s->n_of[i] = put_crowds(&b->places, (d->first + i) * conts_of_bucket(d),
				2 * start, s->lows, has_doubles(lows, n),
				s->of + i * conts_of_bucket(d));
}

/* One behind the other; how many. */
static size_t gather_crowds(const struct sort *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->d->n; i++) {
		const struct bm_crowd *from = s->of + i * conts_of_bucket(s->d);

		if (s->of + n != from)
			memmove(s->of + n, from, s->n_of[i] * sizeof(*from));
		n += s->n_of[i];
	}
	return n;
}

/* --- the whole ------------------------------------------------------------ */

static int sort(struct bm_deal *d, struct bm_crowds *ret_crowds)
{
	uint32_t largest = bm_deal_place(d);
	unsigned crew = bm_crew_size(&d->crew);
	AUTO_FREE void *dealt = bm_big_alloc(d->n_keys, sizeof(uint32_t));
	AUTO_FREE uint32_t *tmp = malloc((size_t)crew * largest * sizeof(*tmp));
	AUTO_FREE struct bench *benches = malloc(crew * sizeof(*benches));
	AUTO_FREE struct bm_crowd *of =
		malloc(d->n * conts_of_bucket(d) * sizeof(*of));
	struct sort s = { .d = d, .benches = benches, .of = of };

	if (!dealt || !tmp || !benches || !of)
		return -ENOMEM;
	s.dealt = dealt;
	s.lows = dealt;
	for (unsigned i = 0; i < crew; i++) {
		benches[i].tmp = tmp + i * (size_t)largest;
		benches[i].places.mask = (1u << (d->shift - LOW_DIGIT)) - 1;
	}
	bm_deal_out32(d, dealt);
	bm_crew_each(&d->crew, sort_part, &s, d->n);
	*ret_crowds = (struct bm_crowds){
		.n = gather_crowds(&s),
		.of = take_ptr(&of),
		.lows = take_ptr(&dealt),
	};
	return 0;
}

int bm_sort_lows(const struct bm_row *rows, size_t n_rows, size_t n,
		 unsigned crew, struct bm_crowds *ret_crowds, bool *ret_done)
{
	struct bm_deal d;
	int err;

	*ret_done = false;
	if (n < FEW || n > MOST)
		return 0;
	err = bm_deal_begin(&d, rows, n_rows, n, crew);
	if (err)
		return err;
	*ret_done = find_buckets(&d);
	if (*ret_done)
		err = sort(&d, ret_crowds);
	bm_deal_end(&d);
	return err;
}

void bm_crowds_finish(struct bm_crowds *c)
{
	free(c->of);
	free(c->lows);
	*c = (struct bm_crowds){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
/* deal.h - many rows of numbers to buckets, by several threads. PRIVATE to
 * bitmap/, pure.
 *
 * A bucket is the numbers that share their upper bits. Each of a crew has a
 * SLICE, as many of the numbers as the others, and there counts how many go to
 * which bucket; then each slice has its own place in each bucket, and all move
 * their numbers at once:
 *
 *	slices   5 70003 9 200000 | 5 70001 200001
 *	buckets  5 9 . 70003 | 5 . 70001 | 200000 | 200001
 *
 * In which order they lie in a bucket depends on the slices; once sorted it
 * does not.
 */
#ifndef BM_DEAL_H
#define BM_DEAL_H

#include <stdbool.h>

#include "bitmap/crew.h"

#define BM_BUCKETS_MAX 1025u

struct bm_row {
	const uint64_t *keys;
	size_t n;
};

struct bm_span {
	uint64_t least, most;
};

struct bm_slice {
	const struct bm_row *rows;
	size_t n_rows;
	struct bm_span span;
	/* numbers in each bucket, and last in none; then where the next of a
	 * bucket goes */
	uint32_t ends[BM_BUCKETS_MAX + 1];
};

struct bm_deal {
	struct bm_crew crew;
	struct bm_slice *slices; /* one for each of the crew */
	size_t n_slices;
	struct bm_row *rows; /* of all slices */
	size_t n_keys;
	/* to be set before numbers are counted */
	uint64_t first; /* bucket number 0 */
	unsigned shift; /* bits of a number within its bucket */
	size_t n;	/* buckets */
	/* where they begin, and the end */
	uint32_t starts[BM_BUCKETS_MAX + 1];
};

/* How many are worth it for so many numbers: at most shards, or, when that is
 * 0, as the machine has CPUs. Of several each gets BM_SHARD_MIN at least. */
#define BM_SHARD_MIN 65536u
unsigned bm_deal_crew(uint64_t n_keys, unsigned shards);

/* The n_keys numbers of all rows. -ENOMEM; else bm_deal_end() is to follow. */
int bm_deal_begin(struct bm_deal *d, const struct bm_row *rows, size_t n_rows,
		  size_t n_keys, unsigned crew);
void bm_deal_end(struct bm_deal *d);

/* Of up to so many of each row. */
struct bm_span bm_deal_span(const struct bm_deal *d, size_t most);
/* Of all. */
struct bm_span bm_deal_span_all(struct bm_deal *d);
/* False: there are some that are in no bucket. */
bool bm_deal_count(struct bm_deal *d);
/* After that: the most numbers that one bucket has. */
uint32_t bm_deal_place(struct bm_deal *d);
/* After that, to room for all; of their upper bits 32 may be lost. */
void bm_deal_out32(struct bm_deal *d, uint32_t *to);
void bm_deal_out64(struct bm_deal *d, uint64_t *to);

unsigned bm_bits_of(uint64_t v); /* up to the highest that is set */

#endif

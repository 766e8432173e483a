/* SPDX-License-Identifier: Apache-2.0 */
/* set_kit.h - a store in a file with sets in it, to be timed. What fails ends
 * the program. */
#ifndef TESTS_BENCH_SET_KIT_H
#define TESTS_BENCH_SET_KIT_H

#include "bitmap/bitmap.h"
#include "tests/support/rng.h"

struct bench {
	char path[512];
	int floor_fd; /* a file of one page beside the store */
	struct rs_store *store;
	struct bm_db *db;
	struct rng r;
};

double now_ns(void);
double cpu_ns(void); /* of all threads */
void must(int err, const char *what);
void *must_alloc(size_t size);

void open_store(struct bench *b, const char *dir);
void close_store(struct bench *b);
/* One overwrite of a page, durable: the time. */
double floor_step(struct bench *b);
uint64_t make_set(struct bench *b);
uint64_t make_set_by(struct bench *b, uint32_t shards);
struct bm_view *view_of(struct bench *b, uint64_t ino);

typedef uint64_t member_fn(struct rng *r, uint64_t i);
uint64_t rand32(struct rng *r, uint64_t i);
uint64_t rand64(struct rng *r, uint64_t i);
uint64_t ascending(struct rng *r, uint64_t i);

struct text {
	char *p;
	size_t len;
};
size_t put_line(char *to, const char *sign, uint64_t member);
struct text make_text(struct rng *r, member_fn *member, uint64_t n,
		      const char *sign);

struct cost {
	double parse, settle, sync;
};
/* The text is queued for the set, by writes of a size as the kernel has. */
void queue_text(struct bench *b, uint64_t ino, const struct text *t);
/* The text goes into the set. */
struct cost write_text(struct bench *b, uint64_t ino, const struct text *t);

/* --- rows ----------------------------------------------------------------- */

/* set_steps.c: durable steps, as time a step, processor time of it, and as
 * ratio to so many overwrites of a page, each with its fdatasync, taken in
 * turn with the steps. */
void bench_one_more(struct bench *b, uint64_t ino, const char *what,
		    uint64_t n);
void bench_steps(struct bench *b, const char *what, member_fn *member,
		 uint64_t n, uint64_t steps);
void bench_remove(struct bench *b, uint64_t ino, const char *what, uint64_t n);
void bench_half(struct bench *b, const char *what, member_fn *member,
		uint64_t n);
void bench_pairs(struct bench *b, const char *what, uint64_t n_sets,
		 uint64_t steps, uint64_t per_step);
void bench_replay(struct bench *b, const char *what, uint64_t n_sets,
		  uint64_t batches);
/* set_stage.c: a file of n random members in no order, made a set as a copy to
 * .as/le64 makes it. */
void bench_le64(struct bench *b, uint64_t n);
/* set_algebra.c: how many members two sets have in common, and the like: of n
 * random ones each, and of real ones in $ROARFS_DATA or ../shared/data. */
void bench_algebra(struct bench *b, uint64_t n);
/* set_crowd.c: threads that append single members, all of them to one set and
 * each to one of its own. */
void bench_crowd(struct bench *b, unsigned threads);
/* set_many.c: sets of 1 to 100 members. */
void bench_many(struct bench *b, uint64_t n_sets);

#endif

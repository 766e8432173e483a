/* SPDX-License-Identifier: Apache-2.0 */
/* set_algebra.c - how many members two sets have in common, and the like.
 *
 * The same two sets are in memory as bitmaps of CRoaring, asked in turn with
 * ours: a ratio below 1 says that ours, read from the store, are faster.
 */
#include "tests/bench/set_kit.h"

#include <errno.h>
#include <inttypes.h>
#include <roaring/roaring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS	   9 /* the median of */
#define PIECE	   100000u
#define CENSUS	   200u
#define CENSUS_ENV "ROARFS_DATA"

struct side {
	struct bm_view *bv;
	roaring_bitmap_t *rb;
};

static const char *const names[] = { "and", "or", "xor", "minus" };

static uint64_t theirs(enum bm_algebra op, const struct side *a,
		       const struct side *b)
{
	switch (op) {
	case BM_AND:
		return roaring_bitmap_and_cardinality(a->rb, b->rb);
	case BM_OR:
		return roaring_bitmap_or_cardinality(a->rb, b->rb);
	case BM_XOR:
		return roaring_bitmap_xor_cardinality(a->rb, b->rb);
	case BM_MINUS:
		break;
	}
	return roaring_bitmap_andnot_cardinality(a->rb, b->rb);
}

/* As a query does: the views are opened for it alone. */
static uint64_t ours(struct bench *b, enum bm_algebra op, const uint64_t ino[2])
{
	struct bm_expr *e;
	struct bm_expr *of[2];
	uint64_t n;

	for (int i = 0; i < 2; i++)
		must(bm_expr_view(view_of(b, ino[i]), &of[i]), "expression");
	must(bm_expr_pair(op, of[0], of[1], &e), "expression");
	must(bm_expr_count(e, &n), "count");
	bm_expr_free(e);
	return n;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

struct times {
	double us, ratio;
};

/* One after the other, and the median of each. */
static struct times time_pair(struct bench *b, enum bm_algebra op,
			      const uint64_t ino[2], const struct side *x,
			      const struct side *y)
{
	double mine[TURNS];
	double other[TURNS];

	for (int i = 0; i < TURNS; i++) {
		double start = now_ns();
		uint64_t n = ours(b, op, ino);
		double middle = now_ns();

		if (n != theirs(op, x, y))
			must(-EIO, "not the same count");
		other[i] = now_ns() - middle;
		mine[i] = middle - start;
	}
	qsort(mine, TURNS, sizeof(double), compare);
	qsort(other, TURNS, sizeof(double), compare);
	return (struct times){ mine[TURNS / 2] / 1000,
			       mine[TURNS / 2] / other[TURNS / 2] };
}

static void fill(struct bench *b, uint64_t ino, roaring_bitmap_t *rb,
		 const uint32_t *members, size_t n)
{
	for (size_t at = 0; at < n; at += PIECE) {
		size_t end = n - at < PIECE ? n : at + PIECE;
		struct bm_batch batch;

		bm_batch_init(&batch);
		for (size_t i = at; i < end; i++)
			must(bm_batch_add(&batch, members[i]), "batch");
		must(bm_append(b->db, ino, &batch, 1), "append");
		bm_batch_finish(&batch);
	}
	roaring_bitmap_add_many(rb, n, members);
	roaring_bitmap_run_optimize(rb);
}

/* --- random --------------------------------------------------------------- */

static void bench_random(struct bench *b, uint64_t n)
{
	uint32_t *members = must_alloc(n * sizeof(*members));
	struct side side[2];
	uint64_t ino[2];

	for (int i = 0; i < 2; i++) {
		for (uint64_t k = 0; k < n; k++)
			members[k] = (uint32_t)rng_u64(&b->r);
		ino[i] = make_set(b);
		side[i].rb = roaring_bitmap_create();
		fill(b, ino[i], side[i].rb, members, n);
	}
	free(members);
	must(bm_settle_all(b->db), "settle");
	must(rs_sync(b->store), "sync");
	for (enum bm_algebra op = BM_AND; op <= BM_MINUS; op++) {
		struct times t = time_pair(b, op, ino, &side[0], &side[1]);

		printf("%-5s count, %" PRIu64 " M x %" PRIu64
		       " M random  %9.1f us, %.2f of CRoaring in memory\n",
		       names[op], n / 1000000, n / 1000000, t.us, t.ratio);
	}
	for (int i = 0; i < 2; i++)
		roaring_bitmap_free(side[i].rb);
}

/* --- census --------------------------------------------------------------- */

/* The numbers in a file of the zip, or NULL: there is no zip. */
static uint32_t *read_census(unsigned i, size_t *ret_n)
{
	const char *dir = getenv(CENSUS_ENV);
	char cmd[512];
	uint32_t *members = must_alloc(sizeof(*members) << 20);
	size_t n = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd),
		 "unzip -p '%s/census1881.zip' census1881.csv%u.txt "
		 "2>/dev/null",
		 dir ? dir : "../shared/data", i);
	/* Who sets the directory runs this: NOLINTNEXTLINE(cert-env33-c) */
	f = popen(cmd, "r");
	while (f && n < (size_t)1 << 20 &&
	       fscanf(f, "%" SCNu32, &members[n]) == 1) {
		n++;
		(void)!fgetc(f);
	}
	if (f)
		pclose(f);
	*ret_n = n;
	return members;
}

static bool load_census(struct bench *b, unsigned i, uint64_t *ino,
			struct side *s)
{
	size_t n;
	uint32_t *members = read_census(i, &n);

	*ino = make_set(b);
	s->rb = roaring_bitmap_create();
	fill(b, *ino, s->rb, members, n);
	free(members);
	return n > 0;
}

static void bench_census(struct bench *b)
{
	static uint64_t ino[CENSUS];
	static struct side side[CENSUS];
	unsigned n = 0;

	while (n < CENSUS && load_census(b, n, &ino[n], &side[n]))
		n++;
	must(bm_settle_all(b->db), "settle");
	must(rs_sync(b->store), "sync");
	for (enum bm_algebra op = BM_AND; n > 1 && op <= BM_MINUS; op++) {
		struct times sum = { 0 };
		double most = 0;

		for (unsigned i = 0; i + 1 < n; i++) {
			struct times t = time_pair(b, op, &ino[i], &side[i],
						   &side[i + 1]);

			sum.us += t.us;
			sum.ratio += t.us / t.ratio;
			most = t.us > most ? t.us : most;
		}
		printf("%-5s count, two census sets     %9.2f us, at most "
		       "%.1f, %.2f of CRoaring in memory\n",
		       names[op], sum.us / (n - 1), most, sum.us / sum.ratio);
	}
	if (n < 2)
		printf("no census sets: no zip in ../shared/data, or no "
		       "unzip\n");
	for (unsigned i = 0; i < n; i++)
		roaring_bitmap_free(side[i].rb);
}

void bench_algebra(struct bench *b, uint64_t n)
{
	bench_census(b);
	bench_random(b, n);
}

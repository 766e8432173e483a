/* SPDX-License-Identifier: Apache-2.0 */
/* segment_bench.c - what segments cost, and CRoaring for the same work.
 *
 * Each line is the median of several rounds: what is done, ours, CRoaring's
 * and how many times faster ours is. Both run in the same process one after
 * the other, so that the ratio means something on any machine.
 */
#include "bitmap/radix.h"
#include "bitmap/segment.h"
#include "tests/support/rng.h"

#include <roaring/roaring.h>
#include <roaring/roaring64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS	  7
#define MEMBERS	  1000000u
#define MERGE_MAX 65536u /* the segments of the design's table */

static uint64_t sink; /* keeps the compiler from dropping the work */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

typedef void work_fn(void *arg);

/* Nanoseconds of one call, the median; each round repeats it. */
static double median(work_fn *work, void *arg, unsigned repeat)
{
	double ns[ROUNDS];

	work(arg);
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ns();

		for (unsigned k = 0; k < repeat; k++)
			work(arg);
		ns[i] = (now_ns() - start) / repeat;
	}
	qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
	return ns[ROUNDS / 2];
}

static void say(const char *what, double ours, double theirs, double per,
		const char *unit)
{
	printf("%-34s %9.2f %9.2f %s  x%.1f\n", what, ours / per, theirs / per,
	       unit, theirs / ours);
}

/* --- members -------------------------------------------------------------- */

struct members {
	uint64_t *v;
	size_t n;
	uint64_t *tmp;
	const uint64_t *unsorted;
};

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* bits wide, ascending, without doubles; 0: consecutive. */
static struct members draw(unsigned bits, uint64_t seed)
{
	struct members m = { .v = malloc(8 * MEMBERS), .n = MEMBERS };
	struct rng r;
	size_t kept = 1;

	rng_init(&r, seed);
	for (size_t i = 0; i < m.n; i++)
		m.v[i] = bits ? rng_u64(&r) >> (64 - bits) : i + 12345;
	qsort(m.v, m.n, 8, by_number);
	for (size_t i = 1; i < m.n; i++) {
		if (m.v[i] != m.v[i - 1])
			m.v[kept++] = m.v[i];
	}
	m.n = kept;
	return m;
}

/* --- sorting -------------------------------------------------------------- */

static void sort_radix(void *arg)
{
	struct members *m = arg;

	memcpy(m->v, m->unsorted, 8 * m->n);
	sink += bm_radix_sort(m->v, m->tmp, m->n)[0];
}

static void copy_only(void *arg)
{
	struct members *m = arg;

	memcpy(m->v, m->unsorted, 8 * m->n);
	sink += m->v[m->n / 2];
}

static void sort_libc(void *arg)
{
	struct members *m = arg;

	memcpy(m->v, m->unsorted, 8 * m->n);
	qsort(m->v, m->n, 8, by_number);
	sink += m->v[0];
}

static void bench_sort(void)
{
	uint64_t *unsorted = malloc(8 * MEMBERS);
	struct members m = { .v = malloc(8 * MEMBERS),
			     .n = MEMBERS,
			     .tmp = malloc(8 * MEMBERS),
			     .unsorted = unsorted };
	struct rng r;
	double copy;

	rng_init(&r, 3);
	for (size_t i = 0; i < MEMBERS; i++)
		unsorted[i] = (uint32_t)rng_u64(&r);
	copy = median(copy_only, &m, 1);
	say("radix sort rand32 (theirs: qsort)",
	    median(sort_radix, &m, 1) - copy, median(sort_libc, &m, 1) - copy,
	    MEMBERS, "ns/id");
	free(m.v);
	free(m.tmp);
	free(unsorted);
}

/* --- building ------------------------------------------------------------- */

struct store {
	struct bm_seg segs[40000];
	size_t n;
	uint64_t bytes;
	bool keep;
};

static int take(void *arg, const struct bm_seg *seg)
{
	struct store *s = arg;
	uint8_t *data;

	s->bytes += seg->len;
	if (!s->keep) {
		sink += seg->data[seg->len - 1];
		s->n++;
		return 0;
	}
	data = malloc(seg->len);
	memcpy(data, seg->data, seg->len);
	s->segs[s->n] = *seg;
	s->segs[s->n].data = data;
	return bm_seg_open(&s->segs[s->n++]);
}

static void build(const struct members *m, struct store *s, size_t seg_max)
{
	struct bm_delta d = { .members = m->v, .n_members = m->n };
	struct bm_packer *p;
	bool changed;

	s->n = 0;
	s->bytes = 0;
	if (bm_packer_new(seg_max, take, s, &p) ||
	    bm_merge(NULL, &d, p, &changed) || bm_packer_flush(p))
		abort();
	bm_packer_free(p);
}

static struct store scratch;

static void build_ours(void *arg)
{
	build(arg, &scratch, BM_SEG_DEFAULT);
}

static void build_theirs(void *arg)
{
	struct members *m = arg;
	roaring64_bitmap_t *r = roaring64_bitmap_of_ptr(m->n, m->v);
	size_t len = roaring64_bitmap_portable_size_in_bytes(r);
	char *buf = malloc(len);

	roaring64_bitmap_portable_serialize(r, buf);
	sink += (uint64_t)buf[len - 1];
	free(buf);
	roaring64_bitmap_free(r);
}

/* --- iterating ------------------------------------------------------------ */

static struct store kept;

static void iterate_ours(void *arg)
{
	uint64_t buf[512];
	size_t got;

	(void)arg;
	for (size_t i = 0; i < kept.n; i++) {
		struct bm_seg_iter it;

		bm_seg_iter_init(&it, &kept.segs[i]);
		while ((got = bm_seg_iter_read(&it, buf, 512)))
			sink += buf[got - 1];
	}
}

static void iterate_theirs(void *arg)
{
	roaring64_iterator_t *it = roaring64_iterator_create(arg);
	uint64_t buf[512];
	uint64_t got;

	while ((got = roaring64_iterator_read(it, buf, 512)))
		sink += buf[got - 1];
	roaring64_iterator_free(it);
}

static void bench_members(const char *name, unsigned bits)
{
	struct members m = draw(bits, bits);
	roaring64_bitmap_t *r = roaring64_bitmap_of_ptr(m.n, m.v);
	char what[64];

	snprintf(what, sizeof(what), "build %s", name);
	say(what, median(build_ours, &m, 1), median(build_theirs, &m, 1),
	    (double)m.n, "ns/id");
	kept.keep = true;
	build(&m, &kept, BM_SEG_DEFAULT);
	snprintf(what, sizeof(what), "iterate %s", name);
	say(what, median(iterate_ours, NULL, 1), median(iterate_theirs, r, 1),
	    (double)m.n, "ns/id");
	printf("%-34s %9.3f bytes/id, %zu segments\n", name,
	       (double)kept.bytes / (double)m.n, kept.n);
	roaring64_bitmap_free(r);
	free(m.v);
}

/* --- merging -------------------------------------------------------------- */

struct job {
	struct bm_seg base;
	uint64_t *adds;
	size_t n_members;
	struct bm_packer *p;
};

static int drop(void *arg, const struct bm_seg *seg)
{
	(void)arg;
	sink += seg->len;
	return 0;
}

static void merge_ours(void *arg)
{
	struct job *j = arg;
	struct bm_delta d = { .members = j->adds, .n_members = j->n_members };
	bool changed;

	if (bm_merge(&j->base, &d, j->p, &changed) || bm_packer_flush(j->p))
		abort();
}

static void merge_theirs(void *arg)
{
	static char out[4 * MERGE_MAX];
	struct job *j = arg;
	roaring_bitmap_t *r = roaring_bitmap_portable_deserialize_safe(
		(const char *)j->base.data, j->base.len);

	for (size_t i = 0; i < j->n_members; i++)
		roaring_bitmap_add(r, (uint32_t)j->adds[i]);
	sink += roaring_bitmap_portable_serialize(r, out);
	roaring_bitmap_free(r);
}

/* conts containers of per members each in one P32 segment. */
static void bench_merge(const char *name, unsigned conts, unsigned per,
			bool regular)
{
	static const size_t adds[] = { 1, 100, 1000 };
	roaring_bitmap_t *r = roaring_bitmap_create();
	struct job j = { .base.kind = BM_SEG_P32 };
	uint8_t *data;
	struct rng rng;

	rng_init(&rng, conts);
	for (unsigned c = 0; c < conts; c++) {
		for (unsigned i = 0; i < per; i++)
			roaring_bitmap_add(
				r, c << 16 | (regular ? i * 65535 / per
						      : (uint32_t)rng_below(
								&rng, 65536)));
	}
	j.base.len = roaring_bitmap_portable_size_in_bytes(r);
	data = malloc(j.base.len);
	roaring_bitmap_portable_serialize(r, (char *)data);
	j.base.data = data;
	j.base.card = roaring_bitmap_get_cardinality(r);
	if (bm_seg_open(&j.base) || bm_packer_new(MERGE_MAX, drop, NULL, &j.p))
		abort();
	for (unsigned k = 0; k < 3; k++) {
		char what[64];

		j.n_members = adds[k];
		j.adds = malloc(8 * j.n_members);
		for (size_t i = 0; i < j.n_members; i++)
			j.adds[i] = rng_below(&rng, (uint64_t)conts << 16);
		qsort(j.adds, j.n_members, 8, by_number);
		snprintf(what, sizeof(what), "merge +%zu into %s", adds[k],
			 name);
		say(what, median(merge_ours, &j, 200),
		    median(merge_theirs, &j, 200), 1000, "us   ");
		free(j.adds);
	}
	bm_packer_free(j.p);
	free(data);
	roaring_bitmap_free(r);
}

int main(void)
{
	printf("%-34s %9s %9s\n", "", "ours", "CRoaring");
	bench_sort();
	bench_members("consecutive", 0);
	bench_members("half dense", 21);
	bench_members("rand32", 32);
	bench_members("rand40", 40);
	bench_members("rand64", 64);
	bench_merge("150 arrays", 150, 200, false);
	bench_merge("7 bitsets", 7, 20000, false);
	bench_merge("3000 arrays of 2", 3000, 2, false);
	printf("%s\n", sink ? "" : " ");
	return 0;
}

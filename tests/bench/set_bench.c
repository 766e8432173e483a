/* SPDX-License-Identifier: Apache-2.0 */
/* set_bench.c - what sets cost in the library, on a store in a file.
 *
 * For each shape of members: text to batches, batches to segments, the commit
 * to the disk, and the text read back; against memcpy of the same text in the
 * same run. Then what is done to a large set: a million more, one more and
 * durable, half of it removed, reads at random offsets.
 */
#include "bitmap/bitmap.h"
#include "tests/support/rng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE	 (128u << 10) /* as the kernel cuts writes */
#define READ_LEN (1u << 20)

struct bench {
	char path[512];
	struct rs_store *store;
	struct bm_db *db;
	struct rng r;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	exit(EXIT_FAILURE);
}

static void *must_alloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		must(-ENOMEM, "memory");
	return p;
}

/* --- the store ------------------------------------------------------------ */

static void open_store(struct bench *b, const char *dir)
{
	const struct rs_open_opts opts = { 0 };

	snprintf(b->path, sizeof(b->path), "%s/set-bench.store", dir);
	unlink(b->path);
	must(rs_create(b->path, NULL), "create");
	must(rs_open(b->path, &opts, &b->store, NULL), "open");
	must(bm_open(b->store, NULL, &b->db, NULL), "sets");
}

static void close_store(struct bench *b)
{
	bm_close(b->db);
	must(rs_close(b->store), "close");
	unlink(b->path);
}

static uint64_t make_set(struct bench *b)
{
	struct rs_object obj = { 0 };
	struct rs_txn *t;
	uint64_t ino;

	bm_object_init(&obj);
	must(rs_txn_begin(b->store, &t), "txn");
	ino = rs_txn_new_id(t);
	must(rs_object_put(t, ino, &obj), "object");
	must(rs_txn_end(t), "txn");
	return ino;
}

static struct bm_view *view_of(struct bench *b, uint64_t ino)
{
	struct bm_view *bv;
	struct rs_view *v;

	must(bm_settle(b->db, ino), "settle");
	must(rs_view_live(b->store, &v), "view");
	must(bm_view_open(v, ino, &bv), "view");
	rs_view_put(v);
	return bv;
}

/* --- text ----------------------------------------------------------------- */

typedef uint64_t member_fn(struct rng *r, uint64_t i);

static uint64_t rand32(struct rng *r, uint64_t i)
{
	(void)i;
	return rng_u64(r) >> 32;
}

static uint64_t rand64(struct rng *r, uint64_t i)
{
	(void)i;
	return rng_u64(r);
}

static uint64_t ascending(struct rng *r, uint64_t i)
{
	(void)r;
	return 1000000000 + i;
}

struct text {
	char *p;
	size_t len;
};

static struct text make_text(struct rng *r, member_fn *member, uint64_t n,
			     const char *sign)
{
	struct text t = { .p = must_alloc(n * 22 + 1) };

	for (uint64_t i = 0; i < n; i++)
		t.len += (size_t)sprintf(t.p + t.len, "%s%" PRIu64 "\n", sign,
					 member(r, i));
	return t;
}

struct cost {
	double parse, settle, sync;
};

/* The text goes into the set, by writes of PIECE bytes. */
static struct cost write_text(struct bench *b, uint64_t ino,
			      const struct text *t)
{
	struct bm_partial partial;
	struct cost c = { 0 };
	double start = now_ns();

	bm_partial_init(&partial);
	for (size_t off = 0; off < t->len; off += PIECE) {
		size_t len = t->len - off < PIECE ? t->len - off : PIECE;
		struct bm_batch batch;

		bm_batch_init(&batch);
		must(bm_partial_feed(&partial, t->p + off, len, &batch, NULL),
		     "parse");
		must(bm_append(b->db, ino, &batch, 1), "append");
		bm_batch_finish(&batch);
	}
	c.parse = now_ns() - start;
	start = now_ns();
	must(bm_settle(b->db, ino), "settle");
	c.settle = now_ns() - start;
	start = now_ns();
	must(rs_sync(b->store), "sync");
	c.sync = now_ns() - start;
	return c;
}

/* --- reading -------------------------------------------------------------- */

static double read_all(const struct bm_view *bv, char *buf)
{
	uint64_t off = 0;
	double start = now_ns();
	size_t got;

	do {
		must(bm_read_text(bv, off, buf, READ_LEN, &got), "read");
		off += got;
	} while (got > 0);
	return (double)off / (now_ns() - start);
}

static double copy_all(const struct text *t, char *buf)
{
	double start = now_ns();

	for (size_t off = 0; off + READ_LEN <= t->len; off += READ_LEN) {
		memcpy(buf, t->p + off, READ_LEN);
		__asm__ volatile("" : : "r"(buf) : "memory");
	}
	return (double)t->len / (now_ns() - start);
}

static double read_random(struct bench *b, const struct bm_view *bv, char *buf)
{
	uint64_t size = bm_view_info(bv)->text_size;
	double start = now_ns();
	size_t got;

	for (int i = 0; i < 10000; i++)
		must(bm_read_text(bv, rng_below(&b->r, size), buf, 4096, &got),
		     "read");
	return (now_ns() - start) / 10000;
}

/* --- shapes --------------------------------------------------------------- */

static uint64_t bench_shape(struct bench *b, const char *name,
			    member_fn *member, uint64_t n)
{
	struct text t = make_text(&b->r, member, n, "");
	char *buf = must_alloc(READ_LEN);
	uint64_t ino = make_set(b);
	struct cost c = write_text(b, ino, &t);
	struct bm_view *bv = view_of(b, ino);
	const struct bm_info *info = bm_view_info(bv);
	double per = 1.0 / (double)n;
	double cold = read_all(bv, buf);

	printf("%-14s parse+append %5.1f  settle %5.1f  sync %5.1f  sum %5.1f "
	       "ns/id\n",
	       name, c.parse * per, c.settle * per, c.sync * per,
	       (c.parse + c.settle + c.sync) * per);
	printf("%-14s stored %.3f MB in %" PRIu64 " segments; text %.2f GB/s, "
	       "again %.2f, memcpy %.2f; 4 KiB at random %.2f us\n",
	       "", (double)info->stored / 1e6, info->segments, cold,
	       read_all(bv, buf), copy_all(&t, buf),
	       read_random(b, bv, buf) / 1000);
	bm_view_close(bv);
	free(buf);
	free(t.p);
	return ino;
}

static void bench_more(struct bench *b, uint64_t ino, const char *what,
		       const char *sign, uint64_t n)
{
	struct text t = make_text(&b->r, rand32, n, sign);
	struct cost c = write_text(b, ino, &t);
	double per = 1.0 / (double)n;

	printf("%-14s parse+append %5.1f  settle %5.1f  sync %5.1f  sum %5.1f "
	       "ns/id\n",
	       what, c.parse * per, c.settle * per, c.sync * per,
	       (c.parse + c.settle + c.sync) * per);
	free(t.p);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* One member and durable: the median. */
static void bench_one_more(struct bench *b, uint64_t ino, const char *what)
{
	double ns[300], settle[300];

	for (int i = 0; i < 300; i++) {
		struct text t = make_text(&b->r, rand32, 1, "");
		struct cost c = write_text(b, ino, &t);

		ns[i] = c.parse + c.settle + c.sync;
		settle[i] = c.settle;
		free(t.p);
	}
	qsort(ns, 300, sizeof(ns[0]), by_value);
	qsort(settle, 300, sizeof(settle[0]), by_value);
	printf("%-14s %.1f us, of which settle %.1f us\n", what, ns[150] / 1000,
	       settle[150] / 1000);
}

/* The same text into the set in durable steps. */
static void bench_steps(struct bench *b, const char *what, member_fn *member,
			uint64_t n, uint64_t steps)
{
	struct text t = make_text(&b->r, member, n, "");
	uint64_t ino = make_set(b);
	double start = now_ns();
	size_t off = 0;

	for (uint64_t i = 1; i <= steps; i++) {
		size_t end = i == steps ? t.len : t.len / steps * i;
		struct text part = { t.p + off, 0 };

		while (end < t.len && t.p[end - 1] != '\n')
			end++;
		part.len = end - off;
		write_text(b, ino, &part);
		off = end;
	}
	printf("%-14s %.3f s\n", what, (now_ns() - start) / 1e9);
	free(t.p);
}

/* A rank of Zipf's kind below n: the first is the most frequent by far. */
static uint64_t zipf(struct rng *r, uint64_t n)
{
	return rng_below(r, rng_below(r, rng_below(r, n) + 1) + 1);
}

/* Pairs of a set and a member, in durable steps. */
static void bench_pairs(struct bench *b, const char *what, uint64_t n_sets,
			uint64_t steps, uint64_t per_step)
{
	uint64_t *inos = must_alloc(n_sets * sizeof(*inos));
	double start;

	for (uint64_t i = 0; i < n_sets; i++)
		inos[i] = make_set(b);
	must(rs_sync(b->store), "sync");
	start = now_ns();
	for (uint64_t i = 0; i < steps; i++) {
		for (uint64_t k = 0; k < per_step; k++) {
			struct bm_batch batch;

			bm_batch_init(&batch);
			must(bm_batch_add(&batch, rand32(&b->r, 0)), "add");
			must(bm_append(b->db, inos[zipf(&b->r, n_sets)], &batch,
				       1),
			     "append");
		}
		must(rs_sync(b->store), "sync");
	}
	start = now_ns() - start;
	printf("%-14s %.3f s, %.0f ns a pair\n", what, start / 1e9,
	       start / (double)(steps * per_step));
	free(inos);
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	uint64_t large;

	rng_init(&b.r, 1);
	open_store(&b, argc > 1 ? argv[1] : ".");
	bench_shape(&b, "1 M rand32", rand32, 1000000);
	bench_shape(&b, "1 M rand64", rand64, 1000000);
	bench_shape(&b, "10 M ascending", ascending, 10000000);
	large = bench_shape(&b, "10 M rand32", rand32, 10000000);
	bench_one_more(&b, large, "+1 to 10 M");
	bench_more(&b, large, "+1 M to 10 M", "", 1000000);
	bench_more(&b, large, "-1 M of 11 M", "-", 1000000);
	bench_one_more(&b, make_set(&b), "+1 to few");
	bench_steps(&b, "1 M by 1,000", rand32, 1000000, 1000);
	bench_steps(&b, "10 M asc / 100", ascending, 10000000, 100);
	bench_pairs(&b, "pairs, 10 k sets", 10000, 200, 1000);
	close_store(&b);
	return 0;
}

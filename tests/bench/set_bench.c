/* SPDX-License-Identifier: Apache-2.0 */
/* set_bench.c - what sets cost in the library, on a store in a file.
 *
 * For each shape of members: text to batches, batches to segments, the commit
 * to the disk, and the text read back; against memcpy of the same text in the
 * same run. Then what is done to a large set: a million more, one more and
 * durable, half of it removed, reads at random offsets. At last a million sets.
 *
 *	set_bench [DIR [ROW...]]	some rows, by their names at the end
 */
#include "tests/bench/set_kit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_LEN (1u << 20)

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

/* --- rows ----------------------------------------------------------------- */

static void row_load(struct bench *b)
{
	bench_steps(b, "1 M rand32", rand32, 1000000, 1);
}

/* The same again and again: what is left when memory and blocks are warm, and
 * which part of it is not the same from time to time. In turn by one thread and
 * by as many as there are CPUs. */
static void row_phases(struct bench *b)
{
	for (int i = 0; i < 16; i++) {
		struct text t = make_text(&b->r, rand32, 1000000, "");
		uint32_t shards = i % 2 ? bm_shards_usual() : 1;
		struct cost c = write_text(b, make_set_by(b, shards), &t);

		printf("1 M, %2u shards  parse %.1f  settle %.1f  sync %.1f  "
		       "sum %.1f ms\n",
		       shards, c.parse / 1e6, c.settle / 1e6, c.sync / 1e6,
		       (c.parse + c.settle + c.sync) / 1e6);
		free(t.p);
	}
}

static void row_shapes(struct bench *b)
{
	bench_shape(b, "1 M rand32", rand32, 1000000);
	bench_shape(b, "1 M rand64", rand64, 1000000);
}

static void row_ascending(struct bench *b)
{
	bench_shape(b, "10 M ascending", ascending, 10000000);
}

static void row_range(struct bench *b)
{
	struct text t = make_text(&b->r, ascending, 10000000, "");
	uint64_t ino = make_set(b);

	write_text(b, ino, &t);
	free(t.p);
	bench_remove(b, ino, "-5 M ascending", 5000000);
}

static void row_remove(struct bench *b)
{
	bench_half(b, "-5 M of 10 M", rand32, 10000000);
}

static void row_large(struct bench *b)
{
	uint64_t large = bench_shape(b, "10 M rand32", rand32, 10000000);

	bench_one_more(b, large, "+1 to 10 M", 500);
	bench_more(b, large, "+1 M to 10 M", "", 1000000);
	bench_more(b, large, "-1 M of 11 M", "-", 1000000);
}

static void row_singles(struct bench *b)
{
	bench_one_more(b, make_set(b), "+1 to few", 2000);
}

static void row_steps(struct bench *b)
{
	bench_steps(b, "1 M by 1,000", rand32, 1000000, 1000);
}

static void row_hundred(struct bench *b)
{
	bench_steps(b, "10 M asc / 100", ascending, 10000000, 100);
}

static void row_pairs(struct bench *b)
{
	bench_pairs(b, "pairs, 10 k", 10000, 1000, 1000);
}

static void row_replay(struct bench *b)
{
	bench_replay(b, "open after it", 10000, 49000); /* as it gets */
}

static void row_le64(struct bench *b)
{
	for (uint64_t n = 1000000; n <= 16000000; n *= 4)
		bench_le64(b, n);
}

static void row_crowd(struct bench *b)
{
	for (unsigned threads = 1; threads <= 8; threads *= 2)
		bench_crowd(b, threads);
}

static void row_many(struct bench *b)
{
	bench_many(b, 1000000);
}

static void row_algebra(struct bench *b)
{
	bench_algebra(b, 10000000);
}

static const struct row {
	const char *name;
	void (*run)(struct bench *b);
} rows[] = {
	{ "load", row_load },	    { "phases", row_phases },
	{ "shapes", row_shapes },   { "ascending", row_ascending },
	{ "range", row_range },	    { "remove", row_remove },
	{ "large", row_large },	    { "singles", row_singles },
	{ "steps", row_steps },	    { "hundred", row_hundred },
	{ "pairs", row_pairs },	    { "replay", row_replay },
	{ "le64", row_le64 },	    { "many", row_many },
	{ "algebra", row_algebra }, { "crowd", row_crowd },
};

static bool wanted(const char *name, int n, char **names)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return n == 0;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	int left = argc > 2 ? argc - 2 : 0;

	rng_init(&b.r, 1);
	open_store(&b, argc > 1 ? argv[1] : ".");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (wanted(rows[i].name, left, argv + 2))
			rows[i].run(&b);
	close_store(&b);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* text_bench.c - text to members and back, as this machine can and by the
 * portable twins, against memcpy of the same text. */
#include "bitmap/bitmap.h"
#include "bitmap/text_render.h"
#include "bitmap/text_scan.h"
#include "tests/support/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEMBERS 1000000u
#define ROUNDS	9
#define PIECE	(128u << 10)

struct work {
	uint64_t members[MEMBERS]; /* ascending */
	char text[MEMBERS * 22 + 1];
	char out[MEMBERS * 21 + 1];
	size_t len;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void parse_by(struct work *w, bm_scan_fn *scan)
{
	struct bm_batch b;
	size_t off = 0;

	bm_batch_init(&b);
	while (off < w->len) {
		size_t len = w->len - off < PIECE ? w->len - off : PIECE;
		size_t used;

		if (bm_text_parse_by(scan, w->text + off, len,
				     off + len == w->len, &b, &used, NULL))
			abort();
		off += used;
		b.n_members = 0;
		b.n_ops = 0;
	}
	bm_batch_finish(&b);
}

static void parse(struct work *w)
{
	parse_by(w, bm_scan_best());
}

static void parse_portable(struct work *w)
{
	parse_by(w, bm_scan_portable);
}

static void render_by(struct work *w, bm_lines_fn *lines)
{
	struct bm_render r;

	bm_render_init(&r, w->out, sizeof(w->out), 0);
	for (size_t i = 0; i < MEMBERS; i += 500)
		bm_render_by(lines, &r, w->members + i, 500);
	if (bm_render_size(&r) != w->len)
		abort();
}

static void render(struct work *w)
{
	render_by(w, bm_lines_best());
}

static void render_portable(struct work *w)
{
	render_by(w, bm_lines_portable);
}

static void copy(struct work *w)
{
	memcpy(w->out, w->text, w->len);
}

/* Nanoseconds a line, the best of some rounds. */
static double cost(struct work *w, void (*work)(struct work *w))
{
	double best = 1e18;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ns();

		work(w);
		start = now_ns() - start;
		best = start < best ? start : best;
	}
	return best / MEMBERS;
}

/* The same numbers, each to be removed. */
static void bench_removals(struct work *w)
{
	w->len = 0;
	for (size_t i = 0; i < MEMBERS; i++)
		w->len += (size_t)sprintf(w->text + w->len, "-%" PRIu64 "\n",
					  w->members[i]);
	printf("%-22s %5.2f %8.2f\n", "  removed", cost(w, parse),
	       cost(w, parse_portable));
}

static void bench(struct work *w, const char *name, unsigned shape)
{
	struct rng r;

	rng_init(&r, 1);
	for (uint64_t i = 0; i < MEMBERS; i++) {
		uint64_t v = rng_u64(&r);

		w->members[i] = shape == 0   ? v >> 32
				: shape == 1 ? (v >> 32) / 10
				: shape == 2 ? v
				: shape == 3 ? i
					     : (v >> 32) >> (v & 31);
	}
	qsort(w->members, MEMBERS, sizeof(*w->members), by_number);
	w->len = 0;
	for (size_t i = 0; i < MEMBERS; i++)
		w->len += (size_t)sprintf(w->text + w->len, "%" PRIu64 "\n",
					  w->members[i]);
	printf("%-22s %5.2f %8.2f %8.2f %8.2f %8.2f %8.1f\n", name,
	       cost(w, parse), cost(w, parse_portable), cost(w, render),
	       cost(w, render_portable), cost(w, copy),
	       (double)w->len / MEMBERS);
}

int main(void)
{
	struct work *w = malloc(sizeof(*w));

	if (!w)
		return EXIT_FAILURE;
	printf("%-22s %5s %8s %8s %8s %8s %8s\n", "ns a line", "parse",
	       "portable", "render", "portable", "memcpy", "bytes");
	bench(w, "32 bits, 4300 apart", 0);
	bench_removals(w);
	bench(w, "430 apart", 1);
	bench(w, "64 bits", 2);
	bench(w, "consecutive", 3);
	bench(w, "1 to 10 digits", 4);
	free(w);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* region_bench.c - what a region costs on top of the file it lies in.
 *
 * The same bytes in the same pieces go to a region of a store and, with bare
 * pwrite(2) and fdatasync(2), to a file beside it. The two take turns in
 * rounds, so that both see the same machine; the figure that counts is the
 * ratio of their medians.
 *
 *	region_bench [directory]
 */

#include "regionstore/base/auto.h"
#include "regionstore/regionstore.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define INO	   16u
#define ROUNDS	   7u
#define PIECE	   (128u << 10)
#define STREAM	   ((uint64_t)32 << 20) /* bytes of a sequential round */
#define AREA	   ((uint64_t)64 << 20) /* that random overwrites hit */
#define OVERWRITES 200u			/* of a round */
#define BLOCK	   4096u

/* One side of a comparison: how it writes and how it makes that durable. */
struct side {
	struct rs_store *store; /* or NULL: fd */
	int fd;
	uint8_t data[PIECE];
};

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "region_bench: %s: %s\n", what, strerror(-err));
	exit(EXIT_FAILURE);
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void write_region(struct rs_store *s, uint64_t off, const void *data,
			 size_t len)
{
	struct rs_object obj;
	struct rs_write *w;
	struct rs_txn *t;

	must(rs_write_prepare(s, off, data, len, &w), "prepare");
	must(rs_txn_begin(s, &t), "begin");
	must(rs_object_get(rs_txn_view(t), INO, &obj), "get");
	must(rs_write_apply(t, INO, &obj, w), "apply");
	must(rs_object_put(t, INO, &obj), "put");
	must(rs_txn_end(t), "end");
	rs_write_drop(w);
}

static void side_write(struct side *side, uint64_t off, size_t len)
{
	if (side->store)
		write_region(side->store, off, side->data, len);
	else if (pwrite(side->fd, side->data, len, (off_t)off) != (ssize_t)len)
		must(-errno, "pwrite");
}

static void side_sync(struct side *side)
{
	must(side->store	   ? rs_sync(side->store)
	     : fdatasync(side->fd) ? -errno
				   : 0,
	     "sync");
}

/* What was there gives its space back, so that each round begins alike. */
static void side_empty(struct side *side)
{
	struct rs_object obj;
	struct rs_txn *t;

	if (!side->store) {
		must(ftruncate(side->fd, 0) ? -errno : 0, "ftruncate");
		return;
	}
	rs_region_init(&obj);
	obj.attr_len = 0;
	must(rs_txn_begin(side->store, &t), "begin");
	if (rs_object_get(rs_txn_view(t), INO, &obj) == 0)
		must(rs_region_truncate(t, INO, &obj, 0), "truncate");
	must(rs_object_put(t, INO, &obj), "put");
	must(rs_txn_end(t), "end");
}

/* Microseconds of one piece: written, and durable at the end of all. */
struct cost {
	double written;
	double durable;
};

static struct cost stream(struct side *side)
{
	double start, written;

	side_empty(side);
	side_sync(side);
	start = now_us();
	for (uint64_t off = 0; off < STREAM; off += PIECE)
		side_write(side, off, PIECE);
	written = now_us();
	side_sync(side);
	return (struct cost){
		.written = (written - start) / (double)(STREAM / PIECE),
		.durable = (now_us() - start) / (double)(STREAM / PIECE),
	};
}

/* Both sides of a round draw the same places. */
static uint64_t draw(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (*x >> 33) % (AREA / BLOCK) * BLOCK;
}

static struct cost overwrite(struct side *side)
{
	double start = now_us(), written = 0;
	uint64_t x = 1;

	for (unsigned i = 0; i < OVERWRITES; i++) {
		double from = now_us();

		side->data[0]++;
		side_write(side, draw(&x), BLOCK);
		written += now_us() - from;
		side_sync(side);
	}
	return (struct cost){
		.written = written / OVERWRITES,
		.durable = (now_us() - start) / OVERWRITES,
	};
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_size);
	return values[ROUNDS / 2];
}

static void print(const char *what, double *ours, double *floor)
{
	double a = median(ours), b = median(floor);

	printf("%-36s %9.1f %9.1f %6.2f\n", what, a, b, a / b);
}

static void compare(const char *what, struct side sides[2],
		    struct cost (*run)(struct side *side))
{
	double written[2][ROUNDS], durable[2][ROUNDS];
	char line[64];

	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned k = 0; k < 2; k++) {
			struct cost c = run(&sides[k]);

			written[k][i] = c.written;
			durable[k][i] = c.durable;
		}
	}
	snprintf(line, sizeof(line), "%s, written", what);
	print(line, written[0], written[1]);
	snprintf(line, sizeof(line), "%s, durable", what);
	print(line, durable[0], durable[1]);
}

static void run_all(struct side sides[2])
{
	printf("%-36s %9s %9s %6s\n", "us each, median", "region", "file",
	       "ratio");
	compare("128 KiB sequential", sides, stream);
	compare("4 KiB random overwrite", sides, overwrite);
}

int main(int argc, char **argv)
{
	static const struct rs_open_opts opts = { .commit_ms = 5000 };
	const char *dir = argc > 1 ? argv[1] : ".";
	char store[PATH_MAX], plain[PATH_MAX];
	static struct side sides[2];
	struct err e = { 0 };

	snprintf(store, sizeof(store), "%s/region_bench.store", dir);
	snprintf(plain, sizeof(plain), "%s/region_bench.file", dir);
	unlink(store);
	if (rs_create(store, &e) ||
	    rs_open(store, &opts, &sides[0].store, &e)) {
		fprintf(stderr, "region_bench: %s: %s\n", store, e.msg);
		return EXIT_FAILURE;
	}
	sides[1].fd = open(plain, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(sides[1].fd < 0 ? -errno : 0, plain);
	memset(sides[0].data, 0x5a, PIECE);
	memset(sides[1].data, 0x5a, PIECE);
	run_all(sides);
	must(rs_close(sides[0].store), "close");
	close(sides[1].fd);
	unlink(store);
	unlink(plain);
	return EXIT_SUCCESS;
}

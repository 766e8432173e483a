/* SPDX-License-Identifier: Apache-2.0 */
/* sets_bench.c - what kinds of sets cost: to load through the mount, to read
 * back as text, and on the disk, beside plain roaring blobs of the same sets.
 *
 *	sets_bench DIR [COLLECTION...]
 *
 * A COLLECTION is a directory of files, each a list of numbers with anything
 * between them, and each one set. After them come shapes that are made here,
 * BENCH_SCALE says of how many members: 10 million divided by it (10).
 *
 * Load is from text, in one durable step at the end. Disk is what the store
 * says is in use, once it was idle for some seconds, so that sets are in place
 * and not in the journal as well, less what it used when it was empty:
 * members, index, names and free-space maps. A blob is the portable form of
 * CRoaring after run_optimize, without a file system around it.
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <roaring/roaring64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/peers/measure.h"
#include "tests/bench/peers/work.h"
#include "tests/support/rng.h"

#define SETS_MAX 100000u
#define FOLDED	 8u /* seconds of rest: sets left the journal, durably */

struct collection {
	const char *name;
	struct input sets[SETS_MAX];
	uint32_t n;
};

struct figures {
	uint64_t members, used, blob, text;
	double load, read;
};

/* --- collections ---------------------------------------------------------- */

static void read_set(struct collection *c, const char *dir, const char *name)
{
	char path[4096];
	struct input *in = &c->sets[c->n];
	size_t cap = 0;
	FILE *f;
	int ch;
	bool inside = false;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	must(f != NULL, path);
	*in = (struct input){ .n = 0 };
	while ((ch = getc_unlocked(f)) != EOF) {
		bool digit = ch >= '0' && ch <= '9';

		if (digit && !inside && in->n == cap) {
			cap = cap * 2 + 1024;
			in->members = realloc(in->members,
					      cap * sizeof(*in->members));
			must(in->members != NULL, "memory");
		}
		if (digit && !inside)
			in->members[in->n++] = 0;
		if (digit)
			in->members[in->n - 1] = in->members[in->n - 1] * 10 +
						 (uint64_t)(ch - '0');
		inside = digit;
	}
	fclose(f);
	c->n += in->n > 0;
}

static void read_collection(struct collection *c, const char *dir)
{
	const char *slash = strrchr(dir, '/');
	const struct dirent *e;
	DIR *d = opendir(dir);

	must(d != NULL, dir);
	c->name = slash ? slash + 1 : dir;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && c->n < SETS_MAX)
			read_set(c, dir, e->d_name);
	closedir(d);
}

static uint64_t rand40(struct rng *r, uint64_t before)
{
	(void)before;
	return rng_u64(r) >> 24;
}

/* Some hundred numbers near each other, then far away. */
static uint64_t clustered(struct rng *r, uint64_t before)
{
	return rng_one_in(r, 300) ? rng_u64(r) >> 28
				  : before + 1 + rng_below(r, 3);
}

/* Every second number, on average. */
static uint64_t dense(struct rng *r, uint64_t before)
{
	return before + 1 + rng_below(r, 3);
}

typedef uint64_t next_fn(struct rng *r, uint64_t before);

static struct input shape(size_t n, next_fn *next)
{
	struct input in = ascending(n); /* for its room */
	uint64_t before = 1000000000;
	struct rng r;

	rng_init(&r, 7);
	for (size_t i = 0; i < n; i++)
		before = in.members[i] = next(&r, before);
	return in;
}

static void make_shape(struct collection *c, const char *name, size_t n)
{
	c->name = name;
	c->n = 1;
	if (strcmp(name, "random, 32 bits") == 0)
		c->sets[0] = random_32(n);
	else if (strcmp(name, "random, 40 bits") == 0)
		c->sets[0] = shape(n, rand40);
	else if (strcmp(name, "random, 64 bits") == 0)
		c->sets[0] = random_64(n);
	else if (strcmp(name, "clustered") == 0)
		c->sets[0] = shape(n, clustered);
	else if (strcmp(name, "dense") == 0)
		c->sets[0] = shape(n, dense);
	else
		c->sets[0] = ascending(n);
}

static void drop(struct collection *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		input_free(&c->sets[i]);
	c->n = 0;
}

/* --- figures -------------------------------------------------------------- */

/* Members of one set, and the bytes of its blob. */
static void weigh(const struct input *in, struct figures *f)
{
	struct group g = { .members = in->members, .n = in->n };
	roaring64_bitmap_t *blob = roaring64_bitmap_create();
	size_t n;
	uint64_t *m = sorted(&g, &n);

	must(blob != NULL, "memory");
	roaring64_bitmap_add_many(blob, n, m);
	roaring64_bitmap_run_optimize(blob);
	f->members += n;
	f->blob += roaring64_bitmap_portable_size_in_bytes(blob);
	roaring64_bitmap_free(blob);
	free(m);
}

/* Bytes of the store that are in use, as it says itself. */
static uint64_t used(const char *dir)
{
	char path[4096];
	char line[256];
	uint64_t bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/mnt/.ctl/status", dir);
	f = fopen(path, "r");
	must(f != NULL, path);
	while (fgets(line, sizeof(line), f)) {
		const char *exact = strchr(line, '(');

		if (strncmp(line, "used", 4) == 0 && exact)
			bytes = strtoull(exact + 1, NULL, 10);
	}
	fclose(f);
	must(bytes > 0, path);
	return bytes;
}

/* Set i; seconds. */
static double load(void *p, const struct collection *c, uint32_t i)
{
	struct step s = make_step(&c->sets[i], 0, c->sets[i].n, true, "");
	double begin;

	s.groups[0].set = i;
	begin = now();
	peer_mount.add(p, &s.groups[0]);
	if (i + 1 == c->n)
		peer_mount.commit(p);
	begin = now() - begin;
	step_free(&s);
	return begin;
}

static void through_mount(const struct collection *c, const char *base,
			  struct figures *f)
{
	char dir[4096];
	uint64_t empty;
	double begin;
	void *p;

	snprintf(dir, sizeof(dir), "%s/sets.XXXXXX", base);
	must(mkdtemp(dir) != NULL, dir);
	p = peer_mount.open(dir);
	empty = used(dir);
	for (uint32_t i = 0; i < c->n; i++)
		f->load += load(p, c, i);
	begin = now();
	for (uint32_t i = 0; i < c->n; i++)
		f->text += peer_mount.read_all(p, i);
	f->read = now() - begin;
	sleep(FOLDED);
	f->used = used(dir) - empty;
	peer_mount.close(p);
	remove_tree(dir);
}

static void bench(struct collection *c, const char *base)
{
	struct figures f = { .members = 0 };
	double n;

	for (uint32_t i = 0; i < c->n; i++)
		weigh(&c->sets[i], &f);
	through_mount(c, base, &f);
	n = (double)f.members;
	printf("%-20s %6" PRIu32 " %9" PRIu64 " %8.1f %7.1f %8.1f %7.2f "
	       "%8.3f %8.3f %7.2f\n",
	       c->name, c->n, f.members, f.load * 1e3, f.load / n * 1e9,
	       f.read * 1e3, (double)f.text / f.read / 1e9, (double)f.used / n,
	       (double)f.blob / n, (double)f.used / (double)f.blob);
	fflush(stdout);
	drop(c);
}

int main(int argc, char **argv)
{
	static const char *const shapes[] = {
		"random, 32 bits", "random, 40 bits", "random, 64 bits",
		"clustered",	   "dense",	      "ascending",
	};
	static struct collection c;
	const char *scale = getenv("BENCH_SCALE");
	size_t members = 10000000 / (scale ? strtoull(scale, NULL, 10) : 10);

	errno = 0;
	must(argc > 1 && members > 0, "usage: sets_bench DIR [COLLECTION...]");
	printf("%-20s %6s %9s %8s %7s %8s %7s %8s %8s %7s\n", "", "sets",
	       "members", "load ms", "ns each", "cat ms", "GB/s", "B each",
	       "blob", "x of it");
	for (int i = 2; i < argc; i++) {
		read_collection(&c, argv[i]);
		bench(&c, argv[1]);
	}
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		make_shape(&c, shapes[i], members);
		bench(&c, argv[1]);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - roarfs and its peers on the same work, as ratios in one run.
 *
 *	peers_bench [DIR]	with roarfs and nullfs in PATH; DIR on the disk
 *				that is to be measured, default $TMPDIR or /tmp
 *	BENCH_SCALE=n		sizes are those of the goals divided by n (10)
 *	BENCH_RUNS=n		so often; medians are printed (3)
 *	BENCH_PEERS="NAME..."	only those, by the names in the table's head
 *	BENCH_WORK="NAME..."	only that: load steps pairs singles few large
 *				ascending 64-bit shared
 *
 * Each piece of work is done by one peer after the other before the next run
 * begins, as the machine's speed drifts. In the second line of a row stands
 * how many times as long (or as much) roarfs through its mount takes.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/peers/measure.h"
#include "tests/bench/peers/work.h"

#define RUNS_MAX 15u
#define ROWS_MAX 64u

static const struct peer_ops *const peers[] = {
	&peer_mount,  &peer_library, &peer_floor, &peer_lmdb,
	&peer_sqlite, &peer_redis,   &peer_blob,
};
#define N_PEERS (sizeof(peers) / sizeof(*peers))

struct cell {
	double values[RUNS_MAX];
	unsigned n;
};
static struct cell table[ROWS_MAX][N_PEERS];

static uint64_t setting(const char *name, uint64_t by_default, uint64_t most)
{
	const char *text = getenv(name);
	uint64_t n = text ? strtoull(text, NULL, 10) : by_default;

	errno = 0;
	must(n >= 1 && n <= most, name);
	return n;
}

/* Does the list in the environment hold the name, or is there none? */
static bool wanted(const char *list, const char *name)
{
	const char *names = getenv(list);

	return !names || strstr(names, name);
}

/* --- doing ---------------------------------------------------------------- */

static void take_line(const char *line, size_t peer)
{
	char key[32];
	double value;

	if (sscanf(line, "%31s %lf", key, &value) != 2)
		return;
	for (unsigned i = 0; i < n_rows; i++) {
		struct cell *c = &table[i][peer];

		if (strcmp(rows[i].key, key) == 0 && c->n < RUNS_MAX)
			c->values[c->n++] = value;
	}
}

static void do_one(work_fn *work, size_t peer, const char *base, uint64_t scale)
{
	struct work w = { .ops = peers[peer], .scale = scale };
	char dir[4096];
	char line[256];
	int ends[2];
	FILE *in;
	pid_t pid;

	snprintf(dir, sizeof(dir), "%s/peer.XXXXXX", base);
	must(mkdtemp(dir) != NULL, dir);
	must(pipe(ends) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		close(ends[0]);
		w.dir = dir;
		w.out = fdopen(ends[1], "w");
		must(w.out != NULL, "pipe");
		work(&w);
		exit(EXIT_SUCCESS);
	}
	close(ends[1]);
	in = fdopen(ends[0], "r");
	must(in != NULL, "pipe");
	while (fgets(line, sizeof(line), in))
		take_line(line, peer);
	fclose(in);
	waitpid(pid, NULL, 0);
	remove_tree(dir);
}

static void do_job(const struct job *job, const char *base, uint64_t scale)
{
	for (size_t p = 0; p < N_PEERS; p++)
		if (!peers[p]->missing && wanted("BENCH_PEERS", peers[p]->name))
			do_one(job->work, p, base, scale);
}

/* --- printing ------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(struct cell *c)
{
	qsort(c->values, c->n, sizeof(c->values[0]), by_value);
	return c->values[c->n / 2];
}

static const char *human(uint64_t n, char text[32])
{
	if (n >= 1000000 && n % 100000 == 0)
		snprintf(text, 32, "%.3g M", (double)n / 1e6);
	else if (n >= 10000)
		snprintf(text, 32, "%.4g k", (double)n / 1e3);
	else
		snprintf(text, 32, "%" PRIu64, n);
	return text;
}

static void print_title(const struct row *r, uint64_t scale)
{
	char title[64];
	char size[32];
	const char *hole = strstr(r->title, "%s");

	if (hole)
		snprintf(title, sizeof(title), "%.*s%s%s",
			 (int)(hole - r->title), r->title,
			 human(r->size / scale, size), hole + 2);
	else
		snprintf(title, sizeof(title), "%s", r->title);
	printf("%-37s %4s", title, r->unit);
}

static void print_number(double v)
{
	printf(" %9.*f", v < 10 ? 2 : v < 1000 ? 1 : 0, v);
}

static void print_row(unsigned i, uint64_t scale)
{
	bool ours = table[i][0].n > 0;

	print_title(&rows[i], scale);
	for (size_t p = 0; p < N_PEERS; p++)
		if (table[i][p].n)
			print_number(median(&table[i][p]));
		else
			printf(" %9s", "-");
	printf("\n%42s %9s", "", ours ? "x of:" : "");
	for (size_t p = 1; p < N_PEERS; p++)
		if (ours && table[i][p].n)
			printf(" %9.2f",
			       median(&table[i][0]) / median(&table[i][p]));
		else
			printf(" %9s", "");
	printf("\n");
}

static bool has_values(unsigned i)
{
	for (size_t p = 0; p < N_PEERS; p++)
		if (table[i][p].n)
			return true;
	return false;
}

/* Waiting for a processor is on the clock, too, and not equally. */
static void print_load(void)
{
	double load[1];

	if (getloadavg(load, 1) == 1 && load[0] > 3)
		printf("\nThe machine is busy (load %.1f): do not trust "
		       "this.\n",
		       load[0]);
}

static void print_table(uint64_t scale, uint64_t runs)
{
	printf("\nSizes are the goals' divided by %" PRIu64
	       " (BENCH_SCALE); medians of %" PRIu64 " runs.\n%42s",
	       scale, runs, "");
	for (size_t p = 0; p < N_PEERS; p++)
		printf(" %9s", peers[p]->name);
	printf("\n");
	for (unsigned i = 0; i < n_rows; i++)
		if (!getenv("BENCH_WORK") || has_values(i))
			print_row(i, scale);
	for (size_t p = 0; p < N_PEERS; p++)
		if (peers[p]->missing)
			printf("%s is missing: install %s\n", peers[p]->name,
			       peers[p]->missing);
}

int main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	const char *base = argc > 1 ? argv[1] : tmp ? tmp : "/tmp";
	uint64_t scale = setting("BENCH_SCALE", 10, 1000);
	uint64_t runs = setting("BENCH_RUNS", 3, RUNS_MAX);

	must(n_rows <= ROWS_MAX, "rows");
	for (uint64_t run = 0; run < runs; run++)
		for (unsigned i = 0; i < n_jobs; i++)
			if (wanted("BENCH_WORK", jobs[i].name))
				do_job(&jobs[i], base, scale);
	print_load();
	print_table(scale, runs);
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* open_bench.c - how long opening a store takes in the library.
 *
 *   open_bench STORE
 *
 * It ends as a process that is killed: nothing is closed, so whoever opens the
 * store next finds what this one found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bitmap/bitmap.h"
#include "regionstore/regionstore.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What a figure is worth: how often somebody else was given the processor, and
 * how often it was the disk that was waited for. Of the whole process. */
static void print_waits(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	printf(" (%ld times off the processor, %ld faults that read %ld KiB)\n",
	       ru.ru_nivcsw, ru.ru_majflt, ru.ru_inblock / 2);
}

static void must(int err, const struct err *e)
{
	if (!err)
		return;
	fprintf(stderr, "open_bench: %s\n", e->msg);
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	const struct rs_open_opts opts = { 0 };
	struct err e = { 0 };
	struct rs_store *s;
	struct bm_db *db;
	double begin, opened, looked, recalled;

	if (argc != 2) {
		fprintf(stderr, "usage: open_bench STORE\n");
		return 2;
	}
	begin = now_ms();
	must(rs_open(argv[1], &opts, &s, &e), &e);
	opened = now_ms();
	must(bm_open(s, NULL, &db, &e), &e);
	looked = now_ms();
	must(bm_recall(db), &e);
	recalled = now_ms();
	printf("%.2f ms, and %.2f for the journal of sets; %.2f until sets can "
	       "be read",
	       opened - begin, looked - opened, recalled - looked);
	print_waits();
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

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
	       "be read\n",
	       opened - begin, looked - opened, recalled - looked);
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

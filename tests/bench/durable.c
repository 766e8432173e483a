/* SPDX-License-Identifier: Apache-2.0 */
/* durable.c - what it costs to make one small thing durable, beside the bare
 * disk.
 *
 *   [TURN=N] durable COUNT BARE KIND:FILE...
 *
 * BARE is a file of the host's, of which 4 KiB are overwritten, then
 * fdatasync. KIND is append (a line to a set) or block (4 KiB of a region,
 * somewhere), then fdatasync. All take turns, N of each (20), since a disk that
 * is shared is fast at one moment and slow at the next. Prints medians and
 * means in microseconds, and how many times the bare one that is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/times.h"

#define PAGE  4096
#define PLACE 64 /* pages of the bare file */
#define TURN  20 /* of each, unless told otherwise */
#define MOST  8

struct subject {
	const char *name;
	int fd;
	int block;   /* or append */
	long blocks; /* of the file */
	double *us;
	int n;
};

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "durable: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void once(struct subject *s)
{
	static char block[PAGE];
	unsigned random = ((unsigned)s->n * 2654435761u) >> 1;
	double begin;

	memset(block, s->n, PAGE);
	begin = now_us();
	if (s->block) {
		off_t at = (off_t)(random % (unsigned long)s->blocks) * PAGE;

		need(pwrite(s->fd, block, PAGE, at) == PAGE, s->name);
	} else {
		int len = snprintf(block, PAGE, "%u\n", random);

		need(write(s->fd, block, (size_t)len) == len, s->name);
	}
	need(fdatasync(s->fd) == 0, s->name);
	s->us[s->n++] = now_us() - begin;
}

static void open_subject(struct subject *s, const char *file, int block,
			 int count)
{
	struct stat st;

	s->name = file;
	s->block = block;
	s->fd = open(file, O_CREAT | O_RDWR | (block ? 0 : O_APPEND), 0644);
	need(s->fd >= 0, file);
	need(fstat(s->fd, &st) == 0, file);
	s->blocks = st.st_size / PAGE;
	s->us = calloc((size_t)count, sizeof(*s->us));
	need(s->us != NULL, "memory");
	need(!block || s->blocks > 0, "no block in the file");
}

static void fill(const char *file)
{
	static const char zeros[PAGE * PLACE] = "x";
	int fd = open(file, O_CREAT | O_RDWR, 0644);

	need(fd >= 0, file);
	need(pwrite(fd, zeros, sizeof(zeros), 0) == sizeof(zeros), file);
	need(fsync(fd) == 0, file);
	close(fd);
}

static void report(struct subject *s, const struct subject *bare)
{
	static double bare_median, bare_mean;
	double sum = 0, median;

	for (int i = 0; i < s->n; i++)
		sum += s->us[i];
	sort_us(s->us, (size_t)s->n);
	median = s->us[s->n / 2];
	if (s == bare) {
		bare_median = median;
		bare_mean = sum / s->n;
	}
	printf("%-40s median %7.1f us %5.2f x   mean %7.1f us %5.2f x\n",
	       s->name, median, median / bare_median, sum / s->n,
	       sum / s->n / bare_mean);
}

int main(int argc, char **argv)
{
	struct subject s[MOST] = { 0 };
	const char *told = getenv("TURN");
	int count = argc > 3 ? atoi(argv[1]) : 0;
	int turn = told ? atoi(told) : TURN;
	int n = argc - 2;

	if (count <= 0 || turn <= 0 || n > MOST) {
		fprintf(stderr,
			"usage: [TURN=N] durable COUNT BARE KIND:FILE...\n");
		return 2;
	}
	fill(argv[2]);
	open_subject(&s[0], argv[2], 1, count);
	for (int i = 1; i < n; i++) {
		const char *colon = strchr(argv[i + 2], ':');

		need(colon != NULL, argv[i + 2]);
		open_subject(&s[i], colon + 1,
			     strncmp(argv[i + 2], "block", 5) == 0, count);
	}
	for (int done = 0; done < count; done += turn)
		for (int i = 0; i < n; i++)
			for (int k = done; k < done + turn && k < count; k++)
				once(&s[i]);
	for (int i = 0; i < n; i++)
		report(&s[i], &s[0]);
	return 0;
}

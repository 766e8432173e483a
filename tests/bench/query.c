/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - what a question to sets costs: open, read and close of an answer.
 *
 *   query ANSWER SET NULL [ROUNDS]
 *
 * ANSWER is a file below .q/, SET one of the sets it is about, NULL a file of
 * nullfs. Three take turns: ANSWER after a line was appended to SET, which is
 * not timed, so that nothing known of it before is of use; ANSWER once more;
 * and the same three calls on NULL. Medians are printed, and the ratio to
 * nothing is of one run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 9999u

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "query: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double ask(const char *path)
{
	double begin = now();
	char buf[64];
	int fd = open(path, O_RDONLY);

	need(fd >= 0, path);
	need(read(fd, buf, sizeof(buf)) >= 0, path);
	close(fd);
	return now() - begin;
}

/* A member that is not there otherwise comes, and goes again. */
static void change(const char *path, unsigned round)
{
	static const char *const lines[] = { "18446744073709551615\n",
					     "-18446744073709551615\n" };
	const char *line = lines[round % 2];
	int fd = open(path, O_WRONLY | O_APPEND);

	need(fd >= 0, path);
	need(write(fd, line, strlen(line)) == (ssize_t)strlen(line), path);
	close(fd);
}

static int by_number(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), by_number);
	return v[n / 2];
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 4 ? (unsigned)atoi(argv[4]) : 300;
	static double us[3][ROUNDS_MAX];
	int fd;

	if (argc < 4 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: query ANSWER SET NULL [ROUNDS]\n");
		return 2;
	}
	fd = open(argv[3], O_RDWR | O_CREAT, 0600);
	need(fd >= 0 && ftruncate(fd, 4) == 0, argv[3]);
	close(fd);
	ask(argv[1]);
	ask(argv[3]);
	for (unsigned i = 0; i < rounds; i++) {
		change(argv[2], i);
		us[0][i] = ask(argv[1]);
		us[1][i] = ask(argv[1]);
		us[2][i] = ask(argv[3]);
	}
	printf("%10.1f %10.1f %10.1f us\n", median(us[0], rounds),
	       median(us[1], rounds), median(us[2], rounds));
	return 0;
}

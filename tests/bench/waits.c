/* SPDX-License-Identifier: Apache-2.0 */
/* waits.c - how long does a writer wait, at worst?
 *
 *   waits FILE SECONDS NAME
 *
 * Appends a line and makes it durable, again and again, until SECONDS are over
 * or SIGTERM comes. Prints how often that was, and the median, the 99th and
 * 99.9th percentile and the longest, in microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/times.h"

#define MOST 4000000u

static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "waits: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void append(int fd, unsigned i)
{
	char line[20];
	int len = snprintf(line, sizeof(line), "%u\n", i * 2654435761u);

	need(write(fd, line, (size_t)len) == len, "write");
	need(fdatasync(fd) == 0, "fdatasync");
}

static double share(const double *us, size_t n, double of)
{
	return us[(size_t)((double)(n - 1) * of)];
}

int main(int argc, char **argv)
{
	const struct sigaction on_term = { .sa_handler = end };
	double *us = calloc(MOST, sizeof(*us));
	double until, t;
	size_t n = 0;
	int fd;

	if (argc != 4 || atof(argv[2]) <= 0) {
		fprintf(stderr, "usage: waits FILE SECONDS NAME\n");
		return 2;
	}
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
	need(us != NULL, "memory");
	need(fd >= 0, argv[1]);
	need(sigaction(SIGTERM, &on_term, NULL) == 0, "sigaction");
	until = now_us() + atof(argv[2]) * 1e6;
	for (t = now_us(); !ended && n < MOST && t < until; n++) {
		append(fd, (unsigned)n);
		us[n] = -t;
		t = now_us();
		us[n] += t;
	}
	need(n > 0, "no time for one");
	sort_us(us, n);
	printf("%-28s %7zu  median %6.0f  99 %% %6.0f  99.9 %% %7.0f  longest "
	       "%7.0f us\n",
	       argv[3], n, share(us, n, 0.5), share(us, n, 0.99),
	       share(us, n, 0.999), us[n - 1]);
	return 0;
}

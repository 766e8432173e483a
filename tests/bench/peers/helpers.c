/* SPDX-License-Identifier: Apache-2.0 */
/* helpers.c - what every peer needs. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/peers/peer.h"

#define WAIT_STEPS 500 /* of 10 ms */

void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "peers_bench: %s%s%s\n", what, errno ? ": " : "",
		errno ? strerror(errno) : "");
	exit(EXIT_FAILURE);
}

void *must_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	must(p != NULL, "memory");
	return p;
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- sorting -------------------------------------------------------------- */

/* One pass of a radix sort, by the digit at shift. False: they all have the
 * same one. */
static bool pass(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
	size_t start[256] = { 0 };
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		start[from[i] >> shift & 255]++;
	if (start[from[0] >> shift & 255] == n)
		return false;
	for (unsigned d = 0; d < 256; d++) {
		size_t here = start[d];

		start[d] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		to[start[from[i] >> shift & 255]++] = from[i];
	return true;
}

uint64_t *sorted(const struct group *g, size_t *ret_n)
{
	uint64_t *a = must_alloc(g->n * sizeof(*a));
	uint64_t *b = must_alloc(g->n * sizeof(*b));
	size_t n = 0;

	memcpy(a, g->members, g->n * sizeof(*a));
	for (unsigned shift = 0; g->n && shift < 64; shift += 8)
		if (pass(a, b, g->n, shift)) {
			uint64_t *t = a;

			a = b;
			b = t;
		}
	for (size_t i = 0; i < g->n; i++)
		if (i == 0 || a[i] != a[n - 1])
			a[n++] = a[i];
	free(b);
	*ret_n = n;
	return a;
}

/* --- files ---------------------------------------------------------------- */

#define PIECE (128u << 10) /* as cat writes */

static int file_of(struct files *f, uint32_t set)
{
	const struct rlimit many = { .rlim_cur = FILES_MAX + 256,
				     .rlim_max = FILES_MAX + 256 };
	char path[4096];
	int fd;

	must(set < FILES_MAX, "number of files");
	if (f->fds[set])
		return f->fds[set] - 1;
	snprintf(path, sizeof(path), "%s%u", f->prefix, set);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	if (fd < 0 && errno == EMFILE && setrlimit(RLIMIT_NOFILE, &many) == 0)
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
	must(fd >= 0, path);
	f->fds[set] = fd + 1;
	return fd;
}

void files_append(struct files *f, const struct group *g)
{
	f->last = file_of(f, g->set);
	for (size_t at = 0; at < g->text_len;) {
		size_t len = g->text_len - at;
		ssize_t n =
			write(f->last, g->text + at, len < PIECE ? len : PIECE);

		must(n > 0, "write");
		at += (size_t)n;
	}
}

void files_close(struct files *f)
{
	for (unsigned i = 0; i < FILES_MAX; i++)
		if (f->fds[i])
			close(f->fds[i] - 1);
}

/* --- processes ------------------------------------------------------------ */

pid_t start_program(const char *file, const char *const argv[])
{
	pid_t pid;

	fflush(stdout); /* or the child writes it as well */
	pid = fork();
	must(pid >= 0, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!freopen("/dev/null", "w", stdout))
		_exit(127);
	execvp(file, (char *const *)(uintptr_t)argv); /* leaves them alone */
	perror(file);
	_exit(127);
}

void wait_for_path(const char *path)
{
	for (int i = 0; i < WAIT_STEPS; i++) {
		if (access(path, F_OK) == 0)
			return;
		usleep(10000);
	}
	must(false, path);
}

void wait_for_mount(const char *path)
{
	struct stat above;
	struct stat st;
	char parent[4096];

	snprintf(parent, sizeof(parent), "%s/..", path);
	must(stat(parent, &above) == 0, parent);
	for (int i = 0; i < WAIT_STEPS; i++) {
		if (stat(path, &st) == 0 && st.st_dev != above.st_dev)
			return;
		usleep(10000);
	}
	errno = ETIMEDOUT;
	must(false, path);
}

void end_mount(const char *path, pid_t daemon)
{
	for (int i = 0; umount(path) < 0; i++) {
		must(errno == EBUSY && i < WAIT_STEPS, path);
		usleep(10000);
	}
	waitpid(daemon, NULL, 0);
}

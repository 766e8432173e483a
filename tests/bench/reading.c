/* SPDX-License-Identifier: Apache-2.0 */
/* reading.c - what it costs to read a large set, against the floor.
 *
 *   reading SET NULL [ROUNDS]
 *
 * NULL is a file of nullfs -s: it is asked the same questions and sent the same
 * requests, and answers with nothing. Both take turns, and the medians are
 * printed: so the ratio is of one run, on a machine that others use as well.
 * All that is read is of the size of SET, which NULL is given first.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define PIECE	   ((size_t)128 << 10) /* as cat reads */
#define PAGE	   4096u
#define QUESTIONS  2000u
#define ROUNDS_MAX 99u

struct file {
	const char *path;
	int fd;
	uint64_t size;
	uint64_t place; /* state of the sequence of places */
};

static char buf[(size_t)1 << 20];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "reading: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- the questions -------------------------------------------------------- */

static void read_all(struct file *f, size_t piece)
{
	uint64_t sum = 0;
	ssize_t n;
	int fd = open(f->path, O_RDONLY);

	need(fd >= 0, f->path);
	while (sum < f->size && (n = read(fd, buf, piece)) > 0)
		sum += (uint64_t)n;
	close(fd);
	need(sum >= f->size, "all of it");
}

static void ask_cat(struct file *f)
{
	read_all(f, PIECE);
}

static void ask_cat_large(struct file *f)
{
	read_all(f, sizeof(buf));
}

static void ask_pread(struct file *f)
{
	for (unsigned i = 0; i < QUESTIONS; i++) {
		f->place ^= f->place << 13;
		f->place ^= f->place >> 7;
		f->place ^= f->place << 17;
		need(pread(f->fd, buf, PAGE,
			   (off_t)(f->place % (f->size - PAGE))) == PAGE,
		     "pread");
	}
}

static void ask_size(struct file *f)
{
	struct statx st;

	for (unsigned i = 0; i < QUESTIONS; i++)
		need(statx(f->fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC,
			   STATX_SIZE, &st) == 0,
		     "statx");
}

/* nullfs has none: its answer is as short. */
static void ask_count(struct file *f)
{
	for (unsigned i = 0; i < QUESTIONS; i++)
		need(fgetxattr(f->fd, "user.roarfs.count", buf, 64) > 0 ||
			     errno == ENODATA,
		     "getxattr");
}

/* --- in turns ------------------------------------------------------------- */

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

static double timed(void (*ask)(struct file *f), struct file *f)
{
	double begin = now();

	ask(f);
	return now() - begin;
}

/* Seconds, of the set and of nothing. */
static void take_turns(void (*ask)(struct file *f), struct file f[2],
		       unsigned rounds, double ret_s[2])
{
	double s[2][ROUNDS_MAX];

	for (unsigned i = 0; i < rounds; i++) {
		s[0][i] = timed(ask, &f[0]);
		s[1][i] = timed(ask, &f[1]);
	}
	ret_s[0] = median(s[0], rounds);
	ret_s[1] = median(s[1], rounds);
}

static void print_speed(const char *name, const double s[2], uint64_t bytes)
{
	printf("%-26s %8.2f %8.2f GB/s %6.0f %% of the floor\n", name,
	       (double)bytes / s[0] * 1e-9, (double)bytes / s[1] * 1e-9,
	       s[1] / s[0] * 100);
}

static void print_cost(const char *name, const double s[2])
{
	printf("%-26s %8.2f %8.2f us   %6.2f x\n", name, s[0] / QUESTIONS * 1e6,
	       s[1] / QUESTIONS * 1e6, s[0] / s[1]);
}

static void open_both(struct file f[2], char **paths)
{
	struct stat st;

	f[0] = (struct file){ .path = paths[0], .place = 88172645463325252u };
	f[1] = (struct file){ .path = paths[1], .place = 88172645463325252u };
	f[0].fd = open(paths[0], O_RDONLY);
	need(f[0].fd >= 0, paths[0]);
	f[1].fd = open(paths[1], O_RDWR | O_CREAT, 0600);
	need(f[1].fd >= 0, paths[1]);
	need(fstat(f[0].fd, &st) == 0 && st.st_size > (off_t)PAGE, paths[0]);
	need(ftruncate(f[1].fd, st.st_size) == 0, paths[1]);
	f[0].size = f[1].size = (uint64_t)st.st_size;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 15;
	struct file f[2];
	double s[2];

	if (argc < 3 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: reading SET NULL [ROUNDS]\n");
		return 2;
	}
	open_both(f, argv + 1);
	take_turns(ask_cat, f, rounds, s);
	print_speed("cat, 128 KiB a read", s, f[0].size);
	take_turns(ask_cat_large, f, rounds, s);
	print_speed("cat, 1 MiB a read", s, f[0].size);
	take_turns(ask_pread, f, rounds, s);
	print_cost("pread, 4 KiB anywhere", s);
	take_turns(ask_size, f, rounds, s);
	print_cost("size", s);
	take_turns(ask_count, f, rounds, s);
	print_cost("count", s);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fsclient.c - what filesystem calls cost in a directory.
 *
 *   fsclient DIR FILES     metadata operations on files a0 ... and b0 ...
 *   fsclient -d DIR MIB    data operations on one file a0 of so many MiB
 *   fsclient -s FILE N     N appends of a line to FILE, each followed by fsync
 *
 * Prints "name value unit" lines; the same program runs against a plain
 * directory, the null filesystem and roarfs, and bench.sh makes ratios.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
	fprintf(stderr, "fsclient: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void report(const char *name, double seconds, double count)
{
	printf("%s %.3f us\n", name, seconds / count * 1e6);
}

static void throughput(const char *name, double seconds, double bytes)
{
	printf("%s %.0f MiB/s\n", name, bytes / 1048576.0 / seconds);
}

static void path_of(char path[64], char letter, unsigned n)
{
	snprintf(path, 64, "%c%u", letter, n);
}

/* Time op over all files. */
static void each(const char *name, unsigned files, void (*op)(unsigned))
{
	double begin = now();

	for (unsigned i = 0; i < files; i++)
		op(i);
	report(name, now() - begin, files);
}

static void op_create(unsigned n)
{
	char path[64];
	int fd;

	path_of(path, 'a', n);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
	need(fd >= 0, "create");
	close(fd);
}

static void op_stat(unsigned n)
{
	char path[64];
	struct stat st;

	path_of(path, 'a', n);
	need(stat(path, &st) == 0, "stat");
}

static void op_open(unsigned n)
{
	char path[64];
	int fd;

	path_of(path, 'a', n);
	fd = open(path, O_RDONLY);
	need(fd >= 0, "open");
	close(fd);
}

static void op_append(unsigned n)
{
	char path[64];
	int fd;

	path_of(path, 'a', n);
	fd = open(path, O_WRONLY | O_APPEND);
	need(fd >= 0, "open for append");
	need(write(fd, "1234567\n", 8) == 8, "append");
	close(fd);
}

static void op_rename(unsigned n)
{
	char from[64], to[64];

	path_of(from, 'a', n);
	path_of(to, 'b', n);
	need(rename(from, to) == 0, "rename");
}

static void op_unlink(unsigned n)
{
	char path[64];

	path_of(path, 'b', n);
	need(unlink(path) == 0, "unlink");
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, "2\n", 2) != 2)
		fprintf(stderr, "fsclient: caches stay warm\n");
	close(fd);
}

static int run_metadata(unsigned files)
{
	each("create", files, op_create);
	drop_caches();
	each("stat_cold", files, op_stat);
	each("stat_warm", files, op_stat);
	each("open_close", files, op_open);
	each("open_append_close", files, op_append);
	each("rename", files, op_rename);
	each("unlink", files, op_unlink);
	return 0;
}

static char block[1 << 20];

static void stream(const char *name, size_t mib, size_t size, int writing)
{
	int fd = open("a0", writing ? O_CREAT | O_RDWR : O_RDONLY, 0644);
	double begin = now();

	need(fd >= 0, "a0");
	for (size_t at = 0; at < mib << 20; at += size) {
		ssize_t n = writing ? pwrite(fd, block, size, (off_t)at)
				    : pread(fd, block, size, (off_t)at);

		need(n == (ssize_t)size, name);
	}
	throughput(name, now() - begin, (double)(mib << 20));
	close(fd);
}

/* A fixed sequence of places, the same for every filesystem. */
static void scattered(const char *name, size_t mib, unsigned count, int writing,
		      int durable)
{
	int fd = open("a0", O_RDWR);
	uint64_t x = 88172645463325252u;
	double begin = now();

	need(fd >= 0, "a0");
	if (durable) { /* what others wrote is not counted */
		need(fdatasync(fd) == 0, "fdatasync");
		begin = now();
	}
	for (unsigned i = 0; i < count; i++) {
		off_t at;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		at = (off_t)(x % (mib << 8) * 4096);
		need((writing ? pwrite(fd, block, 4096, at)
			      : pread(fd, block, 4096, at)) == 4096,
		     name);
		if (durable)
			need(fdatasync(fd) == 0, "fdatasync");
	}
	report(name, now() - begin, count);
	close(fd);
}

static int run_data(size_t mib)
{
	memset(block, 'x', sizeof(block));
	stream("write_128K", mib, 128 << 10, 1);
	sync();
	drop_caches();
	stream("read_1M_first", mib, 1 << 20, 0);
	stream("read_1M_again", mib, 1 << 20, 0);
	scattered("read_4K_random", mib, 20000, 0, 0);
	scattered("write_4K_random", mib, 20000, 1, 0);
	scattered("write_4K_fsync", mib, 500, 1, 1);
	return 0;
}

static int run_sync(const char *file, unsigned count)
{
	int fd = open(file, O_CREAT | O_WRONLY | O_APPEND, 0644);
	double begin = now();
	char line[32];

	need(fd >= 0, file);
	for (unsigned i = 0; i < count; i++) {
		int len = snprintf(line, sizeof(line), "%u\n",
				   (i * 2654435761u) >> 1);

		need(write(fd, line, (size_t)len) == len, file);
		need(fdatasync(fd) == 0, "fdatasync");
	}
	report("append_fsync", now() - begin, count);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc == 4 ? argv[1] : "";
	const char *place = argc == 4 ? argv[2] : argc == 3 ? argv[1] : NULL;
	unsigned count = argc > 2 ? (unsigned)atoi(argv[argc - 1]) : 0;

	if (!place || !count) {
		fprintf(stderr, "usage: fsclient [-d|-s] PLACE COUNT\n");
		return 2;
	}
	if (strcmp(mode, "-s") == 0)
		return run_sync(place, count);
	need(chdir(place) == 0, place);
	return strcmp(mode, "-d") == 0 ? run_data(count) : run_metadata(count);
}

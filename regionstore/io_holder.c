/* SPDX-License-Identifier: Apache-2.0 */
/* io_holder.c - find the process that has the store open.
 *
 * An open-file-description lock has no owner that the kernel would name:
 * /proc/locks says -1. But /proc/PID/fdinfo/FD shows a lock under each
 * descriptor through which it is held, so we look for a descriptor of our
 * file with such a line. Only the descriptors of locked files with our inode's
 * number are looked at themselves: to look at one asks its filesystem, and
 * whoever waits for a FUSE daemon that hangs waits for ever. Processes of other
 * users cannot be looked into; then the message has no number.
 */
#include "regionstore/io_holder.h"

#include "regionstore/base/err.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LEN 64

/* lock: 1: OFDLCK ADVISORY WRITE -1 fe:00:1234 0 EOF */
static bool is_lock_of(char *line, const struct stat *file)
{
	const unsigned before = 6; /* words before the device and inode */
	char *rest = line;
	char *word = strsep(&rest, " \t");
	char *ino;

	if (strcmp(word, "lock:") != 0)
		return false;
	for (unsigned n = 1; rest && n <= before; n += *word != '\0')
		word = strsep(&rest, " \t");
	ino = strrchr(word, ':');
	return ino && strtoull(ino + 1, NULL, 10) == file->st_ino;
}

static bool has_lock_line(long pid, long fd, const struct stat *file)
{
	char path[PATH_LEN];
	char line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/fdinfo/%ld", pid, fd);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = is_lock_of(line, file);
	fclose(f);
	return found;
}

/* The number that a name in /proc is, or -1. */
static long number_of(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);

	return *name >= '0' && *name <= '9' && *end == '\0' ? n : -1;
}

static bool holds(long pid, const struct stat *file)
{
	char path[PATH_LEN];
	bool found = false;
	struct dirent *de;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (!found && (de = readdir(dir)))
		found = number_of(de->d_name) >= 0 &&
			has_lock_line(pid, number_of(de->d_name), file) &&
			fstatat(dirfd(dir), de->d_name, &st, 0) == 0 &&
			st.st_dev == file->st_dev && st.st_ino == file->st_ino;
	closedir(dir);
	return found;
}

static long find_holder(const struct stat *file)
{
	DIR *dir = opendir("/proc");
	long holder = -1;
	struct dirent *de;

	if (!dir)
		return -1;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (holder < 0 && (de = readdir(dir))) {
		long pid = number_of(de->d_name);

		if (pid > 0 && holds(pid, file))
			holder = pid;
	}
	closedir(dir);
	return holder;
}

int rs_io_name_holder(int fd, struct err *e)
{
	struct stat st;
	long pid = fstat(fd, &st) == 0 ? find_holder(&st) : -1;

	if (pid == (long)getpid())
		return err_set(e, -EBUSY, "in use by this process");
	if (pid > 0)
		return err_set(e, -EBUSY, "in use by process %ld", pid);
	return err_set(e, -EBUSY, "in use by another process");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c - what a process and a directory hold. */

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/peers/measure.h"
#include "tests/bench/peers/peer.h"

/* The number behind a name in a file of /proc. */
static uint64_t proc_number(pid_t pid, const char *file, const char *name)
{
	uint64_t n = 0;
	char line[256];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid ? pid : getpid(), file);
	f = fopen(path, "r");
	must(f != NULL, path);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			n = strtoull(line + strlen(name), NULL, 10);
	fclose(f);
	return n;
}

uint64_t anon_of(pid_t pid)
{
	return proc_number(pid, "status", "RssAnon:") * 1024;
}

uint64_t written_by(pid_t pid)
{
	return proc_number(pid, "io", "write_bytes:");
}

static uint64_t sum;
static dev_t device;

static int add_file(const char *path, const struct stat *st, int type,
		    struct FTW *at)
{
	(void)path;
	(void)at;
	if (type == FTW_F && st->st_dev == device)
		sum += (uint64_t)st->st_blocks * 512;
	return 0;
}

uint64_t disk_of(const char *dir)
{
	struct stat st;

	must(stat(dir, &st) == 0, dir);
	device = st.st_dev;
	sum = 0;
	nftw(dir, add_file, 16, FTW_PHYS | FTW_MOUNT);
	return sum;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH | FTW_MOUNT);
}

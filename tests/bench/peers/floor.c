/* SPDX-License-Identifier: Apache-2.0 */
/* floor.c - what the machine costs whoever does the work: the same bytes
 * through a FUSE file system that does nothing (nullfs), and for each durable
 * step a bare overwrite of 4 KiB with fdatasync. Nobody who keeps the data can
 * be faster.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/peers/peer.h"

#define PIECE  (128u << 10)
#define PAGE   4096u
#define BLOCKS 64u

struct nothing {
	char mnt[4000];
	pid_t daemon;
	struct files files;
	int null, bare;
	unsigned at;	/* block to overwrite */
	uint64_t bytes; /* of text */
	uint64_t size;	/* of the file that is read */
	char *buf;
};

static void *floor_open(const char *dir)
{
	struct nothing *z = must_alloc(sizeof(*z));
	char path[4096];

	*z = (struct nothing){ .buf = aligned_alloc(PAGE, PIECE) };
	must(z->buf != NULL, "memory");
	memset(z->buf, 0, PIECE);
	snprintf(z->mnt, sizeof(z->mnt), "%s/null", dir);
	must(mkdir(z->mnt, 0700) == 0, z->mnt);
	z->daemon = start_program("nullfs",
				  (const char *[]){ "nullfs", z->mnt, NULL });
	wait_for_mount(z->mnt);
	snprintf(z->files.prefix, sizeof(z->files.prefix), "%s/a", z->mnt);
	snprintf(path, sizeof(path), "%s/b0", z->mnt);
	z->null = open(path, O_RDWR | O_CREAT | O_DIRECT, 0600);
	must(z->null >= 0, path);
	snprintf(path, sizeof(path), "%s/bare", dir);
	z->bare = open(path, O_RDWR | O_CREAT, 0600);
	must(z->bare >= 0, path);
	for (unsigned i = 0; i < BLOCKS; i++)
		must(write(z->bare, z->buf, PAGE) == PAGE, path);
	must(fsync(z->bare) == 0, path);
	return z;
}

static void floor_add(void *p, const struct group *g)
{
	struct nothing *z = p;

	files_append(&z->files, g);
	z->bytes += g->text_len;
}

static void floor_commit(void *p)
{
	struct nothing *z = p;

	z->buf[0]++;
	must(pwrite(z->bare, z->buf, PAGE, (off_t)(z->at++ % BLOCKS * PAGE)) ==
			     PAGE &&
		     fdatasync(z->bare) == 0,
	     "overwrite");
}

static void floor_close(void *p)
{
	struct nothing *z = p;

	files_close(&z->files);
	close(z->null);
	close(z->bare);
	end_mount(z->mnt, z->daemon);
	free(z->buf);
	free(z);
}

/* One question to the daemon: its answer may not come from the kernel. */
static uint64_t floor_ask(void *p, uint32_t set)
{
	struct statx st;

	(void)set;
	must(statx(((struct nothing *)p)->null, "",
		   AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &st) == 0,
	     "statx");
	return ((struct nothing *)p)->bytes;
}

/* The file that is read has as many bytes as were written. */
static void grow(struct nothing *z)
{
	if (z->size == z->bytes)
		return;
	must(ftruncate(z->null, (off_t)z->bytes) == 0, "ftruncate");
	z->size = z->bytes;
}

static void floor_read_at(void *p, uint32_t set, uint64_t off, size_t len)
{
	struct nothing *z = p;

	(void)set;
	grow(z);
	must(pread(z->null, z->buf, len, (off_t)(off / PAGE * PAGE)) >= 0,
	     "pread");
}

/* Two lines. */
static void floor_ends(void *p, uint32_t set, uint64_t ret_ends[2])
{
	floor_read_at(p, set, 0, PAGE);
	floor_read_at(p, set, 0, PAGE);
	ret_ends[0] = ret_ends[1] = 0;
}

static uint64_t floor_read_all(void *p, uint32_t set)
{
	struct nothing *z = p;

	(void)set;
	grow(z);
	for (uint64_t at = 0; at < z->bytes; at += PIECE)
		must(pread(z->null, z->buf, PIECE, (off_t)at) > 0, "pread");
	return z->bytes;
}

const struct peer_ops peer_floor = {
	.name = "floor",
	.takes_text = true,
	.open = floor_open,
	.add = floor_add,
	.remove = floor_add,
	.commit = floor_commit,
	.close = floor_close,
	.count = floor_ask,
	.size = floor_ask,
	.ends = floor_ends,
	.read_all = floor_read_all,
	.read_at = floor_read_at,
};

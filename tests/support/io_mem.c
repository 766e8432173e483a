/* SPDX-License-Identifier: Apache-2.0 */
/* io_mem.c - a file in memory.
 *
 * All the address space it can ever need is reserved at once, so the mapping
 * is the memory itself and a file that grows needs nothing. Blocks are counted
 * as a host with sparse files would, so that a full host can be played.
 */
#include "tests/support/disk.h"

#include "regionstore/base/ck.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

struct mem_io {
	struct rs_io io;
	struct disk *disk;
};

static void *reserve(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert(p != MAP_FAILED);
	return p;
}

/* Disks that were freed, all zero again: the next one finds its memory mapped.
 * Crash programs make one for each image, and page faults were most of it. */
#define POOL_MAX	 4u
#define POOLED_PAGES_MAX 4096u
static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct disk *pool[POOL_MAX];
static unsigned n_pool;

static struct disk *from_pool(void)
{
	struct disk *d = NULL;

	pthread_mutex_lock(&pool_mutex);
	if (n_pool)
		d = pool[--n_pool];
	pthread_mutex_unlock(&pool_mutex);
	return d;
}

static bool to_pool(struct disk *d)
{
	bool kept = false;

	pthread_mutex_lock(&pool_mutex);
	if (n_pool < POOL_MAX) {
		pool[n_pool++] = d;
		kept = true;
	}
	pthread_mutex_unlock(&pool_mutex);
	return kept;
}

struct disk *disk_new(void)
{
	struct disk *d = from_pool();

	if (!d) {
		d = calloc(1, sizeof(*d));
		assert(d);
		pthread_mutex_init(&d->mutex, NULL);
		d->mem = reserve(DISK_CAP);
		d->backed = reserve(DISK_CAP / PAGE);
		d->written = reserve(DISK_CAP / PAGE);
	}
	d->cap = DISK_CAP;
	d->limit = UINT64_MAX;
	return d;
}

void disk_free(struct disk *d)
{
	if (!d)
		return;
	if (d->n_backed <= POOLED_PAGES_MAX) {
		disk_punch(d, 0, (d->size + PAGE - 1) / PAGE * PAGE);
		d->size = 0;
		if (to_pool(d))
			return;
	}
	pthread_mutex_destroy(&d->mutex);
	munmap(d->mem, DISK_CAP);
	munmap(d->backed, DISK_CAP / PAGE);
	munmap(d->written, DISK_CAP / PAGE);
	free(d);
}

struct disk *disk_copy(const struct disk *d)
{
	struct disk *copy = disk_new();

	copy->size = d->size;
	for (uint64_t i = 0; i < d->size / PAGE; i++) {
		if (!d->backed[i])
			continue;
		copy->backed[i] = true;
		copy->n_backed++;
		copy->written[i] = d->written[i];
		if (d->written[i])
			memcpy(copy->mem + i * PAGE, d->mem + i * PAGE, PAGE);
	}
	copy->limit = d->limit;
	copy->cap = d->cap;
	return copy;
}

/* Blocks for the pages of a range, or -ENOSPC. */
static int back(struct disk *d, uint64_t off, uint64_t len)
{
	uint64_t end = (off + len + PAGE - 1) / PAGE;
	int err = 0;

	pthread_mutex_lock(&d->mutex);
	for (uint64_t i = off / PAGE; !err && i < end; i++) {
		if (d->backed[i])
			continue;
		if (d->n_backed >= d->limit) {
			err = -ENOSPC;
			continue;
		}
		d->backed[i] = true;
		d->n_backed++;
	}
	pthread_mutex_unlock(&d->mutex);
	return err;
}

int disk_write(struct disk *d, uint64_t off, const void *buf, size_t len)
{
	int err;

	assert(ck_range(off, len, d->cap));
	err = back(d, off, len);
	if (err)
		return err;
	memcpy(d->mem + off, buf, len);
	for (uint64_t i = off / PAGE; i * PAGE < off + len; i++)
		d->written[i] = true;
	if (off + len > d->size)
		d->size = off + len;
	return 0;
}

int disk_allocate(struct disk *d, uint64_t off, uint64_t len)
{
	assert(ck_range(off, len, d->size));
	return back(d, off, len);
}

void disk_punch(struct disk *d, uint64_t off, uint64_t len)
{
	assert(off % PAGE == 0 && len % PAGE == 0 && off + len <= DISK_CAP);
	pthread_mutex_lock(&d->mutex);
	for (uint64_t i = off / PAGE; i < (off + len) / PAGE; i++) {
		if (!d->backed[i])
			continue;
		if (d->written[i])
			memset(d->mem + i * PAGE, 0, PAGE);
		d->backed[i] = d->written[i] = false;
		d->n_backed--;
	}
	pthread_mutex_unlock(&d->mutex);
}

int disk_probe(struct disk *d, uint64_t off, uint64_t len, uint64_t *ret_off,
	       uint64_t *ret_len)
{
	uint64_t i = off / PAGE, end = (off + len) / PAGE, from;

	pthread_mutex_lock(&d->mutex);
	while (i < end && !d->backed[i])
		i++;
	from = i;
	while (i < end && d->backed[i])
		i++;
	pthread_mutex_unlock(&d->mutex);
	if (from == i)
		return -ENXIO;
	*ret_off = from * PAGE;
	*ret_len = (i - from) * PAGE;
	return 0;
}

int disk_resize(struct disk *d, uint64_t size)
{
	if (size > d->cap)
		return -EFBIG;
	if (size < d->size) {
		uint64_t from = (size + PAGE - 1) / PAGE * PAGE;
		uint64_t to = (d->size + PAGE - 1) / PAGE * PAGE;

		disk_punch(d, from, to - from);
	}
	d->size = size;
	return 0;
}

static struct disk *disk_of(struct rs_io *io)
{
	return ((struct mem_io *)io)->disk;
}

static int mem_read(struct rs_io *io, uint64_t off, void *buf, size_t len)
{
	if (!ck_range(off, len, disk_of(io)->size))
		return -EIO;
	memcpy(buf, disk_of(io)->mem + off, len);
	return 0;
}

static int mem_write(struct rs_io *io, uint64_t off, const void *buf,
		     size_t len)
{
	return disk_write(disk_of(io), off, buf, len);
}

static int mem_map(struct rs_io *io, const uint8_t **ret_base,
		   uint64_t *ret_len)
{
	*ret_base = disk_of(io)->mem;
	*ret_len = disk_of(io)->cap;
	return 0;
}

static int mem_sync(struct rs_io *io)
{
	(void)io;
	return 0;
}

static int mem_allocate(struct rs_io *io, uint64_t off, uint64_t len)
{
	return disk_allocate(disk_of(io), off, len);
}

static int mem_punch(struct rs_io *io, uint64_t off, uint64_t len)
{
	disk_punch(disk_of(io), off, len);
	return 0;
}

static int mem_probe(struct rs_io *io, uint64_t off, uint64_t len,
		     uint64_t *ret_off, uint64_t *ret_len)
{
	return disk_probe(disk_of(io), off, len, ret_off, ret_len);
}

static int mem_resize(struct rs_io *io, uint64_t size)
{
	return disk_resize(disk_of(io), size);
}

static int mem_size(struct rs_io *io, uint64_t *ret_size)
{
	*ret_size = disk_of(io)->size;
	return 0;
}

static void mem_close(struct rs_io *io)
{
	free(io);
}

static const struct rs_io_ops mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.write_through = mem_write,
	.map = mem_map,
	.sync = mem_sync,
	.allocate = mem_allocate,
	.punch = mem_punch,
	.probe = mem_probe,
	.resize = mem_resize,
	.size = mem_size,
	.close = mem_close,
};

struct rs_io *disk_io(struct disk *d)
{
	struct mem_io *m = calloc(1, sizeof(*m));

	assert(m);
	m->io.ops = &mem_ops;
	m->disk = d;
	return &m->io;
}

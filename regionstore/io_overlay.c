/* SPDX-License-Identifier: Apache-2.0 */
/* io_overlay.c - a store file that is changed in memory alone.
 *
 * So that a repair can be tried out whole before it is done: what would be
 * given up is known, and that the result is sound, while the file has not
 * changed by a byte. Over the file lies a private mapping, which the kernel
 * copies page by page as it is written; behind its end is plain memory.
 */
#include "regionstore/io_overlay.h"

#include "regionstore/base/auto.h"
#include "regionstore/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAP_LEAST ((uint64_t)1 << 28)

struct overlay {
	struct rs_io io;
	struct rs_io *file; /* holds the lock; owned */
	uint8_t *map;
	uint64_t map_len, size;
};

static struct overlay *overlay_of(struct rs_io *io)
{
	return (struct overlay *)io;
}

static int overlay_read(struct rs_io *io, uint64_t off, void *buf, size_t len)
{
	struct overlay *o = overlay_of(io);

	if (!ck_range(off, len, o->size))
		return -EIO;
	memcpy(buf, o->map + off, len);
	return 0;
}

static int overlay_write(struct rs_io *io, uint64_t off, const void *buf,
			 size_t len)
{
	struct overlay *o = overlay_of(io);

	if (!ck_range(off, len, o->map_len))
		return -EFBIG;
	memcpy(o->map + off, buf, len);
	if (off + len > o->size)
		o->size = off + len;
	return 0;
}

static int overlay_map(struct rs_io *io, const uint8_t **ret_base,
		       uint64_t *ret_len)
{
	*ret_base = overlay_of(io)->map;
	*ret_len = overlay_of(io)->map_len;
	return 0;
}

static int overlay_sync(struct rs_io *io)
{
	(void)io;
	return 0;
}

static int overlay_nothing(struct rs_io *io, uint64_t off, uint64_t len)
{
	(void)io, (void)off, (void)len;
	return 0;
}

static int overlay_probe(struct rs_io *io, uint64_t off, uint64_t len,
			 uint64_t *ret_off, uint64_t *ret_len)
{
	(void)io;
	*ret_off = off;
	*ret_len = len;
	return 0;
}

static int overlay_resize(struct rs_io *io, uint64_t size)
{
	struct overlay *o = overlay_of(io);

	if (size > o->map_len)
		return -EFBIG;
	o->size = size;
	return 0;
}

static int overlay_size(struct rs_io *io, uint64_t *ret_size)
{
	*ret_size = overlay_of(io)->size;
	return 0;
}

static void overlay_close(struct rs_io *io)
{
	struct overlay *o = overlay_of(io);

	if (o->map)
		munmap(o->map, (size_t)o->map_len);
	o->file->ops->close(o->file);
	free(o);
}

static const struct rs_io_ops overlay_ops = {
	.read = overlay_read,
	.write = overlay_write,
	.write_through = overlay_write,
	.map = overlay_map,
	.sync = overlay_sync,
	.allocate = overlay_nothing,
	.punch = overlay_nothing,
	.probe = overlay_probe,
	.resize = overlay_resize,
	.size = overlay_size,
	.close = overlay_close,
};

/* Memory, and over its beginning the file. */
static int map_both(struct overlay *o, int fd, struct err *e)
{
	uint64_t len = RS_MAP_MOST;
	void *p = MAP_FAILED;

	for (; p == MAP_FAILED && len >= MAP_LEAST; len /= 2)
		p = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return err_set(e, -ENOMEM, "out of address space");
	o->map = p;
	o->map_len = len * 2;
	if (o->size > o->map_len / 2)
		return err_set(e, -ENOMEM, "too large to be tried out");
	p = mmap(o->map, (size_t)o->size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, fd, 0);
	return p == MAP_FAILED ? err_set(e, -ENOMEM, "cannot be mapped") : 0;
}

int rs_io_overlay(const char *path, struct rs_io **ret_io, struct err *e)
{
	AUTO_FREE struct overlay *o = calloc(1, sizeof(*o));
	AUTO_CLOSE int fd = -1;
	int err;

	if (!o)
		return err_set(e, -ENOMEM, "out of memory");
	err = rs_io_file(path, RS_IO_READ_ONLY, &o->file, e);
	if (err)
		return err;
	o->io.ops = &overlay_ops;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || o->file->ops->size(o->file, &o->size)) {
		err = err_set(e, -EIO, "cannot be opened again");
		overlay_close(&((struct overlay *)take_ptr(&o))->io);
		return err;
	}
	if (o->size)
		err = map_both(o, fd, e);
	else
		err = err_set(e, -EMEDIUMTYPE, "empty: not a store");
	if (err) {
		overlay_close(&((struct overlay *)take_ptr(&o))->io);
		return err;
	}
	*ret_io = &((struct overlay *)take_ptr(&o))->io;
	return 0;
}

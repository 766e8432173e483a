/* SPDX-License-Identifier: Apache-2.0 */
/* io_file.c - the store in a file: pwrite, pread, one mapping.
 *
 * The mapping reserves address space far beyond the end of the file, once, for
 * the life of the process: a file that grows becomes readable there without
 * another mmap, so no reader ever sees the mapping move. It costs 12 us and
 * no memory. Where address space is rationed, less is taken.
 */
#include "regionstore/io.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/err.h"
#include "regionstore/io_open.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define MAP_LEAST ((uint64_t)1 << 28)
#define ZEROS	  65536u

struct file {
	struct rs_io io;
	int fd;
	int direct;		 /* the same file past the page cache, or -1 */
	atomic_bool no_allocate; /* the host cannot: write zeros instead */
	void *map;		 /* NULL until asked for */
	size_t map_len;
};

static struct file *file_of(struct rs_io *io)
{
	return (struct file *)io;
}

static int file_read(struct rs_io *io, uint64_t off, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len > 0) {
		ssize_t n = pread(file_of(io)->fd, to, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO; /* beyond the end */
		to += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int file_write(struct rs_io *io, uint64_t off, const void *buf,
		      size_t len)
{
	const uint8_t *from = buf;

	while (len > 0) {
		ssize_t n = pwrite(file_of(io)->fd, from, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Not fstat(2): whoever looks at the times of a file makes newer kernels note
 * the next change of it to the nanosecond, and a host may then have an inode to
 * write in each sync. The file's own offset serves nobody else. */
static int file_size(struct rs_io *io, uint64_t *ret_size)
{
	off_t end = lseek(file_of(io)->fd, 0, SEEK_END);

	if (end < 0)
		return -errno;
	*ret_size = (uint64_t)end;
	return 0;
}

static int file_map(struct rs_io *io, const uint8_t **ret_base,
		    uint64_t *ret_len)
{
	struct file *f = file_of(io);
	uint64_t len = sizeof(size_t) < 8 ? MAP_LEAST : RS_MAP_MOST;

	for (; !f->map && len >= MAP_LEAST; len /= 2) {
		void *p = mmap(NULL, (size_t)len, PROT_READ,
			       MAP_SHARED | MAP_NORESERVE, f->fd, 0);

		if (p == MAP_FAILED)
			continue;
		madvise(p, (size_t)len, MADV_DONTDUMP);
		f->map = p;
		f->map_len = (size_t)len;
	}
	if (!f->map)
		return -ENOMEM;
	*ret_base = f->map;
	*ret_len = f->map_len;
	return 0;
}

/* The pages stay in the page cache: a shared mapping loses nothing. */
static void file_relax(struct rs_io *io)
{
	struct file *f = file_of(io);

	if (f->map)
		madvise(f->map, f->map_len, MADV_DONTNEED);
}

static int file_sync(struct rs_io *io)
{
	return fdatasync(file_of(io)->fd) < 0 ? -errno : 0;
}

/* Has the host no such call, or the filesystem no such thing? */
static bool is_missing(int err)
{
	return err == -EOPNOTSUPP || err == -ENOSYS;
}

/* Past the page cache: nobody copies the bytes, and the host need not look for
 * what else is dirty. */
static int write_direct(struct file *f, uint64_t off, const void *buf,
			size_t len)
{
	/* iovec knows no const: NOLINTNEXTLINE(performance-no-int-to-ptr) */
	const struct iovec iov = { .iov_base = (void *)(uintptr_t)buf,
				   .iov_len = len };
	ssize_t n;

	if (f->direct < 0)
		return -EOPNOTSUPP;
	do
		n = pwritev2(f->direct, &iov, 1, (off_t)off, RWF_DSYNC);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	/* EINVAL: pages of the host's disk are larger than ours. */
	return n >= 0 || errno == EINVAL ? -EOPNOTSUPP : -errno;
}

static int file_write_through(struct rs_io *io, uint64_t off, const void *buf,
			      size_t len)
{
	int err = write_direct(file_of(io), off, buf, len);

	if (!is_missing(err))
		return err;
	err = file_write(io, off, buf, len);
	return err ? err : file_sync(io);
}

static int host_allocate(struct file *f, int mode, uint64_t off, uint64_t len)
{
	int n;

	do
		n = fallocate(f->fd, mode, (off_t)off, (off_t)len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int write_zeros(struct rs_io *io, uint64_t off, uint64_t len)
{
	AUTO_FREE void *zeros = calloc(1, ZEROS);
	int err = zeros ? 0 : -ENOMEM;

	while (!err && len > 0) {
		size_t n = len < ZEROS ? (size_t)len : ZEROS;

		err = file_write(io, off, zeros, n);
		off += n;
		len -= n;
	}
	return err;
}

/* Where the host cannot allocate, zeros do it: the caller asks only for pages
 * that hold nothing. */
static int file_allocate(struct rs_io *io, uint64_t off, uint64_t len)
{
	struct file *f = file_of(io);
	int err = f->no_allocate ? -EOPNOTSUPP : host_allocate(f, 0, off, len);

	if (!is_missing(err))
		return err;
	f->no_allocate = true;
	return write_zeros(io, off, len);
}

/* Blocks that were never written would have to be noted by the host when they
 * are. The second descriptor has no lock and needs none. */
static int file_warm(struct rs_io *io, uint64_t off, uint64_t len)
{
	struct file *f = file_of(io);
	char self[32];

	if (f->direct < 0) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
		f->direct = open(self, O_RDWR | O_DIRECT | O_CLOEXEC);
	}
	return write_zeros(io, off, len);
}

static int file_punch(struct rs_io *io, uint64_t off, uint64_t len)
{
	return host_allocate(file_of(io),
			     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off,
			     len);
}

static int file_probe(struct rs_io *io, uint64_t off, uint64_t len,
		      uint64_t *ret_off, uint64_t *ret_len)
{
	int fd = file_of(io)->fd;
	off_t from = lseek(fd, (off_t)off, SEEK_DATA);
	off_t to = from < 0 ? -1 : lseek(fd, from, SEEK_HOLE);

	if (from < 0 || to < 0)
		return errno == ENXIO ? -ENXIO : -EOPNOTSUPP;
	if ((uint64_t)from >= off + len)
		return -ENXIO;
	if ((uint64_t)to > off + len)
		to = (off_t)(off + len);
	*ret_off = (uint64_t)from;
	*ret_len = (uint64_t)(to - from);
	return 0;
}

static int file_resize(struct rs_io *io, uint64_t size)
{
	int n;

	do
		n = ftruncate(file_of(io)->fd, (off_t)size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static void file_close(struct rs_io *io)
{
	struct file *f = file_of(io);

	if (f->map)
		munmap(f->map, f->map_len);
	if (f->direct >= 0)
		close(f->direct);
	close(f->fd);
	free(f);
}

static const struct rs_io_ops file_ops = {
	.read = file_read,
	.write = file_write,
	.map = file_map,
	.sync = file_sync,
	.write_through = file_write_through,
	.warm = file_warm,
	.allocate = file_allocate,
	.punch = file_punch,
	.probe = file_probe,
	.resize = file_resize,
	.size = file_size,
	.relax = file_relax,
	.close = file_close,
};

int rs_io_file(const char *path, unsigned flags, struct rs_io **ret_io,
	       struct err *e)
{
	AUTO_CLOSE int fd = -1;
	struct file *f;
	int err = rs_io_open_fd(path, flags, &fd, e);

	if (err)
		return err;
	f = calloc(1, sizeof(*f));
	if (!f)
		return err_set(e, -ENOMEM, "out of memory");
	f->io.ops = &file_ops;
	f->fd = take_fd(&fd);
	f->direct = -1;
	*ret_io = &f->io;
	return 0;
}

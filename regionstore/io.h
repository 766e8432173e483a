/* SPDX-License-Identifier: Apache-2.0 */
/* io.h - the seam to the disk: thirteen calls, and nothing else touches it.
 *
 * io_file.c is the real one; tests/support has one in memory and one that
 * records, fails or loses power on demand. Offsets and lengths are bytes.
 * Each call returns 0 or a negative errno; a write that could be done only in
 * part is an error. Writes are ordered against each other by sync() alone.
 *
 * Threads: read, write, allocate, punch may be called at the same time by many
 * threads on ranges that do not overlap; the others by one at a time, beside
 * those.
 */
#ifndef RS_IO_H
#define RS_IO_H

#include <stddef.h>
#include <stdint.h>

struct rs_io;

struct rs_io_ops {
	int (*read)(struct rs_io *io, uint64_t off, void *buf, size_t len);
	int (*write)(struct rs_io *io, uint64_t off, const void *buf,
		     size_t len);
	/* One read-only mapping for the life of io: bytes beyond the end of
	 * the file become readable when it grows. */
	int (*map)(struct rs_io *io, const uint8_t **ret_base,
		   uint64_t *ret_len);
	int (*sync)(struct rs_io *io); /* all writes so far are durable */
	/* A write that is durable when the call returns. It says nothing about
	 * any other. off, len and buf are multiples of a page. */
	int (*write_through)(struct rs_io *io, uint64_t off, const void *buf,
			     size_t len);
	/* Make writes to this range fast, which holds nothing: as if it had
	 * been written and synced before, once the next sync has returned.
	 * NULL: they always are. */
	int (*warm)(struct rs_io *io, uint64_t off, uint64_t len);
	/* Later writes to this range find room on the host; -ENOSPC when there
	 * is none. What the range held may be lost. */
	int (*allocate)(struct rs_io *io, uint64_t off, uint64_t len);
	int (*punch)(struct rs_io *io, uint64_t off, uint64_t len);
	/* Where in [off, off + len) the host has blocks: the first such range,
	 * or -ENXIO for none. It may be told of more than there is. */
	int (*probe)(struct rs_io *io, uint64_t off, uint64_t len,
		     uint64_t *ret_off, uint64_t *ret_len);
	int (*resize)(struct rs_io *io, uint64_t size);
	int (*size)(struct rs_io *io, uint64_t *ret_size);
	/* The mapping shall hold no memory of what was read through it; the
	 * bytes stay as they are. By any thread. NULL: it never holds any. */
	void (*relax)(struct rs_io *io);
	void (*close)(struct rs_io *io); /* frees io */
};

struct rs_io {
	const struct rs_io_ops *ops;
};

/* Bytes of address space that a store asks for, and grows to at most: where the
 * host's files are shorter, or address space is rationed, half as many, and so
 * on. */
#define RS_MAP_MOST ((uint64_t)1 << 46)

/* The store file itself. Takes the exclusive lock; -EBUSY names the holder. */
struct err;
#define RS_IO_CREATE	0x1u /* must not exist yet */
#define RS_IO_READ_ONLY 0x2u
int rs_io_file(const char *path, unsigned flags, struct rs_io **ret_io,
	       struct err *e);

#endif

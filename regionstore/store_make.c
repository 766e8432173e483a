/* SPDX-License-Identifier: Apache-2.0 */
/* store_make.c - making a store: a header, and a commit of two empty trees.
 *
 * It is made whole or not at all: its name is durable when this returns, and
 * gone when it fails.
 */
#include "regionstore/alloc.h"
#include "regionstore/layout.h"
#include "regionstore/store_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "regionstore/base/auto.h"

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int make_header(struct rs_header *h)
{
	*h = (struct rs_header){ .created_ns = wall_ns() };
	if (getrandom(h->uuid, sizeof(h->uuid), 0) != sizeof(h->uuid) ||
	    getrandom(&h->hash_seed, sizeof(h->hash_seed), 0) !=
		    sizeof(h->hash_seed))
		return -EIO;
	h->uuid[6] = (uint8_t)((h->uuid[6] & 0x0f) | 0x40); /* RFC 9562: v4 */
	h->uuid[8] = (uint8_t)((h->uuid[8] & 0x3f) | 0x80);
	return 0;
}

/* Commit 1: two empty trees. */
static int write_first(struct rs_io *io, const struct rs_header *h)
{
	const size_t len = RS_LOG_FIRST * RS_PAGE_SIZE;
	AUTO_FREE uint8_t *pages = calloc(1, len);
	const struct rs_super first = {
		.txid = 1,
		.flags = RS_SUPER_CLEAN,
		.file_pages = RS_GROW_MIN,
		.next_id = RS_FIRST_ID,
		.next_snap_id = 1,
		.wall_ns = h->created_ns,
		.log_epoch = 1,
		.log_seed = h->hash_seed,
	};

	if (!pages)
		return -ENOMEM;
	rs_header_encode(h, pages + rs_bytes(RS_SLOT_HEADER));
	rs_super_encode(&first, h, NULL,
			pages + rs_bytes(rs_super_slot(first.txid)));
	rs_super_encode(&first, h, NULL, pages + rs_bytes(RS_SLOT_STEADY));
	return io->ops->write(io, 0, pages, len);
}

int rs_create_io(struct rs_io *io, struct err *e)
{
	struct rs_header h;
	int err = make_header(&h);

	if (!err)
		err = io->ops->resize(io, rs_bytes(RS_GROW_MIN));
	if (!err)
		err = write_first(io, &h);
	if (!err)
		err = io->ops->sync(io);
	return err ? err_set(e, err, "cannot be written: %s", err_text(err))
		   : 0;
}

/* A new file is durable when its directory is. */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir =
		slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
	AUTO_CLOSE int fd = -1;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* may be searched but not read: nothing to do */
	return fsync(fd) < 0 ? -errno : 0;
}

int rs_create(const char *path, struct err *e)
{
	struct rs_io *io;
	int err = rs_io_file(path, RS_IO_CREATE, &io, e);

	if (err)
		return err;
	err = rs_create_io(io, e);
	io->ops->close(io);
	if (!err) {
		err = sync_directory(path);
		if (err)
			err_set(e, err, "directory: %s", err_text(err));
	}
	if (err)
		unlink(path);
	return err;
}

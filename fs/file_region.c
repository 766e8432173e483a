/* SPDX-License-Identifier: Apache-2.0 */
/* file_region.c - an open region: live, or in a snapshot. */

#include <stdlib.h>

#include "fs/region.h"
#include "fs/scratch.h"

struct region_file {
	struct fs_handle h;
	uint64_t ino;
	struct rs_view *at; /* of a snapshot; live: NULL */
};

static uint64_t ino_of(const struct fs_handle *h)
{
	return ((const struct region_file *)h)->ino;
}

static const struct rs_view *view_of(const struct fs_handle *h)
{
	return ((const struct region_file *)h)->at;
}

static int live_read(struct fs_handle *h, uint64_t off, char *buf, size_t len,
		     size_t *ret_len)
{
	int err = fs_region_read(h->fs, ino_of(h), off, buf, len, ret_len);

	if (err == -EOPNOTSUPP)
		err = fs_scratch_read(h->fs, ino_of(h), off, buf, len, ret_len);
	return err;
}

static int live_write(struct fs_handle *h, const struct fs_io *io, uint64_t off,
		      const char *buf, size_t len)
{
	int err = fs_region_write(h->fs, ino_of(h), io, off, buf, len);

	if (err == -EOPNOTSUPP)
		fs_scratch_refused(h->fs, ino_of(h), io, "write at byte", off);
	return err;
}

static int live_truncate(struct fs_handle *h, const struct fs_io *io,
			 uint64_t size)
{
	int err = fs_region_truncate(h->fs, ino_of(h), io, size);

	if (err == -EOPNOTSUPP)
		fs_scratch_refused(h->fs, ino_of(h), io, "truncate to", size);
	return err;
}

static int live_allocate(struct fs_handle *h, int mode, uint64_t off,
			 uint64_t len)
{
	return fs_region_allocate(h->fs, ino_of(h), mode, off, len);
}

static int live_seek(struct fs_handle *h, uint64_t off, bool hole,
		     uint64_t *ret_off)
{
	return fs_region_seek(h->fs, ino_of(h), off, hole, ret_off);
}

static int snap_read(struct fs_handle *h, uint64_t off, char *buf, size_t len,
		     size_t *ret_len)
{
	return rs_region_read(view_of(h), ino_of(h), off, buf, len, ret_len);
}

static int snap_seek(struct fs_handle *h, uint64_t off, bool hole,
		     uint64_t *ret_off)
{
	return rs_region_seek(view_of(h), ino_of(h), off, hole, ret_off);
}

static struct rs_view *snap_at(struct fs_handle *h)
{
	return ((struct region_file *)h)->at;
}

static void release(struct fs_handle *h)
{
	struct region_file *r = (struct region_file *)h;

	rs_view_put(r->at);
	free(r);
}

static const struct fs_file_ops live_ops = {
	.read = live_read,
	.write = live_write,
	.truncate = live_truncate,
	.allocate = live_allocate,
	.seek = live_seek,
	.release = release,
};

static const struct fs_file_ops snap_ops = {
	.read = snap_read,
	.seek = snap_seek,
	.at = snap_at,
	.release = release,
};

int fs_open_region(struct fs *fs, uint64_t node, struct fs_handle **ret_h)
{
	struct fs_node n = fs_node_decode(node);
	struct region_file *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r)
		return -ENOMEM;
	r->h.ops = n.snap ? &snap_ops : &live_ops;
	r->ino = n.ino;
	if (n.snap)
		err = fs_node_view(fs, node, &r->at);
	if (err) {
		free(r);
		return err;
	}
	*ret_h = &r->h;
	return 0;
}

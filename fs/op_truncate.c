/* SPDX-License-Identifier: Apache-2.0 */
/* op_truncate.c - truncate(2), which comes as an attribute: of an open file
 * through its handle, of any other by what it is.
 */
#include <fcntl.h>

#include "fs/op.h"
#include "fs/region.h"
#include "fs/set_session.h"

/* truncate(2) of a set, by its name: a session that does only this. */
static int truncate_set(struct fs *fs, uint64_t node, const struct fs_io *io,
			uint64_t size)
{
	uint64_t ino = fs_node_decode(node).ino;
	struct fs_session *s;
	int err;

	err = fs_opens_get(&fs->opens, ino);
	if (err)
		return err;
	err = fs_session_open(fs, node, O_WRONLY, &s);
	if (!err) {
		err = fs_session_truncate(s, io, size);
		if (!err)
			err = fs_session_sync(s);
		fs_session_close(s);
	}
	if (fs_opens_put(&fs->opens, ino))
		fs_reap_later(fs, ino);
	return err;
}

int fs_op_set_size(struct fs *fs, uint64_t node, const struct fs_io *io,
		   struct fs_handle *h, uint64_t size)
{
	struct fs_inode in;
	int err;

	if (h) {
		err = h->ops->truncate ? h->ops->truncate(h, io, size)
				       : -EOPNOTSUPP;
		fs_handle_done(h);
		return err;
	}
	err = fs_node_get(fs, node, &in);
	if (err)
		return err;
	if (in.obj.kind == RS_KIND_SET)
		return truncate_set(fs, node, io, size);
	return fs_region_truncate(fs, in.ino, io, size);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - node ids, to and fro. */

#include "fs/node.h"

#include <assert.h>

struct fs_node fs_node_decode(uint64_t id)
{
	struct fs_node n = { .what = FS_WHAT_STORED };
	uint64_t what = (id & ~FS_NODE_VIRTUAL) >> FS_NODE_WHAT_SHIFT;

	if (!(id & FS_NODE_VIRTUAL)) {
		n.snap = id >> FS_NODE_SNAP_SHIFT;
		n.ino = id & FS_NODE_INO_MASK;
	} else if (what < FS_WHAT_COUNT) {
		n.what = (enum fs_what)what;
	}
	return n;
}

uint64_t fs_node_stored(uint64_t snap, uint64_t ino)
{
	assert(ino <= FS_NODE_INO_MASK);
	assert(snap < (FS_NODE_VIRTUAL >> FS_NODE_SNAP_SHIFT));
	return snap << FS_NODE_SNAP_SHIFT | ino;
}

uint64_t fs_node_virtual(enum fs_what what, uint64_t extra)
{
	assert(extra <= FS_NODE_EXTRA_MASK);
	return FS_NODE_VIRTUAL | (uint64_t)what << FS_NODE_WHAT_SHIFT | extra;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - node ids, to and fro. */

#include "fs/node.h"

#include <assert.h>

#include "bitmap/bitmap.h"

/* In the place of a format. */
#define Q_FORMAT  6u
#define OF_FORMAT 7u

_Static_assert(BM_FORMAT_COUNT <= Q_FORMAT, "three bits");

static void decode_as(uint64_t id, struct fs_node *n)
{
	unsigned format = id >> FS_NODE_FORMAT_SHIFT & 7;

	if (format == Q_FORMAT)
		n->what = FS_WHAT_Q;
	else if (format == OF_FORMAT)
		n->what = FS_WHAT_OF;
	else if (format == 0)
		n->what = FS_WHAT_AS;
	else
		n->format = format;
	n->snap = id >> FS_NODE_AS_SNAP_SHIFT & (FS_NODE_AS_SNAPS - 1);
	n->ino = id & (FS_NODE_AS_INOS - 1);
}

static uint64_t encode_as(unsigned format, uint64_t snap, uint64_t ino)
{
	if (snap >= FS_NODE_AS_SNAPS || ino >= FS_NODE_AS_INOS)
		return 0;
	return FS_NODE_VIRTUAL | FS_NODE_AS |
	       (uint64_t)format << FS_NODE_FORMAT_SHIFT |
	       snap << FS_NODE_AS_SNAP_SHIFT | ino;
}

uint64_t fs_node_as(unsigned format, uint64_t snap, uint64_t ino)
{
	assert(format < BM_FORMAT_COUNT);
	return encode_as(format, snap, ino);
}

uint64_t fs_node_q(uint64_t snap, uint64_t ino)
{
	return encode_as(Q_FORMAT, snap, ino);
}

uint64_t fs_node_of(uint64_t snap, uint64_t ino)
{
	return encode_as(OF_FORMAT, snap, ino);
}

uint64_t fs_node_query(uint64_t query, unsigned face)
{
	assert(query < FS_NODE_QUERIES && face < FS_NODE_FACES);
	return FS_NODE_VIRTUAL | FS_NODE_QUERY | query << FS_NODE_FACE_SHIFT |
	       face;
}

bool fs_node_is_q(const struct fs_node *n)
{
	return n->what == FS_WHAT_Q || n->what == FS_WHAT_OF ||
	       n->what == FS_WHAT_QUERY;
}

struct fs_node fs_node_decode(uint64_t id)
{
	struct fs_node n = { .what = FS_WHAT_STORED };
	uint64_t what = (id & ~FS_NODE_VIRTUAL) >> FS_NODE_WHAT_SHIFT;

	if (!(id & FS_NODE_VIRTUAL)) {
		n.snap = id >> FS_NODE_SNAP_SHIFT;
		n.ino = id & FS_NODE_INO_MASK;
	} else if (id & FS_NODE_AS) {
		decode_as(id, &n);
	} else if (id & FS_NODE_QUERY) {
		n.what = FS_WHAT_QUERY;
		n.query = id >> FS_NODE_FACE_SHIFT & (FS_NODE_QUERIES - 1);
		n.face = id & (FS_NODE_FACES - 1);
	} else if (what < FS_WHAT_COUNT &&
		   (what < FS_WHAT_AS || what > FS_WHAT_QUERY)) {
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

/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - what the kernel calls a node: 64 bits that say everything.
 *
 *     63 | 62 ... 40   | 39 ... 0
 *      0 | 0           | ino         the live object ino
 *      0 | snapshot id | ino         the object ino as a snapshot has it
 *      1 | 0, what, 14 bits | extra, 48 bits   made up by the daemon
 *
 *     63 | 62 | 61..59 | 58 ... 39   | 38 ... 0
 *      1 |  1 | format | snapshot id | ino      a set or directory in a format
 *                                               (view_as.c); format 0: .as/,
 *                                               6 and 7: .q/ and .q/of/
 *
 *     63 | 62 | 61 | 60 ... 5     | 4 ... 0
 *      1 |  0 |  1 | query number | face         what .q/ leads to (view_q.h)
 *
 * A node id is decoded and never looked up, so the daemon keeps nothing for
 * an inode the kernel has cached: no table, no lookup counts, no memory. It
 * works because inode numbers are never reused, stay below 2^40, and snapshot
 * ids stay below 2^23. A node id is also st_ino. Only a query has more to it
 * than fits: its number stands for a text in a table (query_table.h), and is
 * never reused either.
 *
 * Threads: pure functions.
 */
#ifndef FS_NODE_H
#define FS_NODE_H

#include <stdbool.h>
#include <stdint.h>

#define FS_NODE_VIRTUAL	   ((uint64_t)1 << 63)
#define FS_NODE_SNAP_SHIFT 40u
#define FS_NODE_INO_MASK   (((uint64_t)1 << FS_NODE_SNAP_SHIFT) - 1)
#define FS_NODE_WHAT_SHIFT 48u
#define FS_NODE_EXTRA_MASK (((uint64_t)1 << FS_NODE_WHAT_SHIFT) - 1)

/* Of nodes in a format: what comes later than 2^20 snapshots or 2^39 objects
 * has none. */
#define FS_NODE_AS	      ((uint64_t)1 << 62)
#define FS_NODE_FORMAT_SHIFT  59u
#define FS_NODE_AS_SNAP_SHIFT 39u
#define FS_NODE_AS_SNAPS      ((uint64_t)1 << 20)
#define FS_NODE_AS_INOS	      ((uint64_t)1 << FS_NODE_AS_SNAP_SHIFT)

#define FS_NODE_QUERY	   ((uint64_t)1 << 61)
#define FS_NODE_FACE_SHIFT 5u
#define FS_NODE_FACES	   ((uint64_t)1 << FS_NODE_FACE_SHIFT)
#define FS_NODE_QUERIES	   ((uint64_t)1 << (61 - FS_NODE_FACE_SHIFT))

enum fs_what {
	FS_WHAT_STORED = 0, /* in the store: live or in a snapshot */
	FS_WHAT_AS,	    /* .as/ in the directory ino */
	FS_WHAT_Q,	    /* .q/ in it */
	FS_WHAT_OF,	    /* .q/of/ in it */
	FS_WHAT_QUERY,	    /* a query, its files, their directories */
	FS_WHAT_SNAPSHOTS,
	FS_WHAT_LATEST, /* extra: which target, see view_snap.c */
	FS_WHAT_README,
	FS_WHAT_CTL,
	FS_WHAT_STATUS,
	FS_WHAT_ERRORS,
	FS_WHAT_VERSION,
	FS_WHAT_SYNC,
	FS_WHAT_CHECK,
	FS_WHAT_COMPACT,
	FS_WHAT_SPACE,
	FS_WHAT_METRICS,
	FS_WHAT_CONFIG,
	FS_WHAT_COUNT
};

struct fs_node {
	enum fs_what what;
	unsigned format; /* of a stored node, enum bm_format: how it reads */
	uint64_t
		snap; /* of a stored node, .as/ and .q/: its snapshot, 0 live */
	uint64_t ino; /* of a stored node, .as/ and .q/ */
	uint64_t query; /* its number */
	unsigned face;	/* of a query, enum fs_face */
};

/* Any 64 bits decode to something; what is out of range is a stored node
 * whose ino is 0, which no lookup finds.
 */
struct fs_node fs_node_decode(uint64_t id);
uint64_t fs_node_stored(uint64_t snap, uint64_t ino);
uint64_t fs_node_virtual(enum fs_what what, uint64_t extra);
/* The object of a node in a format, 0 for .as/ of it. 0: there is none. */
uint64_t fs_node_as(unsigned format, uint64_t snap, uint64_t ino);
/* .q/ of a directory, or .q/of/. 0: there is none. */
uint64_t fs_node_q(uint64_t snap, uint64_t ino);
uint64_t fs_node_of(uint64_t snap, uint64_t ino);
uint64_t fs_node_query(uint64_t query, unsigned face);
/* Is it one of these? */
bool fs_node_is_q(const struct fs_node *n);

#endif

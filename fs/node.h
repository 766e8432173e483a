/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - what the kernel calls a node: 64 bits that say everything.
 *
 *     63 | 62 ... 40   | 39 ... 0
 *      0 | 0           | ino         the live object ino
 *      0 | snapshot id | ino         the object ino as a snapshot has it
 *      1 | what, 15 bits | extra, 48 bits   made up by the daemon
 *
 * A node id is decoded and never looked up, so the daemon keeps nothing for
 * an inode the kernel has cached: no table, no lookup counts, no memory. It
 * works because inode numbers are never reused, stay below 2^40, and snapshot
 * ids stay below 2^23. A node id is also st_ino.
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

enum fs_what {
	FS_WHAT_STORED = 0, /* in the store: live or in a snapshot */
	FS_WHAT_SNAPSHOTS,
	FS_WHAT_LATEST, /* extra: which target, see view_snap.c */
	FS_WHAT_README,
	FS_WHAT_CTL,
	FS_WHAT_STATUS,
	FS_WHAT_ERRORS,
	FS_WHAT_VERSION,
	FS_WHAT_SYNC,
	FS_WHAT_CHECK,
	FS_WHAT_COUNT
};

struct fs_node {
	enum fs_what what;
	uint64_t snap; /* of a stored node: its snapshot, 0 live */
	uint64_t ino;  /* of a stored node */
};

/* Any 64 bits decode to something; what is out of range is a stored node
 * whose ino is 0, which no lookup finds.
 */
struct fs_node fs_node_decode(uint64_t id);
uint64_t fs_node_stored(uint64_t snap, uint64_t ino);
uint64_t fs_node_virtual(enum fs_what what, uint64_t extra);

#endif

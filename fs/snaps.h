/* SPDX-License-Identifier: Apache-2.0 */
/* snaps.h - views of snapshots that are in use.
 *
 * A request on a node of a snapshot needs its view. A few are kept, so that
 * walking a snapshot opens it once; who gets one gets a reference of its own.
 * Dropping a snapshot takes it out of here first, so that its space can come
 * back when the last open file in it is closed.
 *
 * Threads: any.
 */
#ifndef FS_SNAPS_H
#define FS_SNAPS_H

#include <stdint.h>

#include "regionstore/base/lock.h"

#define FS_SNAPS_KEPT 16u

struct rs_store;
struct rs_view;

struct fs_snaps {
	struct lock lock;
	struct rs_store *store; /* set at start, never changed */
	uint64_t clock GUARDED;
	struct fs_snap_slot {
		uint64_t id;   /* 0: free */
		uint64_t used; /* by the clock */
		int64_t created_ns;
		struct rs_view *view;
	} slots[FS_SNAPS_KEPT] GUARDED;
};

void fs_snaps_init(struct fs_snaps *s, struct rs_store *store);
void fs_snaps_finish(struct fs_snaps *s);

/* The view of snapshot id, to be put by the caller. -ENOENT. */
int fs_snaps_view(struct fs_snaps *s, uint64_t id, struct rs_view **ret_view,
		  int64_t *ret_created_ns);
void fs_snaps_forget(struct fs_snaps *s, uint64_t id);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* ahead_parts.h - what readers and makers of blocks share. PRIVATE. */
#ifndef FS_AHEAD_PARTS_H
#define FS_AHEAD_PARTS_H

#include "fs/ahead.h"

enum fs_ahead_state {
	FS_AHEAD_NOT_ORDERED,
	FS_AHEAD_ORDERED, /* in a thread's queue */
	FS_AHEAD_BEING_MADE,
	FS_AHEAD_MADE
};

struct fs_ahead_block {
	uint64_t off;
	size_t len; /* 0: nothing */
	char *bytes;
};

struct fs_ahead_blocks {
	struct fs_ahead_block here; /* being read: the reader's alone */
	/* The other one. Its state is guarded by the lock; the rest belongs to
	 * the reader, while it is BEING_MADE to the thread. */
	enum fs_ahead_state state;
	struct fs_ahead_block next;
	int err;
	unsigned thread; /* it is ordered from */
	const struct bm_file *file;
	struct fs_ahead_blocks *after; /* in the queue; guarded by the lock */
	char memory[2 * FS_AHEAD_BLOCK];
};

/* Have what begins at off made, if there is something; the block is free. */
void fs_ahead_order(struct fs_aheads *all, struct fs_ahead_blocks *b,
		    uint64_t off);
/* Nobody works on it afterwards. Was it made? */
bool fs_ahead_collect(struct fs_aheads *all, struct fs_ahead_blocks *b);

/* One more reader may have blocks, or one less has them. */
bool fs_ahead_admit(struct fs_aheads *all);
void fs_ahead_leave(struct fs_aheads *all);

#endif

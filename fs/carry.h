/* SPDX-License-Identifier: Apache-2.0 */
/* carry.h - from a ruined store into a new one. PRIVATE to fs/salvage.c and
 * fs/carry_region.c.
 */
#ifndef FS_CARRY_H
#define FS_CARRY_H

#include "fs/ns_entry.h"
#include "fs/salvage.h"

struct fs_carry {
	struct fs_salvage *sv;
	const struct rs_view *from;
	struct rs_store *to;
	uint64_t region;       /* whose chunks are being passed... */
	bool ownerless;	       /* ...and whose record is lost... */
	struct fs_inode owner; /* ...so this stands for it */
};

/* Say what of an inode stays behind. */
void fs_carry_lose(struct fs_carry *ca, uint64_t ino, const char *what);

/* The object of a region, and all its bytes. */
int fs_carry_region(struct fs_carry *ca, struct fs_inode *in);
/* A chunk on the way: its bytes, if no object took them along. */
int fs_carry_chunk(struct fs_carry *ca, const struct rs_cursor *c,
		   uint64_t ino);

#endif

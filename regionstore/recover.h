/* SPDX-License-Identifier: Apache-2.0 */
/* recover.h - finding the newest durable commit. PRIVATE. */
#ifndef RS_RECOVER_H
#define RS_RECOVER_H

#include "regionstore/store_state.h"

struct rs_found {
	struct rs_super super; /* the commit to go on from */
	/* The highest number of any superblock that could be read. The next
	 * commit takes a higher one: pages that say that they were born in a
	 * commit that failed are not those of the one that follows. */
	uint64_t newest;
	uint64_t broken_slot; /* holds a commit that is not whole; or 0 */
	bool clean;	      /* the last close saw it on the disk */
};

/* Read the header and the superblocks, map the file, and choose: sets
 * s->header, s->map and the size of s->alloc. Writes nothing. */
int rs_recover(struct rs_store *s, struct rs_found *ret_found, struct err *e);

/* The part of it that maps the file, which has size bytes. */
int rs_recover_map(struct rs_store *s, uint64_t size, struct err *e);

/* See to it that, before anything is written, what was found is on the disk and
 * nothing newer is. After a power cut that is done at once, after the death of
 * a process by the first who wants a page: the host may have much to write.
 * The next rs_sync() commits, even if nothing changes until then: what was seen
 * is then durable. */
int rs_recover_settle(struct rs_store *s, const struct rs_found *found);

#endif

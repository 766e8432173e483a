/* SPDX-License-Identifier: Apache-2.0 */
/* super.h - the static header and the superblocks, decoded. PRIVATE.
 *
 * A superblock is one commit: the roots of both trees and the counters. What
 * decode returns is checked: every pointer lies inside the file and every
 * number in its range. A commit of one flush also has a manifest in its page.
 */
#ifndef RS_SUPER_H
#define RS_SUPER_H

#include "regionstore/format.h"
#include "regionstore/manifest.h"
#include "regionstore/tree.h"

struct rs_header {
	uint8_t uuid[16];
	uint64_t hash_seed;
	uint64_t created_ns;
	uint64_t ro_compat, compat; /* features; written back as read */
	bool only_read; /* has a feature that we may read but not change */
};

struct rs_super {
	uint64_t txid;
	uint64_t flags;
	struct rs_ptr data_root;
	struct rs_sum data_sum;
	struct rs_ptr sys_root;
	struct rs_sum sys_sum;
	uint64_t file_pages;
	uint64_t next_id;
	uint64_t next_snap_id;
	uint64_t wall_ns;
	uint64_t hybrid_clock;
	uint64_t used_pages;
	uint64_t pinned_pages;
	uint64_t commit_pages;
	uint64_t log_epoch, log_seed;
	uint64_t ro_compat, compat;
	bool only_read;
};

#define RS_FIRST_ID 16u /* numbers below are for the layers above */

/* The page of a commit. */
static inline uint64_t rs_super_slot(uint64_t txid)
{
	return RS_SLOT_SUPER + (txid & 1);
}

/* "first", "second" or "steady" */
const char *rs_super_name(uint64_t slot);
/* Nothing but zeros: never written, or taken back. */
bool rs_super_is_empty(const uint8_t page[RS_PAGE_SIZE]);
/* Can it be that nothing was ever written to that slot, when the newest commit
 * is that one? */
bool rs_super_may_be_empty(uint64_t slot, uint64_t newest);

void rs_header_encode(const struct rs_header *h, uint8_t page[RS_PAGE_SIZE]);
/* Does it begin as one does? */
bool rs_header_is_one(const uint8_t page[RS_PAGE_SIZE]);
int rs_header_decode(const uint8_t page[RS_PAGE_SIZE],
		     struct rs_header *ret_header, struct err *e);

/* m goes with RS_SUPER_ONE_FLUSH, and is NULL without. */
void rs_super_encode(const struct rs_super *su, const struct rs_header *h,
		     const struct rs_manifest *m, uint8_t page[RS_PAGE_SIZE]);
/* slot is the page it was read from. */
int rs_super_decode(const uint8_t page[RS_PAGE_SIZE], const struct rs_header *h,
		    uint64_t slot, struct rs_super *ret_super, struct err *e);
/* The manifest is decoded by rs_manifest_decode(). */

#endif

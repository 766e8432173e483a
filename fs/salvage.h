/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.h - what is left of a ruined store, in a new one. */
#ifndef FS_SALVAGE_H
#define FS_SALVAGE_H

#include "fs/ns.h"

struct fs_salvage {
	rs_report_fn *say; /* what was found, and what not */
	void *arg;
	uint64_t records, lost; /* carried over; that could not be */
};

/* from is what rs_salvage_open() returns, to is new and empty. Snapshots are
 * not brought back. Mends what is in to in the end. */
int fs_salvage(struct rs_store *from, struct rs_store *to,
	       struct fs_salvage *sv);

#endif

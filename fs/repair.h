/* SPDX-License-Identifier: Apache-2.0 */
/* repair.h - a damaged store, from its pages to its names.
 *
 * rs_repair_open() mends what lies below records, fs_mend() what they say; the
 * check has the last word. Each thing given up is told as it is met, so a run
 * over a copy in memory (how->dry) tells beforehand what a real one will do.
 */
#ifndef FS_REPAIR_H
#define FS_REPAIR_H

#include "fs/ns.h"

struct fs_repair {
	enum rs_repair_to to;
	const char *snap;
	bool dry;
	bool keep_snapshots;
	rs_report_fn *say;
	void *arg;
	bool opened;
	uint64_t said;	   /* what was told */
	uint64_t findings; /* of the check that follows */
};

/* Fill opened, said and findings. On error *e says why; the store is no worse.
 */
int fs_repair(const char *path, struct fs_repair *how, struct err *e);
/* The same on what a store lies on (regionstore/io.h). It is closed with the
 * store; when that could not be opened, how->opened, it stays the caller's. */
struct rs_io;
int fs_repair_io(struct rs_io *io, struct fs_repair *how, struct err *e);

#endif

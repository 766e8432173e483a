/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h - who asks, and what he may do: the rules of permission bits, for
 * what is read on somebody's behalf without the kernel having looked.
 *
 * Threads: pure.
 */
#ifndef FS_CALLER_H
#define FS_CALLER_H

#include "fs/ns.h"

struct fs_caller {
	uint32_t uid, gid;
	int pid; /* for messages */
	/* Is gid among the other groups? Asked only where it decides. */
	bool (*in_group)(const struct fs_caller *c, uint32_t gid);
	void *arg;
};

#define FS_MAY_READ   4u /* a file; the names in a directory */
#define FS_MAY_SEARCH 1u /* a directory */

bool fs_caller_may(const struct fs_caller *c, const struct fs_attr *a,
		   unsigned what);

#endif

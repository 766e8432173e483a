/* SPDX-License-Identifier: Apache-2.0 */
/* caller.c - permission bits, as path_resolution(7) has them. */

#include "fs/caller.h"

#include <sys/stat.h>

bool fs_caller_may(const struct fs_caller *c, const struct fs_attr *a,
		   unsigned what)
{
	/* The superuser reads everything, and searches every directory. */
	if (c->uid == 0)
		return true;
	if (c->uid == a->uid)
		return (a->mode >> 6 & what) == what;
	/* Where group and others may the same it does not matter. */
	if ((a->mode >> 3 & what) == (a->mode & what))
		return (a->mode & what) == what;
	if (c->gid == a->gid || (c->in_group && c->in_group(c, a->gid)))
		return (a->mode >> 3 & what) == what;
	return (a->mode & what) == what;
}

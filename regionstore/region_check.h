/* SPDX-License-Identifier: Apache-2.0 */
/* region_check.h - what rs_check() asks of regions. PRIVATE.
 *
 * The walk over the tree belongs to check.c. It calls rs_region_check() for
 * each record whose key begins with RS_KEY_CHUNK, and, once for each view it
 * walks, rs_region_check_sums(): whether the objects of that view agree with
 * its chunks can be said only when both are seen.
 */
#ifndef RS_REGION_CHECK_H
#define RS_REGION_CHECK_H

#include "regionstore/regionstore.h"

/* Judge one record of a chunk: its format, and, unless it has to be fast, each
 * block's checksum, read anew. own() is called for each run of pages,
 * finding() for what is wrong. */
void rs_region_check(const struct rs_store *s, const struct rs_cursor *c,
		     bool fast,
		     void (*own)(void *arg, uint64_t pgno, uint32_t npages,
				 uint64_t birth),
		     void (*finding)(void *arg, const char *text), void *arg);

/* Each chunk in the view belongs to a region that is not inline, ends at its
 * size, and all together hold what its object says is stored. An error only
 * when the walk itself failed. */
int rs_region_check_sums(const struct rs_view *v,
			 void (*finding)(void *arg, const char *text),
			 void *arg);

#endif

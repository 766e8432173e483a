/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h - where pages lie: the arithmetic of groups. PRIVATE.
 *
 *   | 0 header | 1, 2 superblocks | 3 steady | group 0 | group 1 | ...
 *                                            / slot A, slot B, payload ... /
 */
#ifndef RS_LAYOUT_H
#define RS_LAYOUT_H

#include "regionstore/base/ck.h"
#include "regionstore/format.h"

#define RS_GROUP_SLOTS 2u /* bitmap slots at the front of a group */

/* A file that is shorter than this holds no store. */
#define RS_FILE_PAGES_MIN (RS_GROUP_FIRST + RS_GROUP_SLOTS + 1u)

/* Group numbers are 32 bits in the keys of the system tree. */
#define RS_FILE_PAGES_MAX ((uint64_t)RS_GROUP_PAGES << 31)

static inline uint64_t rs_bytes(uint64_t pages)
{
	return pages << RS_PAGE_SHIFT;
}

static inline uint32_t rs_group_of(uint64_t pgno)
{
	return (uint32_t)((pgno - RS_GROUP_FIRST) / RS_GROUP_PAGES);
}

static inline uint32_t rs_page_in_group(uint64_t pgno)
{
	return (uint32_t)((pgno - RS_GROUP_FIRST) % RS_GROUP_PAGES);
}

static inline uint64_t rs_group_page(uint32_t group, uint32_t page)
{
	return RS_GROUP_FIRST + (uint64_t)group * RS_GROUP_PAGES + page;
}

/* Groups that a file of that many pages has, the last one perhaps cut. */
static inline uint32_t rs_group_count(uint64_t file_pages)
{
	return (uint32_t)((file_pages - RS_GROUP_FIRST + RS_GROUP_PAGES - 1) /
			  RS_GROUP_PAGES);
}

/* May nodes and payloads lie there: inside the file, inside one group, and
 * not on its bitmap slots? */
static inline bool rs_is_payload(uint64_t pgno, uint64_t npages,
				 uint64_t file_pages)
{
	uint32_t in_group;

	if (npages == 0 || pgno < RS_GROUP_FIRST ||
	    !ck_range(pgno, npages, file_pages))
		return false;
	in_group = rs_page_in_group(pgno);
	return in_group >= RS_GROUP_SLOTS &&
	       ck_range(in_group, npages, RS_GROUP_PAGES);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* compact_fence.c - where the fence of a compaction stands: behind as many
 * pages as are in use, with room for whoever writes meanwhile.
 */
#include "regionstore/compact_parts.h"

#define ROOM_PAGES 512u /* for the commits that do the moving */

uint64_t rs_compact_used(struct rs_store *s)
{
	struct rs_alloc *a = &s->alloc;
	uint64_t pages;

	lock_take(&a->lock);
	pages = a->used_pages;
	lock_drop(&a->lock);
	return pages;
}

uint64_t rs_compact_room(uint64_t pages, unsigned tight)
{
	return (pages / 64 + ROOM_PAGES) >> (2 * tight);
}

static uint64_t fence_for(uint64_t pages)
{
	pages += RS_GROUP_SLOTS * (pages / RS_GROUP_PAGES + 1);
	return RS_GROUP_FIRST + pages;
}

uint64_t rs_compact_fence(struct rs_store *s, unsigned round)
{
	uint64_t pages = rs_compact_used(s);

	pages += rs_compact_room(pages, 0) + RS_SPARE_PAGES;
	return fence_for(pages + pages / 32 * round);
}

/* The spare stays where it is: it will find a place at the end. */
uint64_t rs_compact_tight(struct rs_store *s, unsigned tight)
{
	uint64_t pages = rs_compact_used(s);
	uint64_t fence = fence_for(pages + rs_compact_room(pages, tight));
	struct rs_alloc *a = &s->alloc;

	lock_take(&a->lock);
	for (size_t i = 0; i < a->spare.n; i++)
		if (a->spare.v[i].pgno < fence)
			pages += a->spare.v[i].npages;
	lock_drop(&a->lock);
	return fence_for(pages + rs_compact_room(pages, tight));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* compact_cut.c - the file ends behind its last page in use.
 *
 * The commits that cut it off need pages themselves, and so does the spare
 * that every store has: neither may stand where the end shall be.
 */
#include "regionstore/compact_parts.h"

static bool spare_is_last_locked(const struct rs_alloc *a, uint64_t end)
	REQUIRES(a->lock)
{
	for (size_t i = 0; i < a->spare.n; i++)
		if (a->spare.v[i].pgno + a->spare.v[i].npages == end)
			return true;
	return false;
}

/* With the fence at the end of what is in use and ROOM, so that the commits
 * that cut the file off do not make it longer. They put the spare there when
 * it has no place further in front. */
static int cut_once(struct rs_store *s, uint64_t room, uint64_t *ret_end)
{
	struct rs_alloc *a = &s->alloc;
	uint64_t end = 0;
	bool last;
	int err;

	lock_take(&a->lock);
	err = rs_alloc_end_locked(a, &end);
	last = !err && spare_is_last_locked(a, end);
	lock_drop(&a->lock);
	if (last)
		rs_alloc_drop_spare(a);
	lock_take(&a->lock);
	if (a->spare_pages < RS_SPARE_PAGES)
		room += RS_SPARE_PAGES + RS_RUN_GOOD;
	if (!err)
		err = rs_alloc_end_locked(a, &end);
	if (!err)
		rs_alloc_set_fence_locked(a, end + room);
	lock_drop(&a->lock);
	if (!err)
		err = rs_trim(s, room);
	rs_alloc_set_fence(a, RS_NO_FENCE);
	*ret_end = end + room;
	return err;
}

/* These commits need pages of their own. Where what was moved has filled all
 * that was free in front of the end the first of them lengthens the file by a
 * whole step: then once more, with a few pages behind the end. */
int rs_compact_cut(struct rs_store *s)
{
	uint64_t end;
	int err = cut_once(s, 0, &end);

	if (!err && rs_file_pages(s) > end)
		err = cut_once(s, RS_RUN_GOOD, &end);
	return err;
}

void rs_compact_punch(struct rs_store *s)
{
	struct rs_alloc *a = &s->alloc;
	uint32_t group = 0;

	while (rs_alloc_probe(a, group))
		group++;
	while (rs_alloc_punch_any(a))
		;
}

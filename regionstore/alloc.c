/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.c - the order in which free runs are tried. */
#include "regionstore/alloc.h"

#include <assert.h>

void rs_alloc_take_locked(struct rs_alloc *a, struct rs_group *g, uint32_t from,
			  uint32_t to)
{
	a->warm_pages -= rs_bits_count(&g->backed, from, to) -
			 rs_bits_count_both(&g->backed, &g->busy, from, to);
	rs_group_take(g, from, to);
}

/* The commit that first uses a group writes its bitmap, perhaps on a host that
 * is full by then: the slots get their blocks before any other page. */
static int back_slots_locked(struct rs_alloc *a, struct rs_group *g)
	REQUIRES(a->lock)
{
	uint64_t pgno = rs_group_slot_page(g->number, 0);
	int err;

	if (rs_bits_count(&g->backed, 0, RS_GROUP_SLOTS) == RS_GROUP_SLOTS)
		return 0;
	err = a->env.io->ops->allocate(a->env.io, rs_bytes(pgno),
				       rs_bytes(RS_GROUP_SLOTS));
	if (!err)
		rs_bits_set(&g->backed, 0, RS_GROUP_SLOTS);
	return err;
}

/* Take what is wanted from the front of the free run [from, to) of g. */
static int settle_locked(struct rs_alloc *a, const struct rs_want *w,
			 struct rs_group *g, uint32_t from, uint32_t to,
			 struct rs_extent *ret) REQUIRES(a->lock)
{
	int err = back_slots_locked(a, g);

	if (err)
		return err;
	if (to - from > w->want)
		to = from + w->want;
	rs_alloc_take_locked(a, g, from, to);
	*ret = (struct rs_extent){ .pgno = rs_group_page(g->number, from),
				   .npages = to - from };
	a->cursor[w->zone] = ret->pgno + ret->npages;
	return 0;
}

/* The run that starts exactly at pgno, if it has min pages. */
static int take_at_locked(struct rs_alloc *a, const struct rs_want *w,
			  uint64_t pgno, uint32_t min, struct rs_extent *ret)
	REQUIRES(a->lock)
{
	struct rs_group *g;
	uint32_t from, to;

	if (!rs_is_payload(pgno, min, atomic_load(&a->file_pages)) ||
	    rs_alloc_group_locked(a, rs_group_of(pgno), &g))
		return -ENOSPC;
	from = rs_page_in_group(pgno);
	to = from < RS_ZONE_SPLIT ? rs_zone_to(RS_ZONE_META, g->open)
				  : rs_zone_to(RS_ZONE_DATA, g->open);
	if (from >= to)
		return -ENOSPC;
	to = rs_bits_next_set(&g->busy, from, to);
	if (to - from < min)
		return -ENOSPC;
	return settle_locked(a, w, g, from, to, ret);
}

/* A run of min pages in one zone, from the cursor's group on: below the
 * frontiers of the groups that are loaded, or with cold anywhere. */
static int sweep_locked(struct rs_alloc *a, const struct rs_want *w, bool cold,
			enum rs_zone zone, uint32_t min, struct rs_extent *ret)
	REQUIRES(a->lock)
{
	uint32_t n = rs_group_count(atomic_load(&a->file_pages));
	uint64_t cursor = a->cursor[w->zone];
	uint32_t first = rs_group_of(cursor) % n;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = (first + i) % n;
		uint32_t at = i ? 0 : rs_page_in_group(cursor);
		struct rs_group *g = NULL;
		uint32_t from, to;

		if (rs_group_page(number, 0) >= a->fence)
			continue;
		if (cold && rs_alloc_promises_locked(a, number, min) &&
		    rs_alloc_group_locked(a, number, &g) == -ENOMEM)
			return -ENOMEM;
		if (!cold && number < a->n_groups)
			g = a->groups[number];
		if (!g || !rs_group_find(g, zone, cold, at, min, &from, &to))
			continue;
		return settle_locked(a, w, g, from, to, ret);
	}
	return -ENOSPC;
}

static int grow_locked(struct rs_alloc *a) REQUIRES(a->lock)
{
	uint64_t pages = atomic_load(&a->file_pages);
	uint64_t step = pages / 16 > RS_GROW_MIN ? pages / 16 : RS_GROW_MIN;
	int err;

	if (step > a->env.pages_max - pages)
		step = a->env.pages_max - pages;
	if (step < RS_RUN_GOOD)
		return -ENOSPC;
	err = a->env.io->ops->resize(a->env.io, rs_bytes(pages + step));
	if (err)
		return err == -EFBIG ? -ENOSPC : err;
	rs_alloc_resized_locked(a, pages + step);
	return 0;
}

/* Any hole that is long enough, however short. */
static int scrape_locked(struct rs_alloc *a, const struct rs_want *w,
			 struct rs_extent *ret) REQUIRES(a->lock)
{
	enum rs_zone other =
		w->zone == RS_ZONE_META ? RS_ZONE_DATA : RS_ZONE_META;

	if (sweep_locked(a, w, true, w->zone, w->min, ret) == 0)
		return 0;
	return sweep_locked(a, w, true, other, w->min, ret);
}

static bool is_mostly_free(const struct rs_alloc *a)
{
	uint64_t pages = atomic_load(&a->file_pages);

	return a->used_pages < pages - pages / 4;
}

/* Is the cursor among pages that were written before? */
static bool is_warm_locked(struct rs_alloc *a, enum rs_zone zone)
	REQUIRES(a->lock)
{
	uint32_t number = rs_group_of(a->cursor[zone]);
	uint32_t page = rs_page_in_group(a->cursor[zone]);

	/* Nodes may be among data, when their own zone is full. */
	if (page >= RS_ZONE_SPLIT)
		zone = RS_ZONE_DATA;
	return number < a->n_groups && a->groups[number] &&
	       page < a->groups[number]->frontier[zone];
}

/* A good run without growing: at the place asked for, at the cursor, below a
 * frontier, above one. Data comes in larger pieces, so it wants longer runs. */
static int take_good_locked(struct rs_alloc *a, const struct rs_want *w,
			    struct rs_extent *ret) REQUIRES(a->lock)
{
	uint32_t most = w->want < RS_RUN_DATA ? w->want : RS_RUN_DATA;
	uint32_t good = most > RS_RUN_GOOD ? most : RS_RUN_GOOD;
	uint32_t here = w->want < RS_RUN_GOOD ? w->want : RS_RUN_GOOD;
	enum rs_zone z = w->zone;

	if (good < w->min)
		good = here = w->min;
	if (here < w->min)
		here = w->min;
	if (w->ahead && here < w->want + w->ahead)
		here = w->want + w->ahead;
	if (good < here)
		good = here;
	if (w->near && take_at_locked(a, w, w->near, here, ret) == 0)
		return 0;
	if ((w->follow || is_warm_locked(a, z)) &&
	    take_at_locked(a, w, a->cursor[z], here, ret) == 0)
		return 0;
	if (sweep_locked(a, w, false, z, good, ret) == 0 ||
	    sweep_locked(a, w, true, z, good, ret) == 0)
		return 0;
	if (z == RS_ZONE_META)
		return sweep_locked(a, w, true, RS_ZONE_DATA, good, ret);
	return -ENOSPC;
}

/* The host has no room: pages that it has blocks for, wherever they are. */
static int take_backed_locked(struct rs_alloc *a, const struct rs_want *w,
			      struct rs_extent *ret) REQUIRES(a->lock)
{
	uint32_t from, to;

	for (uint32_t i = 0; i < a->n_groups; i++) {
		struct rs_group *g = a->groups[i];

		if (g && rs_group_find_backed(g, g->open, w->min, &from, &to))
			return settle_locked(a, w, g, from, to, ret);
	}
	return -ENOSPC;
}

/* There is nothing good below the fence: something else, or no fence. */
static int find_fenced_locked(struct rs_alloc *a, const struct rs_want *w,
			      struct rs_extent *ret) REQUIRES(a->lock)
{
	int err = scrape_locked(a, w, ret);

	if (err != -ENOSPC || w->stay)
		return err;
	rs_alloc_set_fence_locked(a, RS_NO_FENCE);
	return take_good_locked(a, w, ret);
}

static int find_locked(struct rs_alloc *a, const struct rs_want *w,
		       struct rs_extent *ret) REQUIRES(a->lock)
{
	bool fenced = a->fence != RS_NO_FENCE;
	int err = -ENOSPC;

	if (a->host_full && !w->commit && a->spare_pages < RS_SPARE_PAGES / 2)
		return -ENOSPC;
	if (a->host_full && take_backed_locked(a, w, ret) == 0)
		return 0;
	err = take_good_locked(a, w, ret);
	if (err == -ENOSPC && fenced)
		err = find_fenced_locked(a, w, ret);
	if (err != -ENOSPC || (fenced && w->stay))
		return err;
	if (is_mostly_free(a) && scrape_locked(a, w, ret) == 0)
		return 0;
	/* Two steps may be needed to reach a group with a whole run. */
	for (unsigned i = 0; i < 2; i++) {
		if (grow_locked(a))
			break;
		err = take_good_locked(a, w, ret);
		if (err != -ENOSPC)
			return err;
	}
	return scrape_locked(a, w, ret);
}

int rs_alloc_take(struct rs_alloc *a, const struct rs_want *want,
		  uint64_t *ret_pgno, uint32_t *ret_got)
{
	struct rs_extent got;
	int err = rs_alloc_settle(a);

	assert(want->min > 0 && want->min <= want->want);
	if (err)
		return err;
	lock_take(&a->lock);
	err = find_locked(a, want, &got);
	lock_drop(&a->lock);
	if (err == -ENOSPC && !want->stay)
		atomic_store(&a->tight, true);
	if (err)
		return err;
	*ret_pgno = got.pgno;
	*ret_got = got.npages;
	return 0;
}

static int take_exact_locked(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
	REQUIRES(a->lock)
{
	struct rs_group *g;
	uint32_t from;
	int err = 0;

	if (!ck_range(pgno, npages, a->env.pages_max))
		return -EUCLEAN;
	while (!err && pgno + npages > atomic_load(&a->file_pages))
		err = grow_locked(a);
	if (!err && !rs_is_payload(pgno, npages, atomic_load(&a->file_pages)))
		err = -EUCLEAN;
	if (!err)
		err = rs_alloc_group_locked(a, rs_group_of(pgno), &g);
	if (err)
		return err;
	from = rs_page_in_group(pgno);
	if (rs_bits_count(&g->busy, from, from + npages))
		return -EUCLEAN;
	err = back_slots_locked(a, g);
	if (!err)
		rs_alloc_take_locked(a, g, from, from + npages);
	return err;
}

int rs_alloc_take_exact(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
{
	int err = rs_alloc_settle_bare(a);

	if (err)
		return err;
	lock_take(&a->lock);
	err = take_exact_locked(a, pgno, npages);
	lock_drop(&a->lock);
	return err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* spare.c - pages that a commit can count on when the host is full.
 *
 * Nobody else gets them, and they have blocks. What was found at opening is
 * made durable before they are taken: a page that an older commit needs must
 * not be among them.
 */
#include "regionstore/alloc.h"

#define SPARE_CRUMBS 256u /* taken in one go */

uint32_t rs_alloc_take_spare(struct rs_alloc *a, uint32_t want,
			     uint64_t *ret_pgno)
{
	struct rs_extent *last;
	uint32_t got = 0;

	lock_take(&a->lock);
	if (a->spare.n) {
		last = &a->spare.v[a->spare.n - 1];
		got = last->npages < want ? last->npages : want;
		last->npages -= got;
		*ret_pgno = last->pgno + last->npages;
		a->spare_pages -= got;
		a->spare.n -= last->npages == 0;
	}
	lock_drop(&a->lock);
	return got;
}

/* min pages in a row or more, with blocks, to the spare. */
static int add_spare(struct rs_alloc *a, uint32_t min)
{
	struct rs_want want = { .zone = RS_ZONE_META,
				.min = min,
				.want = RS_SPARE_PAGES - a->spare_pages,
				.stay = true,
				.commit = true };
	struct rs_extent x = { 0 };
	int err = rs_alloc_take(a, &want, &x.pgno, &x.npages);

	if (err)
		return err;
	err = rs_alloc_back(a, x.pgno, x.npages);
	lock_take(&a->lock);
	if (!err)
		err = rs_extents_add(&a->spare, &x);
	if (err)
		rs_alloc_give_locked(a, x.pgno, x.npages);
	else
		a->spare_pages += x.npages;
	a->spare_written = false;
	lock_drop(&a->lock);
	return err;
}

/* In one piece if there is one. On a full host also crumbs, before anybody
 * else gets them. */
static void fill_locked(struct rs_alloc *a) REQUIRES(a->spare_lock)
{
	bool full;

	if (a->spare_pages == RS_SPARE_PAGES ||
	    add_spare(a, RS_SPARE_PAGES - a->spare_pages) == 0)
		return;
	lock_take(&a->lock);
	full = a->host_full;
	lock_drop(&a->lock);
	for (unsigned i = 0; full && i < SPARE_CRUMBS; i++)
		if (a->spare_pages == RS_SPARE_PAGES || add_spare(a, 1))
			break;
}

void rs_alloc_fill_spare(struct rs_alloc *a)
{
	if (atomic_load(&a->unsettled))
		return;
	lock_take(&a->spare_lock);
	fill_locked(a);
	lock_drop(&a->spare_lock);
}

/* It stays unsettled when it fails, and the store is in its ERROR state. */
static int settle_locked(struct rs_alloc *a, bool fill) REQUIRES(a->spare_lock)
{
	int err;

	if (!atomic_load(&a->unsettled))
		return 0;
	err = a->env.settle(a->env.arg);
	if (err)
		return err;
	atomic_store(&a->unsettled, false);
	if (fill)
		fill_locked(a);
	return 0;
}

static int settle(struct rs_alloc *a, bool fill)
{
	int err;

	if (!atomic_load(&a->unsettled))
		return 0;
	lock_take(&a->spare_lock);
	err = settle_locked(a, fill);
	lock_drop(&a->spare_lock);
	return err;
}

int rs_alloc_settle(struct rs_alloc *a)
{
	return settle(a, true);
}

int rs_alloc_settle_bare(struct rs_alloc *a)
{
	return settle(a, false);
}

int rs_alloc_write_spare(struct rs_alloc *a)
{
	int err = 0;

	for (size_t i = 0; !err && !a->spare_written && i < a->spare.n; i++)
		err = rs_write_zeros(a->env.io, a->spare.v[i].pgno,
				     a->spare.v[i].npages);
	a->spare_written |= err == 0;
	return err;
}

void rs_alloc_drop_spare(struct rs_alloc *a)
{
	lock_take(&a->lock);
	for (size_t i = 0; i < a->spare.n; i++)
		rs_alloc_give_locked(a, a->spare.v[i].pgno,
				     a->spare.v[i].npages);
	a->spare.n = 0;
	a->spare_pages = 0;
	lock_drop(&a->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* backing.c - which pages the host has blocks for.
 *
 * The file is sparse. A page that was written has blocks; a free page keeps
 * them, and writing it again is cheap and cannot fail for lack of space. Free
 * pages with blocks beyond the warm pool are punched, so that what is removed
 * comes back to the host. Punching costs 120 us and more a call, hence only
 * runs of RS_PUNCH_MIN pages and more.
 *
 * What a former process left free is not known to have blocks. It is taken as
 * having none, which costs an extra call at most, until probe.c has asked.
 */
#include "regionstore/alloc.h"

#include <assert.h>

#define SPARE_CRUMBS 256u /* taken in one go */

static void mark_backed_locked(struct rs_alloc *a, uint64_t pgno,
			       uint32_t npages) REQUIRES(a->lock)
{
	struct rs_group *g = a->groups[rs_group_of(pgno)];
	uint32_t from = rs_page_in_group(pgno);

	assert(g && rs_bits_count(&g->busy, from, from + npages) == npages);
	if (rs_bits_count(&g->backed, from, from + npages) < npages)
		a->host_full = false;
	rs_bits_set(&g->backed, from, from + npages);
}

void rs_alloc_set_backed(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
{
	lock_take(&a->lock);
	mark_backed_locked(a, pgno, npages);
	lock_drop(&a->lock);
}

/* How many pages from pgno on shall get blocks: those asked for, and free ones
 * behind them, which become busy meanwhile. 0 when the former have theirs. */
static uint32_t take_ahead_locked(struct rs_alloc *a, uint64_t pgno,
				  uint32_t npages) REQUIRES(a->lock)
{
	struct rs_group *g = a->groups[rs_group_of(pgno)];
	uint32_t from = rs_page_in_group(pgno);
	uint32_t to = from + RS_BACK_AHEAD;
	uint32_t end = from + npages;

	if (rs_bits_count(&g->backed, from, end) == npages)
		return 0;
	if (to > g->open)
		to = g->open;
	if (to > end)
		to = rs_bits_next_set(&g->busy, end, to);
	if (to <= end)
		return npages;
	rs_alloc_take_locked(a, g, end, to);
	return to - from;
}

static const uint8_t zeros[16 * RS_PAGE_SIZE];

/* Blocks that were allocated and never written are no promise everywhere: on a
 * full ext4 the first write to one may want a block for the list of extents.
 * One that was written is. */
static int write_zeros(struct rs_io *io, uint64_t pgno, uint32_t npages)
{
	const uint32_t most = sizeof(zeros) / RS_PAGE_SIZE;
	int err = 0;

	for (uint32_t i = 0; !err && i < npages; i += most) {
		uint32_t n = npages - i < most ? npages - i : most;

		err = io->ops->write(io, rs_bytes(pgno + i), zeros,
				     (size_t)rs_bytes(n));
	}
	return err;
}

/* On a full host: what cannot be written has no blocks, whatever we thought. */
static int back_by_writing(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
{
	int err = write_zeros(a->env.io, pgno, npages);
	uint32_t from = rs_page_in_group(pgno);

	lock_take(&a->lock);
	if (!err)
		mark_backed_locked(a, pgno, npages);
	else
		rs_bits_clear(&a->groups[rs_group_of(pgno)]->backed, from,
			      from + npages);
	lock_drop(&a->lock);
	return err;
}

static int back_by_allocating(struct rs_alloc *a, uint64_t pgno,
			      uint32_t npages)
{
	uint32_t n;
	int err;

	lock_take(&a->lock);
	n = take_ahead_locked(a, pgno, npages);
	lock_drop(&a->lock);
	if (n == 0)
		return 0;
	err = a->env.io->ops->allocate(a->env.io, rs_bytes(pgno), rs_bytes(n));
	lock_take(&a->lock);
	if (!err)
		mark_backed_locked(a, pgno, n);
	if (n > npages)
		rs_alloc_give_locked(a, pgno + npages, n - npages);
	lock_drop(&a->lock);
	return err;
}

int rs_alloc_back(struct rs_alloc *a, uint64_t pgno, uint32_t npages)
{
	bool full;
	int err;

	lock_take(&a->lock);
	full = a->host_full;
	lock_drop(&a->lock);
	err = full ? back_by_writing(a, pgno, npages)
		   : back_by_allocating(a, pgno, npages);
	if (err == -ENOSPC || err == -EDQUOT)
		rs_alloc_note_full(a);
	return err;
}

void rs_alloc_note_full(struct rs_alloc *a)
{
	atomic_store(&a->tight, true);
	lock_take(&a->lock);
	a->host_full = true;
	lock_drop(&a->lock);
}

/* --- the spare ----------------------------------------------------------- */

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
		err = write_zeros(a->env.io, a->spare.v[i].pgno,
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

/* --- punching ------------------------------------------------------------ */

/* In the free run [from, to): min pages or more with blocks. */
static bool find_backed(const struct rs_group *g, uint32_t from, uint32_t to,
			uint32_t min, uint32_t *ret_from, uint32_t *ret_to)
{
	while (from < to) {
		uint32_t end;

		from = rs_bits_next_set(&g->backed, from, to);
		end = rs_bits_next_clear(&g->backed, from, to);
		if (end - from >= min) {
			*ret_from = from;
			*ret_to = end;
			return true;
		}
		from = end;
	}
	return false;
}

bool rs_group_find_backed(const struct rs_group *g, uint32_t end, uint32_t min,
			  uint32_t *ret_from, uint32_t *ret_to)
{
	uint32_t from = RS_GROUP_SLOTS;
	uint32_t to;

	for (; rs_bits_find_clear(&g->busy, from, end, end, min, &from, &to);
	     from = to)
		if (find_backed(g, from, to, min, ret_from, ret_to))
			return true;
	return false;
}

/* Make such a run busy, so that nobody takes it while it is punched. */
static struct rs_group *take_warm_locked(struct rs_alloc *a, uint64_t pool,
					 uint32_t *ret_from, uint32_t *ret_to)
	REQUIRES(a->lock)
{
	if (a->warm_pages <= pool)
		return NULL;
	for (uint32_t i = a->n_groups; i-- > 0;) {
		struct rs_group *g = a->groups[i];

		if (!g || !rs_group_find_backed(g, g->limit, RS_PUNCH_MIN,
						ret_from, ret_to))
			continue;
		a->warm_pages -= *ret_to - *ret_from;
		rs_bits_set(&g->busy, *ret_from, *ret_to);
		return g;
	}
	return NULL;
}

bool rs_alloc_has_surplus(struct rs_alloc *a)
{
	bool more;

	lock_take(&a->lock);
	more = a->warm_pages > a->warm_pool;
	lock_drop(&a->lock);
	return more;
}

static bool punch_beyond(struct rs_alloc *a, uint64_t pool)
{
	struct rs_group *g;
	uint32_t from, to;
	int err;

	if (rs_alloc_settle(a))
		return false;
	lock_take(&a->lock);
	g = take_warm_locked(a, pool, &from, &to);
	lock_drop(&a->lock);
	if (!g)
		return false;
	err = a->env.io->ops->punch(a->env.io,
				    rs_bytes(rs_group_page(g->number, from)),
				    rs_bytes(to - from));
	lock_take(&a->lock);
	/* A host that cannot punch keeps its blocks; not tried again. */
	rs_bits_clear(&g->backed, from, to);
	rs_group_give(g, from, to);
	if (!err)
		a->host_full = false;
	lock_drop(&a->lock);
	return err == 0;
}

bool rs_alloc_punch_one(struct rs_alloc *a)
{
	return punch_beyond(a, a->warm_pool);
}

bool rs_alloc_punch_any(struct rs_alloc *a)
{
	return punch_beyond(a, 0);
}

bool rs_alloc_punch_rest(struct rs_alloc *a)
{
	return punch_beyond(a, a->warm_pool < RS_WARM_REST ? a->warm_pool
							   : RS_WARM_REST);
}

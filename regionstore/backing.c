/* SPDX-License-Identifier: Apache-2.0 */
/* backing.c - which pages the host has blocks for.
 *
 * The file is sparse. A page that was written has blocks; a free page keeps
 * them, and writing it again is cheap and cannot fail for lack of space.
 *
 * What a former process left free is not known to have blocks. It is taken as
 * having none, which costs an extra call at most, until probe.c has asked.
 */
#include "regionstore/alloc.h"

#include <assert.h>

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
int rs_write_zeros(struct rs_io *io, uint64_t pgno, uint32_t npages)
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
	int err = rs_write_zeros(a->env.io, pgno, npages);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* quarantine.c - pages on their way back: what may be freed, and when what was
 * freed may be used again (I1).
 */
#include "regionstore/alloc.h"
#include "regionstore/broken.h"

#include <assert.h>

static void give_run_locked(struct rs_alloc *a, struct rs_group *g,
			    uint32_t from, uint32_t to) REQUIRES(a->lock)
{
	rs_group_give(g, from, to);
	a->warm_pages += rs_bits_count(&g->backed, from, to);
}

static void give_trusted_locked(struct rs_alloc *a, struct rs_group *g,
				uint32_t from, uint32_t to) REQUIRES(a->lock)
{
	for (uint32_t end; from < to; from = end) {
		from = rs_bits_next_clear(g->suspect, from, to);
		end = rs_bits_next_set(g->suspect, from, to);
		if (from < end)
			give_run_locked(a, g, from, end);
	}
}

/* Pages that a fault of the host replaced in the mapping stay out of use, and
 * so do those that are suspect. */
void rs_alloc_give_locked(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
{
	uint32_t from = rs_page_in_group(pgno);
	uint32_t to = from + (uint32_t)npages;
	struct rs_group *g = a->groups[rs_group_of(pgno)];

	assert(g && to <= g->limit);
	if (a->env.is_bad(a->env.arg, pgno, npages))
		return;
	if (g->suspect)
		give_trusted_locked(a, g, from, to);
	else
		give_run_locked(a, g, from, to);
}

void rs_alloc_give(struct rs_alloc *a, uint64_t pgno, uint64_t npages)
{
	lock_take(&a->lock);
	rs_alloc_give_locked(a, pgno, npages);
	lock_drop(&a->lock);
}

static int holds_locked(struct rs_alloc *a, uint64_t pgno, uint32_t npages,
			bool fresh) REQUIRES(a->lock)
{
	uint32_t from = rs_page_in_group(pgno), to = from + npages;
	struct rs_group *g;
	int err;

	if (!rs_is_payload(pgno, npages, atomic_load(&a->file_pages)))
		return -EUCLEAN;
	err = rs_alloc_group_locked(a, rs_group_of(pgno), &g);
	if (err)
		return err;
	if (rs_bits_count(&g->busy, from, to) < npages ||
	    (fresh && rs_bits_count(&g->disk, from, to) > 0))
		return -EUCLEAN;
	return 0;
}

int rs_alloc_holds(struct rs_alloc *a, uint64_t pgno, uint32_t npages,
		   bool fresh)
{
	int err;

	lock_take(&a->lock);
	err = holds_locked(a, pgno, npages, fresh);
	lock_drop(&a->lock);
	return err;
}

static bool leaves_locked(struct rs_alloc *a, struct rs_pins *pins,
			  const struct rs_extent *x, uint64_t durable)
	REQUIRES(a->lock)
{
	int parked;

	if (x->commit >= durable && !RS_BROKEN(RS_BREAK_QUARANTINE))
		return false;
	parked = rs_pins_park(pins, x);
	if (parked == 0 && x->commit > 0)
		rs_alloc_trust_locked(a, x->pgno, x->npages);
	if (parked == 0)
		rs_alloc_give_locked(a, x->pgno, x->npages);
	return parked >= 0;
}

void rs_alloc_reclaim(struct rs_alloc *a, struct rs_pins *pins,
		      uint64_t durable)
{
	struct rs_extents *q = &a->quarantine;
	size_t kept = 0;

	lock_take(&a->lock);
	/* Without memory they are collected next time. */
	(void)!rs_pins_collect(pins, q);
	for (size_t i = 0; i < q->n; i++)
		if (!leaves_locked(a, pins, &q->v[i], durable))
			q->v[kept++] = q->v[i];
	q->n = kept;
	lock_drop(&a->lock);
}

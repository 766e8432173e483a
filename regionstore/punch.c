/* SPDX-License-Identifier: Apache-2.0 */
/* punch.c - blocks of free pages go back to the host.
 *
 * A punch costs 120 us and more a call, so there are none but for runs of
 * RS_PUNCH_MIN pages and more, and the warm pool keeps its blocks: to write
 * there is cheaper than into a hole.
 */
#include "regionstore/alloc.h"

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

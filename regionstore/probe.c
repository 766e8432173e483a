/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - which free pages has the host still blocks for?
 *
 * A process knows what it wrote itself. What an earlier one left free may have
 * blocks or not; nothing in the store says, for it changes without a commit.
 * So some time after opening each group is looked at once, in the background:
 * runs that are worth a punch are kept from the allocator, the host is asked,
 * and they are free again, known to be warm or not.
 */
#include "regionstore/alloc.h"

/* A free run at or after *from; busy until end_probe_locked(). It still counts
 * as warm as far as it is known to be: nobody can take it meanwhile. */
static bool begin_probe_locked(struct rs_group *g, uint32_t *from, uint32_t *to)
{
	if (!rs_bits_find_clear(&g->busy, *from, g->limit, g->limit,
				RS_PUNCH_MIN, from, to))
		return false;
	/* Not rs_group_take(): that nothing was ever here stays true. */
	rs_bits_set(&g->busy, *from, *to);
	return true;
}

/* Which pages of [from, to) the host has blocks for. */
static void ask(struct rs_io *io, const struct rs_group *g, uint32_t from,
		uint32_t to, struct rs_bits *ret_backed)
{
	uint64_t first = rs_bytes(rs_group_page(g->number, 0));
	uint64_t end = first + rs_bytes(to);
	uint64_t at = first + rs_bytes(from), len;

	*ret_backed = (struct rs_bits){ 0 };
	while (at < end && !io->ops->probe(io, at, end - at, &at, &len)) {
		uint64_t last = at - first + len + RS_PAGE_SIZE - 1;

		rs_bits_set(ret_backed,
			    (uint32_t)((at - first) >> RS_PAGE_SHIFT),
			    (uint32_t)(last >> RS_PAGE_SHIFT));
		at += len;
	}
}

static void end_probe_locked(struct rs_alloc *a, struct rs_group *g,
			     uint32_t from, uint32_t to,
			     const struct rs_bits *backed) REQUIRES(a->lock)
{
	uint32_t end;

	a->warm_pages -= rs_bits_count(&g->backed, from, to);
	for (uint32_t at = from; at < to; at = end) {
		uint32_t set = rs_bits_next_set(backed, at, to);

		end = rs_bits_next_clear(backed, set, to);
		rs_bits_set(&g->backed, set, end);
	}
	rs_group_give(g, from, to);
	a->warm_pages += rs_bits_count(&g->backed, from, to);
}

static void probe_group(struct rs_alloc *a, struct rs_group *g)
{
	uint32_t from = RS_GROUP_SLOTS, to;
	struct rs_bits backed;
	bool more;

	lock_take(&a->lock);
	more = begin_probe_locked(g, &from, &to);
	while (more) {
		lock_drop(&a->lock);
		ask(a->env.io, g, from, to, &backed);
		lock_take(&a->lock);
		end_probe_locked(a, g, from, to, &backed);
		from = to;
		more = begin_probe_locked(g, &from, &to);
	}
	lock_drop(&a->lock);
}

bool rs_alloc_probe(struct rs_alloc *a, uint32_t number)
{
	struct rs_group *g = NULL;
	bool there;

	lock_take(&a->lock);
	there = number < rs_group_count(atomic_load(&a->file_pages));
	/* A full group need not be loaded for this. */
	if (there && rs_alloc_promises_locked(a, number, RS_PUNCH_MIN))
		(void)!rs_alloc_group_locked(a, number, &g);
	lock_drop(&a->lock);
	if (g)
		probe_group(a, g);
	return there;
}

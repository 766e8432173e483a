/* SPDX-License-Identifier: Apache-2.0 */
/* alloc_groups.c - the groups of a file, loaded when they are needed. */
#include "regionstore/alloc.h"

#include <stdlib.h>

#define UNKNOWN UINT32_MAX

void rs_alloc_init(struct rs_alloc *a, const struct rs_alloc_env *env)
{
	*a = (struct rs_alloc){ .env = *env,
				.warm_pool = RS_WARM_POOL,
				.fence = RS_NO_FENCE };
	atomic_init(&a->file_pages, 0);
	lock_init(&a->spare_lock, LOCK_SPARE);
	lock_init(&a->lock, LOCK_ALLOC);
	for (unsigned z = 0; z < RS_ZONES; z++)
		a->cursor[z] = rs_group_page(0, rs_zone_from(z));
}

void rs_alloc_finish(struct rs_alloc *a)
{
	for (uint32_t i = 0; i < a->n_groups; i++)
		rs_group_free(a->groups[i]);
	free(a->groups);
	free(a->longest);
	rs_extents_finish(&a->quarantine);
	rs_extents_finish(&a->spare);
	lock_finish(&a->lock);
	lock_finish(&a->spare_lock);
}

/* Of the pages below end, how many are of that group? */
static uint32_t part_of(uint32_t number, uint64_t end)
{
	uint64_t first = rs_group_page(number, 0);

	if (end <= first)
		return 0;
	return end - first < RS_GROUP_PAGES ? (uint32_t)(end - first)
					    : RS_GROUP_PAGES;
}

static void set_limit_locked(struct rs_alloc *a, struct rs_group *g)
	REQUIRES(a->lock)
{
	uint64_t pages = atomic_load(&a->file_pages);

	rs_group_set_limit(
		g, part_of(g->number, pages),
		part_of(g->number, pages < a->fence ? pages : a->fence));
}

/* Room in the tables for every group of the file. */
static int fit_tables_locked(struct rs_alloc *a) REQUIRES(a->lock)
{
	uint32_t n = rs_group_count(atomic_load(&a->file_pages));
	struct rs_group **groups;
	uint32_t *longest;

	if (n <= a->n_groups)
		return 0;
	groups = realloc(a->groups, n * sizeof(*groups));
	if (groups)
		a->groups = groups;
	longest = realloc(a->longest, n * sizeof(*longest));
	if (longest)
		a->longest = longest;
	if (!groups || !longest)
		return -ENOMEM;
	for (uint32_t i = a->n_groups; i < n; i++) {
		groups[i] = NULL;
		longest[i] = UNKNOWN;
	}
	a->n_groups = n;
	return 0;
}

bool rs_alloc_promises_locked(struct rs_alloc *a, uint32_t number, uint32_t min)
{
	struct rs_group_rec rec;
	const uint8_t *page;

	if (fit_tables_locked(a) || a->groups[number])
		return true;
	if (a->longest[number] == UNKNOWN) {
		if (a->env.load(a->env.arg, number, &rec, &page))
			return true;
		a->longest[number] = rec.largest_run;
	}
	return a->longest[number] >= min;
}

static int load_locked(struct rs_alloc *a, struct rs_group *g) REQUIRES(a->lock)
{
	const uint8_t *page = NULL;
	struct rs_group_rec rec;
	int err = a->env.load(a->env.arg, g->number, &rec, &page);

	if (err == -ENOENT)
		return 0;
	return err ? err : rs_group_load(g, &rec, page);
}

int rs_alloc_group_locked(struct rs_alloc *a, uint32_t number,
			  struct rs_group **ret_group)
{
	struct rs_group *g;
	int err = fit_tables_locked(a);

	if (err)
		return err;
	if (number >= a->n_groups)
		return -EUCLEAN;
	if (!a->groups[number]) {
		g = rs_group_new(number, 0);
		if (!g)
			return -ENOMEM;
		set_limit_locked(a, g);
		err = load_locked(a, g);
		if (err) {
			rs_group_free(g);
			return err;
		}
		a->groups[number] = g;
	}
	*ret_group = a->groups[number];
	return 0;
}

int rs_alloc_group(struct rs_alloc *a, uint32_t number,
		   struct rs_group **ret_group)
{
	int err;

	lock_take(&a->lock);
	err = rs_alloc_group_locked(a, number, ret_group);
	lock_drop(&a->lock);
	return err;
}

static void set_limits_locked(struct rs_alloc *a) REQUIRES(a->lock)
{
	for (uint32_t i = 0; i < a->n_groups; i++)
		if (a->groups[i])
			set_limit_locked(a, a->groups[i]);
}

/* What is behind the end has no blocks, nor will it have any when the file is
 * that long again. Groups stay, for others know them. */
static void cut_off_locked(struct rs_alloc *a, uint64_t pages) REQUIRES(a->lock)
{
	for (uint32_t i = 0; i < a->n_groups; i++) {
		uint32_t keep = part_of(i, pages);
		struct rs_group *g = a->groups[i];

		if (!g && keep == 0)
			a->longest[i] = UNKNOWN;
		if (!g || keep >= g->limit)
			continue;
		a->warm_pages -= rs_bits_count(&g->backed, keep, g->limit) -
				 rs_bits_count_both(&g->backed, &g->busy, keep,
						    g->limit);
		rs_bits_clear(&g->backed, keep, g->limit);
		if (keep == 0)
			g->recorded = false;
	}
}

void rs_alloc_resized_locked(struct rs_alloc *a, uint64_t pages)
{
	cut_off_locked(a, pages);
	atomic_store(&a->file_pages, pages);
	set_limits_locked(a);
}

void rs_alloc_set_fence_locked(struct rs_alloc *a, uint64_t pgno)
{
	a->fence = pgno;
	set_limits_locked(a);
}

void rs_alloc_set_fence(struct rs_alloc *a, uint64_t pgno)
{
	lock_take(&a->lock);
	rs_alloc_set_fence_locked(a, pgno);
	lock_drop(&a->lock);
}

uint64_t rs_alloc_fence(struct rs_alloc *a)
{
	uint64_t fence;

	lock_take(&a->lock);
	fence = a->fence;
	lock_drop(&a->lock);
	return fence;
}

static uint32_t last_busy(const struct rs_group *g)
{
	uint32_t end = g->limit;

	while (end > RS_GROUP_SLOTS &&
	       rs_bits_next_set(&g->busy, end - 1, end) == end)
		end--;
	return end;
}

int rs_alloc_end_locked(struct rs_alloc *a, uint64_t *ret_end)
{
	uint32_t i = rs_group_count(atomic_load(&a->file_pages));

	while (i-- > 0) {
		struct rs_group *g;
		int err = rs_alloc_group_locked(a, i, &g);

		if (err)
			return err;
		if (last_busy(g) > RS_GROUP_SLOTS || i == 0) {
			*ret_end = rs_group_page(i, last_busy(g));
			return 0;
		}
	}
	return -EUCLEAN;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* alloc_groups.c - the groups of a file, loaded when they are needed. */
#include "regionstore/alloc.h"

#include <stdlib.h>

#define UNKNOWN UINT32_MAX

void rs_alloc_init(struct rs_alloc *a, const struct rs_alloc_env *env)
{
	*a = (struct rs_alloc){ .env = *env, .warm_pool = RS_WARM_POOL };
	atomic_init(&a->file_pages, 0);
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
	lock_finish(&a->lock);
}

static uint32_t limit_of(const struct rs_alloc *a, uint32_t number)
{
	uint64_t pages = atomic_load(&a->file_pages) - rs_group_page(number, 0);

	return pages < RS_GROUP_PAGES ? (uint32_t)pages : RS_GROUP_PAGES;
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
	struct rs_disk_group rec;
	const uint8_t *page;

	if (fit_tables_locked(a) || a->groups[number])
		return true;
	if (a->longest[number] == UNKNOWN) {
		if (a->env.load(a->env.arg, number, &rec, &page))
			return true;
		a->longest[number] = le32_get(rec.largest_run);
	}
	return a->longest[number] >= min;
}

static int load_locked(struct rs_alloc *a, struct rs_group *g) REQUIRES(a->lock)
{
	const uint8_t *page = NULL;
	struct rs_disk_group rec;
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
		g = rs_group_new(number, limit_of(a, number));
		if (!g)
			return -ENOMEM;
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

void rs_alloc_grown_locked(struct rs_alloc *a, uint64_t pages)
{
	uint32_t last = rs_group_count(atomic_load(&a->file_pages)) - 1;

	atomic_store(&a->file_pages, pages);
	if (last < a->n_groups && a->groups[last])
		rs_group_set_limit(a->groups[last], limit_of(a, last));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* group.c - the sets of one group, and its bitmap on disk. */
#include "regionstore/group.h"

#include "regionstore/base/hash.h"
#include "regionstore/broken.h"

#include <assert.h>
#include <stdlib.h>

struct rs_group *rs_group_new(uint32_t number, uint32_t limit)
{
	struct rs_group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->number = number;
	g->limit = g->open = limit;
	g->rec.slot = 1; /* so it begins with the other one */
	rs_bits_set(&g->disk, 0, RS_GROUP_SLOTS);
	rs_bits_set(&g->busy, 0, RS_GROUP_SLOTS);
	for (unsigned z = 0; z < RS_ZONES; z++) {
		g->frontier[z] = rs_zone_from(z);
		g->warm_most[z] = g->run_most[z] = RS_GROUP_PAGES;
	}
	return g;
}

void rs_group_free(struct rs_group *g)
{
	if (!g)
		return;
	free(g->next);
	free(g->suspect);
	free(g);
}

/* One above the last page of a zone that is busy. */
static uint32_t find_frontier(const struct rs_group *g, enum rs_zone zone)
{
	uint32_t frontier = rs_zone_from(zone);
	uint32_t to = rs_zone_to(zone, RS_GROUP_PAGES);
	uint32_t at = rs_bits_next_set(&g->busy, frontier, to);

	while (at < to) {
		frontier = rs_bits_next_clear(&g->busy, at, to);
		at = rs_bits_next_set(&g->busy, frontier, to);
	}
	return frontier;
}

static int check_bitmap(const struct rs_group *g,
			const struct rs_disk_bitmap *bm)
{
	if (le64_get(bm->group) != g->number)
		return -EUCLEAN;
	if (rs_bits_count(&g->disk, 0, RS_GROUP_SLOTS) != RS_GROUP_SLOTS ||
	    rs_bits_count(&g->disk, g->limit, RS_GROUP_PAGES) != 0)
		return -EUCLEAN;
	return 0;
}

int rs_group_load(struct rs_group *g, const struct rs_group_rec *rec,
		  const uint8_t page[RS_PAGE_SIZE])
{
	uint64_t pgno = rs_group_slot_page(g->number, rec->slot);
	struct rs_disk_bitmap bm;

	if (hash64(page, RS_PAGE_SIZE, pgno) != rec->csum &&
	    !RS_BROKEN(RS_BREAK_BITMAP))
		return -EBADMSG;
	memcpy(&bm, page, sizeof(bm));
	rs_bits_load(&g->disk, bm.bits);
	rs_group_rec_flip(rec, &g->disk);
	if (check_bitmap(g, &bm))
		return -EUCLEAN;
	g->rec = *rec;
	g->recorded = true;
	g->busy = g->disk;
	g->backed = g->disk;
	for (unsigned z = 0; z < RS_ZONES; z++)
		g->frontier[z] = find_frontier(g, z);
	return 0;
}

/* The flips from the slot's page, which is what disk was flipped from. */
static bool diff(const struct rs_group *g, struct rs_group_rec *rec)
{
	struct rs_bits slot = g->disk;

	if (!g->recorded)
		return false;
	rs_group_rec_flip(&g->rec, &slot);
	return rs_group_rec_diff(rec, &slot, g->next);
}

unsigned rs_group_flips(const struct rs_group *g)
{
	struct rs_group_rec rec;

	assert(g->next);
	return diff(g, &rec) ? rec.n_flips : RS_FLIPS_MAX + 1;
}

static void encode_page(const struct rs_group *g, uint64_t txid,
			uint8_t page[RS_PAGE_SIZE], struct rs_group_rec *rec)
{
	struct rs_disk_bitmap bm = {
		.group = le64_put(g->number),
		.txid = le64_put(txid),
	};

	rs_bits_store(g->next, bm.bits);
	memcpy(page, &bm, sizeof(bm));
	rec->slot = (uint8_t)(1 - g->rec.slot);
	rec->txid = txid;
	rec->csum = hash64(page, RS_PAGE_SIZE,
			   rs_group_slot_page(g->number, rec->slot));
	rec->n_flips = 0;
}

bool rs_group_encode(const struct rs_group *g, uint64_t txid, unsigned room,
		     uint8_t page[RS_PAGE_SIZE], struct rs_group_rec *ret_rec)
{
	struct rs_group_rec rec = { .slot = g->rec.slot,
				    .txid = g->rec.txid,
				    .csum = g->rec.csum };
	bool fits = diff(g, &rec) && rec.n_flips <= room;

	assert(g->next);
	if (!fits)
		encode_page(g, txid, page, &rec);
	rec.free = RS_GROUP_PAGES - rs_bits_count(g->next, 0, RS_GROUP_PAGES);
	rec.largest_run = rs_bits_longest_clear(g->next, 0, RS_GROUP_PAGES);
	*ret_rec = rec;
	return !fits;
}

void rs_group_take(struct rs_group *g, uint32_t from, uint32_t to)
{
	assert(to <= g->limit);
	assert(rs_bits_count(&g->busy, from, to) == 0);
	rs_bits_set(&g->busy, from, to);
	for (unsigned z = 0; z < RS_ZONES; z++) {
		uint32_t end = rs_zone_to(z, RS_GROUP_PAGES);
		uint32_t last = to < end ? to : end;

		if (last > g->frontier[z] && from < end)
			g->frontier[z] = last;
	}
}

void rs_group_give(struct rs_group *g, uint32_t from, uint32_t to)
{
	assert(rs_bits_count(&g->busy, from, to) == to - from);
	rs_bits_clear(&g->busy, from, to);
	for (unsigned z = 0; z < RS_ZONES; z++)
		g->warm_most[z] = g->run_most[z] = RS_GROUP_PAGES;
}

void rs_group_set_limit(struct rs_group *g, uint32_t limit, uint32_t open)
{
	g->limit = limit;
	g->open = open;
	for (unsigned z = 0; z < RS_ZONES; z++)
		g->warm_most[z] = g->run_most[z] = RS_GROUP_PAGES;
}

static bool find_warm(struct rs_group *g, enum rs_zone zone, uint32_t cursor,
		      uint32_t min, uint32_t *ret_start, uint32_t *ret_end)
{
	uint32_t from = rs_zone_from(zone);
	uint32_t to = rs_zone_to(zone, g->open);
	uint32_t warm = g->frontier[zone] < to ? g->frontier[zone] : to;

	if (g->warm_most[zone] < min)
		return false;
	if (cursor < from || cursor > warm)
		cursor = from;
	if (rs_bits_find_clear(&g->busy, cursor, warm, to, min, ret_start,
			       ret_end) ||
	    rs_bits_find_clear(&g->busy, from, cursor, to, min, ret_start,
			       ret_end))
		return true;
	g->warm_most[zone] = min - 1;
	return false;
}

bool rs_group_find(struct rs_group *g, enum rs_zone zone, bool cold,
		   uint32_t cursor, uint32_t min, uint32_t *ret_start,
		   uint32_t *ret_end)
{
	uint32_t to = rs_zone_to(zone, g->open);

	if (g->run_most[zone] < min || rs_zone_from(zone) >= to)
		return false;
	if (find_warm(g, zone, cursor, min, ret_start, ret_end))
		return true;
	if (!cold)
		return false;
	if (g->frontier[zone] < to &&
	    rs_bits_find_clear(&g->busy, g->frontier[zone], to, to, min,
			       ret_start, ret_end))
		return true;
	g->run_most[zone] = min - 1;
	return false;
}

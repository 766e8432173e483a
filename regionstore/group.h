/* SPDX-License-Identifier: Apache-2.0 */
/* group.h - one allocation group in memory. PRIVATE.
 *
 * A group keeps three sets of its pages:
 *
 *   disk    marked in the bitmap of the last durable commit
 *   busy    not allocatable: on disk, reserved, in quarantine, spare
 *   backed  the host has blocks for them, as far as we know: writing them
 *           cannot fail for lack of space, and needs no new blocks
 *
 * and, during a commit that changes it, NEXT: what disk will be.
 *
 * On disk the bitmap has two slots, A and B. The record of the group in the
 * system tree says which one counts, and in which ranges the truth differs from
 * it (group_rec.h); a commit that cannot say it there writes the other slot. So
 * no page needs to be allocated in order to record an allocation.
 *
 * A group is loaded when somebody first needs it. The record alone says
 * whether it is worth loading. A group without a record was never used.
 *
 * Threads: guarded by the lock of alloc.h, except that disk, next, rec,
 * recorded and suspect are changed by the committer alone, who may read them
 * without.
 */
#ifndef RS_GROUP_H
#define RS_GROUP_H

#include "regionstore/bits.h"
#include "regionstore/group_rec.h"
#include "regionstore/layout.h"
#include "regionstore/store.h"

/* The first part of a group is for nodes and small payloads, the rest for
 * data: a small write into a page that the host keeps in a large folio is ten
 * times slower than one among small folios. */
#define RS_ZONE_SPLIT 4032u
#define RS_ZONES      2u

struct rs_group {
	uint32_t number;
	bool recorded;		     /* the system tree has a record, */
	struct rs_group_rec rec;     /* this one */
	uint32_t limit;		     /* pages of it that are in the file */
	uint32_t open;		     /* of these, below the fence (alloc.h) */
	uint32_t frontier[RS_ZONES]; /* above it nothing was ever busy */
	/* No free run is longer than that, below the frontier, and anywhere;
	 * the truth may be less. */
	uint32_t warm_most[RS_ZONES], run_most[RS_ZONES];
	struct rs_bits disk, busy, backed;
	struct rs_bits *next; /* or NULL */
	/* Whose content a write or sync that failed may have lost: nobody gets
	 * them any more (suspect.c). Busy, and not on disk. Or NULL. */
	struct rs_bits *suspect;
};

/* A group that nobody ever used. */
struct rs_group *rs_group_new(uint32_t number, uint32_t limit);
/* From its record and its bitmap page: -EUCLEAN, -EBADMSG. */
int rs_group_load(struct rs_group *g, const struct rs_group_rec *rec,
		  const uint8_t page[RS_PAGE_SIZE]);
void rs_group_free(struct rs_group *g); /* accepts NULL */

/* How many flips make next the truth; more than RS_FLIPS_MAX when they do not
 * fit, or there is no record. */
unsigned rs_group_flips(const struct rs_group *g);
/* The record that makes next the truth, with at most room flips. When they are
 * more, page is to be written to the record's slot, which is the other one, and
 * true is returned. */
bool rs_group_encode(const struct rs_group *g, uint64_t txid, unsigned room,
		     uint8_t page[RS_PAGE_SIZE], struct rs_group_rec *ret_rec);

/* The page in the file of a slot. */
static inline uint64_t rs_group_slot_page(uint32_t number, unsigned slot)
{
	return rs_group_page(number, slot);
}

static inline uint32_t rs_zone_from(enum rs_zone zone)
{
	return zone == RS_ZONE_META ? RS_GROUP_SLOTS : RS_ZONE_SPLIT;
}

static inline uint32_t rs_zone_to(enum rs_zone zone, uint32_t limit)
{
	uint32_t to = zone == RS_ZONE_META ? RS_ZONE_SPLIT : RS_GROUP_PAGES;

	return to < limit ? to : limit;
}

/* Mark [from, to) busy or free, and keep frontier and run_most true. */
void rs_group_take(struct rs_group *g, uint32_t from, uint32_t to);
void rs_group_give(struct rs_group *g, uint32_t from, uint32_t to);
/* The file has another length, or the allocator another fence. */
void rs_group_set_limit(struct rs_group *g, uint32_t limit, uint32_t open);

/* A run of at least min free pages in a zone that starts below the frontier:
 * first behind cursor, then from the start. With cold, if there is none, the
 * one above, where nothing was ever written. */
bool rs_group_find(struct rs_group *g, enum rs_zone zone, bool cold,
		   uint32_t cursor, uint32_t min, uint32_t *ret_start,
		   uint32_t *ret_end);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* damage.c - see damage.h. */
#include "tests/support/damage.h"

#include "regionstore/base/hash.h"
#include "regionstore/layout.h"
#include "regionstore/log_record.h"
#include "regionstore/super.h"

#include <stddef.h>
#include <string.h>

#define EDITS_MAX  16u
#define ROUNDS_MAX 12u /* more than a tree is deep */

static bool is_zero(const uint8_t *page)
{
	return page[0] == 0 && memcmp(page, page + 1, RS_PAGE_SIZE - 1) == 0;
}

static void apply_edits(const struct damage *dm, struct disk *d,
			const uint8_t *data, size_t size)
{
	for (unsigned n = 0; n < EDITS_MAX && size > 5; n++) {
		size_t nth = (size_t)(data[0] | data[1] << 8) % dm->n;
		uint8_t *page = d->mem + rs_bytes(dm->pages[nth]);
		size_t off = (size_t)(data[2] | data[3] << 8) % RS_PAGE_SIZE;
		size_t len = data[4];

		data += 5;
		size -= 5;
		if (len > size)
			len = size;
		if (len > RS_PAGE_SIZE - off)
			len = RS_PAGE_SIZE - off;
		memcpy(page + off, data, len);
		data += len;
		size -= len;
	}
}

/* Put new instead of old wherever it stands. */
static void replace_csum(const struct damage *dm, struct disk *d,
			 uint64_t old_csum, uint64_t new_csum)
{
	struct le64 from = le64_put(old_csum);
	struct le64 to = le64_put(new_csum);

	for (size_t i = 0; i < dm->n; i++) {
		uint8_t *page = d->mem + rs_bytes(dm->pages[i]);
		uint8_t *end = page + RS_PAGE_SIZE;
		uint8_t *at = page;

		while ((at = memmem(at, (size_t)(end - at), &from, 8))) {
			memcpy(at, &to, 8);
			at += 8;
		}
	}
}

static void seal(uint8_t *page, size_t check)
{
	struct hash128 h;
	struct le64 half[2];

	memset(page + check, 0, 16);
	h = hash128(page, RS_PAGE_SIZE, 0);
	half[0] = le64_put(h.lo);
	half[1] = le64_put(h.hi);
	memcpy(page + check, half, 16);
}

/* csum is what stands for each page at present. */
static bool fix_round(const struct damage *dm, struct disk *d,
		      uint64_t csum[DAMAGE_PAGES])
{
	bool changed = false;

	for (size_t i = 0; i < dm->n; i++) {
		uint64_t is = hash64(d->mem + rs_bytes(dm->pages[i]),
				     RS_PAGE_SIZE, dm->pages[i]);

		if (is == csum[i] || dm->pages[i] < RS_GROUP_FIRST)
			continue;
		replace_csum(dm, d, csum[i], is);
		csum[i] = is;
		changed = true;
	}
	return changed;
}

/* Of the superblock with the highest number, whatever else is wrong with it. */
static uint64_t log_seed(const struct disk *d)
{
	uint64_t txid = 0, seed = 0;

	for (uint64_t i = RS_SLOT_SUPER; i <= RS_SLOT_STEADY; i++) {
		struct rs_disk_super su;

		memcpy(&su, d->mem + rs_bytes(i), sizeof(su));
		if (le64_get(su.txid) < txid)
			continue;
		txid = le64_get(su.txid);
		seed = le64_get(su.log_seed);
	}
	return seed;
}

/* Where a head is left that is one: a record with the entries behind it. */
static void seal_record(uint8_t *page, uint64_t room, uint64_t seed)
{
	static uint8_t entries[RS_LOG_RECORD_MAX];
	struct rs_disk_log h;
	uint32_t len;

	memcpy(&h, page, sizeof(h));
	len = le32_get(h.len);
	if (memcmp(h.magic, RS_MAGIC_LOG, sizeof(h.magic)) != 0 || len == 0 ||
	    len > RS_LOG_RECORD_MAX || rs_log_pages(len) > room)
		return;
	memcpy(entries, rs_log_entries(page), len);
	rs_log_seal(&(struct rs_log_head){ .epoch = le64_get(h.epoch),
					   .txid = le64_get(h.txid),
					   .next_id = le64_get(h.next_id),
					   .page = le32_get(h.page),
					   .len = len },
		    entries, seed, page);
}

static void seal_log(const struct damage *dm, struct disk *d)
{
	uint64_t seed = log_seed(d);

	for (size_t i = 0; i < dm->n; i++) {
		uint64_t pgno = dm->pages[i];

		if (pgno >= RS_LOG_FIRST && pgno < RS_GROUP_FIRST)
			seal_record(d->mem + rs_bytes(pgno),
				    RS_GROUP_FIRST - pgno, seed);
	}
}

static void fix_checksums(const struct damage *dm, struct disk *d)
{
	uint64_t csum[DAMAGE_PAGES];

	for (size_t i = 0; i < dm->n; i++)
		csum[i] = hash64(dm->base->mem + rs_bytes(dm->pages[i]),
				 RS_PAGE_SIZE, dm->pages[i]);
	for (unsigned round = 0; round < ROUNDS_MAX && fix_round(dm, d, csum);
	     round++)
		;
	seal_log(dm, d);
	seal(d->mem, offsetof(struct rs_disk_header, check));
	for (uint64_t i = RS_SLOT_SUPER; i <= RS_SLOT_STEADY; i++)
		if (!is_zero(d->mem + rs_bytes(i)))
			seal(d->mem + rs_bytes(i),
			     offsetof(struct rs_disk_super, check));
}

void damage_init(struct damage *dm, struct disk *base)
{
	*dm = (struct damage){ .base = base };
	for (uint64_t i = 0; i < base->size / RS_PAGE_SIZE; i++) {
		if (!base->backed[i])
			continue;
		if (is_zero(base->mem + rs_bytes(i)))
			disk_punch(base, rs_bytes(i), RS_PAGE_SIZE);
		else if (dm->n < DAMAGE_PAGES)
			dm->pages[dm->n++] = i;
	}
}

void damage_apply(const struct damage *dm, struct disk *d, const uint8_t *data,
		  size_t size)
{
	apply_edits(dm, d, data, size);
	fix_checksums(dm, d);
}

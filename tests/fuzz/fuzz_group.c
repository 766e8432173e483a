/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_group.c - the record of a group, and its bitmap.
 *
 * The input is a record without flips, the bitmap's page, and the flips; the
 * checksum of the page is put right, or not, by the first byte. What loads
 * finds only pages that are free and in the file, takes and gives them back,
 * and encodes to what loads as the same.
 */
#include "regionstore/base/hash.h"
#include "regionstore/group.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IS_SEALED 0x1u
#define IS_SHORT  0x2u /* the file ends in the middle of the group */
#define TAKES	  40u

static void must(bool is)
{
	if (!is)
		abort();
}

/* Take runs until there is none of that length. */
static void take_all(struct rs_group *g, uint32_t min)
{
	uint32_t start, end;

	for (unsigned i = 0; i < TAKES; i++) {
		enum rs_zone zone = i % 2 ? RS_ZONE_META : RS_ZONE_DATA;

		if (!rs_group_find(g, zone, true, 0, min, &start, &end))
			continue;
		must(start < end && end <= g->limit && end - start >= min);
		must(rs_bits_count(&g->disk, start, end) == 0);
		rs_group_take(g, start, end);
		if (i % 3 == 0)
			rs_group_give(g, start, end);
	}
}

static void encode_again(struct rs_group *g)
{
	struct rs_group *again = rs_group_new(g->number, g->limit);
	uint8_t page[RS_PAGE_SIZE];
	struct rs_group_rec rec;

	g->next = malloc(sizeof(*g->next));
	must(again && g->next);
	*g->next = g->disk;
	g->recorded = false; /* so that the page is written */
	must(rs_group_encode(g, 7, 0, page, &rec));
	must(rs_group_load(again, &rec, page) == 0);
	must(memcmp(&again->disk, &g->disk, sizeof(g->disk)) == 0);
	rs_group_free(again);
}

/* At most n of the input; how many. */
static size_t take(uint8_t *to, size_t most, const uint8_t **data, size_t n)
{
	if (n > most)
		n = most;
	if (n)
		memcpy(to, *data, n);
	*data += n;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t how = size ? data[0] : 0;
	uint8_t val[RS_GROUP_VAL_MAX] = { 0 }, page[RS_PAGE_SIZE] = { 0 };
	size_t n = size ? size - 1 : 0, flips;
	struct rs_group_rec rec;
	struct rs_group *g;

	data += size > 0;
	n -= take(val, RS_GROUP_VAL(0), &data, n);
	n -= take(page, sizeof(page), &data, n);
	flips = take(val + RS_GROUP_VAL(0), RS_GROUP_VAL_MAX - RS_GROUP_VAL(0),
		     &data, n);
	if (rs_group_rec_decode(val, RS_GROUP_VAL(flips / 4), &rec))
		return 0;
	if (how & IS_SEALED)
		rec.csum = hash64(page, sizeof(page),
				  rs_group_slot_page(0, rec.slot));
	g = rs_group_new(0, how & IS_SHORT ? 5000 : RS_GROUP_PAGES);
	must(g);
	if (rs_group_load(g, &rec, page) == 0) {
		take_all(g, 1 + how / 4);
		encode_again(g);
	}
	rs_group_free(g);
	return 0;
}

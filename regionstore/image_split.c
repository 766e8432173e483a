/* SPDX-License-Identifier: Apache-2.0 */
/* image_split.c - one node's page into two, and two into one.
 *
 * A split looks at the entries with the new one among them, as one row, and
 * cuts the row where the larger half is smallest. Each half gets the longest
 * prefix of its own keys, which is at least the old one, so a half never takes
 * more than it did in the row. That both fit is arithmetic: with C bytes of
 * room and entries of at most E, the larger half is at most C / 2 + E, and
 * RS_KEY_MAX and RS_VAL_MAX are such that two of E fit C.
 *
 * Three rows are cut elsewhere. An item that goes behind all others, or one of
 * a run of ascending keys, is where the next one will go, too: the left side
 * is left full (append split). A key without the prefix is smaller or larger
 * than all others; it goes alone, since the others might not fit with the
 * shorter prefix that it would force on them.
 */
#include "regionstore/image.h"

#include <assert.h>

/* The largest entry with its slot. */
#define ENTRY_MAX \
	(2 + sizeof(struct rs_disk_entry) + 8 + RS_KEY_MAX + RS_VAL_MAX)
_Static_assert(2 * ENTRY_MAX <= RS_IMAGE_ROOM, "a split always fits");

static unsigned row_size(const uint8_t *page, unsigned from, unsigned to)
{
	unsigned bytes = 0;

	for (unsigned i = from; i < to; i++)
		bytes += 2 + rs_image_entry_size(page, i);
	return bytes;
}

/* Of the row with item at pos: how many go left. Each side gets one. */
static unsigned balanced_cut(const uint8_t *page, unsigned pos,
			     unsigned item_size)
{
	unsigned count = rs_image_of(page).count;
	unsigned total = row_size(page, 0, count) + item_size;
	unsigned best = 1, best_larger = total;
	unsigned left = 0;

	for (unsigned k = 0; k < count; k++) {
		unsigned larger;

		if (k == pos)
			left += item_size;
		else
			left += row_size(page, k - (k > pos),
					 k - (k > pos) + 1);
		larger = left > total - left ? left : total - left;
		if (larger < best_larger) {
			best = k + 1;
			best_larger = larger;
		}
	}
	return best;
}

void rs_image_split_point(const uint8_t *page, unsigned pos,
			  const struct rs_item *item, bool run,
			  unsigned *ret_keep, bool *ret_left)
{
	struct rs_image im = rs_image_of(page);
	unsigned size, cut;

	*ret_keep = pos;
	*ret_left = pos == 0;
	if (pos == im.count || !rs_image_has_prefix(page, item))
		return;
	size = 2 + rs_item_size(item, im.prefix_len);
	if (run) {
		*ret_left = pos == 0 || row_size(page, 0, pos) + size <=
						RS_IMAGE_ROOM - im.prefix_len;
		return;
	}
	cut = balanced_cut(page, pos, size);
	*ret_left = cut > pos;
	*ret_keep = cut - *ret_left;
}

/* Build from spans with the longest prefix that the keys of the first and the
 * last entry have, which all between them then have as well. */
static void build_best(uint8_t *dst, const struct rs_span *first,
		       const struct rs_span *last)
{
	struct rs_span spans[2] = { *first, *last };
	struct rs_image a = rs_image_of(first->page);
	struct rs_image b = rs_image_of(last->page);
	uint8_t low[RS_KEY_MAX], high[RS_KEY_MAX];
	unsigned low_len = 0, high_len = 0;

	rs_image_key(&a, first->from, low, &low_len);
	rs_image_key(&b, last->to - 1, high, &high_len);
	rs_image_build(dst, spans, first == last ? 1 : 2,
		       rs_common_len(low, low_len, high, high_len));
}

void rs_image_split(uint8_t *left, uint8_t *right, unsigned keep)
{
	struct rs_image im = rs_image_of(left);
	const struct rs_disk_node *h = (const struct rs_disk_node *)left;
	struct rs_span low = { .page = left, .to = keep };
	struct rs_span high = { .page = left, .from = keep, .to = im.count };
	uint8_t fresh[RS_PAGE_SIZE];

	if (keep == im.count) {
		rs_image_init(right, im.level, h->tree_id);
		return;
	}
	build_best(right, &high, &high);
	if (keep == 0) {
		rs_image_init(left, im.level, h->tree_id);
		return;
	}
	build_best(fresh, &low, &low);
	memcpy(left, fresh, sizeof(fresh));
}

unsigned rs_image_merged(const uint8_t *left, const uint8_t *right)
{
	struct rs_image l = rs_image_of(left);
	struct rs_image r = rs_image_of(right);
	uint8_t low[RS_KEY_MAX], high[RS_KEY_MAX];
	unsigned low_len = 0, high_len = 0, prefix_len;

	rs_image_key(&l, 0, low, &low_len);
	rs_image_key(&r, r.count - 1, high, &high_len);
	prefix_len = rs_common_len(low, low_len, high, high_len);
	return prefix_len + rs_image_used(left) - l.prefix_len +
	       l.prefix_len * l.count - prefix_len * l.count +
	       rs_image_used(right) - r.prefix_len + r.prefix_len * r.count -
	       prefix_len * r.count;
}

void rs_image_merge(uint8_t *left, const uint8_t *right)
{
	struct rs_span low = { .page = left, .to = rs_image_of(left).count };
	struct rs_span high = { .page = right, .to = rs_image_of(right).count };
	uint8_t fresh[RS_PAGE_SIZE];

	assert(rs_image_merged(left, right) <= RS_IMAGE_ROOM);
	build_best(fresh, &low, &high);
	memcpy(left, fresh, sizeof(fresh));
}

unsigned rs_image_separator(const uint8_t *left, const uint8_t *right,
			    uint8_t sep[RS_KEY_MAX])
{
	struct rs_image l = rs_image_of(left);
	struct rs_image r = rs_image_of(right);
	uint8_t last[RS_KEY_MAX];
	unsigned last_len = 0, sep_len = 0, common;

	rs_image_key(&l, l.count - 1, last, &last_len);
	rs_image_key(&r, 0, sep, &sep_len);
	if (r.level)
		return sep_len; /* as its first entry has it: see edit.h */
	common = rs_common_len(last, last_len, sep, sep_len);
	return common < sep_len ? common + 1 : sep_len;
}

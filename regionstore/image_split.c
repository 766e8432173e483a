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

/* Where to cut, but for what is said of branches below. */
static void row_cut(const uint8_t *page, unsigned pos,
		    const struct rs_item *item, bool run, unsigned *ret_keep,
		    bool *ret_left)
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

void rs_image_split_point(const uint8_t *page, unsigned pos,
			  const struct rs_item *item, bool run,
			  unsigned *ret_keep, bool *ret_left)
{
	struct rs_image im = rs_image_of(page);

	row_cut(page, pos, item, run, ret_keep, ret_left);
	if (!im.level || *ret_left || *ret_keep != pos || pos == im.count)
		return;
	/* The item would come before others that begin the right side, and
	 * the first there has no key any more: move the cut by one. */
	if (pos == 1)
		*ret_left = true;
	else
		*ret_keep = pos - 1;
}

void rs_image_split(uint8_t *left, uint8_t *right, unsigned keep)
{
	struct rs_image im = rs_image_of(left);
	const struct rs_disk_node *h = (const struct rs_disk_node *)left;
	struct rs_image_span low = { .page = left, .to = keep };
	struct rs_image_span high = { .page = left,
				      .from = keep,
				      .to = im.count };
	uint8_t fresh[RS_PAGE_SIZE];

	if (keep == im.count) {
		rs_image_init(right, im.level, h->tree_id);
		return;
	}
	rs_image_build(right, &high, 1, RS_KEY_MAX);
	if (keep == 0) {
		rs_image_init(left, im.level, h->tree_id);
		return;
	}
	rs_image_build(fresh, &low, 1, RS_KEY_MAX);
	memcpy(left, fresh, sizeof(fresh));
}

static void pair(const uint8_t *left, const uint8_t *right,
		 const struct rs_item *sep, struct rs_image_span spans[2])
{
	spans[0] = (struct rs_image_span){ .page = left,
					   .to = rs_image_of(left).count };
	spans[1] = (struct rs_image_span){ .page = right,
					   .to = rs_image_of(right).count,
					   .sep = sep };
}

/* What the entries of an image take under another prefix. */
static unsigned entries_under(const uint8_t *page, unsigned prefix_len)
{
	struct rs_image im = rs_image_of(page);
	unsigned n_keys = im.count - (im.level > 0);

	return rs_image_used(page) - im.prefix_len + im.prefix_len * n_keys -
	       prefix_len * n_keys;
}

unsigned rs_image_merged(const uint8_t *left, const uint8_t *right,
			 const struct rs_item *sep)
{
	bool branch = rs_image_of(right).level > 0;
	struct rs_image_span spans[2];
	uint8_t key[RS_KEY_MAX];
	unsigned prefix_len;

	pair(left, right, sep, spans);
	prefix_len = rs_image_prefix(spans, 2, key);
	return prefix_len + entries_under(left, prefix_len) +
	       entries_under(right, prefix_len) +
	       (branch ? sep->key_len - prefix_len : 0);
}

void rs_image_merge(uint8_t *left, const uint8_t *right,
		    const struct rs_item *sep)
{
	uint8_t fresh[RS_PAGE_SIZE];
	struct rs_image_span spans[2];

	assert(rs_image_merged(left, right, sep) <= RS_IMAGE_ROOM);
	pair(left, right, sep, spans);
	rs_image_build(fresh, spans, 2, RS_KEY_MAX);
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
	common = rs_common_len(last, last_len, sep, sep_len);
	return common < sep_len ? common + 1 : sep_len;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* image.c - reading a node's page that may hold anything. */
#include "regionstore/image.h"

static const struct rs_disk_node *head_of(const uint8_t *page)
{
	return (const struct rs_disk_node *)page;
}

int rs_image_open(struct rs_image *im, const uint8_t *page, uint8_t tree_id)
{
	const struct rs_disk_node *h = head_of(page);
	unsigned count = le16_get(h->count);
	unsigned prefix_len = le16_get(h->prefix_len);
	unsigned slots_end = (unsigned)sizeof(*h) + 2 * count;

	if (le16_get(h->magic) != RS_NODE_MAGIC || h->tree_id != tree_id)
		return -EUCLEAN;
	if (h->type != (h->level ? RS_NODE_BRANCH : RS_NODE_LEAF) ||
	    h->level > RS_LEVEL_MAX)
		return -EUCLEAN;
	if (count == 0 || prefix_len > RS_KEY_MAX ||
	    slots_end > RS_PAGE_SIZE - prefix_len)
		return -EUCLEAN;
	*im = (struct rs_image){ .page = page,
				 .count = count,
				 .level = h->level,
				 .prefix_len = prefix_len,
				 .end = RS_PAGE_SIZE - prefix_len };
	return 0;
}

static unsigned slot_get(const struct rs_image *im, unsigned i)
{
	struct le16 slot;

	memcpy(&slot, im->page + sizeof(struct rs_disk_node) + (size_t)2 * i,
	       sizeof(slot));
	return le16_get(slot);
}

/* The number in the len bytes that end at end. Reads the 8 bytes before end,
 * which lie in the page because the header does. */
static uint64_t weight_get(const uint8_t *end, unsigned len)
{
	struct le64 raw;

	if (len == 0)
		return 0;
	memcpy(&raw, end - sizeof(raw), sizeof(raw));
	return le64_get(raw) >> (64 - 8 * len);
}

int rs_image_entry(const struct rs_image *im, unsigned i,
		   struct rs_entry *ret_en)
{
	unsigned off = slot_get(im, i);
	struct rs_disk_entry d;
	unsigned key_len, val_len;
	const uint8_t *key;

	if (off < sizeof(struct rs_disk_node) || off + sizeof(d) > im->end)
		return -EUCLEAN;
	memcpy(&d, im->page + off, sizeof(d));
	key_len = le16_get(d.key_len);
	val_len = le16_get(d.val_len);
	if (d.weight_len > 8 ||
	    off + sizeof(d) + d.weight_len + key_len + val_len > im->end)
		return -EUCLEAN;
	key = im->page + off + sizeof(d) + d.weight_len;
	*ret_en = (struct rs_entry){ .key = key,
				     .val = key + key_len,
				     .key_len = key_len,
				     .val_len = val_len,
				     .weight = weight_get(key, d.weight_len) };
	return 0;
}

/* memcmp() with the lengths deciding between equal bytes. Most keys differ
 * within a number at their start, hence the first step. */
static int compare(const uint8_t *a, size_t a_len, const uint8_t *b,
		   size_t b_len)
{
	size_t n = a_len < b_len ? a_len : b_len;
	int diff;

	if (n >= 8) {
		uint64_t x = be64_get(a);
		uint64_t y = be64_get(b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	diff = n ? memcmp(a, b, n) : 0;
	if (diff)
		return diff;
	return (a_len > b_len) - (a_len < b_len);
}

int rs_image_compare(const struct rs_image *im, const struct rs_entry *en,
		     const void *key, size_t key_len)
{
	size_t n = key_len < im->prefix_len ? key_len : im->prefix_len;
	const uint8_t *k = key;
	int diff = n ? memcmp(im->page + im->end, k, n) : 0;

	if (diff || n < im->prefix_len)
		return diff ? diff : 1;
	return compare(en->key, en->key_len, k + n, key_len - n);
}

int rs_image_search(const struct rs_image *im, const void *key, size_t key_len,
		    unsigned *ret_pos, bool *ret_found)
{
	size_t n = key_len < im->prefix_len ? key_len : im->prefix_len;
	const uint8_t *k = key;
	int diff = n ? memcmp(k, im->page + im->end, n) : 0;
	unsigned low = im->level > 0, high = im->count;

	*ret_found = false;
	if (diff || n < im->prefix_len) {
		*ret_pos = diff > 0 ? high : low;
		return 0;
	}
	while (low < high) {
		unsigned mid = (low + high) / 2;
		struct rs_entry en;
		int err = rs_image_entry(im, mid, &en);

		if (err)
			return err;
		diff = compare(en.key, en.key_len, k + n, key_len - n);
		if (diff == 0) {
			*ret_found = true;
			low = mid;
			break;
		}
		if (diff < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_pos = low;
	return 0;
}

int rs_image_route(const struct rs_image *im, const void *key, size_t key_len,
		   unsigned *ret_pos)
{
	unsigned pos;
	bool found;
	int err = rs_image_search(im, key, key_len, &pos, &found);

	if (err)
		return err;
	*ret_pos = found ? pos : pos - 1;
	return 0;
}

int rs_image_child(const struct rs_image *im, unsigned i,
		   struct rs_child *ret_child)
{
	struct rs_disk_child d;
	struct rs_entry en;
	int err = rs_image_entry(im, i, &en);

	if (err)
		return err;
	if (en.val_len != sizeof(d))
		return -EUCLEAN;
	memcpy(&d, en.val, sizeof(d));
	rs_ptr_decode((const uint8_t *)&d.ptr, &ret_child->ptr);
	ret_child->sum = (struct rs_sum){ .count = le64_get(d.count),
					  .weight = le64_get(d.weight) };
	return 0;
}

int rs_image_units(const struct rs_image *im, unsigned i,
		   struct rs_sum *ret_sum)
{
	struct rs_disk_child d;
	struct rs_entry en;
	int err = rs_image_entry(im, i, &en);

	if (err)
		return err;
	if (!im->level) {
		*ret_sum = (struct rs_sum){ .count = 1, .weight = en.weight };
		return 0;
	}
	if (en.val_len != sizeof(d))
		return -EUCLEAN;
	memcpy(&d, en.val, sizeof(d));
	*ret_sum = (struct rs_sum){ .count = le64_get(d.count),
				    .weight = le64_get(d.weight) };
	return 0;
}

int rs_image_sum(const struct rs_image *im, unsigned n, struct rs_sum *ret_sum)
{
	struct rs_sum sum = { 0 };

	for (unsigned i = 0; i < n; i++) {
		struct rs_sum units;
		int err = rs_image_units(im, i, &units);

		if (err)
			return err;
		sum.count += units.count;
		sum.weight += units.weight;
	}
	*ret_sum = sum;
	return 0;
}

int rs_image_key(const struct rs_image *im, unsigned i, uint8_t key[RS_KEY_MAX],
		 unsigned *ret_len)
{
	struct rs_entry en;
	int err = rs_image_entry(im, i, &en);

	if (err)
		return err;
	if (im->prefix_len + en.key_len > RS_KEY_MAX)
		return -EUCLEAN;
	memcpy(key, im->page + im->end, im->prefix_len);
	memcpy(key + im->prefix_len, en.key, en.key_len);
	*ret_len = im->prefix_len + en.key_len;
	return 0;
}

/* What is wrong with one entry; *ret_size is what it takes of the page. */
static const char *entry_fault(const struct rs_image *im, unsigned i,
			       struct rs_entry *ret_en, unsigned *ret_size)
{
	const uint8_t *start = im->page + slot_get(im, i);
	unsigned weight_len;

	if (rs_image_entry(im, i, ret_en))
		return "an entry is not inside the page";
	if (im->prefix_len + ret_en->key_len > RS_KEY_MAX)
		return "a key is too long";
	weight_len = (unsigned)(ret_en->key - start) -
		     (unsigned)sizeof(struct rs_disk_entry);
	if (weight_len && ret_en->key[-1] == 0)
		return "a weight is longer than it needs to be";
	if (im->level) {
		if (ret_en->val_len != sizeof(struct rs_disk_child))
			return "a child is not 40 bytes";
		if (weight_len)
			return "a branch entry has a weight of its own";
		if (i == 0 && ret_en->key_len)
			return "the first entry of a branch has a key";
	} else if (ret_en->val_len > RS_VAL_MAX) {
		return "a value is too long";
	} else if (im->prefix_len + ret_en->key_len == 0) {
		return "a record has an empty key";
	}
	*ret_size = (unsigned)(ret_en->val + ret_en->val_len - start);
	return NULL;
}

/* One bit for each byte of the page. */
struct cover {
	uint64_t words[RS_PAGE_SIZE / 64];
};

/* Cover [from, to); false when a byte of it was covered before. */
static bool cover_add(struct cover *c, unsigned from, unsigned to)
{
	while (from < to) {
		unsigned bit = from % 64;
		unsigned n = to - from < 64 - bit ? to - from : 64 - bit;
		uint64_t mask = (UINT64_MAX >> (64 - n)) << bit;

		if (c->words[from / 64] & mask)
			return false;
		c->words[from / 64] |= mask;
		from += n;
	}
	return true;
}

static const char *entries_fault(const struct rs_image *im, unsigned *ret_bytes)
{
	struct cover cover = { 0 };
	struct rs_entry before = { 0 };
	unsigned heap = le16_get(head_of(im->page)->heap);

	*ret_bytes = 0;
	for (unsigned i = 0; i < im->count; i++) {
		unsigned off = slot_get(im, i);
		unsigned size;
		struct rs_entry en;
		const char *fault = entry_fault(im, i, &en, &size);

		if (fault)
			return fault;
		if (i > (im->level > 0) && compare(before.key, before.key_len,
						   en.key, en.key_len) >= 0)
			return "keys are not in order";
		if (off < heap || !cover_add(&cover, off, off + size))
			return "entries overlap";
		*ret_bytes += size;
		before = en;
	}
	return NULL;
}

int rs_image_check(const struct rs_image *im, const char **ret_why)
{
	const struct rs_disk_node *h = head_of(im->page);
	unsigned heap = le16_get(h->heap);
	unsigned bytes;

	if (heap < sizeof(*h) + 2 * im->count || heap > im->end)
		*ret_why = "the entries and the slots overlap";
	else if (h->reserved || le16_get(h->reserved2))
		*ret_why = "reserved bytes are not zero";
	else
		*ret_why = entries_fault(im, &bytes);
	if (*ret_why)
		return -EUCLEAN;
	if (bytes + le16_get(h->garbage) == im->end - heap)
		return 0;
	*ret_why = "the entries do not fill their part of the page";
	return -EUCLEAN;
}

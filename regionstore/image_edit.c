/* SPDX-License-Identifier: Apache-2.0 */
/* image_edit.c - changing a node's page in memory.
 *
 * The usual insert moves slots, writes one entry below the others and is done.
 * When the new key does not have the prefix, or free bytes are scattered, the
 * image is built again with the longest prefix that fits all keys, the new one
 * included: make_room(). Its cost is spread over the inserts that follow.
 *
 * (E1) Bytes between the slots and the heap are zero.
 * (E2) count * 2 + (page end - heap) - garbage bytes are in use, no more.
 */
#include "regionstore/image.h"

#include <assert.h>

static struct rs_disk_node *head_of(uint8_t *page)
{
	return (struct rs_disk_node *)page;
}

static uint8_t *slot_at(uint8_t *page, unsigned i)
{
	return page + sizeof(struct rs_disk_node) + (size_t)2 * i;
}

static unsigned slot_get(const uint8_t *page, unsigned i)
{
	struct le16 slot;

	memcpy(&slot, page + sizeof(struct rs_disk_node) + (size_t)2 * i,
	       sizeof(slot));
	return le16_get(slot);
}

static void slot_put(uint8_t *page, unsigned i, unsigned off)
{
	struct le16 slot = le16_put((uint16_t)off);

	memcpy(slot_at(page, i), &slot, sizeof(slot));
}

void rs_image_init(uint8_t *page, unsigned level, uint8_t tree_id)
{
	struct rs_disk_node h = {
		.magic = le16_put(RS_NODE_MAGIC),
		.type = level ? RS_NODE_BRANCH : RS_NODE_LEAF,
		.level = (uint8_t)level,
		.tree_id = tree_id,
		.heap = le16_put(RS_PAGE_SIZE),
	};

	memset(page, 0, RS_PAGE_SIZE);
	memcpy(page, &h, sizeof(h));
}

struct rs_image rs_image_of(const uint8_t *page)
{
	const struct rs_disk_node *h = (const struct rs_disk_node *)page;
	unsigned prefix_len = le16_get(h->prefix_len);

	return (struct rs_image){ .page = page,
				  .count = le16_get(h->count),
				  .level = h->level,
				  .prefix_len = prefix_len,
				  .end = RS_PAGE_SIZE - prefix_len };
}

unsigned rs_image_used(const uint8_t *page)
{
	const struct rs_disk_node *h = (const struct rs_disk_node *)page;

	return 2u * le16_get(h->count) + RS_PAGE_SIZE - le16_get(h->heap) -
	       le16_get(h->garbage);
}

static unsigned weight_len(uint64_t weight)
{
	return weight ? 8 - (unsigned)__builtin_clzll(weight) / 8 : 0;
}

unsigned rs_item_size(const struct rs_item *item, unsigned prefix_len)
{
	return (unsigned)sizeof(struct rs_disk_entry) +
	       weight_len(item->weight) + item->key_len - prefix_len +
	       item->val_len;
}

static void entry_write(uint8_t *at, const struct rs_item *item,
			unsigned prefix_len)
{
	unsigned key_len = item->key_len - prefix_len;
	struct le64 weight = le64_put(item->weight);
	struct rs_disk_entry d = {
		.key_len = le16_put((uint16_t)key_len),
		.val_len = le16_put((uint16_t)item->val_len),
		.weight_len = (uint8_t)weight_len(item->weight),
	};

	memcpy(at, &d, sizeof(d));
	at += sizeof(d);
	memcpy(at, weight.b, d.weight_len);
	at += d.weight_len;
	memcpy(at, item->key + prefix_len, key_len);
	if (item->val_len)
		memcpy(at + key_len, item->val, item->val_len);
}

/* The key of entry i of a span. The first entry of a branch has the one that
 * separates it from what is put before it, or none. */
static void span_key(const struct rs_image_span *span, unsigned i,
		     uint8_t key[RS_KEY_MAX], unsigned *ret_len)
{
	struct rs_image im = rs_image_of(span->page);
	int err;

	if (im.level && i == 0) {
		*ret_len = span->sep ? span->sep->key_len : 0;
		if (*ret_len)
			memcpy(key, span->sep->key, *ret_len);
		return;
	}
	err = rs_image_key(&im, i, key, ret_len);
	assert(!err);
	(void)err;
}

/* Entry i of a span, to dst below its other entries. */
static void entry_copy(uint8_t *dst, const struct rs_image_span *span,
		       unsigned i)
{
	struct rs_disk_node *h = head_of(dst);
	struct rs_image src = rs_image_of(span->page);
	unsigned prefix_len = le16_get(h->prefix_len);
	unsigned n = le16_get(h->count);
	uint8_t key[RS_KEY_MAX];
	struct rs_item item = { .key = key, .key_len = prefix_len };
	struct rs_entry en;
	unsigned off;
	int err = rs_image_entry(&src, i, &en);

	assert(!err);
	(void)err;
	if (n > 0 || !h->level)
		span_key(span, i, key, &item.key_len);
	item.val = en.val;
	item.val_len = en.val_len;
	item.weight = en.weight;
	off = le16_get(h->heap) - rs_item_size(&item, prefix_len);
	assert(off >= sizeof(*h) + 2 * (n + 1));
	entry_write(dst + off, &item, prefix_len);
	slot_put(dst, n, off);
	h->heap = le16_put((uint16_t)off);
	h->count = le16_put((uint16_t)(n + 1));
}

/* Keys are in order, so what the first and the last share all share. The
 * first entry of the whole has no key when it is a branch. */
unsigned rs_image_prefix(const struct rs_image_span *spans, unsigned n_spans,
			 uint8_t key[RS_KEY_MAX])
{
	const struct rs_image_span *first = &spans[0],
				   *last = &spans[n_spans - 1];
	unsigned i = first->from + (rs_image_of(first->page).level > 0);
	uint8_t end[RS_KEY_MAX];
	unsigned key_len, end_len;

	if (i == first->to && n_spans == 1)
		return 0; /* a branch with one child */
	if (i == first->to) {
		first = last;
		i = last->from;
	}
	span_key(first, i, key, &key_len);
	span_key(last, last->to - 1, end, &end_len);
	return rs_common_len(key, key_len, end, end_len);
}

void rs_image_build(uint8_t *dst, const struct rs_image_span *spans,
		    unsigned n_spans, unsigned prefix_max)
{
	const struct rs_disk_node *from =
		(const struct rs_disk_node *)spans[0].page;
	struct rs_disk_node *h = head_of(dst);
	uint8_t key[RS_KEY_MAX];
	unsigned prefix_len = rs_image_prefix(spans, n_spans, key);

	if (prefix_len > prefix_max)
		prefix_len = prefix_max;
	rs_image_init(dst, from->level, from->tree_id);
	memcpy(dst + RS_PAGE_SIZE - prefix_len, key, prefix_len);
	h->prefix_len = le16_put((uint16_t)prefix_len);
	h->heap = le16_put((uint16_t)(RS_PAGE_SIZE - prefix_len));
	for (unsigned s = 0; s < n_spans; s++)
		for (unsigned i = spans[s].from; i < spans[s].to; i++)
			entry_copy(dst, &spans[s], i);
}

static struct rs_image_span whole(const uint8_t *page)
{
	return (struct rs_image_span){ .page = page,
				       .to = rs_image_of(page).count };
}

void rs_image_compact(uint8_t *dst, const uint8_t *src)
{
	struct rs_image_span span = whole(src);

	assert(span.to);
	rs_image_build(dst, &span, 1, RS_KEY_MAX);
}

/* Rebuild an image that has entries so that item can go in. False when even
 * that does not help. */
static bool make_room(uint8_t *page, const struct rs_item *item)
{
	struct rs_image im = rs_image_of(page);
	struct rs_image_span span = whole(page);
	unsigned n_keys = im.count - (im.level > 0);
	uint8_t first[RS_KEY_MAX];
	uint8_t fresh[RS_PAGE_SIZE];
	unsigned prefix_len = rs_image_prefix(&span, 1, first);
	unsigned used;

	prefix_len = rs_common_len(first, prefix_len, item->key, item->key_len);
	used = rs_image_used(page) - im.prefix_len + im.prefix_len * n_keys +
	       prefix_len - prefix_len * n_keys;
	if (used + 2 + rs_item_size(item, prefix_len) > RS_IMAGE_ROOM)
		return false;
	rs_image_build(fresh, &span, 1, prefix_len);
	memcpy(page, fresh, sizeof(fresh));
	return true;
}

bool rs_image_has_prefix(const uint8_t *page, const struct rs_item *item)
{
	struct rs_image im = rs_image_of(page);

	return item->key_len >= im.prefix_len &&
	       memcmp(item->key, page + im.end, im.prefix_len) == 0;
}

/* An empty leaf takes the whole of its first key as prefix. */
static void adopt_prefix(uint8_t *page, const struct rs_item *item)
{
	struct rs_disk_node *h = head_of(page);
	unsigned end = RS_PAGE_SIZE - item->key_len;

	rs_image_init(page, h->level, h->tree_id);
	memcpy(page + end, item->key, item->key_len);
	h->prefix_len = le16_put((uint16_t)item->key_len);
	h->heap = le16_put((uint16_t)end);
}

/* Put an item that fits before entry pos. */
static void insert_fitting(uint8_t *page, unsigned pos,
			   const struct rs_item *item)
{
	struct rs_disk_node *h = head_of(page);
	unsigned count = le16_get(h->count);
	unsigned prefix_len = le16_get(h->prefix_len);
	unsigned size = rs_item_size(item, prefix_len);
	unsigned off = le16_get(h->heap);

	assert(off >= sizeof(*h) + 2 * (count + 1) + size);
	off -= size;
	entry_write(page + off, item, prefix_len);
	memmove(slot_at(page, pos + 1), slot_at(page, pos),
		(size_t)2 * (count - pos));
	slot_put(page, pos, off);
	h->heap = le16_put((uint16_t)off);
	h->count = le16_put((uint16_t)(count + 1));
}

bool rs_image_insert(uint8_t *page, unsigned pos, const struct rs_item *item)
{
	struct rs_disk_node *h = head_of(page);
	unsigned count = le16_get(h->count);
	unsigned slots_end = (unsigned)sizeof(*h) + 2 * (count + 1);
	struct rs_item first = *item;

	assert(pos <= count && (pos > 0 || count == 0 || !h->level));
	if (count == 0) {
		if (h->level)
			first.key_len = 0;
		adopt_prefix(page, &first);
		insert_fitting(page, pos, &first);
		return true;
	}
	if (!rs_image_has_prefix(page, item) ||
	    le16_get(h->heap) <
		    slots_end + rs_item_size(item, le16_get(h->prefix_len)))
		if (!make_room(page, item))
			return false;
	insert_fitting(page, pos, item);
	return true;
}

unsigned rs_image_entry_size(const uint8_t *page, unsigned pos)
{
	struct rs_image im = rs_image_of(page);
	struct rs_entry en;
	int err = rs_image_entry(&im, pos, &en);

	assert(!err);
	(void)err;
	return (unsigned)(en.val + en.val_len - page) - slot_get(page, pos);
}

static void add_garbage(struct rs_disk_node *h, unsigned bytes)
{
	h->garbage = le16_put((uint16_t)(le16_get(h->garbage) + bytes));
}

bool rs_image_replace(uint8_t *page, unsigned pos, const struct rs_item *item)
{
	struct rs_disk_node *h = head_of(page);
	unsigned prefix_len = le16_get(h->prefix_len);
	unsigned size = rs_item_size(item, prefix_len);
	unsigned before = rs_image_entry_size(page, pos);
	bool done;

	if (size <= before) {
		entry_write(page + slot_get(page, pos), item, prefix_len);
		add_garbage(h, before - size);
		return true;
	}
	if (rs_image_used(page) - before + size > RS_IMAGE_ROOM)
		return false;
	rs_image_remove(page, pos);
	done = rs_image_insert(page, pos, item);
	assert(done);
	return done;
}

void rs_image_remove(uint8_t *page, unsigned pos)
{
	struct rs_disk_node *h = head_of(page);
	unsigned count = le16_get(h->count);
	unsigned off = slot_get(page, pos);
	unsigned size = rs_image_entry_size(page, pos);

	assert(pos < count);
	memmove(slot_at(page, pos), slot_at(page, pos + 1),
		(size_t)2 * (count - pos - 1));
	slot_put(page, count - 1, 0); /* (E1) */
	h->count = le16_put((uint16_t)(count - 1));
	if (off == le16_get(h->heap)) {
		memset(page + off, 0, size);
		h->heap = le16_put((uint16_t)(off + size));
	} else {
		add_garbage(h, size);
	}
}

struct rs_disk_child *rs_image_child_slot(uint8_t *page, unsigned i)
{
	struct rs_image im = rs_image_of(page);
	struct rs_entry en;
	int err = rs_image_entry(&im, i, &en);

	assert(!err && en.val_len == sizeof(struct rs_disk_child));
	(void)err;
	return (struct rs_disk_child *)(page + (en.val - page));
}

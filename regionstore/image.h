/* SPDX-License-Identifier: Apache-2.0 */
/* image.h - one node of a tree as the 4096 bytes of a page. PRIVATE.
 *
 *	header | slots ->    free, zeros    <- entries | prefix
 *	0      32            ...            heap       4096 - prefix_len
 *
 * A slot is the offset of an entry; slots are in key order, entries in any.
 * The prefix, which all keys of the node share, is stored once at the end.
 *
 * The first entry of a branch has no key of its own: below it belongs all that
 * is smaller than the second. So a branch neither knows nor cares where the
 * keys below it begin, and the first child may go without a trace.
 *
 * Reading trusts nobody. An image may be a page of hostile bytes with a right
 * checksum: rs_image_open() looks at the header, rs_image_entry() at each
 * entry it hands out, and neither ever reads outside the page. Searching in
 * nonsense finds nonsense, or -EUCLEAN, but it ends. To judge a whole page at
 * each access would cost more than the access; rs_image_check() does it where
 * an image is about to be changed, and in the walk of the checker.
 *
 * Changing trusts the image: it was made here or passed rs_image_check().
 * Entries that left are GARBAGE until the image is compacted, which happens
 * when room is needed and when it is written to the disk, so a page on disk
 * has none. The prefix is chosen anew at each compaction, split and merge.
 */
#ifndef RS_IMAGE_H
#define RS_IMAGE_H

#include "regionstore/format.h"

#define RS_IMAGE_ROOM (RS_PAGE_SIZE - sizeof(struct rs_disk_node))
#define RS_LEVEL_MAX  15u /* a tree this high is nonsense */
#define RS_LEVELS     (RS_LEVEL_MAX + 1)
/* A branch entry is a slot, its header, no key and a child at least. */
#define RS_CHILDREN_MAX  \
	(RS_IMAGE_ROOM / \
	 (2 + sizeof(struct rs_disk_entry) + sizeof(struct rs_disk_child)))

/* An image whose header makes sense; borrowed. */
struct rs_image {
	const uint8_t *page;
	unsigned count; /* entries */
	unsigned level;
	unsigned prefix_len;
	unsigned end; /* of the entries: where the prefix begins */
};

/* An entry in an image; its key goes without the prefix. */
struct rs_entry {
	const uint8_t *key;
	const uint8_t *val;
	unsigned key_len;
	unsigned val_len;
	uint64_t weight;
};

/* A record to be put into an image; its key is whole. */
struct rs_item {
	const uint8_t *key;
	const uint8_t *val;
	unsigned key_len;
	unsigned val_len;
	uint64_t weight;
};

/* What a branch entry points at. */
struct rs_child {
	struct rs_ptr ptr;
	struct rs_sum sum;
};

/* --- reading -------------------------------------------------------------- */

/* -EUCLEAN when the header is not that of a node of this tree. */
int rs_image_open(struct rs_image *im, const uint8_t *page, uint8_t tree_id);

/* Entry i, which is below count. -EUCLEAN when it is not inside the page. */
int rs_image_entry(const struct rs_image *im, unsigned i,
		   struct rs_entry *ret_en);

/* The first entry whose key is not smaller, or count. In a branch, of those
 * behind the first. */
int rs_image_search(const struct rs_image *im, const void *key, size_t key_len,
		    unsigned *ret_pos, bool *ret_found);

/* The entry of a branch under which key belongs. */
int rs_image_route(const struct rs_image *im, const void *key, size_t key_len,
		   unsigned *ret_pos);

/* Entry i of a branch. */
int rs_image_child(const struct rs_image *im, unsigned i,
		   struct rs_child *ret_child);

/* Records and weight that entry i stands for. */
int rs_image_units(const struct rs_image *im, unsigned i,
		   struct rs_sum *ret_sum);

/* Records and weight in the first n entries, or below them. */
int rs_image_sum(const struct rs_image *im, unsigned n, struct rs_sum *ret_sum);

/* The whole key of entry i; means nothing for the first of a branch. */
int rs_image_key(const struct rs_image *im, unsigned i, uint8_t key[RS_KEY_MAX],
		 unsigned *ret_len);

/* Compare the whole key of an entry with another one, as memcmp() does. */
int rs_image_compare(const struct rs_image *im, const struct rs_entry *en,
		     const void *key, size_t key_len);

/* Every offset, length, order and limit. -EUCLEAN and a static text. */
int rs_image_check(const struct rs_image *im, const char **ret_why);

/* --- changing (image_edit.c) ---------------------------------------------- */

void rs_image_init(uint8_t *page, unsigned level, uint8_t tree_id);

/* An image in memory, known to be good. */
struct rs_image rs_image_of(const uint8_t *page);

/* Bytes of RS_IMAGE_ROOM in use. */
unsigned rs_image_used(const uint8_t *page);

/* What an entry takes, and what an item would under a prefix that its key
 * has; without the slot. */
unsigned rs_image_entry_size(const uint8_t *page, unsigned pos);
unsigned rs_item_size(const struct rs_item *item, unsigned prefix_len);
bool rs_image_has_prefix(const uint8_t *page, const struct rs_item *item);

/* Put an item before entry pos, where its key belongs. False, and nothing
 * changed, when there is no room for it. The first item of a branch loses its
 * key; none can be put before it. */
bool rs_image_insert(uint8_t *page, unsigned pos, const struct rs_item *item);

/* Give entry pos, which has the item's key, its value and weight. False as
 * above. */
bool rs_image_replace(uint8_t *page, unsigned pos, const struct rs_item *item);

void rs_image_remove(uint8_t *page, unsigned pos);

/* The 40 bytes of child i, to be changed in place. */
struct rs_disk_child *rs_image_child_slot(uint8_t *page, unsigned i);

/* Write src to dst without garbage. */
void rs_image_compact(uint8_t *dst, const uint8_t *src);

/* --- dividing and joining (image_split.c) --------------------------------- */

/* How many entries of a full image stay on the left when item has to go in at
 * pos, and whether the item goes left, too. run says that keys have been
 * coming in ascending order here: then the left side is filled up. */
void rs_image_split_point(const uint8_t *page, unsigned pos,
			  const struct rs_item *item, bool run,
			  unsigned *ret_keep, bool *ret_left);
/* Move the entries from keep on to right, which is empty. */
void rs_image_split(uint8_t *left, uint8_t *right, unsigned keep);

/* Bytes that left and right would take in one image. sep separates them; in
 * branches it becomes the key of right's first entry. */
unsigned rs_image_merged(const uint8_t *left, const uint8_t *right,
			 const struct rs_item *sep);
void rs_image_merge(uint8_t *left, const uint8_t *right,
		    const struct rs_item *sep);

/* The shortest key that is larger than all of a left leaf and not larger than
 * any of a right one. */
unsigned rs_image_separator(const uint8_t *left, const uint8_t *right,
			    uint8_t sep[RS_KEY_MAX]);

/* Entries [from, to) of an image. In a branch sep, if there is one, is the key
 * of entry 0. */
struct rs_image_span {
	const uint8_t *page;
	unsigned from, to;
	const struct rs_item *sep;
};
/* Make dst out of one or two spans with the longest prefix of up to
 * prefix_max bytes. dst is none of them. */
void rs_image_build(uint8_t *dst, const struct rs_image_span *spans,
		    unsigned n_spans, unsigned prefix_max);
/* The longest prefix of the keys in spans, and the first key. */
unsigned rs_image_prefix(const struct rs_image_span *spans, unsigned n_spans,
			 uint8_t key[RS_KEY_MAX]);

/* Bytes that two strings begin with alike. */
static inline unsigned rs_common_len(const uint8_t *a, unsigned a_len,
				     const uint8_t *b, unsigned b_len)
{
	unsigned n = 0;

	while (n < a_len && n < b_len && a[n] == b[n])
		n++;
	return n;
}

#endif

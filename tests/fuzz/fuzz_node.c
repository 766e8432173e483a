/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_node.c - pages of anything, with right checksums.
 *
 * The input is some pages; page 1 is the root. A short input is stretched with
 * zeros. Every way into a tree is taken: nothing may read outside a page, and
 * everything must end. Two properties on top: an image that passes its check
 * can be changed, compacted, split and merged and passes it again; and a tree
 * in which the walk finds nothing gives every record it has by cursor, in
 * order, as often as its sums say.
 *
 * So that mutations get past the headers, the numbers that a page repeats
 * (magic, place, birth) are put right before use.
 */
#include "regionstore/format.h"
#include "regionstore/image.h"
#include "regionstore/tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES 6u
#define STEPS 3000u

struct store {
	struct rs_pages pages; /* first */
	uint8_t *page[PAGES + 1];
};

static void must(bool is)
{
	if (!is)
		abort();
}

static int get_page(const struct rs_pages *pages, const struct rs_ptr *ptr,
		    const uint8_t **ret_page)
{
	const struct store *s = (const struct store *)pages;

	if (ptr->pgno == 0 || ptr->pgno > PAGES)
		return -EUCLEAN;
	*ret_page = s->page[ptr->pgno];
	return 0;
}

static void fill_page(uint8_t *page, uint64_t pgno, const uint8_t *data,
		      size_t size)
{
	struct rs_disk_node *h = (struct rs_disk_node *)page;
	size_t from = (size_t)(pgno - 1) * RS_PAGE_SIZE;
	size_t n = size > from ? size - from : 0;

	memset(page, 0, RS_PAGE_SIZE);
	if (n)
		memcpy(page, data + from, n < RS_PAGE_SIZE ? n : RS_PAGE_SIZE);
	h->magic = le16_put(RS_NODE_MAGIC);
	h->type = h->level ? RS_NODE_BRANCH : RS_NODE_LEAF;
	h->tree_id = 1;
	h->pgno = le64_put(pgno);
	h->birth = le64_put(1);
}

/* --- one image --- */

static void must_be_good(const uint8_t *page)
{
	struct rs_image im = rs_image_of(page);
	const char *why;

	must(im.count == 0 || rs_image_check(&im, &why) == 0);
}

static void change_image(const uint8_t *page)
{
	uint8_t left[RS_PAGE_SIZE], right[RS_PAGE_SIZE];
	struct rs_image im = rs_image_of(page);
	unsigned count = im.count, level = im.level;
	uint8_t key[RS_KEY_MAX];
	struct rs_item sep = { .key = key };
	unsigned size;

	rs_image_compact(left, page);
	must_be_good(left);
	if (count > 1) {
		must(!rs_image_key(&im, count / 2, key, &sep.key_len));
		rs_image_split(left, right, count / 2);
		must_be_good(left);
		must_be_good(right);
		size = rs_image_merged(left, right, &sep);
		must(size <= RS_IMAGE_ROOM);
		rs_image_merge(left, right, &sep);
		must(rs_image_used(left) == size);
	}
	must(rs_image_of(left).count == count);
	for (unsigned i = 0; i + 1 < count; i += 2) {
		rs_image_remove(left, level > 0);
		must_be_good(left);
	}
}

static void use_image(const uint8_t *page, const uint8_t *key, size_t key_len)
{
	struct rs_image im;
	struct rs_entry en;
	struct rs_sum sum;
	struct rs_child child;
	const char *why;
	unsigned pos;
	bool found;

	if (rs_image_open(&im, page, 1))
		return;
	for (unsigned i = 0; i < im.count; i++) {
		if (rs_image_entry(&im, i, &en) == 0)
			rs_image_compare(&im, &en, key, key_len);
		rs_image_child(&im, i, &child);
	}
	rs_image_search(&im, key, key_len, &pos, &found);
	rs_image_route(&im, key, key_len, &pos);
	rs_image_sum(&im, im.count, &sum);
	if (rs_image_check(&im, &why) == 0)
		change_image(page);
}

/* --- the tree --- */

static void count_finding(void *arg, const char *text)
{
	(void)text;
	++*(unsigned *)arg;
}

static void read_tree(const struct rs_tree_env *env, const struct rs_root *root,
		      const uint8_t *key, size_t key_len)
{
	struct rs_cursor c = { 0 };
	uint8_t val[RS_VAL_MAX];
	struct rs_sum sum;
	uint64_t weight;
	size_t len;

	rs_tree_get(env, root, key, key_len, val, sizeof(val), &len, &weight);
	rs_tree_sum_before(env, root, key, key_len, &sum);
	for (uint64_t i = 0; i < 70; i++) {
		rs_tree_nth(env, root, &c, i);
		rs_tree_weigh(env, root, &c, i, &weight);
	}
	rs_tree_floor(env, root, &c, key, key_len);
	rs_tree_next(env, root, &c);
	rs_tree_seek(env, root, &c, key, key_len);
	rs_tree_next(env, root, &c);
	rs_tree_release(&c);
}

/* Records by cursor; each page can be met once at most. */
static uint64_t count_records(const struct rs_tree_env *env,
			      const struct rs_root *root)
{
	struct rs_cursor c = { 0 };
	uint64_t n = 0;

	while (rs_tree_next(env, root, &c) == 0)
		must(++n <= (uint64_t)PAGES * RS_PAGE_SIZE);
	rs_tree_release(&c);
	return n;
}

static void edit_tree(const struct rs_tree_env *env, const struct rs_root *root,
		      const uint8_t *key, size_t key_len)
{
	static const uint8_t val[RS_VAL_MAX];
	struct rs_cursor c = { 0 };
	struct rs_edit ed;
	int err = 0;

	rs_edit_init(&ed, env, root, 2, 1);
	for (unsigned i = 0; !err && i < 4 && key_len; i++)
		err = rs_tree_put(&ed, key, key_len - i % key_len, val,
				  (size_t)500 * i, i);
	if (!err)
		err = rs_tree_del(&ed, key, key_len);
	for (unsigned i = 0; !err && i < STEPS; i++) {
		err = rs_tree_seek(env, &ed.root, &c, key, i % 3);
		if (err == -ENOENT)
			err = rs_tree_nth(env, &ed.root, &c, 0);
		rs_tree_release(&c);
		if (!err)
			err = rs_tree_del(&ed, c.key, c.key_len);
	}
	rs_edit_finish(&ed);
}

static void use_tree(const struct store *s, const uint8_t *key, size_t key_len)
{
	struct rs_tree_env env = { .pages = &s->pages, .tree_id = 1 };
	struct rs_root root = { .ptr = { .pgno = 1, .npages = 1, .birth = 1 },
				.sum = { .count = 64, .weight = 1000 } };
	unsigned findings = 0;
	struct rs_tree_walk walk = { .arg = &findings,
				     .finding = count_finding };
	struct rs_image im;
	uint64_t n;

	if (rs_image_open(&im, s->page[1], 1) == 0)
		rs_image_sum(&im, im.count, &root.sum);
	read_tree(&env, &root, key, key_len);
	n = count_records(&env, &root);
	must(rs_tree_walk(&env, &root, &walk) == 0);
	must(findings || n == root.sum.count);
	edit_tree(&env, &root, key, key_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store s = { .pages.get = get_page };
	size_t key_len = size < 40 ? size : 40;
	uint8_t key[40];

	/* The key is the end of the input, where prefixes lie, too. */
	if (key_len)
		memcpy(key, data + size - key_len, key_len);
	for (uint64_t i = 1; i <= PAGES; i++) {
		s.page[i] = malloc(RS_PAGE_SIZE);
		must(s.page[i] != NULL);
		fill_page(s.page[i], i, data, size);
		use_image(s.page[i], key, key_len);
	}
	use_tree(&s, key, key_len);
	for (uint64_t i = 1; i <= PAGES; i++)
		free(s.page[i]);
	return 0;
}

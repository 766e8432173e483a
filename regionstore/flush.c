/* SPDX-License-Identifier: Apache-2.0 */
/* flush.c - turning nodes in memory into pages.
 *
 * A commit counts the dirty nodes of a frozen root, finds that many pages, and
 * flushes: children first, because a parent's page holds the checksums of its
 * children's. Readers and the next edit are in these nodes at the same time,
 * so nothing that they look at is written: the image is copied to where it
 * goes, and pointers and garbage are put right in the copy. What a node itself
 * learns is its page (memnode.h, N2).
 *
 * The nodes become unnecessary then, but they hang in the live root as
 * children of nodes that later edits made. rs_tree_clean() takes them out,
 * while nobody else is around.
 */
#include "regionstore/memnode.h"

#include "regionstore/base/hash.h"

struct flush {
	struct rs_placer *placer;
	uint64_t birth;
};

static size_t count_dirty(struct rs_node *n)
{
	struct rs_image im;
	size_t dirty = 1;

	if (!n || rs_node_placed(n))
		return 0;
	im = rs_image_of(n->page);
	for (unsigned i = 0; im.level && i < im.count; i++)
		dirty += count_dirty(n->child[i]);
	return dirty;
}

size_t rs_tree_dirty(const struct rs_root *root)
{
	return count_dirty(root->mem);
}

/* Write the pointer to a placed child into an image. */
static void point_at(uint8_t *page, unsigned i, const struct rs_node *child)
{
	rs_ptr_encode(&child->ptr,
		      (uint8_t *)&rs_image_child_slot(page, i)->ptr);
}

/* Write the page of a node whose children are placed. */
static void place(const struct flush *fl, struct rs_node *n)
{
	struct rs_image im = rs_image_of(n->page);
	struct rs_disk_node *h;
	uint64_t pgno;
	uint8_t *out = fl->placer->place(fl->placer, &pgno);

	h = (struct rs_disk_node *)n->page;
	if (le16_get(h->garbage))
		rs_image_compact(out, n->page);
	else
		memcpy(out, n->page, RS_PAGE_SIZE);
	for (unsigned i = 0; im.level && i < im.count; i++)
		if (n->child[i])
			point_at(out, i, n->child[i]);
	h = (struct rs_disk_node *)out;
	h->pgno = le64_put(pgno);
	h->birth = le64_put(fl->birth);
	n->ptr = (struct rs_ptr){ .pgno = pgno,
				  .npages = 1,
				  .birth = fl->birth,
				  .csum = hash64(out, RS_PAGE_SIZE, pgno) };
	atomic_store_explicit(&n->placed, true, memory_order_release);
}

static void flush_node(const struct flush *fl, struct rs_node *n)
{
	struct rs_image im = rs_image_of(n->page);

	for (unsigned i = 0; im.level && i < im.count; i++)
		if (n->child[i] && !rs_node_placed(n->child[i]))
			flush_node(fl, n->child[i]);
	place(fl, n);
}

void rs_tree_flush(const struct rs_root *root, uint64_t birth,
		   struct rs_placer *placer, struct rs_ptr *ret_ptr)
{
	struct flush fl = { .placer = placer, .birth = birth };

	if (root->mem && !rs_node_placed(root->mem))
		flush_node(&fl, root->mem);
	*ret_ptr = root->mem ? root->mem->ptr : root->ptr;
}

/* What is below a node that has an older page has one that is not younger. */
static void unplace_node(struct rs_node *n, uint64_t birth)
{
	struct rs_image im = rs_image_of(n->page);

	if (rs_node_placed(n) && n->ptr.birth != birth)
		return;
	for (unsigned i = 0; im.level && i < im.count; i++)
		if (n->child[i])
			unplace_node(n->child[i], birth);
	atomic_store_explicit(&n->placed, false, memory_order_release);
}

void rs_tree_unplace(const struct rs_root *root, uint64_t birth)
{
	if (root->mem)
		unplace_node(root->mem, birth);
}

static void clean_node(struct rs_node *n)
{
	struct rs_image im = rs_image_of(n->page);

	for (unsigned i = 0; im.level && i < im.count; i++) {
		struct rs_node *child = n->child[i];

		if (!child)
			continue;
		if (!rs_node_placed(child)) {
			clean_node(child);
			continue;
		}
		point_at(n->page, i, child);
		n->child[i] = NULL;
		rs_node_put(child);
	}
}

void rs_tree_clean(struct rs_root *root)
{
	struct rs_node *mem = root->mem;

	if (!mem)
		return;
	if (!rs_node_placed(mem)) {
		clean_node(mem);
		return;
	}
	root->ptr = mem->ptr;
	root->mem = NULL;
	rs_node_put(mem);
}

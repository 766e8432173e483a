/* SPDX-License-Identifier: Apache-2.0 */
/* memnode.c - nodes in memory: birth, references, children. */
#include "regionstore/memnode.h"

#include <assert.h>
#include <stdlib.h>

/* So many inserts in ascending order are no accident. */
#define RUN_MIN 4u

static size_t children_size(unsigned level)
{
	return level ? RS_CHILDREN_MAX * sizeof(struct rs_node *) : 0;
}

/* A node whose image is not written yet, and without children. */
static struct rs_node *node_alloc(const struct rs_edit *ed, unsigned level)
{
	size_t size = sizeof(struct rs_node) + children_size(level);
	struct rs_node *n =
		ed->env->realloc ? ed->env->realloc(NULL, size) : malloc(size);

	if (!n)
		return NULL;
	atomic_init(&n->refs, 1);
	atomic_init(&n->placed, false);
	n->last = 0;
	n->run = 0;
	n->edit_id = ed->id;
	n->txid = ed->txid;
	n->ptr = (struct rs_ptr){ 0 };
	memset(n->child, 0, children_size(level));
	return n;
}

struct rs_node *rs_node_new(const struct rs_edit *ed, unsigned level)
{
	struct rs_node *n = node_alloc(ed, level);

	if (n)
		rs_image_init(n->page, level, ed->env->tree_id);
	return n;
}

struct rs_node *rs_node_load(const struct rs_edit *ed, const uint8_t *page)
{
	struct rs_node *n = node_alloc(ed, rs_image_of(page).level);

	if (n)
		memcpy(n->page, page, RS_PAGE_SIZE);
	return n;
}

struct rs_node *rs_node_copy(const struct rs_edit *ed,
			     const struct rs_node *src)
{
	struct rs_node *n = rs_node_load(ed, src->page);
	struct rs_image im;

	if (!n)
		return NULL;
	n->last = src->last;
	n->run = src->run;
	im = rs_image_of(n->page);
	if (!im.level)
		return n;
	/* The counters lie far apart: ask for all, then touch each. */
	for (unsigned i = 0; i < im.count; i++)
		__builtin_prefetch(src->child[i], 1);
	for (unsigned i = 0; i < im.count; i++)
		n->child[i] = rs_node_ref(src->child[i]);
	return n;
}

struct rs_node *rs_node_ref(struct rs_node *n)
{
	if (n)
		atomic_fetch_add_explicit(&n->refs, 1, memory_order_relaxed);
	return n;
}

/* Recursion ends with the leaves: a level is at most RS_LEVEL_MAX. */
void rs_node_put(struct rs_node *n)
{
	struct rs_image im;

	if (!n ||
	    atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) > 1)
		return;
	im = rs_image_of(n->page);
	for (unsigned i = 0; im.level && i < im.count; i++)
		__builtin_prefetch(n->child[i], 1);
	for (unsigned i = 0; im.level && i < im.count; i++)
		rs_node_put(n->child[i]);
	free(n);
}

bool rs_node_is_run(const struct rs_node *n, unsigned pos)
{
	return n->run >= RUN_MIN && pos == n->last + 1u;
}

bool rs_node_insert(struct rs_node *n, unsigned pos, const struct rs_item *item,
		    struct rs_node *child)
{
	struct rs_image im = rs_image_of(n->page);

	if (!rs_image_insert(n->page, pos, item))
		return false;
	if (pos != n->last + 1u)
		n->run = 0;
	else if (n->run < RUN_MIN)
		n->run++;
	n->last = (uint16_t)pos;
	if (!im.level)
		return true;
	memmove(n->child + pos + 1, n->child + pos,
		(im.count - pos) * sizeof(n->child[0]));
	n->child[pos] = child;
	return true;
}

void rs_node_remove(struct rs_node *n, unsigned pos)
{
	struct rs_image im = rs_image_of(n->page);

	rs_image_remove(n->page, pos);
	if (!im.level)
		return;
	rs_node_put(n->child[pos]);
	memmove(n->child + pos, n->child + pos + 1,
		(im.count - pos - 1) * sizeof(n->child[0]));
	n->child[im.count - 1] = NULL;
}

/* Move n children; where they were is NULL then. */
static void move_children(struct rs_node **to, struct rs_node **from,
			  unsigned n)
{
	memcpy(to, from, n * sizeof(struct rs_node *));
	memset(from, 0, n * sizeof(struct rs_node *));
}

void rs_node_split(struct rs_node *left, struct rs_node *right, unsigned keep)
{
	struct rs_image im = rs_image_of(left->page);

	if (im.level)
		move_children(right->child, left->child + keep,
			      im.count - keep);
	rs_image_split(left->page, right->page, keep);
	right->run = left->run;
	right->last = left->last >= keep ? (uint16_t)(left->last - keep) : 0;
}

void rs_node_merge(struct rs_node *left, struct rs_node *right,
		   const struct rs_item *sep)
{
	struct rs_image l = rs_image_of(left->page);
	struct rs_image r = rs_image_of(right->page);

	assert(l.level == r.level);
	rs_image_merge(left->page, right->page, sep);
	left->run = 0;
	if (l.level)
		move_children(left->child + l.count, right->child, r.count);
}

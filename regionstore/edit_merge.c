/* SPDX-License-Identifier: Apache-2.0 */
/* edit_merge.c - giving pages back after a removal.
 *
 * A node that became small is merged with a neighbour below the same parent
 * when both together leave room for a while, so that the next insert does not
 * split them again. A node is never filled up from a neighbour: that would
 * copy as much and give nothing back. An empty node goes at once.
 *
 * When the first child of a branch goes, the second takes its place and loses
 * its key. When branches are merged, the first entry of the right one gets the
 * key back that separated it from the left: the parent has it.
 */
#include "regionstore/edit.h"
#include "regionstore/step.h"

#define SMALL	 (RS_IMAGE_ROOM / 3)
#define TOGETHER (RS_IMAGE_ROOM / 8 * 7)

void rs_edit_remove_child(struct rs_node *parent, unsigned i)
{
	struct rs_image im = rs_image_of(parent->page);
	struct rs_node *gone;

	if (i > 0 || im.count == 1) {
		rs_node_remove(parent, i);
		return;
	}
	*rs_image_child_slot(parent->page, 0) =
		*rs_image_child_slot(parent->page, 1);
	gone = parent->child[0];
	parent->child[0] = parent->child[1];
	parent->child[1] = gone;
	rs_node_remove(parent, 1);
}

/* The key between children i and i + 1. */
static int sep_of(const struct rs_node *parent, unsigned i,
		  uint8_t key[RS_KEY_MAX], struct rs_item *ret_sep)
{
	struct rs_image im = rs_image_of(parent->page);

	*ret_sep = (struct rs_item){ .key = key };
	return rs_image_key(&im, i + 1, key, &ret_sep->key_len);
}

/* Does entry i, if there is one, lie on that side of sep? */
static bool beside(const struct rs_image *im, unsigned i,
		   const struct rs_item *sep, bool before)
{
	struct rs_entry en;
	int diff;

	if (i >= im->count)
		return true;
	if (rs_image_entry(im, i, &en))
		return false;
	diff = rs_image_compare(im, &en, sep->key, sep->key_len);
	return before ? diff < 0 : diff >= !!im->level;
}

/* Would children i and i + 1 make one good node? Pages that came from outside
 * may have their keys on the wrong side of the separator. */
static int fit_together(const struct rs_edit *ed, struct rs_node *parent,
			unsigned i, bool *ret_fit)
{
	struct rs_step here = { .im = rs_image_of(parent->page),
				.mem = parent };
	struct rs_step left, right;
	uint8_t key[RS_KEY_MAX];
	struct rs_item sep;
	const char *why;
	unsigned first;
	int err = rs_step_down(ed->env, &here, i, &left);

	if (!err)
		err = rs_step_down(ed->env, &here, i + 1, &right);
	if (!err && !left.mem)
		err = rs_image_check(&left.im, &why);
	if (!err && !right.mem)
		err = rs_image_check(&right.im, &why);
	if (!err)
		err = sep_of(parent, i, key, &sep);
	if (err)
		return err;
	first = left.im.level > 0;
	if ((left.im.count > first &&
	     !beside(&left.im, left.im.count - 1, &sep, true)) ||
	    !beside(&right.im, first, &sep, false))
		return -EUCLEAN;
	*ret_fit =
		rs_image_merged(left.im.page, right.im.page, &sep) <= TOGETHER;
	return 0;
}

/* Merge child i + 1 of an owned parent into child i. They fit. */
static int merge_pair(struct rs_edit *ed, struct rs_node *parent, unsigned i)
{
	struct rs_image im = rs_image_of(parent->page);
	struct rs_child right;
	uint8_t key[RS_KEY_MAX];
	struct rs_item sep;
	int err = rs_edit_own_child(ed, parent, i);

	if (!err)
		err = rs_edit_own_child(ed, parent, i + 1);
	if (!err)
		err = sep_of(parent, i, key, &sep);
	if (!err)
		err = rs_image_child(&im, i + 1, &right);
	if (err)
		return err;
	rs_node_merge(parent->child[i], parent->child[i + 1], &sep);
	rs_edit_add_sum(parent, i, &right.sum);
	rs_node_remove(parent, i + 1);
	return 0;
}

/* Merge child i with a neighbour, if one fits. */
static int merge_child(struct rs_edit *ed, struct rs_node *parent, unsigned i,
		       bool *ret_merged)
{
	unsigned count = rs_image_of(parent->page).count;
	bool fit = false;
	int err = 0;

	*ret_merged = true;
	if (i > 0)
		err = fit_together(ed, parent, i - 1, &fit);
	if (!err && fit)
		return merge_pair(ed, parent, i - 1);
	if (!err && i + 1 < count)
		err = fit_together(ed, parent, i, &fit);
	if (!err && fit)
		return merge_pair(ed, parent, i);
	*ret_merged = false;
	return err;
}

/* While the root is a branch with one child, that is the root. */
static int lower_root(struct rs_edit *ed)
{
	struct rs_root *root = &ed->root;

	while (root->mem && rs_image_of(root->mem->page).count <= 1) {
		struct rs_image im = rs_image_of(root->mem->page);
		struct rs_node *before = root->mem;
		struct rs_child child = { 0 };
		int err = 0;

		if (im.count && !im.level)
			break; /* a leaf with a record */
		if (im.count)
			err = rs_image_child(&im, 0, &child);
		if (err)
			return err;
		if (root->mem->edit_id != ed->id) {
			/* Not ours: it may still be seen, and has a page. */
			err = rs_edit_own_root(ed);
			if (err)
				return err;
			continue;
		}
		root->mem = im.count ? rs_node_ref(before->child[0]) : NULL;
		if (!root->mem)
			root->ptr = child.ptr;
		rs_node_put(before);
	}
	return 0;
}

int rs_edit_shrink(struct rs_edit *ed, const struct rs_path *path)
{
	for (unsigned d = path->depth - 1; d > 0; d--) {
		struct rs_node *n = path->node[d];
		struct rs_node *parent = path->node[d - 1];
		bool changed = true;
		int err = 0;

		if (rs_image_of(n->page).count == 0)
			rs_edit_remove_child(parent, path->idx[d - 1]);
		else if (rs_image_used(n->page) < SMALL)
			err = merge_child(ed, parent, path->idx[d - 1],
					  &changed);
		else
			changed = false;
		if (err)
			return err;
		if (!changed)
			break;
	}
	return lower_root(ed);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* edit_split.c - inserting into a path whose nodes may be full.
 *
 *	parent   ... | k: left | ...         ... | k: left | sep: right | ...
 *	                |              ->            |            |
 *	node     [ a b c d e f ]                 [ a b c ]    [ d e f ]
 *
 * A full node gives its upper entries to a new one on its right, whose first
 * key, cut to what separates, goes into the parent; if that is full, the same
 * again one level up, and at the top a new root is put over the two halves.
 */
#include "regionstore/edit.h"

/* A new node beside n, with the entries from keep on and item on one side. */
static int split(const struct rs_edit *ed, struct rs_node *n, unsigned pos,
		 const struct rs_item *item, struct rs_node *child,
		 struct rs_node **ret_right)
{
	struct rs_node *right = rs_node_new(ed, rs_image_of(n->page).level);
	unsigned keep;
	bool left, done;

	if (!right)
		return -ENOMEM;
	rs_image_split_point(n->page, pos, item, rs_node_is_run(n, pos), &keep,
			     &left);
	rs_node_split(n, right, keep);
	done = left ? rs_node_insert(n, pos, item, child)
		    : rs_node_insert(right, pos - keep, item, child);
	if (!done) { /* not with images that passed their check */
		rs_node_put(right);
		return -EUCLEAN;
	}
	*ret_right = right;
	return 0;
}

static int sum_of(const struct rs_node *n, struct rs_sum *ret_sum)
{
	struct rs_image im = rs_image_of(n->page);

	return rs_image_sum(&im, im.count, ret_sum);
}

static void child_value(const struct rs_sum *sum, struct rs_disk_child *ret_d)
{
	*ret_d = (struct rs_disk_child){ .count = le64_put(sum->count),
					 .weight = le64_put(sum->weight) };
}

/* A root above n, which was the root. */
static int raise_root(struct rs_edit *ed, struct rs_node *n)
{
	unsigned level = rs_image_of(n->page).level + 1;
	struct rs_disk_child value;
	struct rs_item item = { .key = (const uint8_t *)"",
				.val = (const uint8_t *)&value,
				.val_len = sizeof(value) };
	struct rs_node *root;
	struct rs_sum sum;
	int err = sum_of(n, &sum);

	if (!err && level > RS_LEVEL_MAX)
		err = -EFBIG;
	if (err)
		return err;
	root = rs_node_new(ed, level);
	if (!root)
		return -ENOMEM;
	child_value(&sum, &value);
	rs_node_insert(root, 0, &item, n);
	ed->root.mem = root;
	return 0;
}

/* The place of a new separator in parent, behind entry i. */
static int place_behind(const struct rs_node *parent, unsigned i,
			const struct rs_item *item)
{
	struct rs_image im = rs_image_of(parent->page);
	unsigned pos;
	bool found;
	int err = rs_image_search(&im, item->key, item->key_len, &pos, &found);

	if (err)
		return err;
	return found || pos != i + 1 ? -EUCLEAN : 0;
}

/* One level of the insertion: put item and child before entry pos of path's
 * node at depth d. When that had to be split, *ret_right is the new node on
 * its right. child is taken over or put. */
static int insert_at(struct rs_edit *ed, struct rs_node *n, unsigned pos,
		     const struct rs_item *item, struct rs_node *child,
		     struct rs_node **ret_right)
{
	int err;

	*ret_right = NULL;
	if (rs_node_insert(n, pos, item, child))
		return 0;
	err = split(ed, n, pos, item, child, ret_right);
	if (err)
		rs_node_put(child);
	return err;
}

int rs_edit_insert(struct rs_edit *ed, const struct rs_path *path, unsigned pos,
		   const struct rs_item *item)
{
	unsigned d = path->depth - 1;
	struct rs_item up = *item;
	struct rs_disk_child value;
	uint8_t sep[RS_KEY_MAX];
	struct rs_node *n = path->node[d], *right = NULL;
	struct rs_node *parent;
	struct rs_sum sum;
	int err = insert_at(ed, n, pos, &up, NULL, &right);

	while (!err && right) {
		if (d == 0)
			err = raise_root(ed, n);
		parent = d ? path->node[d - 1] : ed->root.mem;
		pos = d ? path->idx[d - 1] : 0;
		up = (struct rs_item){ .key = sep,
				       .val = (const uint8_t *)&value,
				       .val_len = sizeof(value) };
		up.key_len = rs_image_separator(n->page, right->page, sep);
		if (!err)
			err = place_behind(parent, pos, &up);
		if (!err)
			err = sum_of(n, &sum);
		if (err)
			break;
		rs_edit_set_sum(parent, pos, &sum);
		err = sum_of(right, &sum);
		if (err)
			break;
		child_value(&sum, &value);
		n = parent;
		parent = right; /* taken over below */
		err = insert_at(ed, n, pos + 1, &up, parent, &right);
		if (d-- == 0)
			return err;
	}
	if (err)
		rs_node_put(right);
	return err;
}

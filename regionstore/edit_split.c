/* SPDX-License-Identifier: Apache-2.0 */
/* edit_split.c - inserting into a path whose nodes may be full.
 *
 *	parent   ... | k: left | ...         ... | k: left | sep: right | ...
 *	                |              ->            |            |
 *	node     [ a b c d e f ]                 [ a b c ]    [ d e f ]
 *
 * A full node gives its upper entries to a new one on its right. The key that
 * separates the two goes into the parent; if that is full, the same again one
 * level up, and at the top a new root is put over the two halves.
 */
#include "regionstore/edit.h"

/* A new node on the right of another, and the key that separates them. */
struct half {
	struct rs_node *node;
	uint8_t sep[RS_KEY_MAX];
	unsigned sep_len;
};

/* The key of what begins the right side of a branch goes up; it is about to
 * lose it there. */
static int take_sep(const struct rs_node *n, unsigned keep,
		    const struct rs_item *item, struct half *ret_half)
{
	struct rs_image im = rs_image_of(n->page);

	if (keep < im.count)
		return rs_image_key(&im, keep, ret_half->sep,
				    &ret_half->sep_len);
	memcpy(ret_half->sep, item->key, item->key_len);
	ret_half->sep_len = item->key_len;
	return 0;
}

/* Divide n and put item on one of the sides. */
static int split(const struct rs_edit *ed, struct rs_node *n, unsigned pos,
		 const struct rs_item *item, struct rs_node *child,
		 struct half *ret_half)
{
	unsigned level = rs_image_of(n->page).level;
	struct rs_node *right = rs_node_new(ed, level);
	unsigned keep;
	bool left, done;
	int err;

	if (!right)
		return -ENOMEM;
	rs_image_split_point(n->page, pos, item, rs_node_is_run(n, pos), &keep,
			     &left);
	err = take_sep(n, keep, item, ret_half);
	if (err) {
		rs_node_put(right);
		return err;
	}
	rs_node_split(n, right, keep);
	done = left ? rs_node_insert(n, pos, item, child)
		    : rs_node_insert(right, pos - keep, item, child);
	if (!done) { /* not with images that passed their check */
		rs_node_put(right);
		return -EUCLEAN;
	}
	if (!level)
		ret_half->sep_len =
			rs_image_separator(n->page, right->page, ret_half->sep);
	ret_half->node = right;
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

/* Put item and child before entry pos of n. When n had to be divided,
 * ret_half has the right side; else its node is NULL. child is taken over or
 * put. */
static int insert_at(const struct rs_edit *ed, struct rs_node *n, unsigned pos,
		     const struct rs_item *item, struct rs_node *child,
		     struct half *ret_half)
{
	int err;

	ret_half->node = NULL;
	if (rs_node_insert(n, pos, item, child))
		return 0;
	err = split(ed, n, pos, item, child, ret_half);
	if (err)
		rs_node_put(child);
	return err;
}

/* n is child i of parent and was divided: put the other half behind it. half
 * is taken over or put, and then says what became of parent. */
static int insert_half(const struct rs_edit *ed, struct rs_node *parent,
		       unsigned i, const struct rs_node *n, struct half *half)
{
	struct half lower = *half;
	struct rs_disk_child value;
	struct rs_item item = { .key = lower.sep,
				.key_len = lower.sep_len,
				.val = (const uint8_t *)&value,
				.val_len = sizeof(value) };
	struct rs_sum left, right;
	int err = place_behind(parent, i, &item);

	half->node = NULL;
	if (!err)
		err = sum_of(n, &left);
	if (!err)
		err = sum_of(lower.node, &right);
	if (err) {
		rs_node_put(lower.node);
		return err;
	}
	rs_edit_set_sum(parent, i, &left);
	child_value(&right, &value);
	return insert_at(ed, parent, i + 1, &item, lower.node, half);
}

int rs_edit_insert(struct rs_edit *ed, const struct rs_path *path, unsigned pos,
		   const struct rs_item *item)
{
	unsigned d = path->depth - 1;
	struct half half;
	int err = insert_at(ed, path->node[d], pos, item, NULL, &half);

	for (; !err && half.node && d > 0; d--)
		err = insert_half(ed, path->node[d - 1], path->idx[d - 1],
				  path->node[d], &half);
	if (err || !half.node)
		return err;
	err = raise_root(ed, path->node[0]);
	if (err) {
		rs_node_put(half.node);
		return err;
	}
	return insert_half(ed, ed->root.mem, 0, path->node[0], &half);
}

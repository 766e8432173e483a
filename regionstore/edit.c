/* SPDX-License-Identifier: Apache-2.0 */
/* edit.c - put and del: a new root out of an old one.
 *
 * The first put of an edit copies the three or four nodes on its way, 4 KiB
 * each. Those that follow find the nodes owned and only search, move slots and
 * add to the sums above: no allocation, no copy.
 *
 * Pages are believed only after rs_image_check(): all that comes after works
 * on images known to be good. What no single page can tell (that keys of
 * neighbours are in order) is tested where it matters: before a split or a
 * merge puts keys side by side.
 */
#include "regionstore/edit.h"
#include "regionstore/drops.h"
#include "regionstore/step.h"

void rs_edit_init(struct rs_edit *ed, const struct rs_tree_env *env,
		  const struct rs_root *root, uint64_t txid, uint64_t id)
{
	*ed = (struct rs_edit){ .env = env, .txid = txid, .id = id };
	rs_root_ref(&ed->root, root);
}

void rs_edit_finish(struct rs_edit *ed)
{
	rs_root_put(&ed->root);
	rs_drops_finish(&ed->drops);
}

/* --- owning --- */

/* Replace a page by a node of this edit. */
static int own_page(struct rs_edit *ed, const struct rs_ptr *ptr, int level,
		    struct rs_node **ret_node)
{
	struct rs_step st;
	const char *why;
	struct rs_node *n;
	int err = rs_step_page(ed->env, ptr, level, &st);

	if (!err)
		err = rs_image_check(&st.im, &why);
	if (err)
		return err;
	n = rs_node_load(ed, st.im.page);
	if (!n)
		return -ENOMEM;
	rs_drops_add_ptr(&ed->drops, ptr);
	*ret_node = n;
	return 0;
}

/* Note that a node of another edit is replaced; takes the reference over. One
 * of this commit never had a page and never will. One of an earlier commit
 * has one, or will before anybody asks. */
static void drop_node(struct rs_edit *ed, struct rs_node *n)
{
	bool placed = rs_node_placed(n);

	if (!placed && n->txid != ed->txid) {
		rs_drops_add_node(&ed->drops, n);
		return;
	}
	if (placed)
		rs_drops_add_ptr(&ed->drops, &n->ptr);
	rs_node_put(n);
}

/* Own what *slot, or, when that is NULL, ptr stands for. */
static int own(struct rs_edit *ed, struct rs_node **slot,
	       const struct rs_ptr *ptr, int level)
{
	struct rs_node *before = *slot;
	struct rs_node *n = NULL;
	int err = rs_drops_reserve(ed->env, &ed->drops);

	if (err)
		return err;
	if (before) {
		n = rs_node_copy(ed, before);
		err = n ? 0 : -ENOMEM;
	} else {
		err = own_page(ed, ptr, level, &n);
	}
	if (err)
		return err;
	*slot = n;
	if (before)
		drop_node(ed, before);
	return 0;
}

int rs_edit_own_root(struct rs_edit *ed)
{
	struct rs_root *root = &ed->root;
	int err;

	if (root->mem && root->mem->edit_id == ed->id)
		return 0;
	if (!root->mem && root->ptr.pgno == 0) {
		root->mem = rs_node_new(ed, 0);
		return root->mem ? 0 : -ENOMEM;
	}
	err = own(ed, &root->mem, &root->ptr, -1);
	if (!err)
		root->ptr = (struct rs_ptr){ 0 };
	return err;
}

int rs_edit_own_child(struct rs_edit *ed, struct rs_node *n, unsigned i)
{
	struct rs_image im = rs_image_of(n->page);
	struct rs_child child;
	int err;

	if (n->child[i] && n->child[i]->edit_id == ed->id)
		return 0;
	err = rs_image_child(&im, i, &child);
	return err ? err : own(ed, &n->child[i], &child.ptr, (int)im.level - 1);
}

int rs_edit_own_path(struct rs_edit *ed, const void *key, size_t key_len,
		     unsigned level, struct rs_path *ret_path)
{
	int err = rs_edit_own_root(ed);
	struct rs_node *n = ed->root.mem;

	ret_path->depth = 0;
	while (!err) {
		struct rs_image im = rs_image_of(n->page);
		unsigned pos;

		ret_path->node[ret_path->depth++] = n;
		if (im.level <= level)
			return 0;
		err = rs_image_route(&im, key, key_len, &pos);
		if (!err)
			err = rs_edit_own_child(ed, n, pos);
		if (err)
			break;
		ret_path->idx[ret_path->depth - 1] = pos;
		n = n->child[pos];
	}
	return err;
}

/* --- sums --- */

void rs_edit_set_sum(struct rs_node *n, unsigned i, const struct rs_sum *sum)
{
	struct rs_disk_child *d = rs_image_child_slot(n->page, i);

	d->count = le64_put(sum->count);
	d->weight = le64_put(sum->weight);
}

void rs_edit_add_sum(struct rs_node *n, unsigned i, const struct rs_sum *plus)
{
	struct rs_disk_child *d = rs_image_child_slot(n->page, i);

	d->count = le64_put(le64_get(d->count) + plus->count);
	d->weight = le64_put(le64_get(d->weight) + plus->weight);
}

/* Unsigned numbers wrap: adding "minus one" is adding 2^64 - 1. */
static void path_add(struct rs_edit *ed, const struct rs_path *path,
		     const struct rs_sum *plus)
{
	for (unsigned i = 0; i + 1 < path->depth; i++)
		rs_edit_add_sum(path->node[i], path->idx[i], plus);
	ed->root.sum.count += plus->count;
	ed->root.sum.weight += plus->weight;
}

/* --- put and del --- */

static int check_limits(size_t key_len, size_t val_len, uint64_t weight)
{
	if (key_len == 0)
		return -EINVAL;
	if (key_len > RS_KEY_MAX || val_len > RS_VAL_MAX)
		return -E2BIG;
	return weight < RS_WEIGHT_MAX ? 0 : -EFBIG;
}

/* Put item into the leaf of path, where search said pos and found. */
static int put_at(struct rs_edit *ed, const struct rs_path *path, unsigned pos,
		  bool found, const struct rs_item *item)
{
	struct rs_node *leaf = path->node[path->depth - 1];
	struct rs_image im = rs_image_of(leaf->page);
	struct rs_sum plus = { .count = !found, .weight = item->weight };
	struct rs_entry before = { 0 };
	int err = found ? rs_image_entry(&im, pos, &before) : 0;

	if (err)
		return err;
	plus.weight -= before.weight;
	if (ed->root.sum.weight + plus.weight >= RS_WEIGHT_MAX)
		return -EFBIG;
	path_add(ed, path, &plus);
	if (found && rs_image_replace(leaf->page, pos, item))
		return 0;
	if (found)
		rs_node_remove(leaf, pos);
	return rs_edit_insert(ed, path, pos, item);
}

/* The leaf of key, copied with the way to it, and the place of key in it. */
static int own_place(struct rs_edit *ed, const void *key, size_t key_len,
		     struct rs_path *path, struct rs_image *im, unsigned *pos,
		     bool *found)
{
	int err = rs_edit_own_path(ed, key, key_len, 0, path);

	if (err)
		return err;
	*im = rs_image_of(path->node[path->depth - 1]->page);
	return rs_image_search(im, key, key_len, pos, found);
}

int rs_tree_put(struct rs_edit *ed, const void *key, size_t key_len,
		const void *val, size_t val_len, uint64_t weight)
{
	struct rs_item item = { .key = key,
				.val = val,
				.key_len = (unsigned)key_len,
				.val_len = (unsigned)val_len,
				.weight = weight };
	struct rs_path path;
	struct rs_image im;
	unsigned pos;
	bool found;
	int err = check_limits(key_len, val_len, weight);

	if (!err)
		err = own_place(ed, key, key_len, &path, &im, &pos, &found);
	return err ? err : put_at(ed, &path, pos, found, &item);
}

/* Is there such a record? Looked up before anything is copied. */
static int exists(const struct rs_edit *ed, const void *key, size_t key_len)
{
	struct rs_step st;
	unsigned pos;
	bool found;
	int err = rs_step_leaf(ed->env, &ed->root, key, key_len, &st);

	if (!err)
		err = rs_image_search(&st.im, key, key_len, &pos, &found);
	if (err)
		return err;
	return found ? 0 : -ENOENT;
}

int rs_tree_del(struct rs_edit *ed, const void *key, size_t key_len)
{
	struct rs_sum minus = { .count = UINT64_MAX };
	struct rs_path path;
	struct rs_image im;
	struct rs_entry en;
	unsigned pos;
	bool found;
	int err = exists(ed, key, key_len);

	if (!err)
		err = own_place(ed, key, key_len, &path, &im, &pos, &found);
	if (!err)
		err = found ? rs_image_entry(&im, pos, &en) : -EUCLEAN;
	if (err)
		return err;
	minus.weight -= en.weight;
	path_add(ed, &path, &minus);
	rs_node_remove(path.node[path.depth - 1], pos);
	return rs_edit_shrink(ed, &path);
}

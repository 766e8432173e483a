/* SPDX-License-Identifier: Apache-2.0 */
/* edit_pack.c - leaves are built anew, closer together.
 *
 * All is made aside: the leaves, and a copy of their branch with new
 * separators. Only when that fits does it take the branch's place. It has
 * fewer entries than before, but their separators may be longer.
 */
#include "regionstore/pack.h"

/* --- the leaves ----------------------------------------------------------- */

/* The spans of old leaves that new leaf k is made of; how many. */
static unsigned spans_of(const struct rs_node *branch,
			 const struct rs_pack_plan *plan, unsigned k,
			 struct rs_image_span spans[RS_CHILDREN_MAX])
{
	struct rs_pack_cut at = plan->cut[k];
	struct rs_pack_cut end = { .child = plan->end };
	unsigned n = 0;

	if (k + 1 < plan->n)
		end = plan->cut[k + 1];
	for (unsigned i = at.child; i < end.child + (end.entry > 0); i++) {
		const uint8_t *page = branch->child[i]->page;

		spans[n++] = (struct rs_image_span){
			.page = page,
			.from = i == at.child ? at.entry : 0,
			.to = i == end.child ? end.entry
					     : rs_image_of(page).count,
		};
	}
	return n;
}

static void put_all(struct rs_node **nodes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rs_node_put(nodes[i]);
}

static int make_leaves(const struct rs_edit *ed, const struct rs_node *branch,
		       const struct rs_pack_plan *plan, struct rs_node **leaves)
{
	struct rs_image_span spans[RS_CHILDREN_MAX];

	for (unsigned k = 0; k < plan->n; k++) {
		unsigned n = spans_of(branch, plan, k, spans);

		leaves[k] = rs_node_new(ed, 0);
		if (!leaves[k]) {
			put_all(leaves, k);
			return -ENOMEM;
		}
		rs_image_build(leaves[k]->page, spans, n, RS_KEY_MAX);
	}
	return 0;
}

/* --- their branch --------------------------------------------------------- */

static int sum_of(const struct rs_node *leaf, struct rs_sum *ret_sum)
{
	struct rs_image im = rs_image_of(leaf->page);

	return rs_image_sum(&im, im.count, ret_sum);
}

/* Put leaf behind entry i, whose leaf is left. *ret_fits: there was room. */
static int add_leaf(struct rs_node *branch, unsigned i,
		    const struct rs_node *left, struct rs_node *leaf,
		    bool *ret_fits)
{
	struct rs_disk_child value = { 0 };
	uint8_t sep[RS_KEY_MAX];
	struct rs_item item = { .key = sep,
				.val = (const uint8_t *)&value,
				.val_len = sizeof(value) };
	struct rs_sum sum;
	int err = sum_of(leaf, &sum);

	if (err)
		return err;
	item.key_len = rs_image_separator(left->page, leaf->page, sep);
	value.count = le64_put(sum.count);
	value.weight = le64_put(sum.weight);
	*ret_fits = rs_node_insert(branch, i + 1, &item, leaf);
	if (*ret_fits)
		rs_node_ref(leaf);
	return 0;
}

/* Leaves in place of what is planned, in a branch of its own. */
static int replace(struct rs_node *branch, const struct rs_pack_plan *plan,
		   struct rs_node **leaves, bool *ret_fits)
{
	struct rs_sum sum;
	int err = sum_of(leaves[0], &sum);

	*ret_fits = true;
	if (err)
		return err;
	for (unsigned i = plan->end - 1; i > plan->first; i--)
		rs_node_remove(branch, i);
	rs_node_put(branch->child[plan->first]);
	branch->child[plan->first] = rs_node_ref(leaves[0]);
	rs_edit_set_sum(branch, plan->first, &sum);
	for (unsigned k = 1; !err && *ret_fits && k < plan->n; k++)
		err = add_leaf(branch, plan->first + k - 1, leaves[k - 1],
			       leaves[k], ret_fits);
	return err;
}

/* A node and its stand-in change what they hold. */
static void swap(struct rs_node *a, struct rs_node *b)
{
	uint8_t page[RS_PAGE_SIZE];

	memcpy(page, a->page, sizeof(page));
	memcpy(a->page, b->page, sizeof(page));
	memcpy(b->page, page, sizeof(page));
	for (unsigned i = 0; i < RS_CHILDREN_MAX; i++) {
		struct rs_node *child = a->child[i];

		a->child[i] = b->child[i];
		b->child[i] = child;
	}
	a->run = 0;
}

/* Do what is planned, in a branch that is owned. */
static int pack(struct rs_edit *ed, struct rs_node *branch,
		const struct rs_pack_plan *plan, bool *ret_done)
{
	struct rs_node *leaves[RS_CHILDREN_MAX];
	struct rs_node *aside;
	int err = 0;

	for (unsigned i = plan->first; !err && i < plan->end; i++)
		err = rs_edit_own_child(ed, branch, i);
	if (!err)
		err = make_leaves(ed, branch, plan, leaves);
	if (err)
		return err;
	aside = rs_node_copy(ed, branch);
	err = aside ? replace(aside, plan, leaves, ret_done) : -ENOMEM;
	if (!err && *ret_done)
		swap(branch, aside);
	rs_node_put(aside);
	put_all(leaves, plan->n);
	return err;
}

int rs_tree_pack(struct rs_edit *ed, const void *key, size_t key_len,
		 uint64_t since, unsigned *ret_saved)
{
	struct rs_pack_plan plan;
	struct rs_path path;
	struct rs_step branch;
	unsigned saved = 0;
	int err;

	*ret_saved = 0;
	if (!ed->root.mem && ed->root.ptr.pgno == 0)
		return 0;
	err = rs_edit_own_path(ed, key, key_len, 1, &path);
	if (err)
		return err;
	branch.mem = path.node[path.depth - 1];
	branch.im = rs_image_of(branch.mem->page);
	if (branch.im.level != 1)
		return 0;
	for (unsigned from = 0; !err; from = plan.first + plan.n) {
		bool done = false;

		err = rs_pack_plan(ed->env, &branch, from, since, &plan);
		if (err || !plan.n)
			break;
		err = pack(ed, branch.mem, &plan, &done);
		if (!done)
			break;
		saved += plan.end - plan.first - plan.n;
		branch.im = rs_image_of(branch.mem->page);
	}
	if (!err)
		err = rs_edit_shrink(ed, &path);
	*ret_saved = saved;
	return err;
}

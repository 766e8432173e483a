/* SPDX-License-Identifier: Apache-2.0 */
/* step.c - going down a tree, one node at a time. */
#include "regionstore/step.h"

#include "regionstore/damage.h"

int rs_step_page(const struct rs_tree_env *env, const struct rs_ptr *ptr,
		 int level, struct rs_step *ret_st)
{
	const struct rs_disk_node *h;
	const uint8_t *page;
	struct rs_step st = { 0 };
	int err;

	if (ptr->pgno == 0 || ptr->npages != 1)
		return -EUCLEAN;
	err = env->pages->get(env->pages, ptr, &page);
	if (err)
		return err;
	err = rs_image_open(&st.im, page, env->tree_id);
	if (err)
		return err;
	h = (const struct rs_disk_node *)page;
	if (le64_get(h->pgno) != ptr->pgno || le64_get(h->birth) != ptr->birth)
		err = -EUCLEAN; /* another page, written to this place */
	if (level >= 0 && (unsigned)level != st.im.level)
		err = -EUCLEAN;
	if (err) {
		rs_damage_pages(ptr->pgno, 1);
		return err;
	}
	*ret_st = st;
	return 0;
}

static void step_mem(struct rs_node *mem, struct rs_step *ret_st)
{
	ret_st->im = rs_image_of(mem->page);
	ret_st->mem = mem;
}

int rs_step_root(const struct rs_tree_env *env, const struct rs_root *root,
		 struct rs_step *ret_st)
{
	if (root->mem) {
		step_mem(root->mem, ret_st);
		return 0;
	}
	if (root->ptr.pgno == 0)
		return -ENOENT;
	return rs_step_page(env, &root->ptr, -1, ret_st);
}

int rs_step_down(const struct rs_tree_env *env, const struct rs_step *st,
		 unsigned i, struct rs_step *ret_st)
{
	struct rs_child child;
	int err;

	if (st->mem && st->mem->child[i]) {
		step_mem(st->mem->child[i], ret_st);
		return 0;
	}
	err = rs_image_child(&st->im, i, &child);
	if (err)
		return err;
	return rs_step_page(env, &child.ptr, (int)st->im.level - 1, ret_st);
}

int rs_step_leaf(const struct rs_tree_env *env, const struct rs_root *root,
		 const void *key, size_t key_len, struct rs_step *ret_st)
{
	struct rs_step st;
	int err = rs_step_root(env, root, &st);

	while (!err && st.im.level) {
		unsigned pos;

		err = rs_image_route(&st.im, key, key_len, &pos);
		if (!err)
			err = rs_step_down(env, &st, pos, &st);
	}
	if (err)
		return err;
	*ret_st = st;
	return 0;
}

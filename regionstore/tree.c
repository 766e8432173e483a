/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - roots, and what can be asked of one without a cursor.
 *
 * A descent costs one search in each of three or four nodes, and one look at
 * the page provider for each that is not in memory. It takes no lock, no
 * reference and no memory: the root that the caller holds keeps all of it.
 */
#include "regionstore/tree.h"
#include "regionstore/step.h"

void rs_root_ref(struct rs_root *dst, const struct rs_root *src)
{
	*dst = *src;
	rs_node_ref(dst->mem);
}

void rs_root_put(struct rs_root *root)
{
	rs_node_put(root->mem);
	*root = (struct rs_root){ 0 };
}

int rs_tree_get(const struct rs_tree_env *env, const struct rs_root *root,
		const void *key, size_t key_len, void *buf, size_t cap,
		size_t *ret_len, uint64_t *ret_weight)
{
	struct rs_entry en;
	struct rs_step st;
	unsigned pos;
	bool found;
	int err = rs_step_leaf(env, root, key, key_len, &st);

	if (err)
		return err;
	err = rs_image_search(&st.im, key, key_len, &pos, &found);
	if (err)
		return err;
	if (!found)
		return -ENOENT;
	err = rs_image_entry(&st.im, pos, &en);
	if (err)
		return err;
	if (en.val_len > cap)
		return -ERANGE;
	if (en.val_len)
		memcpy(buf, en.val, en.val_len);
	*ret_len = en.val_len;
	if (ret_weight)
		*ret_weight = en.weight;
	return 0;
}

int rs_tree_sum_before(const struct rs_tree_env *env,
		       const struct rs_root *root, const void *key,
		       size_t key_len, struct rs_sum *ret_sum)
{
	struct rs_sum total = { 0 };
	struct rs_step st;
	int err = rs_step_root(env, root, &st);

	if (err == -ENOENT) {
		*ret_sum = total;
		return 0;
	}
	while (!err) {
		struct rs_sum part = { 0 };
		unsigned pos;
		bool found;

		err = st.im.level ? rs_image_route(&st.im, key, key_len, &pos)
				  : rs_image_search(&st.im, key, key_len, &pos,
						    &found);
		if (!err)
			err = rs_image_sum(&st.im, pos, &part);
		if (err)
			break;
		total.count += part.count;
		total.weight += part.weight;
		if (!st.im.level) {
			*ret_sum = total;
			return 0;
		}
		err = rs_step_down(env, &st, pos, &st);
	}
	return err;
}

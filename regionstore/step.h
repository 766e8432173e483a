/* SPDX-License-Identifier: Apache-2.0 */
/* step.h - going down a tree, one node at a time. PRIVATE.
 *
 * A step stands on a node, in memory or on a page, and borrows it from the
 * root. Levels fall by exactly one with each step down, so a descent ends
 * whatever the pages say.
 */
#ifndef RS_STEP_H
#define RS_STEP_H

#include "regionstore/image.h"
#include "regionstore/memnode.h"

struct rs_step {
	struct rs_image im;
	struct rs_node *mem; /* NULL when on a page */
};

/* Stand on a page. level is what its parent promises; negative: any. */
int rs_step_page(const struct rs_tree_env *env, const struct rs_ptr *ptr,
		 int level, struct rs_step *ret_st);
/* -ENOENT when the tree is empty. */
int rs_step_root(const struct rs_tree_env *env, const struct rs_root *root,
		 struct rs_step *ret_st);
/* From a branch to child i. ret_st may be st. */
int rs_step_down(const struct rs_tree_env *env, const struct rs_step *st,
		 unsigned i, struct rs_step *ret_st);
/* From the root to the leaf in which key belongs. */
int rs_step_leaf(const struct rs_tree_env *env, const struct rs_root *root,
		 const void *key, size_t key_len, struct rs_step *ret_st);

#endif

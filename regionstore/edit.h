/* SPDX-License-Identifier: Apache-2.0 */
/* edit.h - what the files that change a tree share. PRIVATE.
 *
 * An edit first makes every node on the way to its record its own (OWNING a
 * node: if this edit did not make it, a copy takes its place and the old one
 * is noted in the drops), then changes images in place.
 *
 * (T1) Entry i > 0 of a branch has a key that is larger than all keys below the
 *      entries before it and not larger than any below it and behind it. The
 *      first entry has none (image.h).
 * (T2) Sums in a branch are those of its children, at the end of each call.
 * (T3) Every node but an empty tree's absent root has an entry.
 */
#ifndef RS_EDIT_H
#define RS_EDIT_H

#include "regionstore/memnode.h"

/* The owned nodes from the root to a leaf; idx[i] leads from node[i] to
 * node[i + 1]. */
struct rs_path {
	struct rs_node *node[RS_LEVELS];
	unsigned idx[RS_LEVELS];
	unsigned depth; /* nodes */
};

/* Own child i of a node of this edit, or the root. */
int rs_edit_own_child(struct rs_edit *ed, struct rs_node *n, unsigned i);
int rs_edit_own_root(struct rs_edit *ed);

/* Own every node down to that level on the way to key; 0: to its leaf. Of a
 * tree that is not so high, its root. */
int rs_edit_own_path(struct rs_edit *ed, const void *key, size_t key_len,
		     unsigned level, struct rs_path *ret_path);

/* Put item before entry pos of the leaf of path; split what is full. */
int rs_edit_insert(struct rs_edit *ed, const struct rs_path *path, unsigned pos,
		   const struct rs_item *item);

/* After a removal from the leaf of path: let go of nodes that are empty, merge
 * those that have become small, lower the root. */
int rs_edit_shrink(struct rs_edit *ed, const struct rs_path *path);

/* Remove child i, which nobody needs any more, whatever its page holds. */
void rs_edit_remove_child(struct rs_node *parent, unsigned i);

/* Set, or change by some, what entry i of a branch promises. */
void rs_edit_set_sum(struct rs_node *n, unsigned i, const struct rs_sum *sum);
void rs_edit_add_sum(struct rs_node *n, unsigned i, const struct rs_sum *plus);

#endif

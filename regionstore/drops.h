/* SPDX-License-Identifier: Apache-2.0 */
/* drops.h - how an edit notes the pages that leave the tree. PRIVATE.
 *
 * Room is made first and used afterwards, so that a node is never replaced
 * without its page being noted.
 */
#ifndef RS_DROPS_H
#define RS_DROPS_H

#include "regionstore/tree.h"

/* Room for one more page or node. -ENOMEM. */
int rs_drops_reserve(const struct rs_tree_env *env, struct rs_drops *d);
void rs_drops_add_ptr(struct rs_drops *d, const struct rs_ptr *ptr);
/* Takes the reference over. */
void rs_drops_add_node(struct rs_drops *d, struct rs_node *n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* memnode.h - a node of a tree in memory. PRIVATE.
 *
 * A node is an image, references to those of its children that are in memory,
 * and the edit that made it. Child i is child[i], or, when that is NULL, the
 * page that entry i of the image points at. When child[i] is there the pointer
 * in the image means nothing, but the sums do.
 *
 * (N1) Only the edit that made a node changes its image or its children, and
 *      only until that edit is over. rs_tree_clean() is the exception, with
 *      nobody else around.
 * (N2) ptr is written by rs_tree_flush(), before placed is set (release);
 *      whoever saw placed (acquire) may read ptr. Both stay as they are unless
 *      the commit fails: rs_tree_unplace(), with nobody else around.
 * (N3) A node that is placed has children that are placed or pages.
 * (N4) The image is good (rs_image_check) but for the pointers of children in
 *      memory; it is empty at most while its edit works on it.
 *
 * References are atomic: any thread may drop the last one, and then frees the
 * node and lets go of its children.
 */
#ifndef RS_MEMNODE_H
#define RS_MEMNODE_H

#include "regionstore/image.h"
#include "regionstore/tree.h"

#include <stdatomic.h>

struct rs_node {
	atomic_uint refs;
	atomic_bool placed; /* partner of ptr, see (N2) */
	uint16_t last;	    /* where the last insert went */
	uint16_t run;	    /* how many before it went one lower each */
	uint64_t edit_id;
	uint64_t txid;
	struct rs_ptr ptr;
	uint8_t page[RS_PAGE_SIZE];
	struct rs_node *child[]; /* RS_CHILDREN_MAX in a branch, owned */
};

/* Each makes a node with one reference that belongs to ed, or returns NULL. */
struct rs_node *rs_node_new(const struct rs_edit *ed, unsigned level);
struct rs_node *rs_node_copy(const struct rs_edit *ed,
			     const struct rs_node *src);
struct rs_node *rs_node_load(const struct rs_edit *ed, const uint8_t *page);

struct rs_node *rs_node_ref(struct rs_node *n); /* accepts NULL */
void rs_node_put(struct rs_node *n);		/* accepts NULL */

static inline bool rs_node_placed(struct rs_node *n)
{
	return atomic_load_explicit(&n->placed, memory_order_acquire);
}

/* The images with their children. child is taken over when insert succeeds,
 * and NULL in a leaf. */
bool rs_node_insert(struct rs_node *n, unsigned pos, const struct rs_item *item,
		    struct rs_node *child);
/* Lets go of the child. */
void rs_node_remove(struct rs_node *n, unsigned pos);
void rs_node_split(struct rs_node *left, struct rs_node *right, unsigned keep);
/* sep separates the two. right is left without children. */
void rs_node_merge(struct rs_node *left, struct rs_node *right,
		   const struct rs_item *sep);

/* Have inserts come to n in ascending order, so that one at pos is next? */
bool rs_node_is_run(const struct rs_node *n, unsigned pos);

#endif
